import pg from 'pg'
import type { Fleet } from '../../src/testing/fleet.js'
import { urlOf } from '../support/fleet.js'
import type { TestServer } from '../support/servers.js'
import type { Pair, Run } from './matrix.js'
import type { Subject } from './subject.js'
import { pgQueries } from './subjects/pg.js'

export interface Shared extends Pick<Run, 'inside'> {
  readonly subject: Subject
}

/** What the matrix must find wrong: one client that all requests share, told at the beginning of each for which tenant it is. It only reads. */
export async function oneClientForAll(server: TestServer, fleet: Fleet, pair: Pair): Promise<Shared> {
  const tenants = new Map(await Promise.all(pair.map(async (slug) => [slug, await fleet.tenant(slug)] as const)))
  const client = new pg.Client(urlOf(server, tenants.get(pair[0])!.database))
  await client.connect()
  const queries = { ...pgQueries(client), add: async () => {} }
  return {
    subject: { ...queries, inTransaction: (work) => work(queries), close: () => client.end() },
    inside: async (slug, body) => {
      await client.query(`set search_path = ${pg.escapeIdentifier(tenants.get(slug)!.schema)}`)
      await body()
    },
  }
}
