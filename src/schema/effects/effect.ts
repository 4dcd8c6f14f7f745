/** PostgreSQL's eight table locks, from the weakest to the strongest. */
export const LOCK_MODES = [
  'access share',
  'row share',
  'row exclusive',
  'share update exclusive',
  'share',
  'share row exclusive',
  'exclusive',
  'access exclusive',
] as const

export type LockMode = (typeof LOCK_MODES)[number]

export interface Lock {
  /** Named as before the section, also when an earlier statement of it renames the table. `platform.country` when the statement names a schema. */
  readonly table: string
  readonly mode: LockMode
  /** An earlier statement of the same section made the table, so nobody waits for this lock. */
  readonly made: boolean
}

/** A lock on tables that the text does not name; the catalog of the database does. */
export interface HiddenLock {
  /** The relation, type or function that the text names. */
  readonly of: string
  readonly through:
    | 'index'
    | 'foreign keys'
    | 'parents'
    | 'children'
    | 'default partition'
    | 'column keys'
    | 'definition'
    | 'dependents'
    | 'domain'
    | 'statistics'
    | 'code'
  readonly mode: LockMode
}

/** What one statement does to the home that it runs in, as far as its text and the section before it tell. */
export interface Effect {
  /** The strongest lock on each table that the text names. */
  readonly locks: readonly Lock[]
  readonly hidden: readonly HiddenLock[]
  /** Tables that are written anew, row by row. */
  readonly rewrites: readonly string[]
  /** Tables that are read whole. A table that is rewritten is not named here again. */
  readonly scans: readonly string[]
  /** What it makes depends on nothing but itself and the schema before it: no DO, no call of the user's code, no data, no IF [NOT] EXISTS. */
  readonly plain: boolean
  /** Its time grows with the rows of a table that is there already. */
  readonly long: boolean
  /** For people: one sentence, or a few. */
  readonly says: string
}

export const strength = (mode: LockMode): number => LOCK_MODES.indexOf(mode)

/** What waits for a table that is locked so. */
export function blocks(mode: LockMode): 'reads and writes' | 'writes' | 'changes of the schema' | 'nothing' {
  if (mode === 'access exclusive') return 'reads and writes'
  if (strength(mode) >= strength('share')) return 'writes'
  return mode === 'share update exclusive' ? 'changes of the schema' : 'nothing'
}
