import { type Sql, sql } from '../../kernel/sql.js'

/** What a server counts for each database: as one row says it, and as the sum over all. Names are those of readings. */
export const COUNTERS = {
  each: sql`
    d.numbackends as backends, d.xact_commit::float8 as commits, d.xact_rollback::float8 as rollbacks, d.blks_read::float8 as "blocksRead",
    d.blks_hit::float8 as "blocksHit", d.tup_returned::float8 as returned, d.tup_fetched::float8 as fetched, d.tup_inserted::float8 as inserted,
    d.tup_updated::float8 as updated, d.tup_deleted::float8 as deleted, d.conflicts::float8 as conflicts, d.temp_files::float8 as "tempFiles",
    d.temp_bytes::float8 as "tempBytes", d.deadlocks::float8 as deadlocks, d.blk_read_time::float8 as "readMs", d.blk_write_time::float8 as "writeMs",
    d.sessions::float8 as sessions, d.sessions_abandoned::float8 as abandoned, d.sessions_fatal::float8 as fatal, d.sessions_killed::float8 as killed`,
  sums: sql`
    sum(d.xact_commit)::float8 as commits, sum(d.xact_rollback)::float8 as rollbacks, sum(d.blks_read)::float8 as "blocksRead",
    sum(d.blks_hit)::float8 as "blocksHit", sum(d.tup_returned)::float8 as returned, sum(d.tup_fetched)::float8 as fetched,
    sum(d.tup_inserted)::float8 as inserted, sum(d.tup_updated)::float8 as updated, sum(d.tup_deleted)::float8 as deleted,
    sum(d.conflicts)::float8 as conflicts, sum(d.temp_files)::float8 as "tempFiles", sum(d.temp_bytes)::float8 as "tempBytes",
    sum(d.deadlocks)::float8 as deadlocks, sum(d.sessions)::float8 as sessions`,
} as const

export interface DatabaseReading {
  readonly name: string
  readonly facts: Readonly<Record<string, number | string | null>>
}

/** What the server has counted for these databases. Those that are not there any more have no row. */
export const askDatabases = (names: readonly string[]): Sql<DatabaseReading> => sql<DatabaseReading>`
  select d.datname::text as name, to_jsonb(c) as facts
  from pg_catalog.pg_stat_database d
  cross join lateral (
    select ${COUNTERS.each},
           concat_ws(' ', d.datid, d.stats_reset, (select b.stats_reset from pg_catalog.pg_stat_bgwriter b)) as reset
  ) c
  where d.datname = any (${names})`
