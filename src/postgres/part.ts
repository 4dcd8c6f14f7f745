import type { Field } from './shape.js'

/** One statement of a flight. Values are bound, never spliced. */
export interface Part {
  readonly text: string
  readonly values: readonly unknown[]
  /**
   * Prepared statements are kept apart by this: a plan made for one home at one schema version is never offered to another, so that
   * "cached plan must not change result type" cannot cross tenants.
   */
  readonly plan: string
  /** The values never change, so that the message which binds them is made once. */
  readonly constant?: boolean
  /** Whose rows the flight answers with: exactly one part of a flight says so. */
  readonly answers?: boolean
  /** Answer a page in place of rows. The server stops after so many rows; what comes after so many bytes is dropped. */
  readonly page?: { readonly rows: number; readonly bytes: number }
  /** Answer `raw` in place of rows, for drivers, which have their own ideas of what a row is. */
  readonly raw?: boolean
}

/** Rows as PostgreSQL writes them, with all that it tells of their columns. */
export interface RawRows {
  readonly fields: readonly Field[]
  readonly lines: readonly (readonly (string | null)[])[]
}

/** Rows as PostgreSQL writes them, with their columns. */
export interface TextPage {
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  readonly rows: readonly (readonly (string | null)[])[]
  /** The server has stopped at the row limit; a statement that only reads has come no further. */
  readonly suspended: boolean
  /** Rows were dropped, since they were too large to keep. */
  readonly dropped: boolean
}

export interface FlightResult {
  /** The rows of the part that answers. */
  readonly rows: readonly Record<string, unknown>[]
  /** The rows that it touched or returned, as its command tag says. */
  readonly count: number
  readonly tag: string
  /** Of a part that asked for one; its `rows` are empty then. */
  readonly page: TextPage | undefined
  /** The same of a part that asked for raw rows. */
  readonly raw: RawRows | undefined
}
