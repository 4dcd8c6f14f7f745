import { z } from 'zod'
import { TENANT_STATES, type Tenant } from '../../catalog/tenants.js'

/** A tenant as every surface shows it. */
export const tenantRow = z.object({
  id: z.string(),
  slug: z.string(),
  name: z.string(),
  state: z.enum(TENANT_STATES),
  reason: z.string().nullable(),
  since: z.date(),
  isolation: z.enum(['shared', 'schema', 'database']),
  cluster: z.string(),
  database: z.string(),
  schema: z.string(),
  version: z.string(),
  epoch: z.number(),
  createdAt: z.date(),
  tier: z.string().nullable(),
  region: z.string().nullable(),
  labels: z.record(z.string(), z.string()),
  statementTimeoutMs: z.number().nullable(),
  idleTimeoutMs: z.number().nullable(),
  formerSlugs: z.array(z.object({ slug: z.string(), redirects: z.boolean() })).describe('Slugs that it had; nobody else can take them'),
  domains: z.array(z.object({ domain: z.string(), state: z.enum(['pending', 'verified']) })),
  purgeAfter: z.date().nullable(),
  heldFor: z.string().nullable(),
  service: z.string().nullable().describe('The service of yours whose migrations it follows; null for an ordinary tenant'),
})

export const describeTenant = (t: Tenant): z.output<typeof tenantRow> => ({
  id: t.id,
  slug: t.slug,
  name: t.name,
  state: t.state,
  reason: t.stateReason,
  since: t.stateSince,
  isolation: t.isolation,
  cluster: t.cluster,
  database: t.database,
  schema: t.schema,
  version: t.version,
  epoch: t.epoch,
  createdAt: t.createdAt,
  tier: t.tier,
  region: t.region,
  labels: t.labels,
  statementTimeoutMs: t.statementTimeoutMs,
  idleTimeoutMs: t.idleTimeoutMs,
  formerSlugs: [...t.formerSlugs],
  domains: [...t.domains],
  purgeAfter: t.purgeAfter,
  heldFor: t.heldFor,
  service: t.service,
})

/** A tenant named by id or slug. */
export const tenantRef = z.string().min(2).max(39).describe('Tenant id or slug')
