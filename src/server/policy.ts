import { createHash } from 'node:crypto'
import { insertAudit } from '../catalog/audit.js'
import type { ApiKey } from '../catalog/keys.js'
import { findTenant } from '../catalog/tenants.js'
import type { AnyOperation, Caller } from '../engine/operation.js'
import type { Platform } from '../engine/platform.js'
import { parseInput } from '../engine/submit.js'
import { type Fault, fault } from '../kernel/faults.js'
import { checkTenantRef } from '../kernel/identifiers.js'

/** What a key may do with an operation: run it as this caller, with this input. */
export interface Permission {
  readonly caller: Caller
  readonly input: Readonly<Record<string, unknown>>
}

type Asker = Pick<ApiKey, 'id' | 'role' | 'tenantId'>

export const actorOf = (key: Pick<ApiKey, 'id'>): string => `key:${key.id}`

/**
 * The one place that decides what a key may do. Deny by default. A tenant-admin may run what names its own tenant, and lists, which then show nothing
 * else; another tenant is to it like one that does not exist. Refusals are audited. Throws KEY_FORBIDDEN, TENANT_NOT_FOUND, and what is wrong with an
 * input that does not even name a tenant.
 */
export async function mayRun(
  platform: Platform,
  key: Asker,
  operation: AnyOperation,
  input: Readonly<Record<string, unknown>>,
): Promise<Permission> {
  const caller: Caller = { actor: actorOf(key), source: 'http', keyId: key.id }
  const refused = async (reason: Fault, tenantId: string | null): Promise<Fault> => {
    const inputDigest = createHash('sha256')
      .update(JSON.stringify([operation.name, input]))
      .digest('hex')
    const { actor, source } = caller
    const entry = { actor, keyId: key.id, source, operation: operation.name, operationId: null, tenantId, inputDigest }
    await platform.catalog.run(insertAudit({ ...entry, outcome: 'refused', fault: reason.code })).catch((error: Error) => {
      platform.log.error({ ...entry, code: reason.code, error: error.message }, 'a refusal could not be audited')
    })
    return reason
  }
  const forbidden = () => refused(fault('KEY_FORBIDDEN', { role: key.role, operation: operation.name }), key.tenantId)

  if (operation.http === undefined || !operation.access.roles.includes(key.role)) throw await forbidden()
  for (const [field, roles] of Object.entries(operation.access.stronger ?? {})) {
    const given = input[field]
    if (given !== undefined && given !== false && !roles.includes(key.role)) throw await forbidden()
  }
  if (key.role !== 'tenant-admin') return { caller, input }
  if (key.tenantId === null) throw await forbidden()

  const field = operation.access.tenant
  if (field === undefined) {
    if (operation.effect !== 'read') throw await forbidden()
    return { caller: { ...caller, onlyTenant: key.tenantId }, input }
  }
  // The same checks in the same order as the operation's own: what they answer must not tell another's tenant from none.
  const ref = checkTenantRef(String(parseInput(operation, input)[field]))
  const found = await platform.catalog.maybe(findTenant(ref))
  if (found?.id !== key.tenantId) throw await refused(fault('TENANT_NOT_FOUND', { tenant: ref }), found?.id ?? null)
  // By its id from here on: a slug could change hands between this look and the operation's.
  return { caller: { ...caller, onlyTenant: key.tenantId }, input: { ...input, [field]: key.tenantId } }
}
