import { clusterById } from '../../catalog/clusters.js'
import { insertSamples, type NewSample, type Reading, type Readings, STEPS, takeTurn } from '../../catalog/samples.js'
import { systemClock } from '../../kernel/clock.js'
import { type PoolerShown, type Shown, showPooler } from '../../postgres/pooler-console.js'
import type { Platform } from '../platform.js'
import { poolerConsole } from '../poolers.js'
import type { Collected } from './collect.js'

const [STEP_S] = STEPS
/** Of the pools and databases of a pooler: with a login for each tenant there may be thousands, whose sums the pooler's own readings have. */
const MOST = 50
const TURN = 'pooler'

/**
 * Looks at the pooler of a cluster, if it is our turn, and keeps what it says. One that is away is a gap: it is down, and nothing else is known of it.
 * Throws when the catalog does not answer.
 */
export async function collectPooler(platform: Platform, id: string): Promise<Collected> {
  const { catalog } = platform
  const { at, restMs } = await catalog.one(takeTurn(id, TURN, STEP_S))
  if (at === null) return { taken: false, restMs, blind: undefined }
  const cluster = await catalog.maybe(clusterById(id))
  let of: Looked = { pooler: { '': { up: 0 } } }
  let blind: string | undefined
  try {
    const line = cluster && poolerConsole(platform, cluster)
    // It has none any more.
    if (line === undefined) return { taken: true, restMs, blind: undefined }
    of = readingsOf(await showPooler(line))
  } catch (error) {
    blind = (error as Error).message
  }
  const now = systemClock.now() / 1_000
  const samples = Object.entries(of).map(([source, readings]): NewSample => ({ cluster: id, source, facts: { at: now, of: readings } }))
  await catalog.run(
    insertSamples(
      STEP_S,
      at,
      // What there is none of takes no room.
      samples.filter(({ facts }) => Object.keys(facts.of).length > 0),
    ),
  )
  return { taken: true, restMs, blind }
}

type Looked = Readonly<Record<string, Readonly<Record<string, Readings>>>>

// Columns come and go with versions of PgBouncer: of one that there is none of nothing is known.
const reading = (row: Shown, column: string, times = 1): Reading => {
  const text = row[column]
  return text === undefined || text === null || Number.isNaN(Number(text)) ? null : Number(text) * times
}

const added = (...parts: readonly Reading[]): Reading => {
  const known = parts.filter((one) => typeof one === 'number')
  return known.length === 0 ? null : known.reduce((sum, one) => sum + one, 0)
}

const poolOf = (row: Shown): Readings => ({
  database: row.database ?? '',
  user: row.user ?? '',
  clientsActive: reading(row, 'cl_active'),
  clientsWaiting: reading(row, 'cl_waiting'),
  // Since 1.18, before in one column.
  clientsActiveCancel: reading(row, 'cl_active_cancel_req'),
  clientsWaitingCancel: reading(row, 'cl_waiting_cancel_req') ?? reading(row, 'cl_cancel_req'),
  serversActive: reading(row, 'sv_active'),
  serversActiveCancel: reading(row, 'sv_active_cancel'),
  serversBeingCancelled: reading(row, 'sv_being_canceled'),
  serversIdle: reading(row, 'sv_idle'),
  serversUsed: reading(row, 'sv_used'),
  serversTested: reading(row, 'sv_tested'),
  serversLogin: reading(row, 'sv_login'),
  maxWaitS: added(reading(row, 'maxwait'), reading(row, 'maxwait_us', 1e-6)),
})

const databaseOf = (row: Shown): Readings => ({
  database: row.database ?? '',
  transactions: reading(row, 'total_xact_count'),
  queries: reading(row, 'total_query_count'),
  received: reading(row, 'total_received'),
  sent: reading(row, 'total_sent'),
  transactionS: reading(row, 'total_xact_time', 1e-6),
  queryS: reading(row, 'total_query_time', 1e-6),
  waitS: reading(row, 'total_wait_time', 1e-6),
  // Since 1.24, and only where prepared statements go through.
  clientParses: reading(row, 'total_client_parse_count'),
  serverParses: reading(row, 'total_server_parse_count'),
  binds: reading(row, 'total_bind_count'),
})

/** As samples have it: the whole, and those pools and databases of which most is to be told. */
export function readingsOf({ version, pools: shownPools, stats }: PoolerShown): Looked {
  const pools = shownPools.map(poolOf)
  const databases = stats.map(databaseOf)
  const whole = { ...sumOf(pools), ...sumOf(databases), maxWaitS: Math.max(0, ...pools.map((one) => numberOf(one.maxWaitS))) }
  return {
    pooler: { '': { up: 1, known: 1, version, pools: pools.length, ...whole } },
    pools: Object.fromEntries(
      foremost(pools, ['maxWaitS', 'clientsWaiting', 'clientsActive', 'serversActive']).map((one) => [poolName(one), one]),
    ),
    'pooled-databases': Object.fromEntries(foremost(databases, ['queries']).map((one) => [String(one.database), one])),
  }
}

const numberOf = (value: Reading | undefined): number => (typeof value === 'number' ? value : 0)

/** What only some tell is summed over those; what none tells is not known. */
function sumOf(rows: readonly Readings[]): Readings {
  const keys = new Set(rows.flatMap((one) => Object.keys(one)).filter((key) => rows.some((one) => typeof one[key] !== 'string')))
  return Object.fromEntries([...keys].map((key) => [key, added(...rows.map((one) => one[key] ?? null))]))
}

function foremost(rows: readonly Readings[], by: readonly string[]): readonly Readings[] {
  if (rows.length <= MOST) return rows
  const order = (a: Readings, b: Readings): number => {
    for (const key of by) if (numberOf(a[key]) !== numberOf(b[key])) return numberOf(b[key]) - numberOf(a[key])
    return poolName(a) < poolName(b) ? -1 : 1
  }
  return rows.toSorted(order).slice(0, MOST)
}

const plain = (name: Reading | undefined): string => (/^[\w.$-]+$/.test(String(name)) ? String(name) : JSON.stringify(name ?? ''))
const poolName = ({ user, database }: Readings): string => `${plain(user)}@${plain(database)}`
