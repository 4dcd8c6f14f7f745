import { z } from 'zod'
import { listTenants, TENANT_STATES } from '../../catalog/tenants.js'
import { LABELS, labelsFrom, word } from '../../engine/labels.js'
import { operation } from '../../engine/operation.js'
import { pageFrom, pageInput, pageOf, readCursor } from '../../engine/paging.js'
import { describeTenant, tenantRow } from './row.js'

export const listAllTenants = operation({
  kind: 'direct',
  name: 'tenant.list',
  summary: 'List tenants, oldest first.',
  effect: 'read',
  input: z.strictObject({
    state: z.enum(TENANT_STATES).optional().describe('Only tenants in this state'),
    isolation: z.enum(['shared', 'schema', 'database']).optional().describe('Only tenants of this isolation'),
    service: z.string().min(1).max(39).optional().describe('Only tenants that are this service of yours'),
    cluster: z.string().min(1).max(63).optional().describe('Only tenants on this cluster'),
    search: z.string().min(1).max(100).optional().describe('Only tenants whose slug or name contains this'),
    tier: word.optional().describe('Only tenants of this tier'),
    label: z
      .string()
      .max(2_000)
      .regex(LABELS, 'must be key=value, or several with commas between them')
      .optional()
      .describe('Only tenants with all of these labels: plan=gold,team=a'),
    ...pageInput,
  }),
  output: pageOf(tenantRow),
  faults: [],
  // A tenant-admin sees its own tenant only: the caller's narrowing, not the filter, says so.
  access: { roles: ['viewer', 'operator', 'fleet-admin', 'security-auditor', 'tenant-admin'] },
  http: 'GET /v1/tenants',
  words: {
    says: ({ data, nextCursor }) =>
      data.length === 0
        ? 'no tenants; create one with `tenantry tenant create SLUG`'
        : nextCursor === null
          ? ''
          : `more: --cursor ${nextCursor}`,
    columns: ['slug', 'name', 'state', 'isolation', 'service', 'tier', 'cluster', 'version', 'id'],
  },
  async call({ platform, caller }, given) {
    const rows = await platform.catalog.rows(
      listTenants({
        state: given.state ?? null,
        isolation: given.isolation ?? null,
        service: given.service ?? null,
        cluster: given.cluster ?? null,
        search: given.search ?? null,
        tier: given.tier ?? null,
        labels: given.label === undefined ? null : labelsFrom(given.label.split(',')),
        after: readCursor(given.cursor, 'tenant.list'),
        limit: given.limit + 1,
        only: caller.onlyTenant ?? null,
      }),
    )
    const { data, nextCursor } = pageFrom(rows, given.limit, 'tenant.list')
    return { data: data.map((row) => describeTenant(row)), nextCursor }
  },
})
