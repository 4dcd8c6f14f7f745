import type { FlightResult, TextPage } from '../postgres/flight.js'

export interface PageOptions {
  /** The server stops after so many rows, whatever the statement would still have. One that writes always runs to its end when it is an insert, update,
   * delete or merge; a select that calls functions comes no further than its rows. */
  readonly limit: number
  /** Rows are kept up to about so many characters. Default 32 million. */
  readonly maxSize?: number
  /** Cancels the statement in the server, and with it the scope. */
  readonly signal?: AbortSignal | undefined
}

export interface Page {
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  readonly rows: readonly (readonly (string | null)[])[]
  /** There are more rows than these. */
  readonly more: boolean
  /** The server has stopped in the middle: what a select has not answered, it has not computed either. */
  readonly suspended: boolean
  /** How many rows the statement touched or answered; unknown when it was suspended. */
  readonly count: number | undefined
}

export function pageOf({ page, count }: FlightResult, limit: number): Page {
  const { columns, rows, suspended, dropped } = page as TextPage
  return {
    columns,
    rows: rows.slice(0, limit),
    more: suspended || dropped || rows.length > limit,
    suspended,
    count: suspended ? undefined : count,
  }
}
