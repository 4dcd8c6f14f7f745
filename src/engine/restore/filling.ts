import { trackOf } from '../../catalog/homes.js'
import type { FencingToken } from '../../isolation/fence.js'
import { beginLoading, holdLoading, standingOf } from '../../isolation/loading.js'
import type { HomePlace } from '../../isolation/model.js'
import type { FaultCode } from '../../kernel/faults.js'
import { fault } from '../../kernel/faults.js'
import { sql } from '../../kernel/sql.js'
import type { Database, Session } from '../../postgres/session.js'
import { applyToHome, type Standing } from '../../schema/apply.js'
import { checkMigrations } from '../../schema/check.js'
import { upTo } from '../../schema/migration.js'
import { applySnapshot } from '../../transfer/apply.js'
import { fingerprintTenant } from '../../transfer/fingerprint.js'
import { streamName, type TenantFingerprint } from '../../transfer/model.js'
import { byIndexes, type FoundTable, type TransferOptions, tablesOf } from '../../transfer/tables.js'
import { occupied, titleOf } from '../../transfer/target.js'
import type { AnonymiseRules } from '../anonymise-config.js'
import { applyContextOf } from '../apply-context.js'
import { deleteRows } from '../destroying.js'
import { LANES } from '../lanes.js'
import type { Step, StepContext } from '../operation.js'
import type { Making } from '../placing.js'
import { databaseOf, type Platform } from '../platform.js'
import { anonymised } from './anonymising.js'
import { type OpenOrigin, type Origin, openOrigin, transferOptions } from './origin.js'
import { dropThrough, makeThrough, openThrough } from './through.js'

/** What filling a home may fail with, besides its making and the reading of what it is filled with. */
export const FILLING_FAULTS = [
  'LOAD_UNFIT',
  'LOAD_OCCUPIED',
  'LOAD_REFUSED',
  'LOAD_TEXT',
  'LOAD_ORPHANS',
  'RESTORE_DIFFERS',
  'RESTORE_VERSION',
] as const satisfies readonly FaultCode[]

/** What filling a home that was made for it remembers between its steps. */
export interface Filling extends Making {
  /** Of the tenant that gets the rows. */
  readonly slug: string
  readonly origin: Origin
  /** False where another home of the same tenant is in the same database: rows of platform tables are there once for both. */
  readonly platformRows: boolean
  /** It becomes a home beside the one that the tenant lives in; otherwise the home of a tenant that was made for it. */
  readonly beside: boolean
  /** The schema that rows of another version go through into a shared home. */
  readonly through?: Making
  /** Only these tables, by the names that `tenant compare` shows; the others stay empty. */
  readonly only?: readonly string[]
  /** What becomes of values on the way; as they were declared when it began. */
  readonly rules?: AnonymiseRules
  readonly filled?: Filled
}

export interface Filled {
  /** The moment that the rows are of. */
  readonly at: string
  readonly version: string
  readonly tables: number
  readonly rows: number
}

type Context = StepContext<unknown, Filling>
type Home = Pick<Filling, 'tenant' | 'slug' | 'adminRef' | 'database' | 'home' | 'ownHome' | 'superuser' | 'platformRows' | 'only'>

/** From a home with tables, which nobody lives in, to one with rows at the newest schema version. */
export const FILL_STEPS: readonly Step<unknown, Filling>[] = [
  {
    name: 'fill',
    async act(context: Context) {
      const { platform, memory, by } = context
      const source = await openOrigin(platform, memory.origin)
      try {
        const rows = memory.rules === undefined ? source : anonymised(source, memory.rules)
        const { through } = memory
        return {
          filled: await (through === undefined
            ? restoreInto(platform, memory, rows, by, isLive(memory))
            : fillThrough(context, through, rows)),
        }
      } finally {
        await source.close()
      }
    },
    async undo({ platform, memory, by }: Context) {
      if (memory.through !== undefined) await dropThrough(platform, memory.through, by)
      // Otherwise all of it goes with the home.
      if (memory.ownDatabase || (memory.ownHome && !memory.platformRows)) return
      // Rows that were in the way are somebody's: a load that was refused for them does not take them away.
      const before = await databaseOf(platform, memory).transaction((session) => holdLoading(session, memory.home.id, memory.tenant, by))
      if (before?.operation !== by.operation) return
      await deleteRows(platform, { ...memory, keepsPlatformRows: !memory.platformRows }, by)
    },
  },
  {
    name: 'raise',
    async act({ platform, memory, by }: Context) {
      const standing = memory.ownHome ? await raiseTo(platform, memory, undefined, by) : undefined
      return standing === undefined ? {} : { standing }
    },
  },
]

/** What an attempt before this one has loaded to its end is of an earlier moment than what is read now. */
const isLive = ({ origin }: Filling): boolean => origin.of === 'tenant'

async function fillThrough(context: Context, through: Making, source: OpenOrigin): Promise<Filled> {
  const { platform, memory, by } = context
  await claimRows(platform, memory, by)
  // Now whatever is there is what an attempt before this one has left.
  await deleteRows(platform, { ...memory, keepsPlatformRows: !memory.platformRows }, by)
  await makeThrough(context as StepContext<unknown, never>, through)
  const between = { ...through, slug: memory.slug, platformRows: memory.platformRows }
  const filled = await restoreInto(platform, between, source, by, isLive(memory))
  await raiseTo(platform, between, undefined, by)
  const raised = await openThrough(platform, through, source.title)
  await restoreInto(platform, { ...memory, platformRows: false }, raised, by).finally(raised.close)
  await dropThrough(platform, through, by)
  return filled
}

/** What a shared home has of the tenant is this operation's to empty, from the first attempt on that has found nothing there. Throws LOAD_OCCUPIED. */
const claimRows = (platform: Platform, { adminRef, database, home, tenant, platformRows }: Filling, by: FencingToken): Promise<void> =>
  databaseOf(platform, { adminRef, database }).transaction(async (session) => {
    const before = await holdLoading(session, home.id, tenant, by)
    if (before?.operation !== by.operation) {
      const tables = await tablesLookedUp(session, home, transferOptions(platform, platformRows))
      await refuseRows(session, home, tenant, tables)
    }
    await session.run(beginLoading(home.id, tenant, by))
  })

async function tablesLookedUp(session: Session, home: HomePlace, options: TransferOptions): Promise<readonly FoundTable[]> {
  await session.script(byIndexes)
  const tables = await tablesOf(session, home, options)
  await session.script(sql`set local enable_seqscan = on`)
  return tables
}

/** Throws LOAD_OCCUPIED. */
async function refuseRows(session: Session, home: HomePlace, tenant: string, tables: readonly FoundTable[]): Promise<void> {
  const full = await occupied(session, home, tenant, tables)
  if (full.length > 0) throw fault('LOAD_OCCUPIED', { home: home.schema, tenant, tables: full.map(titleOf) })
}

/**
 * Loads what a source has into a home that nobody lives in: its tables at the version of the source, then the rows, then a look at whether they add up to
 * the same. Repeatable by the same operation. Throws what `applySnapshot` throws, RESTORE_VERSION, RESTORE_DIFFERS.
 */
export async function restoreInto(platform: Platform, to: Home, whole: OpenOrigin, by: FencingToken, anew = false): Promise<Filled> {
  const source = to.only === undefined ? whole : narrowed(whole, to.only, to.slug)
  const partial = to.only !== undefined
  const { facts, title } = source
  const database = databaseOf(platform, to)
  const { version } = to.ownHome
    ? await raiseTo(platform, to, facts.version, by)
    : await database.transaction(async (session) => (await standingOf(session, to.home.id)) ?? { version: '' })
  if (version !== facts.version)
    throw fault('RESTORE_VERSION', { from: title, version: facts.version, home: to.home.schema, found: version })
  const options = transferOptions(platform, to.platformRows)
  if (to.ownHome) await claimHome(database, to, by, options)
  const filled = { tables: 0, rows: 0 }
  const onRows = (_: unknown, rows: number): void => {
    filled.tables++
    filled.rows += rows
    platform.progress(`${to.home.schema}: ${filled.tables} of ${facts.tables.length} tables, ${filled.rows} rows`)
  }
  await applySnapshot(database, to.home, to.tenant, source, {
    ...options,
    by,
    admin: to,
    lanes: LANES,
    fresh: to.ownHome && !partial,
    partial,
    anew,
    onRows,
  })
  const [wanted, found] = await Promise.all([
    source.fingerprint(),
    fingerprintTenant(database, to.home, to.tenant, { ...options, lanes: LANES }),
  ])
  const tables = differences(wanted, found, to.platformRows, source.altered)
  if (tables.length > 0) throw fault('RESTORE_DIFFERS', { from: title, home: to.home.schema, tables })
  const rows = Object.values(found.tables).reduce((sum, table) => sum + Number(table.rows), 0)
  return { at: facts.at, version: facts.version, tables: Object.keys(found.tables).length, rows }
}

/** Some tables of a source. Throws TABLE_UNKNOWN. */
function narrowed(source: OpenOrigin, only: readonly string[], slug: string): OpenOrigin {
  const { facts } = source
  const tables = facts.tables.filter((table) => only.includes(titleOf(table)))
  const unknown = only.find((name) => !tables.some((table) => titleOf(table) === name))
  if (unknown !== undefined) throw fault('TABLE_UNKNOWN', { tenant: slug, table: unknown, tables: facts.tables.map(titleOf) })
  const names = new Set(tables.map(streamName))
  return {
    ...source,
    facts: { ...facts, tables },
    fingerprint: async () => {
      const { whole, tables: all } = await source.fingerprint()
      return { whole, tables: Object.fromEntries(Object.entries(all).filter(([name]) => names.has(name))) }
    },
  }
}

/**
 * Rows that migrations have put into a home that was made for this are in the source as well, as they have become since: they are emptied first. Platform tables
 * were there before it, and a row of the tenant in them is somebody's. Throws LOAD_OCCUPIED.
 */
const claimHome = (database: Database, { home, tenant }: Home, by: FencingToken, options: TransferOptions): Promise<void> =>
  database.transaction(async (session) => {
    if ((await holdLoading(session, home.id, tenant, by)) !== undefined) return
    const tables = await tablesLookedUp(session, home, options)
    await refuseRows(
      session,
      home,
      tenant,
      tables.filter(({ of }) => of === 'platform'),
    )
    await session.run(beginLoading(home.id, tenant, by))
  })

const MOST_TOLD = 20

function differences(
  wanted: TenantFingerprint,
  found: TenantFingerprint,
  platformRows: boolean,
  altered?: ReadonlySet<string>,
): readonly string[] {
  const none = { rows: '0', sum: '0'.repeat(32) }
  const names = [...new Set([...Object.keys(wanted.tables), ...Object.keys(found.tables)])]
  return names
    .filter((name) => platformRows || name.startsWith('home.'))
    .flatMap((name) => {
      const [a, b] = [wanted.tables[name] ?? none, found.tables[name] ?? none]
      if (a.rows === b.rows && (a.sum === b.sum || altered?.has(name) === true)) return []
      return [a.rows === b.rows ? `${name} has other values` : `${name} has ${b.rows} rows of ${a.rows}`]
    })
    .slice(0, MOST_TOLD)
}

/** Brings its tables to a version, or to the newest. */
async function raiseTo(platform: Platform, to: Home, version: string | undefined, by: FencingToken): Promise<Standing> {
  const track = trackOf(to.home)
  const all = (await checkMigrations(platform.config, [track])).tracks.get(track)!
  return applyToHome(databaseOf(platform, to), to.home, upTo(all, version), applyContextOf(platform, by), true)
}
