import { type Sql, sql } from '../../kernel/sql.js'
import { COUNTERS } from './databases.js'
import { type Major, WORDS } from './versions.js'

/** What a server says of itself: states are as of now, counters since it began to count. */
export interface ServerReading {
  readonly at: number
  readonly version: number
  readonly facts: Readonly<Record<string, number | string | null>>
}

/** Sessions by state, without the server's own. Who may not see the states of others sees them as unknown. */
const sessions = sql`
  select count(*)::int as clients,
         count(*) filter (where a.state = 'active')::int as active,
         count(*) filter (where a.state = 'idle')::int as idle,
         count(*) filter (where a.state = 'idle in transaction')::int as idle_in_transaction,
         count(*) filter (where a.state = 'idle in transaction (aborted)')::int as aborted,
         count(*) filter (where a.state in ('fastpath function call', 'disabled', 'starting'))::int as other,
         count(*) filter (where a.state is null)::int as unknown,
         count(*) filter (where a.wait_event_type = 'Lock')::int as waiting,
         coalesce(extract(epoch from clock_timestamp() - min(a.xact_start)), 0)::float8 as oldest
  from pg_catalog.pg_stat_activity a
  where coalesce(a.backend_type, case when a.datid is not null then 'client backend' end) = 'client backend' and a.pid <> pg_backend_pid()`

const LOCKS = sql`
  select count(*) filter (where l.mode = 'AccessShareLock')::int as access_share,
         count(*) filter (where l.mode = 'RowShareLock')::int as row_share,
         count(*) filter (where l.mode = 'RowExclusiveLock')::int as row_exclusive,
         count(*) filter (where l.mode = 'ShareUpdateExclusiveLock')::int as share_update_exclusive,
         count(*) filter (where l.mode = 'ShareLock')::int as share,
         count(*) filter (where l.mode = 'ShareRowExclusiveLock')::int as share_row_exclusive,
         count(*) filter (where l.mode = 'ExclusiveLock')::int as exclusive,
         count(*) filter (where l.mode = 'AccessExclusiveLock')::int as access_exclusive
  from pg_catalog.pg_locks l
  where l.pid is distinct from pg_backend_pid()`

/**
 * One look at a server, from shared memory alone. The sums over databases fall when one is dropped; a rate over that moment is not known, or too low by
 * what that database had counted.
 */
export const askServer = (major: Major): Sql<ServerReading> => {
  const words = WORDS[major]
  return sql<ServerReading>`
    with activity as (${sessions}), locks as (${LOCKS}), totals as (
      select ${COUNTERS.sums},
             coalesce(sum(hashtextextended(concat_ws('/', d.datid, d.stats_reset), 0)) filter (where d.stats_reset is not null), 0)::text as resets
      from pg_catalog.pg_stat_database d
    )
    select extract(epoch from clock_timestamp())::float8 as at,
           current_setting('server_version_num')::int as version,
           jsonb_build_object(
             'up', 1,
             'startedAt', extract(epoch from pg_postmaster_start_time())::float8,
             'standby', case when pg_is_in_recovery() then 1 else 0 end,
             'clients', a.clients, 'active', a.active, 'idle', a.idle, 'idleInTransaction', a.idle_in_transaction, 'aborted', a.aborted,
             'other', a.other, 'unknown', a.unknown, 'waiting', a.waiting, 'oldest', a.oldest,
             'room', current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
               - coalesce(current_setting('reserved_connections', true), '0')::int,
             'most', current_setting('max_connections')::int,
             'xidAge', (select max(age(x.datfrozenxid)) from pg_catalog.pg_database x),
             'accessShare', l.access_share, 'rowShare', l.row_share, 'rowExclusive', l.row_exclusive,
             'shareUpdateExclusive', l.share_update_exclusive, 'share', l.share, 'shareRowExclusive', l.share_row_exclusive,
             'exclusive', l.exclusive, 'accessExclusive', l.access_exclusive,
             'wal', pg_wal_lsn_diff(case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end, '0/0')::float8,
             'walRecords', w.wal_records::float8, 'walImages', w.wal_fpi::float8, 'walSyncs', (${words.walSyncs})::float8,
             'checkpointsTimed', ${words.checkpointsTimed}::float8, 'checkpointsRequested', ${words.checkpointsRequested}::float8,
             'checkpointBuffers', ${words.checkpointBuffers}::float8,
             -- Another one after a crash, which forgets all counters, and after pg_stat_reset_shared.
             'reset', concat_ws(' ', w.stats_reset, k.stats_reset),
             'databasesReset', concat_ws(' ', t.resets, (select b.stats_reset from pg_catalog.pg_stat_bgwriter b))
           ) || to_jsonb(t) - 'resets' as facts
    from activity a
    cross join locks l
    cross join totals t
    cross join pg_catalog.pg_stat_wal w
    cross join ${words.checkpointer} k`
}
