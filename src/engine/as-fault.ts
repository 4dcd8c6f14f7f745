import { Fault, fault } from '../kernel/faults.js'
import { isDiskFull, sqlstate } from '../postgres/errors.js'
import { behindFault } from './behind.js'

/** What an operation, or one item of it, failed with, as a fault. */
export function asFault(error: unknown, operation: string): Fault {
  if (error instanceof Fault) return error
  const behind = behindFault(error)
  if (behind !== undefined) return behind
  if (isDiskFull(error)) return fault('DISK_FULL', { operation, reason: (error as Error).message }, { cause: error })
  const state = sqlstate(error)
  return fault(
    'OPERATION_FAILED',
    {
      operation,
      reason: state === undefined ? 'an internal error; the log has the details' : `${(error as Error).message} (SQLSTATE ${state})`,
    },
    { cause: error },
  )
}
