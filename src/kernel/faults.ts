import { ACTIVITY_FAULTS } from './faults/activity.js'
import { API_FAULTS } from './faults/api.js'
import { APPLICATION_FAULTS } from './faults/applications.js'
import { ARCHIVE_FAULTS } from './faults/archives.js'
import { BACKUP_FAULTS } from './faults/backups.js'
import { CLUSTER_FAULTS } from './faults/clusters.js'
import { DRIFT_FAULTS } from './faults/drift.js'
import { EXPORT_FAULTS } from './faults/exports.js'
import { ROW_IMPORT_FAULTS } from './faults/imports.js'
import { MIGRATION_FAULTS } from './faults/migrations.js'
import { OFFBOARDING_FAULTS } from './faults/offboarding.js'
import { OPERATION_FAULTS } from './faults/operations.js'
import { PEOPLE_FAULTS } from './faults/people.js'
import { PROGRAM_FAULTS } from './faults/programs.js'
import { RESTORE_FAULTS } from './faults/restore.js'
import type { Kind } from './faults/row.js'
import { SCOPE_FAULTS } from './faults/scopes.js'
import { SERVER_FAULTS } from './faults/servers.js'
import { STORE_FAULTS } from './faults/stores.js'
import { TENANT_FAULTS } from './faults/tenants.js'
import { TRANSFER_FAULTS } from './faults/transfer.js'
import { VIEW_FAULTS } from './faults/views.js'
import { WEBHOOK_FAULTS } from './faults/webhooks.js'

/**
 * Every typed error of Tenantry: one row each. `http` and `exit` are what the surfaces answer, `retry` whether the same call may succeed later,
 * `says` the cause in one line, `remedy` what to do next in one line. Callers and tests match codes, never prose. Codes are never renamed.
 */
export const FAULTS = {
  ...TENANT_FAULTS,
  ...RESTORE_FAULTS,
  ...SCOPE_FAULTS,
  ...APPLICATION_FAULTS,
  ...SERVER_FAULTS,
  ...CLUSTER_FAULTS,
  ...MIGRATION_FAULTS,
  ...DRIFT_FAULTS,
  ...TRANSFER_FAULTS,
  ...EXPORT_FAULTS,
  ...ROW_IMPORT_FAULTS,
  ...OPERATION_FAULTS,
  ...API_FAULTS,
  ...PEOPLE_FAULTS,
  ...WEBHOOK_FAULTS,
  ...PROGRAM_FAULTS,
  ...STORE_FAULTS,
  ...ARCHIVE_FAULTS,
  ...BACKUP_FAULTS,
  ...OFFBOARDING_FAULTS,
  ...ACTIVITY_FAULTS,
  ...VIEW_FAULTS,
} as const

export type FaultCode = keyof typeof FAULTS
export type FactsOf<Code extends FaultCode> = Parameters<(typeof FAULTS)[Code]['says']>[0]

/** A typed error: its code is stable, its facts are data, its message says the cause; `remedy` says what to do next. */
export class Fault extends Error {
  override readonly name = 'Fault'
  constructor(
    readonly code: FaultCode,
    readonly facts: Readonly<Record<string, unknown>>,
    options?: ErrorOptions,
  ) {
    super(kindOf(code).says(facts as never), options)
  }
  /** The fault's row in FAULTS. */
  get kind(): Kind<never> {
    return kindOf(this.code)
  }
  get remedy(): string {
    return kindOf(this.code).remedy(this.facts as never)
  }
}

const kindOf = (code: FaultCode): Kind<never> => FAULTS[code] as Kind<never>

type FaultArguments<Code extends FaultCode> =
  unknown extends FactsOf<Code>
    ? [facts?: Readonly<Record<string, never>>, options?: ErrorOptions]
    : [facts: FactsOf<Code>, options?: ErrorOptions]

/** Makes a fault; the facts are those of the code's row, or it does not compile. */
export function fault<Code extends FaultCode>(code: Code, ...[facts, options]: FaultArguments<Code>): Fault {
  return new Fault(code, (facts ?? {}) as Record<string, unknown>, options)
}

/** Is the error a fault, and (when codes are given) one of these? */
export function isFault(error: unknown, ...codes: readonly FaultCode[]): error is Fault {
  return error instanceof Fault && (codes.length === 0 || codes.includes(error.code))
}

/** A fault that was stored as data, made whole again. An unknown code (from a newer version) becomes OPERATION_FAILED. */
export function faultFromData(
  data: { readonly code: string; readonly facts: Readonly<Record<string, unknown>> },
  operation: string,
): Fault {
  return Object.hasOwn(FAULTS, data.code)
    ? new Fault(data.code as FaultCode, data.facts)
    : fault('OPERATION_FAILED', { operation, reason: data.code })
}
