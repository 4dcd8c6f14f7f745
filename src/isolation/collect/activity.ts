import { type Sql, sql } from '../../kernel/sql.js'

/** A session of a server. Moments in microseconds since 1970 are by the server's clock. */
export interface Activity {
  readonly pid: number
  readonly startedAt: string
  readonly transactionAt: string | null
  readonly database: string | null
  readonly login: string | null
  readonly application: string
  readonly kind: string
  /** One of the application's logins. */
  readonly ours: boolean
  /** One of the platform's logins, whatever for. */
  readonly platform: boolean
  /** Null where only a superuser could see. */
  readonly state: string | null
  readonly since: Date | null
  readonly stateMs: number | null
  readonly transactionSince: Date | null
  readonly transactionMs: number | null
  readonly wait: string | null
  readonly blockedBy: readonly number[]
  /** Of the scopes that it is in: one, unless somebody has come around the library. */
  readonly keys: readonly string[]
  readonly text: string | null
}

export interface ActivityOptions {
  /** What the names of our roles begin with. */
  readonly prefix: string
  /** The texts of statements as well. */
  readonly text: boolean
}

const micros = (moment: Sql): Sql => sql`(extract(epoch from ${moment}) * 1000000)::bigint::text`
// `greatest` passes over nulls.
export const forMs = (moment: Sql): Sql =>
  sql`case when ${moment} is not null then (greatest(extract(epoch from clock_timestamp() - ${moment}), 0) * 1000)::float8 end`

/** Of a session `a` and the scopes `h` that it holds. What waits for its client waits for nothing that a server could do: no wait is told of it. */
export const activityColumns = ({ prefix, text }: ActivityOptions): Sql => sql`
  ${micros(sql`a.backend_start`)} as "startedAt", ${micros(sql`a.xact_start`)} as "transactionAt",
  a.datname::text as database, a.usename::text as login, coalesce(a.application_name, '') as application, a.backend_type as kind,
  coalesce(starts_with(a.usename, ${`${prefix}app`}), false) as ours, coalesce(starts_with(a.usename, ${prefix}), false) as platform,
  a.state, coalesce(case when a.state = 'active' then a.query_start end, a.state_change, a.backend_start) as since,
  ${forMs(sql`coalesce(case when a.state = 'active' then a.query_start end, a.state_change, a.backend_start)`)} as "stateMs",
  a.xact_start as "transactionSince", ${forMs(sql`a.xact_start`)} as "transactionMs",
  case when a.state = 'active' or a.wait_event_type = 'Lock' then a.wait_event_type || ': ' || a.wait_event end as wait,
  coalesce(h.keys, '{}') as keys,
  ${text ? sql`left(a.query, 2000)` : sql`null::text`} as text`

/** The scopes that sessions are in, by the lock that each scope holds. */
export const scopesHeld = sql`
  select l.pid, array_agg(distinct ((l.classid::bigint << 32) | l.objid::bigint)::text) as keys
  from pg_catalog.pg_locks l
  where l.locktype = 'advisory' and l.objsubid = 1 and l.granted and l.mode = 'ShareLock'
  group by l.pid`

/** Everybody who is connected to a database of the server, but whoever asks. Who is blocked by whom is asked only of those who wait for a lock. */
export const activityOn = (options: ActivityOptions): Sql<Activity> => sql<Activity>`
  with held as materialized (${scopesHeld})
  select a.pid, ${activityColumns(options)},
         case when a.wait_event_type = 'Lock' then array(select distinct unnest(pg_catalog.pg_blocking_pids(a.pid))) else '{}' end as "blockedBy"
  from pg_catalog.pg_stat_activity a
  left join held h on h.pid = a.pid
  where a.pid <> pg_catalog.pg_backend_pid() and (a.datid is not null or a.backend_type = 'walsender')
  order by a.xact_start nulls last, a.backend_start, a.pid`

/** What names a session for good, or the transaction that it is in: a number is given again, and behind a pooler the session serves another a moment later. */
export interface Backend {
  readonly pid: number
  readonly startedAt: string
  readonly transactionAt: string | null
}

// Microseconds since 1970 are whole numbers of a double until 2255.
const radix36 = (micros: string): string => Number(micros).toString(36)
const ofRadix36 = (text: string): string => String(Number.parseInt(text, 36))

/** As it is told, such as `48213-hx1k3pq8w2c` or with its transaction `48213-hx1k3pq8w2c-hx1k3pqbf00`. */
export const writeBackend = ({ pid, startedAt, transactionAt }: Backend): string =>
  [String(pid), radix36(startedAt), ...(transactionAt === null ? [] : [radix36(transactionAt)])].join('-')

export const BACKEND = /^(\d{1,9})-([0-9a-z]{1,10})(?:-([0-9a-z]{1,10}))?$/

/** Undefined for what names none. */
export function readBackend(text: string): Backend | undefined {
  const [, pid, startedAt, transactionAt] = BACKEND.exec(text) ?? []
  if (pid === undefined || startedAt === undefined) return undefined
  return {
    pid: Number(pid),
    startedAt: ofRadix36(startedAt),
    transactionAt: transactionAt === undefined ? null : ofRadix36(transactionAt),
  }
}

/** What was found under the number of a session, and whether it was stopped. */
export interface Stopped {
  readonly login: string | null
  readonly application: string
  readonly state: string | null
  /** It is the session that was meant. */
  readonly same: boolean
  /** It is in the transaction that was meant, if one was. */
  readonly sameTransaction: boolean
  readonly ours: boolean
  readonly keys: readonly string[]
  /** Null: it was let alone. */
  readonly done: boolean | null
}

/**
 * Cancels what a session of an application does, or ends the session. Whether it is still the one that was meant, and whose it is, is asked in the statement
 * that stops it. No row: nobody has that number.
 */
export const stopBackend = (act: 'cancel' | 'end', backend: Backend, prefix: string): Sql<Stopped> => sql<Stopped>`
  with found as materialized (
    select a.pid, a.usename::text as login, coalesce(a.application_name, '') as application, a.state,
           ${micros(sql`a.backend_start`)} = ${backend.startedAt} as same,
           ${backend.transactionAt}::text is null or coalesce(${micros(sql`a.xact_start`)} = ${backend.transactionAt}, false) as "sameTransaction",
           coalesce(starts_with(a.usename, ${`${prefix}app`}), false) as ours
    from pg_catalog.pg_stat_activity a
    where a.pid = ${backend.pid}
  )
  select f.login, f.application, f.state, f.same, f."sameTransaction", f.ours,
         coalesce((select h.keys from (${scopesHeld}) as h where h.pid = f.pid), '{}') as keys,
         case when f.same and f."sameTransaction" and f.ours and (${act === 'end'} or f.state not like 'idle%')
              then ${act === 'cancel' ? sql`pg_catalog.pg_cancel_backend(f.pid)` : sql`pg_catalog.pg_terminate_backend(f.pid)`} end as done
  from found f`
