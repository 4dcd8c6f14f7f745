import { z } from 'zod'
import { findTenant, lockTenant, setHold } from '../../catalog/tenants.js'
import { operation } from '../../engine/operation.js'
import { checkTenantRef } from '../../kernel/identifiers.js'
import { tenantResource } from './resource.js'
import { describeTenant, tenantRef, tenantRow } from './row.js'

export const unholdTenant = operation({
  kind: 'change',
  name: 'tenant.unhold',
  summary: 'Lift the hold of a tenant.',
  effect: 'change',
  input: z.strictObject({
    tenant: tenantRef,
  }),
  output: tenantRow,
  faults: ['TENANT_NOT_FOUND', 'TENANT_STATE', 'SLUG_INVALID'],
  access: { roles: ['fleet-admin'] },
  http: 'POST /v1/tenants/{tenant}/unhold',
  resource: tenantResource,
  words: {
    positionals: ['tenant'],
    says: (t) => `${t.slug} is not held any more`,
  },
  async change({ tx, fail }, { tenant: ref }) {
    const tenant = await tx.maybe(lockTenant(checkTenantRef(ref)))
    if (tenant === undefined) throw fail('TENANT_NOT_FOUND', { tenant: ref })
    if (tenant.heldFor === null) throw fail('TENANT_STATE', { tenant: ref, state: 'not held', wanted: 'a tenant that is held' })
    await tx.run(setHold(tenant.id, null))
    return { output: describeTenant(await tx.one(findTenant(tenant.id))), subject: tenant.id }
  },
})
