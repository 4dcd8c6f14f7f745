import type { StoredFault } from '../catalog/operations.js'
import type { Fault } from '../kernel/faults.js'
import { DriverError } from '../postgres/errors.js'

const CAUSES = 5

/** The error of a server that is behind a fault, if one is. */
function serverError(error: unknown): DriverError | undefined {
  let found = error
  for (let depth = 0; depth < CAUSES && found !== undefined; depth++) {
    if (found instanceof DriverError) return found
    found = (found as { cause?: unknown } | null)?.cause
  }
  return undefined
}

/** A fault as the journal keeps it, with the SQLSTATE and the row that the server named. */
export function storedFault(reason: Fault): StoredFault {
  const error = serverError(reason)
  if (error === undefined) return { code: reason.code, facts: reason.facts, message: reason.message }
  const { code: sqlstate, detail, table, column, constraint } = error
  const told = Object.fromEntries(
    Object.entries({ sqlstate, detail, table, column, constraint }).filter(([, value]) => value !== undefined),
  )
  return { code: reason.code, facts: { ...told, ...reason.facts }, message: reason.message }
}
