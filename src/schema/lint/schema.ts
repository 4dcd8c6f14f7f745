import type { Node } from '../statements.js'

/** What the files so far have made, as far as their text says it. */
export interface Schema {
  readonly tables: ReadonlyMap<string, Table>
  readonly types: ReadonlyMap<string, 'enum' | 'domain' | 'other'>
  /** By name; of overloads the last. */
  readonly functions: ReadonlyMap<string, 'immutable' | 'stable' | 'volatile'>
  /** A `do` block or a call may have made what no text says. */
  readonly uncertain: boolean
}

export interface Table {
  readonly name: string
  readonly kind: 'table' | 'view' | 'materialized view'
  readonly columns: ReadonlyMap<string, Column>
  /** False where the columns are those of a `select *`. */
  readonly complete: boolean
  readonly indexes: readonly Index[]
  readonly foreignKeys: readonly ForeignKey[]
  readonly checks: readonly Check[]
  readonly partitioned: boolean
  readonly partitionOf: string | undefined
}

export interface Column {
  readonly name: string
  readonly type: string
  readonly modifiers: readonly number[]
  readonly notNull: boolean
  readonly preset: Node | undefined
  readonly identity: boolean
}

export interface Index {
  readonly name: string
  /** Of each key its column, or `(…)` with the expression's tree. */
  readonly keys: readonly string[]
  readonly descending: readonly boolean[]
  readonly unique: boolean
  readonly primary: boolean
  /** Made by a primary key, a unique or an exclusion constraint. */
  readonly constraint: boolean
  readonly method: string
  /** The condition of a partial index, as its tree. */
  readonly where: string | undefined
  /** All else that two indexes must share to be the same: operator classes, collations, included columns, nulls. */
  readonly rest: string
}

export interface ForeignKey {
  readonly name: string
  readonly columns: readonly string[]
  readonly target: string
  readonly valid: boolean
}

export interface Check {
  readonly name: string
  readonly valid: boolean
  /** `check (c is not null)`: the column. */
  readonly notNull: string | undefined
}

export const tableOf = (schema: Schema, name: string): Table | undefined => schema.tables.get(name)

export const primaryKey = (table: Table): Index | undefined => table.indexes.find(({ primary }) => primary)

/** The table that an index belongs to. */
export const ownerOf = (schema: Schema, index: string): Table | undefined =>
  [...schema.tables.values()].find(({ indexes }) => indexes.some(({ name }) => name === index))
