import type { Isolation } from '../../catalog/homes.js'
import type { Tenant } from '../../catalog/tenants.js'
import { openControl } from '../../engine/leak/control.js'
import { measureLeaks } from '../../engine/leak/meter.js'
import { openPlatformWay } from '../../engine/leak/platform-way.js'
import { lineOf, MOST_CONTROL, mainDatabase, type Scratch, scratchHomes, scratchTable, scratchTenants } from '../../engine/leak/scratch.js'
import type { Platform } from '../../engine/platform.js'
import { stopwatch } from '../../kernel/clock.js'
import { humanDuration } from '../../kernel/durations.js'
import { isFault } from '../../kernel/faults.js'
import { sql } from '../../kernel/sql.js'
import { type Cutting, createCutter } from '../../postgres/cutter.js'
import { figuresOf, type LeakFigures } from './figures.js'

export const SECONDS = 60
const APPLICATIONS = 4
const ROWS_PER_READ = 20
// The control is clear after a moment.
const CONTROL_ROWS = 20_000
const controlMs = (measuredMs: number): number => Math.max(500, Math.min(5_000, measuredMs / 4))

export interface MeasureInput {
  readonly isolation?: readonly Isolation[] | undefined
  readonly rows?: number | undefined
  readonly seconds?: number | undefined
  readonly clients: number
}

/** The library first, then the control, by the way that applications go with this login. */
export async function measure(platform: Platform, { mark, cluster }: Scratch, given: MeasureInput, login: string): Promise<LeakFigures> {
  const { clients, rows } = given
  const seconds = given.seconds ?? (rows === undefined ? SECONDS : undefined)
  const all = await scratchTenants(platform, mark)
  const { tenants, leftOut } = await reachable(platform, all, given.isolation !== undefined)
  const line = await lineOf(platform, cluster, login)
  const cutter = createCutter()
  // Without a pooler the few connections are the library's own.
  const connections = line.pooler === 'none' ? 1 : Math.ceil(clients / APPLICATIONS)
  const homes = await scratchHomes(platform, tenants)
  const { way, end } = openPlatformWay(platform, {
    table: scratchTable(mark),
    tenants,
    homes,
    applications: APPLICATIONS,
    connections,
    cutter,
  })
  const elapsed = stopwatch()
  const limits = { ...(rows === undefined ? {} : { rows }), ...(seconds === undefined ? {} : { withinMs: seconds * 1_000 }) }
  const count = await measureLeaks(way, cutter, {
    ...limits,
    clients,
    rowsPerRead: ROWS_PER_READ,
    tell: (so) => platform.progress(`${so.judged} rows read in ${humanDuration(so.elapsedMs)}, ${so.wrong} wrong`),
  }).finally(end)
  const tookMs = elapsed()
  const admin = await mainDatabase(platform, cluster)
  // Each with a connection of its own: that they share one is the pooler's doing, or does not happen.
  const controlClients = line.pooler === 'none' ? Math.min(clients, 10) : clients
  const controls = []
  let pooler = false
  // Where nothing answers any more, a control would show nothing either.
  for (const pattern of count.gaveUp ? [] : (['schemas', 'rows'] as const)) {
    platform.progress(`the control: settings of the session, ${pattern}`)
    const control = openControl({
      pattern,
      mark,
      tenants: Math.min(tenants.length, MOST_CONTROL),
      clients: controlClients,
      line: { ...line, database: admin.config.database },
      admin,
    })
    try {
      controls.push(
        await measureLeaks(control.way, NEVER, { rows: CONTROL_ROWS, withinMs: controlMs(tookMs), cut: 0, clients: controlClients }),
      )
      pooler ||= control.pooled()
    } finally {
      await control.end()
    }
  }
  const measured: Record<string, number> = {}
  for (const { isolation } of tenants) measured[isolation] = (measured[isolation] ?? 0) + 1
  return figuresOf({ count, controls, pooler, tenants: measured, leftOut, clients, seconds: Math.round(tookMs / 100) / 10 })
}

/**
 * The tenants that applications get to: a pooler may not know the database or the login of a tenant that has its own. Who names isolations wants to be told
 * of that by a fault.
 */
async function reachable(
  platform: Platform,
  tenants: readonly Tenant[],
  named: boolean,
): Promise<{ readonly tenants: readonly Tenant[]; readonly leftOut: readonly string[] }> {
  const reasons = new Map<string, string>()
  for (const { id, databaseId, isolation } of tenants) {
    if (isolation !== 'database') continue
    try {
      await platform.dataPlane().tenant(id).query(sql`select 1`)
    } catch (error) {
      if (named || !isFault(error, 'SERVER_UNREACHABLE', 'LOGIN_REFUSED', 'DATABASE_MISSING')) throw error
      reasons.set(databaseId, error.message)
    }
  }
  const [reason] = reasons.values()
  if (reason === undefined) return { tenants, leftOut: [] }
  const says = `${reasons.size} with a database of its own, which applications do not get to: ${reason}`
  platform.progress(`left out: ${says}`)
  return { tenants: tenants.filter(({ databaseId }) => !reasons.has(databaseId)), leftOut: [says] }
}

const NEVER: Cutting = { cutWhen: () => {}, cuts: () => ({ open: 0, idle: 0, flight: 0 }) }
