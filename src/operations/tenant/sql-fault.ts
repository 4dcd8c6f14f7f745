import { type FaultCode, fault, isFault } from '../../kernel/faults.js'
import { DriverError } from '../../postgres/errors.js'
import { IN_SCOPE_FAULTS } from './sql-audit.js'

/** What an operator's statement may fail with. */
export const SQL_FAULTS = [
  ...IN_SCOPE_FAULTS,
  'STATEMENT_REFUSED',
  'SCOPE_CANCELLED',
  'SQL_FAILED',
  'SQL_READ_ONLY',
  'SQL_TIMEOUT',
] as const satisfies readonly FaultCode[]

interface Circumstances {
  readonly tenant: string
  readonly statement: string
  readonly seconds: number
}

/** PostgreSQL's own error of an operator's statement as a fault that points into it; what is a fault already stays what it is. */
export function sqlFault(error: unknown, { tenant, statement, seconds }: Circumstances): unknown {
  if (isFault(error) || !(error instanceof DriverError)) return error
  const { message } = error
  if (error.code === '25006') return fault('SQL_READ_ONLY', { tenant, message }, { cause: error })
  if (error.code === '57014') return fault('SQL_TIMEOUT', { tenant, seconds }, { cause: error })
  return fault(
    'SQL_FAILED',
    {
      sqlstate: error.code ?? 'unknown',
      message,
      ...(error.detail === undefined ? {} : { detail: error.detail }),
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      ...(error.position === undefined ? {} : pointInto(statement, Number(error.position))),
    },
    { cause: error },
  )
}

// More of a long line than this around the place helps nobody.
const BEFORE = 60
const AFTER = 40

/** Where the n-th character is, counted from 1, and the line with a caret under it. */
function pointInto(statement: string, position: number) {
  // PostgreSQL counts characters, not the halves that JavaScript makes of some.
  const before = [...statement].slice(0, position - 1).join('')
  const line = before.split('\n').length
  const start = before.lastIndexOf('\n') + 1
  const end = statement.indexOf('\n', start)
  const column = [...before.slice(start)].length + 1
  const text = [...statement.slice(start, end < 0 ? undefined : end).replace(/\p{Cc}/gu, ' ')]
  const from = Math.max(0, column - 1 - BEFORE)
  const excerpt = text.slice(from, column - 1 + AFTER).join('')
  const head = `LINE ${line}: ${from > 0 ? '…' : ''}`
  return { line, column, shows: [`${head}${excerpt}`, `${' '.repeat(head.length + column - 1 - from)}^`] }
}
