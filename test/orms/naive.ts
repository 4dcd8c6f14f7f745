import { AsyncLocalStorage } from 'node:async_hooks'
import pg from 'pg'
import type { Fleet } from '../../src/testing/fleet.js'
import { urlOf } from '../support/fleet.js'
import type { TestServer } from '../support/servers.js'

/** What one writes by hand: a transaction with the tenant's search_path, found again through AsyncLocalStorage, or else the last one there was. What that last step leaks,
 * an application without it would answer with an error. */
export interface Naive {
  readonly inside: <T>(slug: string, body: (client: pg.PoolClient) => PromiseLike<T>) => Promise<T>
  /** Goes on as another tenant, on the connection that is there. */
  readonly goOnAs: (slug: string) => Promise<unknown>
  /** What an ORM is given. */
  readonly pool: pg.Pool
  readonly end: () => Promise<void>
}

export async function openNaive(server: TestServer, fleet: Fleet, slugs: readonly string[]): Promise<Naive> {
  const tenants = new Map(await Promise.all(slugs.map(async (slug) => [slug, await fleet.tenant(slug)] as const)))
  const { database } = tenants.get(slugs[0]!)!
  const pool = new pg.Pool({ connectionString: urlOf(server, database), max: 2 })
  const storage = new AsyncLocalStorage<pg.PoolClient>()
  let last: pg.PoolClient | undefined
  const current = (): pg.PoolClient => {
    last = storage.getStore() ?? last
    return last!
  }
  const enter = (client: pg.PoolClient, slug: string) =>
    client.query(`set local search_path = ${pg.escapeIdentifier(tenants.get(slug)!.schema)}, public`)
  const facade = {
    query: (...given: unknown[]) => (current().query as (...given: unknown[]) => unknown).apply(current(), given),
    connect: async () => {
      const client = current()
      const quiet = () => {}
      return { query: client.query.bind(client), release: quiet, on: quiet, removeListener: quiet }
    },
    end: async () => {},
  }
  return {
    inside: async (slug, body) => {
      const client = await pool.connect()
      last = client
      try {
        await client.query('begin')
        await enter(client, slug)
        const answer = await storage.run(client, () => body(client))
        await client.query('commit')
        return answer
      } catch (error) {
        await client.query('rollback')
        throw error
      } finally {
        client.release()
      }
    },
    goOnAs: (slug) => enter(current(), slug),
    pool: Object.setPrototypeOf(facade, pg.Pool.prototype) as pg.Pool,
    end: () => pool.end(),
  }
}
