import { z } from 'zod'
import { listStatements, observedClusters, STATEMENT_SORTS } from '../../catalog/slow-statements.js'
import { findTenant } from '../../catalog/tenants.js'
import { operation } from '../../engine/operation.js'
import { sinceInput, sinceOf } from '../../engine/since.js'
import { counted } from '../../kernel/counted.js'
import { checkTenantRef } from '../../kernel/identifiers.js'

export const listSlowStatements = operation({
  kind: 'direct',
  name: 'statement.list',
  summary: 'List the statements that took most of the time of servers.',
  effect: 'read',
  input: z.strictObject({
    cluster: z.string().min(1).max(63).optional().describe('Only of this cluster'),
    tenant: z.string().min(2).max(39).optional().describe('Only of the home of this tenant, by id or slug'),
    since: sinceInput.default('24h').describe('Only since then: 24h, 7d, 2026-11-21 or 2026-11-21T08:00:00Z'),
    sort: z.enum(STATEMENT_SORTS).default('total').describe('By what they are sorted, the greatest first'),
    limit: z.coerce.number().int().min(1).max(500).default(50).describe('How many'),
  }),
  output: z.object({
    data: z.array(
      z.object({
        cluster: z.string(),
        database: z.string(),
        role: z.string().describe('As which it ran: in a scope the role of the home'),
        isolation: z.enum(['shared', 'schema', 'database']).nullable().describe('Of that home; null: it ran in none'),
        tenant: z.string().nullable().describe('Id of the tenant whose home it is; null: of a home that many share, or of none'),
        slug: z.string().nullable(),
        tenants: z.number().describe('How many live in that home: of shared tables there is one line for all'),
        queryId: z.string(),
        toplevel: z.boolean().describe('False: it ran inside of a function, whose own statement has its time as well'),
        text: z.string().describe('Without its constants, cut at 2,000 characters'),
        calls: z.number(),
        totalMs: z.number(),
        meanMs: z.number(),
        maxMs: z.number().describe('The longest since the server has counted, which may be before'),
        rows: z.number(),
      }),
    ),
    observed: z
      .array(
        z.object({
          cluster: z.string(),
          at: z.date().nullable().describe('When its server was asked last; null: it counts no statements, see `cluster observe`'),
          since: z.date().nullable().describe('Since when the server counts'),
          evicted: z.number().nullable().describe('How often the server has forgotten those that were called least, for want of room'),
        }),
      )
      .describe('All clusters'),
  }),
  faults: ['TENANT_NOT_FOUND', 'SLUG_INVALID'],
  access: { roles: ['operator', 'fleet-admin'] },
  http: 'GET /v1/statements',
  words: {
    columns: ['cluster', 'slug', 'tenants', 'calls', 'totalMs', 'meanMs', 'maxMs', 'rows', 'text'],
    says: ({ data, observed }) =>
      [
        counted(data.length, 'statement'),
        ...observed.flatMap(({ cluster, at }) =>
          at === null ? [`${cluster}: its server counts no statements yet; \`tenantry cluster observe ${cluster}\` lets it`] : [],
        ),
      ].join('\n'),
  },
  async call({ platform, fail }, { cluster, tenant: ref, since, sort, limit }) {
    const { catalog } = platform
    const tenant = ref === undefined ? undefined : await catalog.maybe(findTenant(checkTenantRef(ref)))
    if (ref !== undefined && tenant === undefined) throw fail('TENANT_NOT_FOUND', { tenant: ref })
    const data = await catalog.rows(
      listStatements({ cluster: cluster ?? null, home: tenant?.home ?? null, since: sinceOf(since)!, sort, limit }),
    )
    return { data: [...data], observed: [...(await catalog.rows(observedClusters))] }
  },
})
