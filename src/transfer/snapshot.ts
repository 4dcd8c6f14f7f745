import { trackOf } from '../catalog/homes.js'
import { standingOf } from '../isolation/loading.js'
import { type HomePlace, tenantColumnOf } from '../isolation/model.js'
import { fault, isFault } from '../kernel/faults.js'
import { sql } from '../kernel/sql.js'
import { sqlstate } from '../postgres/errors.js'
import { type Lane, openLane } from '../postgres/lane.js'
import type { Database, Session } from '../postgres/session.js'
import { type Fact, fingerprintOfFacts } from '../schema/drift/facts.js'
import { fingerprintOfSums, sumOf, tablesToSum } from './fingerprint.js'
import { type Lanes, lanesBeside, laneThrough } from './lanes.js'
import type { Snapshot, SnapshotFacts, TransferTable, WalPosition } from './model.js'
import { sequencesOf } from './sequences.js'
import { definitionAlone, type SettleOptions, settle } from './settle.js'
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

export interface SnapshotOptions extends TransferOptions, SettleOptions {
  /** How many connections read at once, at most. */
  readonly lanes: number
}

/**
 * Looks at one tenant as of one moment, for as long as it is open. Takes no lock that writers mind; what would change the tables (migrations, TRUNCATE) waits
 * until it is closed, so close it on every path. What it costs depends on the home alone. Throws SNAPSHOT_BLOCKED, SNAPSHOT_UNFIT.
 */
export async function openSnapshot(database: Database, home: HomePlace, tenant: string, options: SnapshotOptions): Promise<Snapshot> {
  const open = () => openLane(database.config, 'tenantry snapshot')
  const keeper = await open()
  try {
    const find = async (session: Session): Promise<readonly FoundTable[]> => {
      await session.script(byIndexes)
      return tablesOf(session, home, options)
    }
    const { exported, facts, definition, tables } = await settle(keeper, home, find, options, (found, wal) =>
      lookAround(keeper.session, home, tenant, found, wal, options),
    )
    const lost = () => fault('SNAPSHOT_LOST', { home: home.schema })
    const lanes = lanesBeside(keeper, options.lanes, () => laneThrough(exported, open, asOwner(home, options)), lost)
    return { facts, definition, ...reading({ lanes, keeper, home, tenant, tables, options }), close: lanes.close }
  } catch (error) {
    await keeper.close()
    throw error
  }
}

interface Settled {
  readonly exported: string
  readonly facts: SnapshotFacts
  readonly definition: readonly Fact[]
  readonly tables: readonly FoundTable[]
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
  const definition = await definitionAlone(session, home)
  const facts: SnapshotFacts = {
    tenant,
    ...now,
    wal,
    isolation: home.isolation,
    track: trackOf(home),
    ...standing,
    shape: fingerprintOfFacts(definition, 'shape'),
    tenantColumn: tenantColumnOf(home, options.tenantColumn),
    tables: tables.map(({ of, name, columns, bytes }) => ({ of, name, columns, bytes })),
    sequences: await sequencesOf(session, home),
    extensions: await session.rows(sql<SnapshotFacts['extensions'][number]>`
      select extname::text as name, extversion as version from pg_catalog.pg_extension order by extname collate "C"`),
  }
  await session.script(asUsual)
  await session.script(asOwner(home, options))
  return { exported, facts, definition, tables }
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
