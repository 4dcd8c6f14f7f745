import { findTenant } from '../catalog/tenants.js'
import { fault } from '../kernel/faults.js'
import { checkTenantRef, isUuid } from '../kernel/identifiers.js'
import type { Session } from '../postgres/session.js'

/** The id of a tenant, for lists that remember tenants that are gone: by its id it may be one. Throws TENANT_NOT_FOUND, SLUG_INVALID. */
export async function tenantIdEver(catalog: Session, ref: string): Promise<string> {
  if (isUuid(ref)) return ref
  const checked = checkTenantRef(ref)
  const found = await catalog.maybe(findTenant(checked))
  if (found === undefined) throw fault('TENANT_NOT_FOUND', { tenant: checked })
  return found.id
}
