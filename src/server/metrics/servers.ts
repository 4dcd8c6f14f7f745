import type { NewestSample as Newest, Reading, Readings } from '../../catalog/samples.js'
import { type Source, STEP_OF } from '../../engine/collect/metrics.js'
import type { Family, Point } from './text.js'

type NewestSample = Newest & { readonly source: Source }

/** A name that dashboards know, of postgres_exporter or pgbouncer_exporter where they have one for this fact, and where it comes from. */
interface Stock {
  readonly name: string
  readonly help: string
  readonly type: 'gauge' | 'counter'
  readonly source: Source
  /** Of which it is, as a label: the database, the replica, the slot; or labels, by the readings that are their values. */
  readonly of?: string | Readonly<Record<string, string>>
  /** Readings; by the value of another label, where there are several. */
  readonly from: string | { readonly label: string; readonly values: Readonly<Record<string, string>> }
}

type Named = readonly (readonly [name: string, help: string, reading: string])[]

const databaseCounters: Named = [
  ['xact_commit', 'Transactions that were committed', 'commits'],
  ['xact_rollback', 'Transactions that were rolled back', 'rollbacks'],
  ['blks_read', 'Blocks that were not found in shared memory', 'blocksRead'],
  ['blks_hit', 'Blocks that were found in shared memory', 'blocksHit'],
  ['tup_returned', 'Rows that were read by scans', 'returned'],
  ['tup_fetched', 'Rows that were fetched', 'fetched'],
  ['tup_inserted', 'Rows that were inserted', 'inserted'],
  ['tup_updated', 'Rows that were updated', 'updated'],
  ['tup_deleted', 'Rows that were deleted', 'deleted'],
  ['conflicts', 'Queries that were cancelled by recovery', 'conflicts'],
  ['temp_files', 'Temporary files', 'tempFiles'],
  ['temp_bytes', 'Bytes of temporary files', 'tempBytes'],
  ['deadlocks', 'Deadlocks', 'deadlocks'],
  ['blk_read_time', 'Milliseconds of reading blocks, where track_io_timing is on', 'readMs'],
  ['blk_write_time', 'Milliseconds of writing blocks, where track_io_timing is on', 'writeMs'],
]

// As pgbouncer_exporter calls them.
const poolGauges: Named = [
  ['client_active_connections', 'Connections of applications that have one of the server, or want none', 'clientsActive'],
  ['client_active_cancel_connections', 'Requests to cancel that were passed on to the server', 'clientsActiveCancel'],
  ['client_waiting_connections', 'Connections of applications that wait for one of the server', 'clientsWaiting'],
  ['client_waiting_cancel_connections', 'Requests to cancel that were not passed on yet', 'clientsWaitingCancel'],
  ['server_active_connections', 'Connections of the server that serve somebody', 'serversActive'],
  ['server_active_cancel_connections', 'Connections of the server that pass on a request to cancel', 'serversActiveCancel'],
  ['server_being_canceled_connections', 'Connections of the server that wait until requests to cancel are over', 'serversBeingCancelled'],
  ['server_idle_connections', 'Connections of the server that are idle', 'serversIdle'],
  ['server_used_connections', 'Connections of the server that are idle, and asked for a sign of life first; not in use', 'serversUsed'],
  ['server_testing_connections', 'Connections of the server that are reset or asked for a sign of life', 'serversTested'],
  ['server_login_connections', 'Connections of the server that are being made', 'serversLogin'],
  ['client_maxwait_seconds', 'How long the one that has waited longest waits', 'maxWaitS'],
]
const pooledCounters: Named = [
  ['queries_pooled_total', 'Statements', 'queries'],
  ['queries_duration_seconds_total', 'Time of statements', 'queryS'],
  ['received_bytes_total', 'Bytes from applications', 'received'],
  ['sent_bytes_total', 'Bytes to applications', 'sent'],
  ['client_wait_seconds_total', 'Time for which applications waited for connections', 'waitS'],
  ['sql_transactions_pooled_total', 'Transactions', 'transactions'],
  ['server_in_transaction_seconds_total', 'Time of transactions', 'transactionS'],
  ['client_parses_total', 'Prepared statements from applications', 'clientParses'],
  ['server_parses_total', 'Prepared statements to the server', 'serverParses'],
  ['binds_total', 'Prepared statements that were run', 'binds'],
]

const STOCK: readonly Stock[] = [
  { name: 'pg_up', help: 'Did the server answer?', type: 'gauge', source: 'server', from: 'up' },
  { name: 'pg_postmaster_start_time_seconds', help: 'When the server was started', type: 'gauge', source: 'server', from: 'startedAt' },
  { name: 'pg_replication_is_replica', help: 'Is it a standby?', type: 'gauge', source: 'server', from: 'standby' },
  { name: 'pg_settings_max_connections', help: 'The setting max_connections', type: 'gauge', source: 'server', from: 'most' },
  {
    name: 'pg_stat_activity_count',
    help: 'Sessions of clients by state',
    type: 'gauge',
    source: 'server',
    from: {
      label: 'state',
      values: {
        active: 'active',
        idle: 'idle',
        'idle in transaction': 'idleInTransaction',
        'idle in transaction (aborted)': 'aborted',
        other: 'other',
        unknown: 'unknown',
      },
    },
  },
  {
    name: 'pg_stat_activity_max_tx_duration',
    help: 'Seconds since the oldest open transaction began',
    type: 'gauge',
    source: 'server',
    from: 'oldest',
  },
  {
    name: 'pg_locks_count',
    help: 'Locks by mode',
    type: 'gauge',
    source: 'server',
    from: {
      label: 'mode',
      values: {
        accesssharelock: 'accessShare',
        rowsharelock: 'rowShare',
        rowexclusivelock: 'rowExclusive',
        shareupdateexclusivelock: 'shareUpdateExclusive',
        sharelock: 'share',
        sharerowexclusivelock: 'shareRowExclusive',
        exclusivelock: 'exclusive',
        accessexclusivelock: 'accessExclusive',
      },
    },
  },
  {
    name: 'pg_stat_database_numbackends',
    help: 'Sessions in the database',
    type: 'gauge',
    source: 'databases',
    of: 'datname',
    from: 'backends',
  },
  ...databaseCounters.map(
    ([name, help, from]): Stock => ({ name: `pg_stat_database_${name}`, help, type: 'counter', source: 'databases', of: 'datname', from }),
  ),
  { name: 'tenantry_wal_records_total', help: 'Records of WAL', type: 'counter', source: 'server', from: 'walRecords' },
  { name: 'tenantry_wal_images_total', help: 'Whole pages in the WAL', type: 'counter', source: 'server', from: 'walImages' },
  { name: 'tenantry_wal_syncs_total', help: 'How often WAL was flushed', type: 'counter', source: 'server', from: 'walSyncs' },
  { name: 'tenantry_wal_bytes_total', help: 'Bytes of WAL that were ever written', type: 'counter', source: 'server', from: 'wal' },
  {
    name: 'pg_stat_bgwriter_checkpoints_timed_total',
    help: 'Checkpoints that were due',
    type: 'counter',
    source: 'server',
    from: 'checkpointsTimed',
  },
  {
    name: 'pg_stat_bgwriter_checkpoints_req_total',
    help: 'Checkpoints that were asked for',
    type: 'counter',
    source: 'server',
    from: 'checkpointsRequested',
  },
  {
    name: 'pg_stat_bgwriter_buffers_checkpoint_total',
    help: 'Blocks that checkpoints wrote',
    type: 'counter',
    source: 'server',
    from: 'checkpointBuffers',
  },
  {
    name: 'pg_stat_replication_pg_wal_lsn_diff',
    help: 'Bytes of WAL that the replica has not replayed',
    type: 'gauge',
    source: 'replicas',
    of: 'application_name',
    from: 'behind',
  },
  {
    name: 'tenantry_replica_lag_seconds',
    help: 'How far behind in time the replica shows data',
    type: 'gauge',
    source: 'replicas',
    of: 'application_name',
    from: 'lag',
  },
  {
    name: 'pg_replication_slot_slot_is_active',
    help: 'Is somebody using the slot?',
    type: 'gauge',
    source: 'slots',
    of: 'slot_name',
    from: 'active',
  },
  {
    name: 'pg_replication_slots_pg_wal_lsn_diff',
    help: 'Bytes of WAL that are kept for the slot',
    type: 'gauge',
    source: 'slots',
    of: 'slot_name',
    from: 'retained',
  },
  {
    name: 'pg_replication_slot_safe_wal_size_bytes',
    help: 'Bytes of WAL until the slot lacks some',
    type: 'gauge',
    source: 'slots',
    of: 'slot_name',
    from: 'safe',
  },
  {
    name: 'tenantry_slot_at_risk',
    help: 'Does the slot lack WAL, or will it after the next checkpoint?',
    type: 'gauge',
    source: 'slots',
    of: 'slot_name',
    from: 'atRisk',
  },
  {
    name: 'tenantry_waiting_sessions',
    help: 'Sessions that wait for a lock',
    type: 'gauge',
    source: 'server',
    from: 'waiting',
  },
  {
    name: 'tenantry_connection_room',
    help: 'Sessions of clients that the server has room for',
    type: 'gauge',
    source: 'server',
    from: 'room',
  },
  {
    name: 'tenantry_xid_age',
    help: 'The age of the oldest row that is not frozen, in transactions',
    type: 'gauge',
    source: 'server',
    from: 'xidAge',
  },
  {
    name: 'pg_stat_user_tables_n_live_tup',
    help: 'Rows in all homes of the cluster, as each was measured last',
    type: 'gauge',
    source: 'homes',
    from: 'rows',
  },
  {
    name: 'pg_stat_user_tables_n_dead_tup',
    help: 'Rows in all homes of the cluster that are gone and still take room',
    type: 'gauge',
    source: 'homes',
    from: 'dead',
  },
  { name: 'pgbouncer_up', help: 'Did the pooler answer?', type: 'gauge', source: 'pooler', from: 'up' },
  {
    name: 'pgbouncer_version_info',
    help: 'The version of the pooler',
    type: 'gauge',
    source: 'pooler',
    of: { version: 'version' },
    from: 'known',
  },
  { name: 'pgbouncer_pools', help: 'Pools', type: 'gauge', source: 'pooler', from: 'pools' },
  ...poolGauges.map(
    ([name, help, from]): Stock => ({
      name: `pgbouncer_pools_${name}`,
      help,
      type: 'gauge',
      source: 'pools',
      of: { database: 'database', user: 'user' },
      from,
    }),
  ),
  ...pooledCounters.map(
    ([name, help, from]): Stock => ({
      name: `pgbouncer_stats_totals_${name}`,
      help,
      type: 'counter',
      source: 'pooled-databases',
      of: 'database',
      from,
    }),
  ),
  { name: 'tenantry_homes_bytes', help: 'What all homes of the cluster have on disk', type: 'gauge', source: 'homes', from: 'bytes' },
  { name: 'tenantry_homes', help: 'Homes of the cluster', type: 'gauge', source: 'homes', from: 'homes' },
]

// Of what is older nobody knows whether it still holds.
const FRESH_STEPS = 4

/** What was seen of servers last, as families. Of a sample that is too old only its age is told. */
export function serverFamilies(samples: readonly NewestSample[]): readonly Family[] {
  const fresh = samples.filter(({ source, ageS }) => ageS <= FRESH_STEPS * STEP_OF[source])
  return [
    ...STOCK.map(
      ({ name, help, type, source, of, from }): Family => ({
        name,
        help,
        type,
        points: fresh
          .filter((sample) => sample.source === source)
          .flatMap(({ cluster, of: readings }) => pointsOf(cluster, readings, of, from)),
      }),
    ),
    {
      name: 'tenantry_sample_age_seconds',
      help: 'How long ago the newest sample was taken',
      type: 'gauge',
      points: samples.map(({ cluster, source, ageS }) => ({ labels: { cluster, source }, value: ageS })),
    },
  ]
}

function pointsOf(cluster: string, readings: Readonly<Record<string, Readings>>, of: Stock['of'], from: Stock['from']): readonly Point[] {
  return Object.entries(readings).flatMap(([what, values]) => {
    const labels = { cluster, ...labelsOf(of, what, values) }
    if (typeof from === 'string') return pointOf(labels, values[from])
    return Object.entries(from.values).flatMap(([value, key]) => pointOf({ ...labels, [from.label]: value }, values[key]))
  })
}

function labelsOf(of: Stock['of'], what: string, values: Readings): Readonly<Record<string, string>> {
  if (of === undefined) return {}
  if (typeof of === 'string') return { [of]: what }
  return Object.fromEntries(Object.entries(of).map(([label, key]) => [label, String(values[key] ?? '')]))
}

const pointOf = (labels: Point['labels'], value: Reading | undefined): readonly Point[] =>
  typeof value === 'number' ? [{ labels, value }] : []
