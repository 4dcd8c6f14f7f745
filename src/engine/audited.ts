import { createHash } from 'node:crypto'
import { insertAudit } from '../catalog/audit.js'
import { isFault } from '../kernel/faults.js'
import type { CallContext } from './operation.js'

interface Audited<T> {
  readonly operation: string
  readonly tenantId: string | null
  /** What was asked for, of which the audit keeps a digest. */
  readonly digestOf: string
  /** What the audit says of what came of it. */
  readonly told?: (answer: T) => Readonly<Record<string, unknown>>
}

/** Writes down that something is done that no journal has, before it is, and how it ended. What cannot be audited is not done. */
export async function audited<T>(
  { platform, caller }: Pick<CallContext<never>, 'platform' | 'caller'>,
  { operation, tenantId, digestOf, told }: Audited<T>,
  body: () => Promise<T>,
): Promise<T> {
  const inputDigest = createHash('sha256').update(digestOf).digest('hex')
  const { actor, keyId = null, source } = caller
  const entry = { actor, keyId, source, operation, operationId: null, tenantId, inputDigest }
  await platform.catalog.run(insertAudit({ ...entry, outcome: 'accepted', fault: null }))
  const ended = (outcome: 'succeeded' | 'failed', code: string | null, result?: unknown) =>
    platform.catalog
      .run(insertAudit({ ...entry, outcome, fault: code, ...(result === undefined ? {} : { result }) }))
      .catch((error: Error) => {
        platform.log.error({ ...entry, outcome, error: error.message }, 'the end of what was audited could not be')
      })
  try {
    const answer = await body()
    await ended('succeeded', null, told?.(answer))
    return answer
  } catch (error) {
    await ended('failed', isFault(error) ? error.code : 'INTERNAL')
    throw error
  }
}
