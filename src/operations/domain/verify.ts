import { z } from 'zod'
import { domainIsVerified, findDomain } from '../../catalog/domains.js'
import { lockTenant } from '../../catalog/tenants.js'
import { operation, type StepContext } from '../../engine/operation.js'
import { fault } from '../../kernel/faults.js'
import { checkTenantRef } from '../../kernel/identifiers.js'
import { checkDomain, describeDomain, domainName, domainRow, recordOf, tenantRef } from './row.js'
import { foundInstead, txtRecords } from './txt-records.js'

interface Memory {
  readonly [key: string]: unknown
  readonly tenant: string
  readonly domain: string
  readonly token: string
}

type Context = StepContext<unknown, Memory>

export const verifyDomain = operation({
  kind: 'steps',
  name: 'domain.verify',
  summary: "Ask DNS whether a tenant's domain is theirs, and note that it is.",
  effect: 'change',
  input: z.strictObject({ tenant: tenantRef, domain: domainName }),
  output: domainRow,
  faults: ['TENANT_NOT_FOUND', 'SLUG_INVALID', 'DOMAIN_INVALID', 'DOMAIN_NOT_FOUND', 'DOMAIN_UNVERIFIED', 'DNS_UNREACHABLE'],
  access: { roles: ['operator', 'fleet-admin'] },
  http: 'POST /v1/tenants/{tenant}/domains/{domain}/verify',
  words: { positionals: ['tenant', 'domain'], says: (d) => `${d.domain} is verified for ${d.slug}` },

  async accept({ tx, fail }, { tenant: ref, domain: text }): Promise<{ memory: Memory; subject: string }> {
    const domain = checkDomain(text)
    const tenant = await tx.maybe(lockTenant(checkTenantRef(ref)))
    if (tenant === undefined) throw fail('TENANT_NOT_FOUND', { tenant: ref })
    const found = await tx.maybe(findDomain(domain))
    if (found === undefined || found.tenant !== tenant.id) throw fail('DOMAIN_NOT_FOUND', { domain })
    return { memory: { tenant: tenant.id, domain, token: found.token }, subject: tenant.id }
  },

  steps: [
    {
      name: 'ask',
      async act({ platform, memory }: Context) {
        const record = recordOf(memory.domain)
        const records = await txtRecords(record, platform.config.dns)
        if (!records.includes(memory.token)) throw fault('DOMAIN_UNVERIFIED', { record, found: foundInstead(records) })
        return {}
      },
    },
    {
      name: 'record',
      async record({ memory }: Context, tx) {
        if ((await tx.run(domainIsVerified(memory.domain, memory.tenant, memory.token))) === 0) {
          throw fault('DOMAIN_NOT_FOUND', { domain: memory.domain })
        }
      },
    },
  ],

  async result({ platform, memory }) {
    const found = await platform.catalog.maybe(findDomain(memory.domain))
    // Removed a moment after it was noted.
    if (found === undefined) throw fault('DOMAIN_NOT_FOUND', { domain: memory.domain })
    return describeDomain(found)
  },
})
