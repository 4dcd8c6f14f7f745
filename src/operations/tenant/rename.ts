import { z } from 'zod'
import { dropFormerSlug, findTenant, keepFormerSlug, lockTenant, renameTenantTo } from '../../catalog/tenants.js'
import { operation } from '../../engine/operation.js'
import { plainText } from '../../engine/text-input.js'
import { checkSlug, checkTenantRef } from '../../kernel/identifiers.js'
import { violated } from '../../postgres/errors.js'
import { tenantResource } from './resource.js'
import { describeTenant, tenantRef, tenantRow } from './row.js'

export const renameTenant = operation({
  kind: 'change',
  name: 'tenant.rename',
  summary: 'Give a tenant another slug. Its id and its data stay; the old slug stays its own, and leads to it.',
  effect: 'change',
  input: z.strictObject({
    tenant: tenantRef,
    slug: z.string().min(1).max(60).describe('The new slug: a DNS label, unique on the platform'),
    name: plainText(200).optional().describe('New display name (default: as it is)'),
    refuseOld: z
      .boolean()
      .default(false)
      .describe('Applications that ask by the old slug get TENANT_RENAMED with the new one, instead of being led to the tenant'),
  }),
  output: tenantRow,
  faults: ['TENANT_NOT_FOUND', 'TENANT_EXISTS', 'TENANT_RENAMED', 'TENANT_STATE', 'SLUG_INVALID'],
  access: { roles: ['operator', 'fleet-admin'] },
  http: 'POST /v1/tenants/{tenant}/rename',
  resource: tenantResource,
  words: {
    positionals: ['tenant'],
    says: (t) =>
      `tenant ${t.id} is now ${t.slug} (${t.name})${t.formerSlugs.map((f) => `; ${f.slug} ${f.redirects ? 'leads to it' : 'is refused'}`).join('')}`,
  },
  async change({ tx, fail }, { tenant: ref, slug: wanted, name, refuseOld }) {
    const slug = checkSlug(wanted)
    const seen = await tx.maybe(findTenant(checkTenantRef(ref)))
    const tenant = seen === undefined ? undefined : await tx.maybe(lockTenant(seen.id))
    if (seen === undefined || tenant === undefined) throw fail('TENANT_NOT_FOUND', { tenant: ref })
    // Somebody else has renamed it while this waited for the row: whoever asked did not mean the name that it has now.
    if (tenant.slug !== seen.slug) throw fail('TENANT_RENAMED', { tenant: ref, slug: tenant.slug })
    if (tenant.state === 'creating') throw fail('TENANT_STATE', { tenant: ref, state: tenant.state, wanted: 'a tenant that is there' })
    await tx.run(dropFormerSlug(tenant.id, slug))
    try {
      await tx.run(renameTenantTo(tenant.id, slug, name ?? null))
    } catch (error) {
      throw violated(error) === 'tenant_slug' ? fail('TENANT_EXISTS', { slug }) : error
    }
    if (slug !== tenant.slug) await tx.run(keepFormerSlug(tenant.id, tenant.slug, !refuseOld))
    return { output: describeTenant(await tx.one(findTenant(tenant.id))), subject: tenant.id }
  },
})
