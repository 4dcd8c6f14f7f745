import { findTenant, lockTenant } from '../../catalog/tenants.js'
import type { Resource } from '../../engine/resource.js'
import { fault } from '../../kernel/faults.js'
import { checkTenantRef } from '../../kernel/identifiers.js'
import { describeTenant } from './row.js'

/** One tenant, as `tenant show` answers it. */
export const tenantResource = {
  called: ({ tenant }) => `tenant "${tenant}"`,
  async lock(tx, { tenant }) {
    const seen = await tx.maybe(findTenant(checkTenantRef(tenant)))
    // By its id: whoever waits for a rename would find nobody of that slug any more.
    if (seen !== undefined) await tx.maybe(lockTenant(seen.id))
  },
  async show(session, { tenant }) {
    const found = await session.maybe(findTenant(checkTenantRef(tenant)))
    if (found === undefined) throw fault('TENANT_NOT_FOUND', { tenant })
    return describeTenant(found)
  },
} satisfies Resource<{ readonly tenant: string }>
