import { z } from 'zod'
import { daysOfHome, factsOfHomes } from '../../catalog/sizes.js'
import { findTenant } from '../../catalog/tenants.js'
import { operation } from '../../engine/operation.js'
import { humanBytes } from '../../kernel/amounts.js'
import { counted } from '../../kernel/counted.js'
import { checkTenantRef } from '../../kernel/identifiers.js'
import { tenantRef } from './row.js'

const UNITS = { bytes: 'B', rows: 'rows', dead: 'rows' } as const

export const showGrowth = operation({
  kind: 'direct',
  name: 'tenant.growth',
  summary: 'Show how large the home of a tenant is, and how it has grown, day by day.',
  effect: 'read',
  input: z.strictObject({
    tenant: tenantRef,
    days: z.coerce.number().int().min(1).max(400).default(90).describe('How many days back'),
  }),
  output: z.object({
    tenant: z.string(),
    home: z.string(),
    isolation: z.enum(['shared', 'schema', 'database']),
    homeTenants: z
      .number()
      .nullable()
      .describe('How many tenants live in its home: where there are several, all that is told is of all of them'),
    bytes: z.number().nullable().describe('Of tables, indexes and what is stored beside; null: not measured yet, or not to be told'),
    rows: z.number().nullable().describe('As the server has counted or estimated them'),
    dead: z.number().nullable().describe('Rows that are gone and still take room'),
    held: z.number().nullable().describe('Tables that were locked when it was measured: what the server had written down of them counts'),
    weekAgo: z.number().nullable().describe('Its bytes a week before'),
    measuredAt: z.date().nullable(),
    times: z.array(z.number()).describe('Beginnings of days in UTC, in seconds since 1970'),
    series: z.array(z.object({ metric: z.enum(['bytes', 'rows', 'dead']), unit: z.string(), values: z.array(z.number().nullable()) })),
  }),
  faults: ['TENANT_NOT_FOUND', 'SLUG_INVALID'],
  access: { roles: ['viewer', 'operator', 'fleet-admin', 'security-auditor', 'tenant-admin'], tenant: 'tenant' },
  http: 'GET /v1/tenants/{tenant}/growth',
  words: {
    positionals: ['tenant'],
    says: ({ tenant, isolation, homeTenants, bytes, rows, dead, weekAgo, measuredAt }) => {
      if (bytes === null || measuredAt === null)
        return `the home of ${tenant} has not been measured yet; \`tenantry serve\` does so in its turn`
      const whose =
        isolation === 'shared' ? `${tenant} lives in a shared home of ${counted(homeTenants ?? 0, 'tenant')}, which has` : `${tenant} has`
      const grown = weekAgo === null ? '' : `, ${bytes < weekAgo ? '-' : '+'}${humanBytes(Math.abs(bytes - weekAgo))} in a week`
      return `${whose} ${humanBytes(bytes)}${grown}: ${counted(rows ?? 0, 'row')}, ${dead ?? 0} dead; measured ${measuredAt.toISOString()}`
    },
  },
  async call({ platform: { catalog }, caller, fail }, { tenant: ref, days }) {
    const tenant = await catalog.maybe(findTenant(checkTenantRef(ref)))
    if (tenant === undefined) throw fail('TENANT_NOT_FOUND', { tenant: ref })
    // What all tenants of a home have is for nobody who may see only one of them.
    const told = caller.onlyTenant === undefined || tenant.isolation !== 'shared'
    const [fact] = told ? await catalog.rows(factsOfHomes([tenant.home])) : []
    const known = told ? await catalog.rows(daysOfHome(tenant.home, days)) : []
    return {
      tenant: tenant.slug,
      home: tenant.home,
      isolation: tenant.isolation,
      homeTenants: fact?.tenants ?? null,
      bytes: fact?.bytes ?? null,
      rows: fact?.rows ?? null,
      dead: fact?.dead ?? null,
      held: fact?.held ?? null,
      weekAgo: fact?.weekAgo ?? null,
      measuredAt: fact?.measuredAt ?? null,
      times: known.map(({ time }) => time),
      series: (['bytes', 'rows', 'dead'] as const).map((metric) => ({
        metric,
        unit: UNITS[metric],
        values: known.map((day) => day[metric]),
      })),
    }
  },
})
