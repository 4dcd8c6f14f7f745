export interface ImportRow {
  /** Where it begins in its file, from 1. */
  readonly line: number
  /** As texts that the types of the columns read. */
  readonly values: readonly (string | null)[]
}

/** Rows that somebody else has written. */
export interface ImportTable {
  /** As the tenant's application calls it; tables of the platform begin with `platform.`. */
  readonly table: string
  /** As messages name where the rows are. */
  readonly file: string
  readonly columns: readonly string[]
  /** From the beginning, as often as it is asked for. `jsonb` are the columns whose values stay as they are written. */
  readonly rows: (jsonb: ReadonlySet<string>) => AsyncGenerator<ImportRow, void>
}

// More than a row of PostgreSQL may have goes into no table.
export const MOST_CHARACTERS = 128 * 1024 * 1024
