import { audited } from '../../engine/audited.js'
import type { Caller } from '../../engine/operation.js'
import type { Platform } from '../../engine/platform.js'
import type { FaultCode } from '../../kernel/faults.js'

/** What being in a tenant's scope as an operator may fail with. */
export const IN_SCOPE_FAULTS = [
  'TENANT_NOT_FOUND',
  'TENANT_SUSPENDED',
  'TENANT_READ_ONLY',
  'TENANT_MOVED',
  'TENANT_BUSY',
  'SLUG_INVALID',
  'SERVER_UNREACHABLE',
  'CONNECTION_LOST',
] as const satisfies readonly FaultCode[]

interface Statement {
  readonly operation: string
  readonly tenantId: string
  readonly statement: string
}

/** The digest is that of the text as it was given, so that whoever has a statement can look for its uses. */
export const auditedStatement = <T>(
  context: { readonly platform: Platform; readonly caller: Caller },
  { operation, tenantId, statement }: Statement,
  body: () => Promise<T>,
): Promise<T> => audited(context, { operation, tenantId, digestOf: statement }, body)
