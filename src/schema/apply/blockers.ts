import { stopwatch } from '../../kernel/clock.js'
import { type Sql, sql } from '../../kernel/sql.js'
import type { Database } from '../../postgres/session.js'
import { LOCK_MODES, type LockMode } from '../effects/effect.js'
import type { WantedLock } from './needs.js'

/** A transaction that has been open for a while, and a lock that it holds on a table. */
export interface Blocker {
  readonly schema: string
  readonly table: string
  readonly oid: string
  readonly mode: string
  readonly pid: number
  readonly application: string
  /** Null where we may not see it. */
  readonly since: Date | null
  /** An autovacuum that gives way to others, as one "to prevent wraparound" does not. */
  readonly vacuum: boolean
}

export interface InTheWay {
  /** Those to be waited for, in words. */
  readonly blockers: readonly string[]
  readonly vacuums: readonly Blocker[]
}

// Shorter ones are gone before a request for a lock is given up.
const OLD = sql`interval '250 milliseconds'`

// What somebody runs is not told: it may hold data. Who may not see the processes of others knows those of the server by their having no user.
const old: Sql<Blocker> = sql<Blocker>`
  with open as materialized (
    select a.pid, case a.backend_type when 'client backend' then a.application_name else coalesce(a.backend_type, 'background worker') end as application,
           a.xact_start, coalesce(a.backend_type = 'autovacuum worker', true) and a.query !~ 'to prevent wraparound' as vacuum
    from pg_catalog.pg_stat_activity a
    where a.datname = current_database() and a.pid <> pg_backend_pid()
      and (a.xact_start < clock_timestamp() - ${OLD} or a.backend_type is null and a.usesysid is null)
  )
  select n.nspname::text as schema, c.relname::text as "table", c.oid::text as oid, l.mode, o.pid, coalesce(o.application, '') as application,
         o.xact_start as since, o.vacuum
  from open o
  join pg_catalog.pg_locks l on l.pid = o.pid and l.locktype = 'relation' and l.granted
  join pg_catalog.pg_class c on c.oid = l.relation and c.relkind in ('r', 'p')
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace and n.nspname not in ('pg_catalog', 'tenantry')
  where exists (select from open)
  order by o.xact_start, o.pid`

interface Sample {
  readonly age: () => number
  readonly found: Promise<readonly Blocker[]>
}

const samples = new WeakMap<Database, Sample>()
const FRESH_MS = 250

/** Those in the way of these locks, as a look at the whole database told that is a moment old: one for all homes, and none for a home. */
export async function inTheWay(database: Database, schema: string, locks: readonly WantedLock[], fresh = FRESH_MS): Promise<InTheWay> {
  let sample = samples.get(database)
  if (sample === undefined || sample.age() > fresh) {
    // Whoever may not look has nobody in the way as far as they know.
    sample = { age: stopwatch(), found: database.rows(old).catch(() => []) }
    samples.set(database, sample)
  }
  const found = await sample.found
  const blocking = found.filter((held) =>
    locks.some((lock) => (lock.schema ?? schema) === held.schema && lock.table === held.table && conflicts(lock.mode, held.mode)),
  )
  return {
    blockers: [...new Set(blocking.filter(({ vacuum }) => !vacuum).map(told))],
    vacuums: blocking.filter(({ vacuum }) => vacuum),
  }
}

const told = ({ pid, application, since, table }: Blocker): string =>
  `process ${pid}${application === '' ? '' : ` ("${application.slice(0, 64)}")`} on ${table}${since === null ? '' : ` since ${since.toISOString()}`}`

// The table of conflicts of PostgreSQL's manual: for each mode, which modes it waits for, both in the order of their strength.
const CONFLICTS: Readonly<Record<LockMode, readonly LockMode[]>> = {
  'access share': LOCK_MODES.slice(7),
  'row share': LOCK_MODES.slice(6),
  'row exclusive': LOCK_MODES.slice(4),
  'share update exclusive': LOCK_MODES.slice(3),
  share: ['row exclusive', 'share update exclusive', ...LOCK_MODES.slice(5)],
  'share row exclusive': LOCK_MODES.slice(2),
  exclusive: LOCK_MODES.slice(1),
  'access exclusive': LOCK_MODES,
}

/** `held` is named as pg_locks does: `RowExclusiveLock`. */
const conflicts = (wanted: LockMode, held: string): boolean =>
  CONFLICTS[wanted].some((mode) => `${mode.replaceAll(' ', '')}lock` === held.toLowerCase())

/** All of them, in words. */
export const named = ({ blockers, vacuums }: InTheWay): readonly string[] => [...blockers, ...new Set(vacuums.map(told))]
