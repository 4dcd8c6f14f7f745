import { fault } from '../kernel/faults.js'
import { DriverError, sqlstate } from '../postgres/errors.js'

/** What the server would not store, without what it was: rows are the tenant's, and messages are not. */
export function refusal(error: unknown, table: string): unknown {
  const state = sqlstate(error)
  if (state === '22021' || state === '22P05') return fault('LOAD_TEXT', { table }, { cause: error })
  if (!(error instanceof DriverError) || !/^(22|23|54)/.test(state ?? '')) return error
  const { constraint, column, dataType } = error
  const what = constraint ?? column ?? dataType
  return fault(
    'LOAD_REFUSED',
    { table, reason: what === undefined ? `SQLSTATE ${state}` : `${what} (SQLSTATE ${state})` },
    { cause: error },
  )
}
