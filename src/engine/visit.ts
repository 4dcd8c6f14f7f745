import { type Database, type DatabaseOptions, openDatabase } from '../postgres/session.js'
import { type Platform, serverOf } from './platform.js'

/** A database of a cluster, and the reference to its administrator's connection string. */
export interface Visited {
  readonly adminRef: string
  /** Default: the one that the connection string names. */
  readonly name?: string
}

/** Visits a database as its administrator, by a connection of its own: of a large fleet, not all can be kept open. Throws SERVER_UNREACHABLE. */
export async function visit<T>(
  platform: Platform,
  { adminRef, name }: Visited,
  body: (database: Database) => Promise<T>,
  bounds: Pick<DatabaseOptions, 'connectTimeoutMs' | 'answerTimeoutMs' | 'settings'> = {},
): Promise<T> {
  const connection = serverOf(platform.config, platform.secrets, adminRef)
  const visited = name === undefined ? connection : { ...connection, database: name }
  const database = openDatabase(visited, { applicationName: 'tenantry control', max: 1, ...bounds })
  try {
    return await body(database)
  } finally {
    await database.end()
  }
}

// A transaction of the catalog waits for the answer, and nobody else may wait for that for long.
const GLANCE_MS = 4_000

/** The same from inside a transaction of the catalog: it queues behind nobody's work and gives up soon. */
export const glance = <T>(platform: Platform, visited: Visited, body: (database: Database) => Promise<T>): Promise<T> =>
  visit(platform, visited, body, { connectTimeoutMs: GLANCE_MS, answerTimeoutMs: GLANCE_MS })
