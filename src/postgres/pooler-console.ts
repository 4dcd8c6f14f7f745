import pg from 'pg'
import { type ConnectionConfig, driverOptions } from './connection.js'

/** What a PgBouncer says of itself. */
export interface PoolerFacts {
  /** Such as 1.25.1. */
  readonly version: string
  /** By name, as it runs with them. */
  readonly settings: ReadonlyMap<string, string>
}

const BOUND_MS = 2_000

/**
 * Asks the admin console, the database `pgbouncer`, which takes only simple queries. Undefined when nobody answers there, or does not let this login in:
 * the pooler is somebody else's to set up.
 */
export async function askPooler(config: ConnectionConfig): Promise<PoolerFacts | undefined> {
  const client = new pg.Client({
    ...driverOptions({ ...config, database: 'pgbouncer' }, 'tenantry control'),
    connectionTimeoutMillis: BOUND_MS,
    query_timeout: BOUND_MS,
  })
  client.on('error', () => {})
  try {
    await client.connect()
    const { rows: shown } = await client.query<{ version: string }>('show version')
    const version = /^PgBouncer (\d+\.\d+(\.\d+)?)/.exec(shown[0]?.version ?? '')?.[1]
    if (version === undefined) return undefined
    const { rows } = await client.query<{ key: string; value: string | null }>('show config')
    return { version, settings: new Map(rows.map(({ key, value }) => [key, value ?? ''])) }
  } catch {
    return undefined
  } finally {
    await client.end().catch(() => {})
  }
}
