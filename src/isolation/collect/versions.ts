import { type Sql, sql } from '../../kernel/sql.js'

export const MAJORS = [15, 16, 17, 18] as const
export type Major = (typeof MAJORS)[number]

/** What a major version of PostgreSQL calls what all of them count, as expressions over the aliases of `server.ts`, `replication.ts` and `slow.ts`. */
interface Words {
  /** Where checkpoints are counted. */
  readonly checkpointer: Sql
  readonly checkpointsTimed: Sql
  readonly checkpointsRequested: Sql
  readonly checkpointBuffers: Sql
  /** How often WAL was flushed to disk. */
  readonly walSyncs: Sql
  /** Of a slot: why it is of no use any more. */
  readonly slotInvalid: Sql
  /** Of a slot: since when nobody uses it. */
  readonly slotInactiveSince: Sql
  /** Of a statement: the time of reading blocks, and of writing them. */
  readonly statementReadMs: Sql
  readonly statementWriteMs: Sql
}

const bgwriter = {
  checkpointer: sql`pg_catalog.pg_stat_bgwriter`,
  checkpointsTimed: sql`k.checkpoints_timed`,
  checkpointsRequested: sql`k.checkpoints_req`,
  checkpointBuffers: sql`k.buffers_checkpoint`,
}
// Since 17 in a view of their own.
const checkpointer = {
  checkpointer: sql`pg_catalog.pg_stat_checkpointer`,
  checkpointsTimed: sql`k.num_timed`,
  checkpointsRequested: sql`k.num_requested`,
  checkpointBuffers: sql`k.buffers_written`,
}
const walSyncs = sql`w.wal_sync`
// Before 17 a slot says only that its WAL is gone, and before 16 not even that it is in conflict with recovery.
const untold = { slotInvalid: sql`case when s.wal_status = 'lost' then 'wal_removed' end`, slotInactiveSince: sql`null::timestamptz` }
const blocks = { statementReadMs: sql`s.blk_read_time`, statementWriteMs: sql`s.blk_write_time` }
// Since 17 those of temporary files and of local blocks have columns of their own.
const sharedBlocks = { statementReadMs: sql`s.shared_blk_read_time`, statementWriteMs: sql`s.shared_blk_write_time` }
const told = { slotInvalid: sql`s.invalidation_reason`, slotInactiveSince: sql`s.inactive_since` }

export const WORDS: Readonly<Record<Major, Words>> = {
  15: { ...bgwriter, ...blocks, walSyncs, ...untold },
  16: {
    ...bgwriter,
    ...blocks,
    walSyncs,
    ...untold,
    slotInvalid: sql`case when s.wal_status = 'lost' then 'wal_removed' when s.conflicting then 'conflict' end`,
  },
  17: { ...checkpointer, ...sharedBlocks, walSyncs, ...told },
  // pg_stat_wal counts no writes any more: they are I/O like all other.
  18: {
    ...checkpointer,
    ...sharedBlocks,
    walSyncs: sql`(select coalesce(sum(i.fsyncs), 0) from pg_catalog.pg_stat_io i where i.object = 'wal')`,
    ...told,
  },
}

/** The nearest that is known. `cluster add` refuses what is not of 15 to 18; a server may be newer by the time that it is asked. */
export const majorOf = (version: number): Major => {
  const major = Math.floor(version / 10_000)
  return MAJORS.findLast((known) => known <= major) ?? MAJORS[0]
}

export const askVersion = sql<{ version: number }>`select current_setting('server_version_num')::int as version`
