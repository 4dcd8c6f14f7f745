import { z } from 'zod'
import { findDomain } from '../../catalog/domains.js'
import { operation } from '../../engine/operation.js'
import { checkDomain, describeDomain, domainName, domainRow } from './row.js'

export const showDomain = operation({
  kind: 'direct',
  name: 'domain.show',
  summary: 'Show whose a domain is, and whether that is verified.',
  effect: 'read',
  input: z.strictObject({ domain: domainName }),
  output: domainRow,
  faults: ['DOMAIN_INVALID', 'DOMAIN_NOT_FOUND'],
  access: { roles: ['viewer', 'operator', 'fleet-admin', 'security-auditor'] },
  http: 'GET /v1/domains/{domain}',
  words: {
    positionals: ['domain'],
    says: (d) =>
      `${d.domain}: ${d.slug} (${d.tenant}), ${
        d.verifiedAt === null
          ? `not verified; waiting for ${d.record}. IN TXT "${d.token}"`
          : `verified since ${d.verifiedAt.toISOString()}`
      }`,
  },
  async call({ platform, fail }, { domain: text }) {
    const domain = checkDomain(text)
    const found = await platform.catalog.maybe(findDomain(domain))
    if (found === undefined) throw fail('DOMAIN_NOT_FOUND', { domain })
    return describeDomain(found)
  },
})
