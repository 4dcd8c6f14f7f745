import { trackOf } from '../catalog/homes.js'
import { standingOf } from '../isolation/loading.js'
import { type HomePlace, tenantColumnOf } from '../isolation/model.js'
import { fault, isFault } from '../kernel/faults.js'
import { join, literal, type Sql, sql, whole } from '../kernel/sql.js'
import { sqlstate } from '../postgres/errors.js'
import { type Lane, openLane } from '../postgres/lane.js'
import type { Database, Session } from '../postgres/session.js'
import { fingerprintOf } from '../schema/fingerprint.js'
import { fingerprintOfSums, sumOf, tablesToSum } from './fingerprint.js'
import { type Lanes, lanesBeside } from './lanes.js'
import type { Snapshot, SnapshotFacts, TransferTable, WalPosition } from './model.js'
import { sequencesOf } from './sequences.js'
import {
  asOwner,
  asUsual,
  byIndexes,
  columnList,
  type FoundTable,
  fromTable,
  inOrder,
  type TransferOptions,
  tablesOf,
  untold,
  whose,
} from './tables.js'

export interface SnapshotOptions extends TransferOptions {
  /** How many connections read at once, at most. */
  readonly lanes: number
  /** A snapshot that a replication slot has exported, and where the slot begins: then the position is exact. It must stay exported until this has answered. */
  readonly slot?: { readonly snapshot: string; readonly lsn: string }
  /** How long tables may be locked by others, in all. Default 10 s. */
  readonly withinMs?: number
}

const WITHIN_MS = 10_000
const TRIES = 5

/**
 * Looks at one tenant as of one moment, for as long as it is open. Takes no lock that writers mind; what would change the tables (migrations, TRUNCATE) waits
 * until it is closed, so close it on every path. What it costs depends on the home alone. Throws SNAPSHOT_BLOCKED, SNAPSHOT_UNFIT.
 */
export async function openSnapshot(database: Database, home: HomePlace, tenant: string, options: SnapshotOptions): Promise<Snapshot> {
  const open = () => openLane(database.config, 'tenantry snapshot')
  const keeper = await open()
  try {
    const { exported, facts, tables } = await settle(keeper, home, tenant, options)
    const lost = () => fault('SNAPSHOT_LOST', { home: home.schema })
    const lanes = lanesBeside(
      keeper,
      options.lanes,
      async () => {
        const lane = await open()
        try {
          await lane.session.script(sql`begin isolation level repeatable read read only; set transaction snapshot ${literal(exported)}`)
          await lane.session.script(asOwner(home, options))
          return lane
        } catch (error) {
          await lane.close()
          throw error
        }
      },
      lost,
    )
    return { facts, ...reading({ lanes, keeper, home, tenant, tables, options }), close: lanes.close }
  } catch (error) {
    await keeper.close()
    throw error
  }
}

interface Settled {
  readonly exported: string
  readonly facts: SnapshotFacts
  readonly tables: readonly FoundTable[]
}

/**
 * The locks come before the snapshot: whoever empties or rewrites a table between the two would leave the snapshot with nothing to see. LOCK takes no snapshot
 * itself, so the first statement after it does; and if it sees other tables than were locked, all begins anew.
 */
async function settle(keeper: Lane, home: HomePlace, tenant: string, options: SnapshotOptions): Promise<Settled> {
  const { session } = keeper
  const waitMs = Math.max(1, Math.floor((options.withinMs ?? WITHIN_MS) / TRIES))
  let reason = 'its tables changed meanwhile'
  for (let tries = 0; tries < TRIES; tries++) {
    try {
      await session.script(sql`begin; set local lock_timeout = ${whole(waitMs)}`)
      await session.script(byIndexes)
      const before = await tablesOf(session, home, options)
      const wal = options.slot === undefined ? await walNow(session) : { lsn: options.slot.lsn, exact: true }
      await session.script(sql`commit`)
      await session.script(beginning(before, home, options, waitMs))
      await session.script(byIndexes)
      const tables = await tablesOf(session, home, options)
      if (shapeOf(tables) === shapeOf(before) && !(await rewritten(session, tables)))
        return await lookAround(session, home, tenant, tables, wal, options)
      reason = 'its tables changed meanwhile'
    } catch (error) {
      // Somebody has a table locked; somebody has dropped one.
      if (sqlstate(error) !== '55P03' && sqlstate(error) !== '42P01' && sqlstate(error) !== '40P01') throw error
      reason = sqlstate(error) === '55P03' ? 'a table is locked' : reason
    }
    await session.script(sql`rollback`)
    // What a slot has seen stays as it was: to look again would find the same.
    if (options.slot !== undefined && reason !== 'a table is locked') break
  }
  throw fault('SNAPSHOT_BLOCKED', { home: home.schema, reason })
}

const shapeOf = (tables: readonly FoundTable[]): string =>
  JSON.stringify(tables.map(({ oid, of, name, columns }) => [oid, of, name, columns]))

const beginning = (tables: readonly FoundTable[], home: HomePlace, { slot }: SnapshotOptions, waitMs: number): Sql =>
  join(
    [
      sql`begin isolation level repeatable read read only`,
      ...(slot === undefined ? [] : [sql`set transaction snapshot ${literal(slot.snapshot)}`]),
      sql`set local lock_timeout = ${whole(waitMs)}`,
      ...(tables.length === 0 ? [] : [sql`lock table ${join(tables.map((table) => fromTable(table, home)))} in access share mode`]),
      sql`set local lock_timeout = 0`,
    ],
    ';\n',
  )

/** Has a table been emptied or written anew since the snapshot, ahead of the lock? The function sees the file of now, the table that of then. */
async function rewritten(session: Session, tables: readonly FoundTable[]): Promise<boolean> {
  const { found } = await session.one(sql<{ found: boolean }>`
    select exists (
      select
      from unnest(${tables.map(({ oid }) => oid)}::oid[]) as t (oid)
      cross join lateral (
        select t.oid union all select p.relid::oid from pg_partition_tree(t.oid) p where p.relid <> t.oid) as part (oid)
      join pg_catalog.pg_class c on c.oid = part.oid
      where c.relfilenode <> 0 and c.relfilenode is distinct from pg_relation_filenode(c.oid)
    ) as found`)
  return found
}

async function walNow(session: Session): Promise<WalPosition> {
  const { lsn } = await session.one(sql<{ lsn: string }>`
    select (case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end)::text as lsn`)
  return { lsn, exact: false }
}

async function lookAround(
  session: Session,
  home: HomePlace,
  tenant: string,
  found: readonly FoundTable[],
  wal: WalPosition,
  options: SnapshotOptions,
): Promise<Settled> {
  const reasons = untold(home, found, options)
  if (reasons.length > 0) throw fault('SNAPSHOT_UNFIT', { home: home.schema, reasons })
  const standing = await standingOf(session, home.id)
  if (standing === undefined) throw fault('SNAPSHOT_UNFIT', { home: home.schema, reasons: ['the database does not know it'] })
  const { exported, ...now } = await session.one(sql<{ exported: string; at: string; serverVersion: number }>`
    select pg_export_snapshot() as exported,
           to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at,
           current_setting('server_version_num')::int as "serverVersion"`)
  const tables = await inOrder(session, found)
  const facts: SnapshotFacts = {
    tenant,
    ...now,
    wal,
    isolation: home.isolation,
    track: trackOf(home),
    ...standing,
    shape: await shapeAlone(session, home),
    tenantColumn: tenantColumnOf(home, options.tenantColumn),
    tables: tables.map(({ of, name, columns, bytes }) => ({ of, name, columns, bytes })),
    sequences: await sequencesOf(session, home),
    extensions: await session.rows(sql<SnapshotFacts['extensions'][number]>`
      select extname::text as name, extversion as version from pg_catalog.pg_extension order by extname collate "C"`),
  }
  await session.script(asUsual)
  await session.script(asOwner(home, options))
  return { exported, facts, tables }
}

/**
 * The definition of a view is read with a lock on all that it reads. Kept until the end, that on a materialised view would keep whoever loads rows into the
 * same shared home from refreshing it: so it is given up at once.
 */
async function shapeAlone(session: Session, home: HomePlace): Promise<string> {
  await session.script(sql`savepoint shape`)
  const shape = await fingerprintOf(session, home.schema)
  await session.script(sql`rollback to savepoint shape`)
  return shape
}

interface Reading {
  readonly lanes: Lanes
  readonly keeper: Lane
  readonly home: HomePlace
  readonly tenant: string
  readonly tables: readonly FoundTable[]
  readonly options: SnapshotOptions
}

function reading({ lanes, keeper, home, tenant, tables, options }: Reading): Pick<Snapshot, 'read' | 'fingerprint'> {
  /** A lane that has the lock of the table, or the one that has had it all the while: whoever wants to change the table stands between the two. */
  const laneFor = async (table: FoundTable) => {
    const taken = await lanes.take()
    if (taken.lane === keeper) return taken
    try {
      await taken.lane.session.script(
        sql`savepoint lock; lock table ${fromTable(table, home)} in access share mode nowait; release savepoint lock`,
      )
      return taken
    } catch (error) {
      if (sqlstate(error) === '55P03') await taken.lane.session.script(sql`rollback to savepoint lock; release savepoint lock`)
      else await taken.lane.close()
      taken.giveBack()
      if (sqlstate(error) !== '55P03') throw error
      return lanes.take(keeper)
    }
  }
  return {
    async *read(wanted: TransferTable) {
      const table = tables.find(({ of, name }) => of === wanted.of && name === wanted.name)
      if (table === undefined) throw fault('SNAPSHOT_UNFIT', { home: home.schema, reasons: [`it has no table ${wanted.name}`] })
      const { lane, giveBack } = await laneFor(table)
      try {
        yield* lane.copyOut(sql`
          copy (select ${columnList(table.columns)} from ${fromTable(table, home)} where ${whose(table, tenant)}) to stdout (format text)`)
      } catch (error) {
        throw isFault(error, 'SERVER_UNREACHABLE') ? fault('SNAPSHOT_LOST', { home: home.schema }, { cause: error }) : error
      } finally {
        giveBack()
      }
    },
    fingerprint: async () => {
      const { lane, giveBack } = await lanes.take(keeper)
      const toSum = await tablesToSum(lane.session, home, options).finally(giveBack)
      const sums = await Promise.all(
        toSum.map(async (one) => {
          const taken = await laneFor(tables.find(({ of, name }) => of === one.of && name === one.name)!)
          return taken.lane.session.one(sumOf(one, home, tenant, options.tenantColumn)).finally(taken.giveBack)
        }),
      )
      return fingerprintOfSums(toSum, sums)
    },
  }
}
