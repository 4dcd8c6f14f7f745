import { z } from 'zod'
import { countTenantsBy, TENANT_FACETS } from '../../catalog/tenant-lists.js'
import { operation } from '../../engine/operation.js'
import { counted } from '../../kernel/counted.js'
import { catalogFilter, tenantFilter } from './filter.js'

export const countAllTenants = operation({
  kind: 'direct',
  name: 'tenant.count',
  summary: 'Count tenants, and how many there are of each state, isolation, cluster, tier and version.',
  effect: 'read',
  input: z.strictObject(tenantFilter),
  output: z.object({
    total: z.number(),
    data: z.array(
      z.object({
        by: z.enum(TENANT_FACETS),
        value: z.string().nullable().describe('Null for those without a tier; an empty version is that of a home without migrations'),
        tenants: z.number(),
      }),
    ),
  }),
  faults: ['MIGRATION_INVALID'],
  access: { roles: ['viewer', 'operator', 'fleet-admin', 'security-auditor'] },
  // Not below /v1/tenants/, where a tenant may be called so.
  http: 'GET /v1/tenant-counts',
  words: { says: ({ total }) => counted(total, 'tenant'), columns: ['by', 'value', 'tenants'] },
  async call({ platform }, given) {
    const rows = await platform.catalog.rows(countTenantsBy(await catalogFilter(platform, given)))
    return {
      total: rows.find(({ by }) => by === null)?.tenants ?? 0,
      data: rows.flatMap(({ by, ...row }) => (by === null ? [] : [{ by, ...row }])),
    }
  },
})
