import { z } from 'zod'
import { dropFormerSlug, findTenant, lockTenant } from '../../catalog/tenants.js'
import { operation } from '../../engine/operation.js'
import { checkSlug, checkTenantRef } from '../../kernel/identifiers.js'
import { tenantResource } from './resource.js'
import { describeTenant, tenantRef, tenantRow } from './row.js'

export const releaseSlug = operation({
  kind: 'change',
  name: 'tenant.release',
  summary: 'Give up a slug that a renamed tenant had, so that another tenant may take it.',
  effect: 'change',
  input: z.strictObject({ tenant: tenantRef, slug: z.string().min(1).max(60).describe('The former slug to give up') }),
  output: tenantRow,
  faults: ['TENANT_NOT_FOUND', 'FORMER_SLUG_NOT_FOUND', 'SLUG_INVALID'],
  access: { roles: ['operator', 'fleet-admin'] },
  http: 'DELETE /v1/tenants/{tenant}/slugs/{slug}',
  resource: tenantResource,
  words: {
    positionals: ['tenant', 'slug'],
    says: (t) =>
      `${t.slug} has ${t.formerSlugs.length === 0 ? 'no former slugs' : `the former slugs ${t.formerSlugs.map((f) => f.slug).join(', ')}`}`,
    confirm: 'once another tenant takes this slug, applications that still hold it open that tenant',
  },
  async change({ tx, fail }, { tenant: ref, slug }) {
    const tenant = await tx.maybe(lockTenant(checkTenantRef(ref)))
    if (tenant === undefined) throw fail('TENANT_NOT_FOUND', { tenant: ref })
    if ((await tx.run(dropFormerSlug(tenant.id, checkSlug(slug)))) === 0) throw fail('FORMER_SLUG_NOT_FOUND', { tenant: ref, slug })
    return { output: describeTenant(await tx.one(findTenant(tenant.id))), subject: tenant.id }
  },
})
