import { type Fault, fault } from '../kernel/faults.js'
import { DriverError } from '../postgres/errors.js'

// undefined_function, undefined_table, undefined_column
const UNDEFINED: ReadonlySet<string | undefined> = new Set(['42883', '42P01', '42703'])

/**
 * A statement of ours named something that is not there. What users write is not ours (a migration has a fault of its own), so a part of Tenantry is
 * missing: nearly always because the database has not been raised to this release yet.
 */
export const behindFault = (error: unknown): Fault | undefined =>
  error instanceof DriverError && UNDEFINED.has(error.code)
    ? fault('DATABASE_BEHIND', { lacks: error.message }, { cause: error })
    : undefined
