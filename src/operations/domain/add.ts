import { z } from 'zod'
import { findDomain, insertDomain } from '../../catalog/domains.js'
import { lockTenant } from '../../catalog/tenants.js'
import { operation } from '../../engine/operation.js'
import { randomBytes } from '../../kernel/clock.js'
import { base32, checkTenantRef } from '../../kernel/identifiers.js'
import { checkDomain, describeDomain, domainName, domainRow, tenantRef } from './row.js'

export const addDomain = operation({
  kind: 'change',
  name: 'domain.add',
  summary: 'Note a host name of a tenant, and say which DNS record proves that it is theirs.',
  effect: 'change',
  input: z.strictObject({ tenant: tenantRef, domain: domainName }),
  output: domainRow,
  faults: ['TENANT_NOT_FOUND', 'SLUG_INVALID', 'DOMAIN_INVALID', 'DOMAIN_TAKEN'],
  access: { roles: ['operator', 'fleet-admin'] },
  http: 'POST /v1/tenants/{tenant}/domains',
  words: {
    positionals: ['tenant', 'domain'],
    says: (d) =>
      `${d.domain} is noted for ${d.slug}. Publish this record:\n\n${d.record}. IN TXT "${d.token}"\n\nthen run \`tenantry domain verify ${d.slug} ${d.domain}\``,
  },
  async change({ tx, fail }, { tenant: ref, domain: text }) {
    const domain = checkDomain(text)
    const tenant = await tx.maybe(lockTenant(checkTenantRef(ref)))
    if (tenant === undefined) throw fail('TENANT_NOT_FOUND', { tenant: ref })
    const token = `tenantry-${base32(randomBytes(20))}`
    if ((await tx.run(insertDomain(domain, tenant.id, token))) === 0) throw fail('DOMAIN_TAKEN', { domain })
    return { output: describeDomain(await tx.one(findDomain(domain))), subject: tenant.id }
  },
})
