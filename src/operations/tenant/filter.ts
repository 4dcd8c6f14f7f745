import { z } from 'zod'
import type { TenantFilter } from '../../catalog/tenant-lists.js'
import { TENANT_STATES } from '../../catalog/tenants.js'
import { LABELS, labelsFrom, word } from '../../engine/labels.js'
import type { Platform } from '../../engine/platform.js'
import { readTracks, trackDigests } from '../../schema/check.js'

/** Which tenants, for whatever is about many of them. */
export const tenantFilter = {
  state: z.enum(TENANT_STATES).optional().describe('Only tenants in this state'),
  isolation: z.enum(['shared', 'schema', 'database']).optional().describe('Only tenants of this isolation'),
  service: z.string().min(1).max(39).optional().describe('Only tenants that are this service of yours'),
  cluster: z.string().min(1).max(63).optional().describe('Only tenants on this cluster'),
  region: word.optional().describe('Only tenants of this region'),
  search: z.string().min(1).max(100).optional().describe('Only tenants whose slug or name contains this'),
  domain: z.string().min(1).max(253).optional().describe('Only tenants with a domain that contains this'),
  tier: word.optional().describe('Only tenants of this tier'),
  label: z
    .string()
    .max(2_000)
    .regex(LABELS, 'must be key=value, or several with commas between them')
    .optional()
    .describe('Only tenants with all of these labels: plan=gold,team=a'),
  version: z.string().min(1).max(100).optional().describe('Only tenants whose home is at this version'),
  behind: z.boolean().default(false).describe('Only tenants whose home has not applied exactly the migrations that there are'),
  held: z.boolean().default(false).describe('Only tenants that are held, so that nobody purges them'),
  withoutBackup: z.boolean().default(false).describe('Only tenants that are served and of which no whole backup is kept'),
  largerThan: z.coerce
    .number()
    .int()
    .min(0)
    .max(1e15)
    .optional()
    .describe('Only tenants with a home of their own that has more bytes than this'),
}

const shape = z.strictObject(tenantFilter)

/** The same for the catalog. Reads the migrations where they matter. Throws MIGRATION_INVALID. */
export async function catalogFilter(platform: Platform, given: z.output<typeof shape>): Promise<TenantFilter> {
  const { state, isolation, service, cluster, region, search, domain, tier, label, version, behind, held, withoutBackup, largerThan } =
    given
  return {
    ...{ state, isolation, service, cluster, region, search, tier, version, held, withoutBackup, largerThan },
    domain: domain?.toLowerCase(),
    labels: label === undefined ? undefined : labelsFrom(label.split(',')),
    behind: behind ? trackDigests(await readTracks(platform.config)) : undefined,
  }
}
