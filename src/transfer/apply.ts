import { createHash } from 'node:crypto'
import { refreshViews } from '../isolation/destroy.js'
import { assertFence, type FencingToken, raiseFence } from '../isolation/fence.js'
import { beginLoading, endLoading, holdLoading, makeAgain, postpone, postponedOf } from '../isolation/loading.js'
import { type HomePlace, MODELS, tenantColumnOf } from '../isolation/model.js'
import { PLATFORM_SCHEMA } from '../isolation/names.js'
import type { Administrator } from '../isolation/roles.js'
import { fault } from '../kernel/faults.js'
import { ident, join, sql } from '../kernel/sql.js'
import { contextOf } from '../kernel/token.js'
import { sqlstate } from '../postgres/errors.js'
import { type Lane, openLane } from '../postgres/lane.js'
import type { Database, Session } from '../postgres/session.js'
import { countRows, withTenant } from './fill.js'
import type { ReadTable, TransferSource, TransferTable } from './model.js'
import { isBroken, referencesOf } from './references.js'
import { refusal } from './refusal.js'
import { setSequences } from './sequences.js'
import { asOwner, byIndexes, type FoundTable, intoTable, type TransferOptions, whose } from './tables.js'
import { type Arrival, arrivalsOf, occupied, titleOf } from './target.js'
import { loud, silence } from './triggers.js'

export interface ApplyOptions extends TransferOptions {
  readonly by: FencingToken
  /** What the login of `database` may do on its cluster. */
  readonly admin: Administrator
  /** How many connections write at once, at most. */
  readonly lanes: number
  /**
   * The home was made for this: whatever is sooner made at once than kept up row by row (indexes without a constraint, foreign keys) is dropped and made again
   * afterwards, as it was. Never for a home of many. Default false.
   */
  readonly fresh?: boolean
  /** Only some of the tables come, so that rows may refer to rows that do not: nobody is to live in such a home. Default false. */
  readonly partial?: boolean
  /** The source is of another moment at each attempt: what one before has loaded to its end is emptied too. Default false. */
  readonly anew?: boolean
  /** Told after each table. */
  readonly onRows?: (table: TransferTable, rows: number) => void
}

/**
 * Loads one tenant's rows into a home that has the tables and none of that tenant's rows; with another tenant than they are from, they become that one's.
 * Triggers and rules of the application stay silent, generated columns are made anew, identities are kept. Repeatable by the same operation: what an attempt
 * has left is emptied first, and what was loaded to its end is not touched again, unless `anew`. Throws LOAD_UNFIT, LOAD_OCCUPIED, LOAD_REFUSED, LOAD_TEXT, LOAD_ORPHANS,
 * and what the source throws.
 */
export async function applySnapshot(
  database: Database,
  home: HomePlace,
  tenant: string,
  source: TransferSource,
  options: ApplyOptions,
): Promise<void> {
  const { by } = options
  await raiseFence(database, by)
  const work: Work = { database, home, tenant, options, name: nameOf(home, tenant, by) }
  await endOthers(work)
  const arrivals = await begin(work, source)
  if (arrivals === 'loaded') return
  await load(work, arrivals, source.read)
  await makeAllAgain(work)
  await analyzeAll(work, arrivals)
  await inLane(work, (lane) => finish(work, lane, source))
  await refreshViews(database, home.schema, by)
  await database.transaction(async (session) => {
    await session.run(assertFence(by))
    await session.run(endLoading(home.id, tenant))
  })
}

interface Work {
  readonly database: Database
  readonly home: HomePlace
  readonly tenant: string
  readonly options: ApplyOptions
  /** What its connections are called: the same for every attempt, and nobody else's. */
  readonly name: string
}

const nameOf = (home: HomePlace, tenant: string, by: FencingToken): string =>
  `tenantry load ${createHash('sha256').update(`${by.operation} ${home.id} ${tenant}`).digest('hex').slice(0, 32)}`

/** Of an attempt whose worker was taken for dead, and may only sleep: nothing of it is committed any more, but its rows would be waited for. */
const endOthers = ({ database, name }: Work): Promise<unknown> =>
  database.rows(sql`
    select pg_terminate_backend(pid, 5000)
    from pg_catalog.pg_stat_activity
    where application_name = ${name} and datname = current_database() and pid <> pg_backend_pid()`)

/** What is there, what comes, and whether the one may take the place of the other. */
async function begin({ database, home, tenant, options }: Work, { facts }: TransferSource): Promise<readonly Arrival[] | 'loaded'> {
  const { by } = options
  const { tables, arrivals, full, loaded } = await database.transaction(async (session) => {
    const before = await holdLoading(session, home.id, tenant, by)
    if (before?.operation === by.operation && before.loaded && options.anew !== true)
      return { tables: [], arrivals: [], full: [], loaded: true }
    await session.script(byIndexes)
    const found = await arrivalsOf(session, home, facts, options)
    await session.script(sql`set local enable_seqscan = on`)
    const full = await occupied(session, home, tenant, found.tables)
    if (full.length > 0 && before?.operation !== by.operation)
      throw fault('LOAD_OCCUPIED', { home: home.schema, tenant, tables: full.map(titleOf) })
    const differences = await loud(session, found.arrivals, options)
    if (differences.length > 0) throw fault('LOAD_UNFIT', { home: home.schema, differences })
    await session.run(beginLoading(home.id, tenant, by))
    // Foreign keys that nothing silences would want an order, and there may be none.
    const own = !MODELS[home.isolation].manyTenants
    if (own && before?.postponed !== true) {
      const [indexes, keys] = [options.fresh === true, options.fresh === true || !options.admin.superuser]
      await session.run(postpone(home.id, tenant, home.schema, { keys, indexes }))
    }
    return { ...found, full, loaded: false }
  })
  if (loaded) return 'loaded'
  if (full.length > 0) await empty({ database, home, tenant, options }, tables, full)
  return arrivals
}

/** What an attempt has left, a table in a transaction; whole tables at once where all rows are the tenant's. */
async function empty({ database, home, tenant, options }: Omit<Work, 'name'>, tables: readonly FoundTable[], full: readonly FoundTable[]) {
  const own = MODELS[home.isolation].manyTenants ? [] : tables.filter(({ of }) => of === 'home')
  await database.transaction(async (session) => {
    await session.run(assertFence(options.by))
    await session.script(asOwner(home, options))
    if (own.length > 0) await session.run(sql`truncate ${join(own.map((table) => intoTable(table, home)))}`)
  })
  for (const table of full.filter((one) => !own.includes(one))) {
    await database.transaction(async (session) => {
      await session.run(assertFence(options.by))
      await quietly(session, home, tenant, options)
      await session.run(sql`delete from ${intoTable(table, home)} where ${whose(table, tenant)}`)
    })
  }
}

/**
 * The rest of a transaction as the owner of the tables, without triggers where the login may do that. The tenant counts as entered: defaults and checks of the
 * application may ask who it is, in either of the places where `tenantry.tenant()` may look.
 */
async function quietly(session: Session, home: HomePlace, tenant: string, options: ApplyOptions): Promise<void> {
  const who = { tenant, actor: 'tenantry', request: 'load' }
  await session.run(sql`select set_config('tenantry.context', ${[who.tenant, who.actor, who.request].join('\x1f')}, true)`)
  if (options.admin.superuser)
    await session.run(sql`
      select set_config('session_replication_role', 'replica', true), set_config('backtrace_functions', ${contextOf(who)}, true)`)
  await session.script(asOwner(home, options))
}

async function inLane<T>({ database, name }: Work, body: (lane: Lane) => Promise<T>): Promise<T> {
  const lane = await openLane(database.config, name)
  try {
    return await body(lane)
  } finally {
    await lane.close()
  }
}

/** Each worker has a lane and takes the next when it is done with one. The first that fails ends the others. */
async function inLanes<T>(work: Work, queue: readonly T[], body: (lane: Lane, next: T) => Promise<void>): Promise<void> {
  const left = [...queue]
  const open = await Promise.allSettled(
    Array.from({ length: Math.min(Math.max(1, work.options.lanes), queue.length) }, () => openLane(work.database.config, work.name)),
  )
  const lanes = open.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  const end = () => Promise.all(lanes.map((lane) => lane.close()))
  const refused = open.find((one) => one.status === 'rejected')
  let failure = refused && { error: refused.reason as unknown }
  if (failure === undefined) {
    await Promise.all(
      lanes.map(async (lane) => {
        try {
          for (let next = left.shift(); next !== undefined; next = left.shift()) await body(lane, next)
        } catch (error) {
          failure ??= { error }
          await end()
        }
      }),
    )
  }
  await end()
  if (failure !== undefined) throw failure.error
}

/** The largest first, so that no lane is left with one at the end. Where foreign keys are kept, those of the platform come last and in their order. */
async function load(work: Work, arrivals: readonly Arrival[], read: ReadTable): Promise<void> {
  const { options } = work
  const one = async (lane: Lane, next: Arrival): Promise<void> => {
    const rows = await loadTable(work, lane, next, read)
    options.onRows?.(next.source, rows)
  }
  const ordered = options.admin.superuser ? [] : arrivals.filter(({ source }) => source.of === 'platform')
  const free = arrivals.filter((arrival) => !ordered.includes(arrival)).sort((a, b) => b.source.bytes - a.source.bytes)
  await inLanes(work, free, one)
  await inLanes({ ...work, options: { ...options, lanes: 1 } }, ordered, one)
}

/** First the indexes, which the foreign keys are then checked by. */
async function makeAllAgain(work: Work): Promise<void> {
  const { database, home, tenant, options } = work
  const things = await postponedOf(database, home.id, tenant)
  for (const kind of ['index', 'constraint'] as const) {
    const wanted = things.flatMap((thing, n) => (thing.kind === kind ? [n] : []))
    await inLanes(work, wanted, async ({ session }, n) => {
      await session.script(sql`begin`)
      await session.run(makeAgain(home.id, tenant, n)).catch((error: unknown) => {
        throw sqlstate(error) === '23503'
          ? fault('LOAD_ORPHANS', { home: home.schema, constraints: [`${things[n]!.rel}.${things[n]!.name}`] })
          : error
      })
      await session.run(assertFence(options.by))
      await session.script(sql`commit`)
    })
  }
}

async function loadTable({ home, tenant, options }: Work, lane: Lane, { source, table }: Arrival, read: ReadTable): Promise<number> {
  const { session } = lane
  const filled = table.tenantColumn
  const columns = [...(filled === undefined ? [] : [filled]), ...source.columns.map(({ name }) => name)]
  const rows = read(source)
  try {
    await session.script(sql`begin`)
    await quietly(session, home, tenant, options)
    const silenced = options.admin.superuser || source.of === 'platform' ? [] : await silence(session, table)
    const into = intoTable(table, home)
    const written =
      columns.length === 0
        ? await session.run(sql`insert into ${into} select from generate_series(1, ${await countRows(rows)}::bigint)`)
        : await lane.copyIn(
            sql`copy ${into} (${join(columns.map((name) => ident(name)))}) from stdin (format text)`,
            filled === undefined ? rows : withTenant(rows, tenant, source.columns.length),
          )
    for (const statement of silenced) await session.script(statement)
    await session.script(sql`set local role none; set local search_path = ''`)
    // At its end and not at its beginning: whoever takes over need not wait for what may take hours, and nothing of it is committed then.
    await session.run(assertFence(options.by))
    await session.script(sql`commit`)
    return written
  } catch (error) {
    await lane.close()
    throw refusal(error, titleOf(source))
  }
}

/** A table without statistics counts as a small one. In a home of many, the server sees to it by itself. */
async function analyzeAll(work: Work, arrivals: readonly Arrival[]): Promise<void> {
  if (MODELS[work.home.isolation].manyTenants) return
  const fresh = arrivals.filter(({ source }) => source.of === 'home').toSorted((a, b) => b.source.bytes - a.source.bytes)
  await inLanes(work, fresh, async ({ session }, { table }) => {
    await session.run(sql`analyze ${intoTable(table, work.home)}`)
  })
}

/** What COPY has left to do: foreign keys, sequences. */
async function finish(work: Work, { session }: Lane, { facts }: TransferSource): Promise<void> {
  const { home, tenant, options } = work
  const column = tenantColumnOf(home, options.tenantColumn)
  const own = !MODELS[home.isolation].manyTenants
  const places = [
    { schema: home.schema, column, all: own },
    ...(options.tenantColumn === null || options.platformRows === false
      ? []
      : [{ schema: PLATFORM_SCHEMA, column: options.tenantColumn, all: false }]),
  ]
  const remade = own && (options.fresh === true || !options.admin.superuser)
  const references = (await referencesOf(session, places)).filter(
    // What was made again was checked then.
    ({ schema, toSchema }) => !(remade && schema === home.schema && toSchema === schema),
  )
  await session.script(sql`begin`)
  await session.script(asOwner(home, options))
  const broken: string[] = []
  for (const reference of options.partial === true ? [] : references)
    if (await isBroken(session, reference, tenant)) broken.push(`${reference.table}.${reference.name}`)
  if (broken.length > 0) throw fault('LOAD_ORPHANS', { home: home.schema, constraints: broken })
  await setSequences(session, home, facts.sequences)
  await session.script(sql`set local role none; set local search_path = ''`)
  await session.run(assertFence(options.by))
  await session.script(sql`commit`)
}
