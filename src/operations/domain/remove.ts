import { z } from 'zod'
import { deleteDomain, findDomain } from '../../catalog/domains.js'
import { lockTenant } from '../../catalog/tenants.js'
import { operation } from '../../engine/operation.js'
import { checkTenantRef } from '../../kernel/identifiers.js'
import { checkDomain, describeDomain, domainName, domainRow, tenantRef } from './row.js'

export const removeDomain = operation({
  kind: 'change',
  name: 'domain.remove',
  summary: 'Take a host name away from a tenant. Another tenant may have it then.',
  effect: 'change',
  input: z.strictObject({ tenant: tenantRef, domain: domainName }),
  output: domainRow,
  faults: ['TENANT_NOT_FOUND', 'SLUG_INVALID', 'DOMAIN_INVALID', 'DOMAIN_NOT_FOUND'],
  access: { roles: ['operator', 'fleet-admin'] },
  http: 'DELETE /v1/tenants/{tenant}/domains/{domain}',
  words: { positionals: ['tenant', 'domain'], says: (d) => `${d.domain} is no longer a domain of ${d.slug}` },
  async change({ tx, fail }, { tenant: ref, domain: text }) {
    const domain = checkDomain(text)
    const tenant = await tx.maybe(lockTenant(checkTenantRef(ref)))
    if (tenant === undefined) throw fail('TENANT_NOT_FOUND', { tenant: ref })
    const found = await tx.maybe(findDomain(domain))
    if (found === undefined || (await tx.run(deleteDomain(domain, tenant.id))) === 0) throw fail('DOMAIN_NOT_FOUND', { domain })
    return { output: describeDomain(found), subject: tenant.id }
  },
})
