import { parseUrl } from '../postgres/connection.js'
import { type Database, openDatabase } from '../postgres/session.js'
import type { Platform } from './platform.js'

// A transaction of the catalog waits for the answer, and nobody else may wait for that for long.
const BOUND_MS = 4_000

/**
 * Looks at a cluster's server from inside a transaction of the catalog: by a connection of its own, which queues behind nobody's work and gives up soon.
 * Throws SERVER_UNREACHABLE.
 */
export async function glance<T>(
  platform: Platform,
  adminRef: string,
  body: (server: Database) => Promise<T>,
  database?: string,
): Promise<T> {
  const connection = parseUrl(platform.secrets(adminRef), `the connection string ${adminRef}`)
  const server = openDatabase(database === undefined ? connection : { ...connection, database }, {
    applicationName: 'tenantry control',
    max: 1,
    connectTimeoutMs: BOUND_MS,
    answerTimeoutMs: BOUND_MS,
  })
  try {
    return await body(server)
  } finally {
    await server.end()
  }
}
