import { fault } from '../kernel/faults.js'
import { DriverError, sqlstate } from '../postgres/errors.js'

/** The row is at fault, and not the server: its values, a constraint, a bound of the server, what a trigger says to it. */
export const refusesRow = (error: unknown): error is DriverError =>
  error instanceof DriverError && /^(22|23|44|54|P0)/.test(sqlstate(error) ?? '')

/** What the server would not store, without what it was: rows are the tenant's, and messages are not. */
export function refusal(error: unknown, table: string): unknown {
  const state = sqlstate(error)
  if (state === '22021' || state === '22P05') return fault('LOAD_TEXT', { table }, { cause: error })
  if (!refusesRow(error)) return error
  const { constraint, column, dataType } = error
  const what = constraint ?? column ?? dataType
  return fault(
    'LOAD_REFUSED',
    { table, reason: what === undefined ? `SQLSTATE ${state}` : `${what} (SQLSTATE ${state})` },
    { cause: error },
  )
}
