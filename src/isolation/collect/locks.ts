import { type Sql, sql } from '../../kernel/sql.js'
import { type Activity, type ActivityOptions, activityColumns, forMs, scopesHeld } from './activity.js'

/** A session that waits for a lock, or that others wait for. */
export interface Involved extends Omit<Activity, 'startedAt'> {
  /** Null: it is a prepared transaction, which no session has any more. */
  readonly startedAt: string | null
  /** What it waits for: `relation`, `transactionid`, `tuple`, `advisory`, …; null where it waits for nothing. */
  readonly lockType: string | null
  readonly lockMode: string | null
  /** The table's oid in the database of the session. */
  readonly relation: string | null
  readonly waitMs: number | null
}

/**
 * Who waits for a lock, and for whom, as the server's lock manager says it: a join of pg_locks on tables would miss those who wait for a row or an advisory
 * lock. Nobody waits, nothing is read. Each is asked by itself, so what is told of two of them may be a moment apart.
 */
export const lockWaits = (options: ActivityOptions): Sql<Involved> => sql<Involved>`
  with waiting as materialized (
    select a.pid, array(select distinct unnest(pg_catalog.pg_blocking_pids(a.pid))) as blockers
    from pg_catalog.pg_stat_activity a
    where a.wait_event_type = 'Lock'
  ),
  involved as (
    select w.pid from waiting w where cardinality(w.blockers) > 0
    union
    select unnest(w.blockers) from waiting w
  ),
  held as materialized (select h.pid, h.keys from (${scopesHeld}) as h where exists (select from involved)),
  wanted as materialized (
    select distinct on (l.pid) l.pid, l.locktype, l.mode, l.relation, l.waitstart
    from pg_catalog.pg_locks l
    where not l.granted and exists (select from involved)
    order by l.pid, l.waitstart
  )
  select i.pid, ${activityColumns(options)},
         coalesce(w.blockers, '{}') as "blockedBy", l.locktype as "lockType", l.mode as "lockMode", l.relation::text as relation,
         ${forMs(sql`l.waitstart`)} as "waitMs"
  from involved i
  left join pg_catalog.pg_stat_activity a on a.pid = i.pid
  left join waiting w on w.pid = i.pid
  left join held h on h.pid = i.pid
  left join wanted l on l.pid = i.pid
  order by l.waitstart nulls first, i.pid`

/** What tables are called, in the database that they are in. */
export const relationNames = (relations: readonly string[]): Sql<{ relation: string; schema: string; table: string }> => sql<{
  relation: string
  schema: string
  table: string
}>`
  select c.oid::text as relation, n.nspname::text as schema, c.relname::text as "table"
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.oid = any (${relations}::oid[])`
