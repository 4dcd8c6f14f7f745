import type { FaultCode } from '../../kernel/faults.js'

/** What going through backups may fail with, one that is named or many. */
export const CHOSEN_FAULTS = [
  'BACKUP_NOT_FOUND',
  'BACKUP_STATE',
  'TENANT_NOT_FOUND',
  'TENANT_AMBIGUOUS',
  'TENANT_HELD',
  'ID_INVALID',
  'SLUG_INVALID',
  'FLEET_PARTIAL',
  'OPERATION_PAUSED',
] as const satisfies readonly FaultCode[]
