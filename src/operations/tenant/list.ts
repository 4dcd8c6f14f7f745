import { z } from 'zod'
import { listTenants, TENANT_SORT_KEYS, TENANT_SORTS } from '../../catalog/tenant-lists.js'
import { operation } from '../../engine/operation.js'
import { pageFrom, pageInput, pageOf, readCursor, readSort, sortInput } from '../../engine/paging.js'
import { catalogFilter, tenantFilter } from './filter.js'
import { describeTenant, tenantRow } from './row.js'

const listedRow = tenantRow.extend({
  bytes: z.number().nullable().describe('Of its home, as measured last; null: not yet, or it shares its tables with others'),
  homeTenants: z.number().nullable().describe('How many tenants live in its home, as counted last'),
  measuredAt: z.date().nullable(),
})

export const listAllTenants = operation({
  kind: 'direct',
  name: 'tenant.list',
  summary: 'List tenants, oldest first unless said otherwise.',
  effect: 'read',
  input: z.strictObject({ ...tenantFilter, sort: sortInput(TENANT_SORTS).default('created'), ...pageInput }),
  output: pageOf(listedRow),
  faults: ['MIGRATION_INVALID'],
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
    columns: ['slug', 'name', 'state', 'isolation', 'service', 'tier', 'cluster', 'version', 'bytes', 'id'],
  },
  async call({ platform, caller }, given) {
    const { by, descending } = readSort(given.sort)
    const listing = `tenant.list ${given.sort}`
    const after = readCursor(given.cursor, listing, TENANT_SORT_KEYS[by].kind)
    const filter = { ...(await catalogFilter(platform, given)), only: caller.onlyTenant }
    const rows = await platform.catalog.rows(listTenants(filter, { by, descending, after, limit: given.limit + 1 }))
    const { data, nextCursor } = pageFrom(rows, given.limit, listing)
    return {
      data: data.map((row) => ({
        ...describeTenant(row),
        bytes: row.bytes,
        // With whom a tenant shares its home is no business of its own.
        homeTenants: caller.onlyTenant === undefined ? row.homeTenants : null,
        measuredAt: row.measuredAt,
      })),
      nextCursor,
    }
  },
})
