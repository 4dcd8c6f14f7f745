import { type Fleet, type FleetOptions, startFleetOf } from '../../src/testing/fleet.js'
import type { TestServer } from './servers.js'
import { addPoolerUser } from './servers.js'

export const urlOf = (server: TestServer, database = 'postgres'): string =>
  `postgres://${server.superuser}:${encodeURIComponent(server.password)}@${server.host}:${server.port}/${database}`

/** A throwaway platform on a test server, direct or through its PgBouncer. */
export function fleetOn(server: TestServer, options: Omit<FleetOptions, 'url' | 'pooler'> & { readonly pooled?: boolean }): Promise<Fleet> {
  const { pooled = false, ...rest } = options
  const { pooler } = server
  const template = rest.files === undefined && rest.catalogServer === undefined ? server.catalogTemplate : undefined
  if (!pooled) return startFleetOf({ url: urlOf(server), ...rest }, template)
  if (pooler === undefined) throw new Error("no PgBouncer in front of the server: install it, or ask whyMissing('pgbouncer') and skip")
  return startFleetOf(
    {
      url: urlOf(server),
      pooler: { host: server.host, port: pooler.port, admit: (login, password) => addPoolerUser(server, login, password) },
      ...rest,
    },
    template,
  )
}
