import { createHash } from 'node:crypto'
import { insertAudit } from '../../catalog/audit.js'
import type { Caller } from '../../engine/operation.js'
import type { Platform } from '../../engine/platform.js'
import { type FaultCode, isFault } from '../../kernel/faults.js'

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

interface Audited {
  readonly operation: string
  readonly tenantId: string
  readonly statement: string
}

/** Writes down that an operator's statement runs, before it does, and how it ended. What cannot be audited does not run. */
export async function auditedStatement<T>(
  { platform, caller }: { readonly platform: Platform; readonly caller: Caller },
  { operation, tenantId, statement }: Audited,
  body: () => Promise<T>,
): Promise<T> {
  // The digest of the text as it was given, so that whoever has a statement can look for its uses.
  const inputDigest = createHash('sha256').update(statement).digest('hex')
  const { actor, keyId = null, source } = caller
  const entry = { actor, keyId, source, operation, operationId: null, tenantId, inputDigest }
  await platform.catalog.run(insertAudit({ ...entry, outcome: 'accepted', fault: null }))
  const ended = (outcome: 'succeeded' | 'failed', code: string | null) =>
    platform.catalog.run(insertAudit({ ...entry, outcome, fault: code })).catch((error: Error) => {
      platform.log.error({ ...entry, outcome, error: error.message }, 'the end of a statement could not be audited')
    })
  try {
    const answer = await body()
    await ended('succeeded', null)
    return answer
  } catch (error) {
    await ended('failed', isFault(error) ? error.code : 'INTERNAL')
    throw error
  }
}
