import { createHash } from 'node:crypto'
import { insertAudit } from '../catalog/audit.js'
import type { ApiKey, Role } from '../catalog/keys.js'
import type { Session } from '../catalog/sessions.js'
import { findTenant } from '../catalog/tenants.js'
import type { AnyOperation, Caller } from '../engine/operation.js'
import type { Platform } from '../engine/platform.js'
import { parseInput } from '../engine/submit.js'
import { type Fault, fault } from '../kernel/faults.js'
import { checkTenantRef } from '../kernel/identifiers.js'
import { auditRefusal } from './refusals.js'

/** What whoever asks may do with an operation: run it as this caller, with this input. */
export interface Permission {
  readonly caller: Caller
  readonly input: Readonly<Record<string, unknown>>
}

/** Who asks: a program by its key, or a person in a session. What a key may, a person of its role may. */
export interface Asker {
  /** As journal and audit name them. */
  readonly actor: string
  readonly role: Role
  readonly tenantId: string | null
  readonly keyId?: string
  readonly sessionId?: string
  /** While glass is broken: the role without it. */
  readonly ownRole?: Role
}

export const askerOfKey = ({ id, role, tenantId }: Pick<ApiKey, 'id' | 'role' | 'tenantId'>): Asker => ({
  actor: `key:${id}`,
  role,
  tenantId,
  keyId: id,
})

/** While glass is broken, the session has another role than the person. */
export function askerOfSession(session: Session): Asker {
  const role = session.breakglassRole ?? session.ownRole
  return {
    actor: `user:${session.name}`,
    role,
    tenantId: role === 'tenant-admin' ? session.tenantId : null,
    sessionId: session.id,
    ownRole: session.ownRole,
  }
}

/**
 * The one place that decides what whoever asks may do. Deny by default. A tenant-admin may run what names its own tenant, what is about its own person, and
 * lists, which then show nothing else; another tenant is to it like one that does not exist. Refusals are audited. Throws KEY_FORBIDDEN, SESSION_NEEDED, TENANT_NOT_FOUND, and what is wrong with an
 * input that does not even name a tenant.
 */
export async function mayRun(
  platform: Platform,
  asker: Asker,
  operation: AnyOperation,
  input: Readonly<Record<string, unknown>>,
): Promise<Permission> {
  const { actor, role, keyId, sessionId } = asker
  const caller: Caller = { actor, source: 'http', keyId, sessionId, role }
  const refused = async (reason: Fault, tenantId: string | null): Promise<Fault> => {
    const inputDigest = createHash('sha256')
      .update(JSON.stringify([operation.name, input]))
      .digest('hex')
    const entry = {
      actor,
      keyId: keyId ?? null,
      source: caller.source,
      operation: operation.name,
      operationId: null,
      tenantId,
      inputDigest,
    }
    const audit = insertAudit({ ...entry, outcome: 'refused', fault: reason.code })
    await auditRefusal(platform, platform.log, audit, { ...entry, code: reason.code })
    return reason
  }
  const forbidden = (as = role) => refused(fault('KEY_FORBIDDEN', { role: as, operation: operation.name }), asker.tenantId)

  if (operation.http === undefined || !operation.access.roles.includes(role)) throw await forbidden()
  if (operation.access.lasting === true && !operation.access.roles.includes(asker.ownRole ?? role)) throw await forbidden(asker.ownRole)
  for (const [field, roles] of Object.entries(operation.access.stronger ?? {})) {
    const given = input[field]
    if (given !== undefined && given !== false && !roles.includes(role)) throw await forbidden()
  }
  if (operation.access.onlySession === true && sessionId === undefined)
    throw await refused(fault('SESSION_NEEDED', { operation: operation.name }), asker.tenantId)
  if (role !== 'tenant-admin') return { caller, input }
  if (asker.tenantId === null) throw await forbidden()

  const field = operation.access.tenant
  if (field === undefined) {
    if (operation.effect !== 'read' && operation.access.own !== true) throw await forbidden()
    return { caller: { ...caller, onlyTenant: asker.tenantId }, input }
  }
  // The same checks in the same order as the operation's own: what they answer must not tell another's tenant from none.
  const ref = checkTenantRef(String(parseInput(operation, input)[field]))
  const found = await platform.catalog.maybe(findTenant(ref))
  if (found?.id !== asker.tenantId) throw await refused(fault('TENANT_NOT_FOUND', { tenant: ref }), found?.id ?? null)
  // By its id from here on: a slug could change hands between this look and the operation's.
  return { caller: { ...caller, onlyTenant: asker.tenantId }, input: { ...input, [field]: asker.tenantId } }
}
