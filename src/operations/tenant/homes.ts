import { z } from 'zod'
import { besidesOf } from '../../catalog/beside.js'
import { factsOfHomes } from '../../catalog/sizes.js'
import { findTenant } from '../../catalog/tenants.js'
import { operation } from '../../engine/operation.js'
import { counted } from '../../kernel/counted.js'
import { checkTenantRef } from '../../kernel/identifiers.js'
import { besideRow, describeBeside } from './beside-of.js'
import { tenantRef } from './row.js'

const row = besideRow.extend({
  rows: z.number().nullable().describe('As the server has counted or estimated them'),
  bytes: z.number().nullable().describe('As measured last; null for both: not measured yet, or the tables are shared with others'),
  measuredAt: z.date().nullable(),
})

export const listHomes = operation({
  kind: 'direct',
  name: 'tenant.homes',
  summary: 'List the homes of a tenant: the one that it lives in, and those beside, with sizes and until when they are kept.',
  effect: 'read',
  input: z.strictObject({ tenant: tenantRef }),
  output: z.object({ data: z.array(row) }),
  faults: ['TENANT_NOT_FOUND', 'SLUG_INVALID'],
  access: { roles: ['viewer', 'operator', 'fleet-admin', 'security-auditor', 'tenant-admin'], tenant: 'tenant' },
  http: 'GET /v1/tenants/{tenant}/homes',
  words: {
    positionals: ['tenant'],
    columns: ['kind', 'home', 'isolation', 'cluster', 'database', 'schema', 'version', 'rows', 'bytes', 'until', 'note'],
    says: ({ data }) => counted(data.length, 'home'),
  },
  async call({ platform, fail }, { tenant: ref }) {
    const tenant = await platform.catalog.maybe(findTenant(checkTenantRef(ref)))
    if (tenant === undefined) throw fail('TENANT_NOT_FOUND', { tenant: ref })
    const { id, slug, home, isolation, cluster, database, schema, version } = tenant
    const live = { tenant: slug, home, kind: 'live' as const, isolation, cluster, database, schema, version }
    const rows = [
      { ...live, madeAt: null, until: null, backup: null, partial: false, note: null },
      ...(await platform.catalog.rows(besidesOf(id))).map((one) => describeBeside(slug, one)),
    ]
    const facts = await platform.catalog.rows(factsOfHomes(rows.map((one) => one.home)))
    return {
      data: rows.map((one) => {
        const fact = one.isolation === 'shared' ? undefined : facts.find((known) => known.home === one.home)
        return { ...one, rows: fact?.rows ?? null, bytes: fact?.bytes ?? null, measuredAt: fact?.measuredAt ?? null }
      }),
    }
  },
})
