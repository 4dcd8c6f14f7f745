import { ident, join, type Sql, sql, whole } from '../../kernel/sql.js'
import { type LockMode, strength } from '../effects/effect.js'
import { effectsOf } from '../effects/effects-of.js'
import type { Migration } from '../migration.js'
import { statementsOf } from '../statements.js'

/** What a file needs of a home while it runs. */
export interface Needs {
  /** The strongest lock on each table that was there before the file, as far as its text says. */
  readonly locks: ReadonlyMap<string, LockMode>
  /** What it makes depends on nothing but the schema before it. */
  readonly plain: boolean
  /** Its time grows with rows that are there already. */
  readonly long: boolean
}

// What a file says does not change while it has the same checksum; to parse it takes longer than to run it.
const known = new Map<string, Needs>()
const REMEMBERED = 1_000

export async function needsOf(migration: Migration): Promise<Needs> {
  const found = known.get(migration.checksum)
  if (found !== undefined) return found
  const needs = await read(migration)
  if (known.size >= REMEMBERED) known.clear()
  known.set(migration.checksum, needs)
  return needs
}

// Reads and writes of rows keep nobody from reading and writing rows, and whoever holds such a lock waits for nothing.
const WEAK: LockMode = 'row exclusive'

async function read({ kind, file, up, upLine }: Migration): Promise<Needs> {
  if (kind === 'program') return { locks: new Map(), plain: false, long: true }
  const effects = effectsOf(await statementsOf({ file, text: up, line: upLine }))
  const locks = new Map<string, LockMode>()
  for (const { table, mode, made } of effects.flatMap((effect) => effect.locks)) {
    if (made || strength(mode) <= strength(WEAK)) continue
    if (strength(mode) > strength(locks.get(table) ?? WEAK)) locks.set(table, mode)
  }
  return { locks, plain: effects.every(({ plain }) => plain), long: effects.some(({ long }) => long) }
}

/** A table that is to be locked before a file runs. */
export interface WantedLock {
  /** Null: that of the home. */
  readonly schema: string | null
  readonly table: string
  readonly mode: LockMode
  /** Waits for it longer than for the others. */
  readonly waitMs?: number
}

/** Tables that a file names may not be there, or be views: what can be locked is asked of the catalog. */
export const lockable = (schema: string, { locks }: Needs): Sql<WantedLock> => sql<WantedLock>`
  select case when n.nspname = ${schema} then null else n.nspname::text end as schema, c.relname::text as "table", w.mode
  from unnest(${[...locks.keys()]}::text[], ${[...locks.values()]}::text[]) as w (name, mode)
  join pg_catalog.pg_class c on c.oid = coalesce(to_regclass(quote_ident(${schema}) || '.' || quote_ident(w.name)), case
    when w.name like 'platform.%' then to_regclass('platform.' || quote_ident(split_part(w.name, '.', 2))) end)
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p')
  order by 1 nulls last, 2`

const MODES: Readonly<Record<LockMode, Sql>> = {
  'access share': sql`access share`,
  'row share': sql`row share`,
  'row exclusive': sql`row exclusive`,
  'share update exclusive': sql`share update exclusive`,
  share: sql`share`,
  'share row exclusive': sql`share row exclusive`,
  exclusive: sql`exclusive`,
  'access exclusive': sql`access exclusive`,
}

/**
 * In the order of their names, all of them before anything is changed: nobody waits for the second while the first is being worked on. Behind one that waits
 * longer, the others wait for `waitMs`.
 */
export const lockAll = (schemas: readonly string[], locks: readonly WantedLock[], waitMs: number): Sql =>
  join(
    locks.map((lock) => {
      const tables = (lock.schema === null ? schemas : [lock.schema]).map((schema) => ident(schema, lock.table))
      const taken = sql`lock table ${join(tables)} in ${MODES[lock.mode]} mode;\n`
      if (lock.waitMs === undefined) return taken
      return sql`set local lock_timeout = ${whole(Math.round(lock.waitMs))};\n${taken}set local lock_timeout = ${whole(waitMs)};\n`
    }),
    ' ',
  )
