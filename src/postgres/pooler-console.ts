import pg from 'pg'
import { fault } from '../kernel/faults.js'
import { addressOf, type ConnectionConfig, driverOptions } from './connection.js'
import { connectionFault } from './errors.js'

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
  try {
    return await atConsole(config, async (client) => {
      const version = await versionAt(client)
      if (version === undefined) return undefined
      const { rows } = await client.query<{ key: string; value: string | null }>('show config')
      return { version, settings: new Map(rows.map(({ key, value }) => [key, value ?? ''])) }
    })
  } catch {
    return undefined
  }
}

/** The pool of one user and one database: a tenant's that has a login of its own, or many tenants'. */
export interface Pool {
  readonly database: string
  readonly user: string
  readonly mode: string
  readonly clientsActive: number
  readonly clientsWaiting: number
  readonly serversActive: number
  readonly serversIdle: number
  /** Idle for so long that they are asked for a sign of life first: `sv_used` is not "in use". */
  readonly serversUnproven: number
  readonly serversLogin: number
  /** How long the one that has waited longest has waited. */
  readonly maxWaitMs: number
}

/** Of one database, in the last period that the pooler has measured (a minute, unless it was set up otherwise). */
export interface PoolStats {
  readonly database: string
  readonly transactions: number
  readonly queries: number
  readonly receivedBytes: number
  readonly sentBytes: number
  readonly transactionMs: number
  readonly queryMs: number
  readonly waitMs: number
}

export interface PoolsSeen {
  readonly version: string
  readonly pools: readonly Pool[]
  readonly stats: readonly PoolStats[]
}

/** A row as the console shows it: it knows no types, all is text. */
export type Shown = Readonly<Record<string, string | null>>

export interface PoolerShown {
  readonly version: string
  readonly pools: readonly Shown[]
  readonly stats: readonly Shown[]
}

/** What its pools are at, but for the console's own. Throws SERVER_UNREACHABLE, LOGIN_REFUSED. */
export async function askPools(config: ConnectionConfig): Promise<PoolsSeen> {
  const { version, pools, stats } = await showPooler(config)
  return { version, pools: pools.map(poolOf), stats: stats.map(statsOf) }
}

/** The same as this version says it. */
export async function showPooler(config: ConnectionConfig): Promise<PoolerShown> {
  try {
    return await atConsole(config, async (client) => {
      const version = await versionAt(client)
      if (version === undefined)
        throw fault('SERVER_UNREACHABLE', { server: addressOf(config), reason: 'it is no PgBouncer that answers there' })
      const { rows: pools } = await client.query<Shown>('show pools')
      const { rows: stats } = await client.query<Shown>('show stats')
      return { version, pools: pools.filter(isTenants), stats: stats.filter(isTenants) }
    })
  } catch (error) {
    throw connectionFault(error, addressOf(config))
  }
}

const isTenants = ({ database }: Shown): boolean => database !== 'pgbouncer'

// Columns come and go with versions; what there is none of is zero.
const number = (row: Shown, column: string): number => Number(row[column] ?? 0)
const inMs = (row: Shown, column: string): number => number(row, column) / 1_000

const poolOf = (row: Shown): Pool => ({
  database: row.database ?? '',
  user: row.user ?? '',
  mode: row.pool_mode ?? '',
  clientsActive: number(row, 'cl_active'),
  clientsWaiting: number(row, 'cl_waiting'),
  serversActive: number(row, 'sv_active'),
  serversIdle: number(row, 'sv_idle'),
  serversUnproven: number(row, 'sv_used') + number(row, 'sv_tested'),
  serversLogin: number(row, 'sv_login'),
  maxWaitMs: number(row, 'maxwait') * 1_000 + inMs(row, 'maxwait_us'),
})

const statsOf = (row: Shown): PoolStats => ({
  database: row.database ?? '',
  transactions: number(row, 'avg_xact_count'),
  queries: number(row, 'avg_query_count'),
  receivedBytes: number(row, 'avg_recv'),
  sentBytes: number(row, 'avg_sent'),
  transactionMs: inMs(row, 'avg_xact_time'),
  queryMs: inMs(row, 'avg_query_time'),
  waitMs: inMs(row, 'avg_wait_time'),
})

async function versionAt(client: pg.Client): Promise<string | undefined> {
  const { rows } = await client.query<{ version: string }>('show version')
  return /^PgBouncer (\d+\.\d+(\.\d+)?)/.exec(rows[0]?.version ?? '')?.[1]
}

async function atConsole<T>(config: ConnectionConfig, body: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    ...driverOptions({ ...config, database: 'pgbouncer' }, 'tenantry control'),
    connectionTimeoutMillis: BOUND_MS,
    query_timeout: BOUND_MS,
  })
  client.on('error', () => {})
  try {
    await client.connect()
    return await body(client)
  } finally {
    await client.end().catch(() => {})
  }
}
