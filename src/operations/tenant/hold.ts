import { z } from 'zod'
import { openOperationOn } from '../../catalog/operations.js'
import { findTenant, lockTenant, setHold } from '../../catalog/tenants.js'
import { operation } from '../../engine/operation.js'
import { plainText } from '../../engine/text-input.js'
import { checkTenantRef } from '../../kernel/identifiers.js'
import { tenantResource } from './resource.js'
import { describeTenant, tenantRef, tenantRow } from './row.js'

// Begun before the hold, they would go on under it.
const DESTROYING: Readonly<Record<string, string>> = { 'datakey.destroy': 'its data keys', 'tenant.dropbeside': 'a home beside' }

export const holdTenant = operation({
  kind: 'change',
  name: 'tenant.hold',
  summary: 'Forbid that a tenant is ever purged, until the hold is lifted.',
  effect: 'change',
  input: z.strictObject({
    tenant: tenantRef,
    reason: plainText(200).describe('Why, and by whose order; shown with the tenant'),
  }),
  output: tenantRow,
  faults: ['TENANT_NOT_FOUND', 'TENANT_STATE', 'SLUG_INVALID'],
  access: { roles: ['fleet-admin'] },
  http: 'POST /v1/tenants/{tenant}/hold',
  resource: tenantResource,
  words: {
    positionals: ['tenant'],
    says: (t) => `${t.slug} is held: ${t.heldFor}`,
  },
  async change({ tx, fail }, { tenant: ref, reason }) {
    const tenant = await tx.maybe(lockTenant(checkTenantRef(ref)))
    if (tenant === undefined) throw fail('TENANT_NOT_FOUND', { tenant: ref })
    if (tenant.state === 'purging')
      throw fail('TENANT_STATE', { tenant: ref, state: tenant.state, wanted: 'a tenant that is not being purged' })
    const open = await tx.maybe(openOperationOn(tenant.id))
    const destroyed = DESTROYING[open?.name ?? '']
    if (destroyed !== undefined)
      throw fail('TENANT_STATE', { tenant: ref, state: `having ${destroyed} destroyed`, wanted: 'no such operation on it' })
    await tx.run(setHold(tenant.id, reason))
    return { output: describeTenant(await tx.one(findTenant(tenant.id))), subject: tenant.id }
  },
})
