import { domainToASCII } from 'node:url'
import { z } from 'zod'
import type { TenantDomain } from '../../catalog/domains.js'
import { fault } from '../../kernel/faults.js'

export const domainRow = z.object({
  domain: z.string().describe('In lower case, as ASCII'),
  tenant: z.string(),
  slug: z.string(),
  state: z.enum(['pending', 'verified']),
  record: z.string().describe('Name of the TXT record to publish'),
  token: z.string().describe('What the record holds'),
  addedAt: z.date(),
  verifiedAt: z.date().nullable(),
})

export const recordOf = (domain: string): string => `_tenantry.${domain}`

export const describeDomain = (d: TenantDomain): z.output<typeof domainRow> => ({
  domain: d.domain,
  tenant: d.tenant,
  slug: d.slug,
  state: d.state,
  record: recordOf(d.domain),
  token: d.token,
  addedAt: d.addedAt,
  verifiedAt: d.verifiedAt,
})

export const tenantRef = z.string().min(2).max(39).describe('Tenant id or slug')
export const domainName = z.string().min(1).max(253).describe('Host name, such as shop.example.com')

const LABEL = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?'
// The last label has a letter: an address is no name. With `_tenantry.` in front it must still fit into DNS.
const NAME = new RegExp(`^(?=.{3,243}$)(${LABEL}\\.)+(?=[a-z0-9-]*[a-z])${LABEL}$`)

/** In lower case and ASCII, without the dot of the root. Throws DOMAIN_INVALID. */
export function checkDomain(text: string): string {
  const bare = text.trim().replace(/\.$/, '')
  // What an address could hold besides a host would be read away in silence.
  const domain = /[\s%:/@?#\\[\]]/.test(bare) ? '' : domainToASCII(bare)
  if (!NAME.test(domain)) throw fault('DOMAIN_INVALID', { domain: text.replace(/[^\P{C}]/gu, '').slice(0, 100) })
  return domain
}
