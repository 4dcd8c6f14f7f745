import { type Sql, sql } from '../../kernel/sql.js'
import { type Major, WORDS } from './versions.js'

export interface ReplicaReading {
  readonly name: string
  /** Up to where it has replayed, in bytes since the beginning; null: not known. */
  readonly replayed: number | null
  readonly facts: Readonly<Record<string, number | string | null>>
}

const position = (lsn: Sql): Sql => sql`pg_wal_lsn_diff(${lsn}, '0/0')::float8`
const here = sql`case when pg_is_in_recovery() then pg_last_wal_receive_lsn() else pg_current_wal_lsn() end`

/** Who replicates from the server. Of several with one name the one that is behind the most; a base backup that is under way is no replica. */
export const askReplicas: Sql<ReplicaReading> = sql<ReplicaReading>`
  select distinct on (r.name) r.name, ${position(sql`r.replay_lsn`)} as replayed,
         jsonb_build_object(
           'state', r.state, 'sync', r.sync_state,
           'sentBehind', greatest(pg_wal_lsn_diff(${here}, r.sent_lsn), 0)::float8,
           'behind', greatest(pg_wal_lsn_diff(${here}, r.replay_lsn), 0)::float8,
           'writeLag', extract(epoch from r.write_lag)::float8, 'flushLag', extract(epoch from r.flush_lag)::float8,
           'replayLag', extract(epoch from r.replay_lag)::float8
         ) as facts
  from (
    select coalesce(nullif(s.application_name, ''), s.client_addr::text, s.pid::text) as name, s.*
    from pg_catalog.pg_stat_replication s
    where s.state is distinct from 'backup'
  ) r
  order by r.name, r.replay_lsn nulls first
  limit 100`

export interface SlotReading {
  readonly name: string
  readonly facts: Readonly<Record<string, number | string | null>>
}

/** Slots: what nobody takes away from them stays on the server's disk. Temporary ones go with their session. */
export const askSlots = (major: Major): Sql<SlotReading> => sql<SlotReading>`
  select s.slot_name::text as name,
         jsonb_build_object(
           'kind', s.slot_type, 'active', case when s.active then 1 else 0 end,
           'retained', greatest(pg_wal_lsn_diff(${here}, s.restart_lsn), 0)::float8,
           'safe', s.safe_wal_size::float8, 'status', s.wal_status, 'invalid', ${WORDS[major].slotInvalid},
           'atRisk', case when s.wal_status in ('unreserved', 'lost') or ${WORDS[major].slotInvalid} is not null then 1 else 0 end,
           'inactiveSince', extract(epoch from ${WORDS[major].slotInactiveSince})::float8
         ) as facts
  from pg_catalog.pg_replication_slots s
  where not s.temporary
  order by s.slot_name
  limit 100`
