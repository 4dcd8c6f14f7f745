import { type Sql, sql } from '../../kernel/sql.js'

/** A lock that row work does not need, held or asked for, behind which others wait. */
export interface BlockingLock {
  /** The table's oid in the database of its session. */
  readonly relation: string
  readonly mode: string
  /** It is held; otherwise only asked for, by a session that waits itself. */
  readonly granted: boolean
  readonly waiters: number
  /** How long the first of them has waited, at whosever lock. */
  readonly waitedMs: number
}

/** A session of an application's login that may be in the way. Moments are microseconds since 1970, by the server's clock. */
export interface WatchedSession {
  readonly pid: number
  readonly database: string
  readonly login: string
  readonly application: string
  readonly state: string
  readonly startedAt: string
  readonly transactionAt: string | null
  readonly queryAt: string
  readonly stateAt: string
  readonly queryMs: number
  readonly stateMs: number
  /** Of the scopes that it is in: one, unless somebody has come around the library. */
  readonly keys: readonly string[]
  readonly locks: readonly BlockingLock[]
}

export interface Look {
  readonly sessions: readonly WatchedSession[]
  /** Another value whenever the settings of our roles have changed. */
  readonly settings: string | null
  /** Another value whenever a password of a login of ours has changed; null where only a superuser could see. */
  readonly verifiers: string | null
}

export interface LookOptions {
  /** What the names of our roles begin with. */
  readonly prefix: string
  /** Statements and waiting transactions that are younger are nobody's business. */
  readonly statementMs: number
  readonly idleMs: number
  readonly superuser: boolean
}

const micros = (moment: Sql): Sql => sql`(extract(epoch from ${moment}) * 1000000)::bigint::text`

// What waits behind what (PostgreSQL's table of conflicts), for modes that no statement on rows takes.
const CONFLICTS = sql`(values
  ('ShareUpdateExclusiveLock', array['ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock']),
  ('ShareLock', array['RowExclusiveLock', 'ShareUpdateExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock']),
  ('ShareRowExclusiveLock',
    array['RowExclusiveLock', 'ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock']),
  ('ExclusiveLock', array['RowShareLock', 'RowExclusiveLock', 'ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock',
    'AccessExclusiveLock']),
  ('AccessExclusiveLock', array['AccessShareLock', 'RowShareLock', 'RowExclusiveLock', 'ShareUpdateExclusiveLock', 'ShareLock',
    'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'])
)`

/**
 * One look at a server. The sessions come from shared memory; locks, which are dearer, are read only when somebody waits for one on a table or a session
 * is over its time. A request for a strong lock that waits itself makes everybody after it wait as well, so it counts like one that is held; but not for
 * those who would wait all the same, since somebody who is no application (a migration) holds what is in their way.
 */
export const lookAt = ({ prefix, statementMs, idleMs, superuser }: LookOptions): Sql<Look> => sql<Look>`
  with activity as materialized (
    select a.pid, a.datid, a.datname, a.usename, a.application_name, a.state, a.backend_start, a.xact_start, a.query_start, a.state_change,
           a.wait_event_type = 'Lock' and a.wait_event = 'relation' as waits,
           extract(epoch from clock_timestamp() - a.query_start) * 1000 as query_ms,
           extract(epoch from clock_timestamp() - a.state_change) * 1000 as state_ms
    from pg_catalog.pg_stat_activity a
    where a.state <> 'idle'
  ),
  ours as materialized (
    select a.*,
           case when a.state like 'idle in transaction%' then a.state_ms > ${idleMs}::float8 else a.query_ms > ${statementMs}::float8 end as late
    from activity a
    where starts_with(a.usename, ${`${prefix}app`})
  ),
  wanted as materialized (
    select exists (select from ours o where o.late) or exists (select from activity a where a.waits) as locks
  ),
  taken as materialized (
    select l.pid, l.locktype, l.database, l.relation, l.classid, l.objid, l.objsubid, l.mode, l.granted, l.waitstart
    from pg_catalog.pg_locks l
    where (select w.locks from wanted w) and l.locktype in ('relation', 'advisory')
  ),
  blocking as (
    select h.pid, h.relation, h.mode, h.granted, count(*)::int as waiters,
           coalesce(max(extract(epoch from clock_timestamp() - w.waitstart)) * 1000, 0)::float8 as waited_ms
    from taken h
    join ${CONFLICTS} as c (held, stops) on c.held = h.mode
    join taken w
      on w.locktype = 'relation' and w.database = h.database and w.relation = h.relation
      and not w.granted and w.pid <> h.pid and w.mode = any (c.stops)
      and (h.granted or w.waitstart > h.waitstart and not exists (
        select
        from taken m
        join ${CONFLICTS} as s (held, stops) on s.held = m.mode
        where m.locktype = 'relation' and m.database = h.database and m.relation = h.relation and m.granted
          and w.mode = any (s.stops) and m.pid <> w.pid and m.pid not in (select o.pid from ours o)))
    where h.locktype = 'relation' and h.pid in (select o.pid from ours o)
    group by h.pid, h.relation, h.mode, h.granted
  )
  select coalesce((
           select jsonb_agg(jsonb_build_object(
             'pid', o.pid, 'database', o.datname, 'login', o.usename, 'application', o.application_name, 'state', o.state,
             'startedAt', ${micros(sql`o.backend_start`)}, 'transactionAt', ${micros(sql`o.xact_start`)},
             'queryAt', ${micros(sql`o.query_start`)}, 'stateAt', ${micros(sql`o.state_change`)},
             'queryMs', o.query_ms::float8, 'stateMs', o.state_ms::float8,
             'keys', coalesce((
               select jsonb_agg(distinct ((l.classid::bigint << 32) | l.objid::bigint)::text)
               from taken l
               where l.pid = o.pid and l.locktype = 'advisory' and l.database = o.datid and l.objsubid = 1 and l.granted and l.mode = 'ShareLock'
             ), '[]'),
             'locks', coalesce((
               select jsonb_agg(jsonb_build_object(
                 'relation', b.relation::text, 'mode', b.mode, 'granted', b.granted, 'waiters', b.waiters, 'waitedMs', b.waited_ms))
               from blocking b
               where b.pid = o.pid
             ), '[]')
           ))
           from ours o
           where o.late or o.pid in (select b.pid from blocking b)
         ), '[]') as sessions,
         (
           select sum(hashtextextended(concat_ws('/', s.setdatabase, s.setrole, s.setconfig::text), 0))::text
           from pg_catalog.pg_db_role_setting s
           join pg_catalog.pg_roles r on r.oid = s.setrole
           where starts_with(r.rolname, ${prefix})
         ) as settings,
         ${superuser ? VERIFIERS(prefix) : sql`null`} as verifiers`

const VERIFIERS = (prefix: string): Sql => sql`(
  select sum(hashtextextended(concat(p.rolname, '/', p.rolpassword), 0))::text
  from pg_catalog.pg_authid p
  where starts_with(p.rolname, ${prefix}) and p.rolcanlogin
)`

/** Where a table is: in a home, or outside of all. */
export interface TablePlace {
  readonly relation: string
  readonly schema: string
  readonly table: string
  readonly isolation: 'shared' | 'schema' | 'database' | null
}

export const placesOf = (relations: readonly string[]): Sql<TablePlace> => sql<TablePlace>`
  select c.oid::text as relation, n.nspname::text as schema, c.relname::text as "table", h.isolation
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  left join tenantry.home h on h.schema_name = n.nspname
  where c.oid = any (${relations}::oid[])`

export type Offence = 'lock' | 'statement' | 'idle'

const still: Readonly<Record<Offence, (session: WatchedSession) => Sql>> = {
  // Locks last as long as their transaction, whatever it does meanwhile.
  lock: ({ transactionAt, stateAt }) =>
    transactionAt === null ? sql`${micros(sql`a.state_change`)} = ${stateAt}` : sql`${micros(sql`a.xact_start`)} = ${transactionAt}`,
  statement: ({ queryAt }) => sql`a.state not like 'idle%' and ${micros(sql`a.query_start`)} = ${queryAt}`,
  idle: ({ stateAt }) => sql`a.state like 'idle in transaction%' and ${micros(sql`a.state_change`)} = ${stateAt}`,
}

/**
 * Stops what a session was seen at, or ends the session; no row when it has gone on meanwhile. Behind a pooler the same backend serves another tenant a
 * moment later, so the question and the act are one statement.
 */
export const stop = (act: 'cancel' | 'end', session: WatchedSession, offence: Offence): Sql<{ done: boolean }> => sql<{ done: boolean }>`
  select ${act === 'cancel' ? sql`pg_catalog.pg_cancel_backend(a.pid)` : sql`pg_catalog.pg_terminate_backend(a.pid)`} as done
  from pg_catalog.pg_stat_activity a
  where a.pid = ${session.pid} and a.usename = ${session.login} and ${micros(sql`a.backend_start`)} = ${session.startedAt}
    and ${still[offence](session)}`
