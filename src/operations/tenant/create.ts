import { z } from 'zod'
import { claimWarm } from '../../catalog/stock.js'
import { findTenant, insertTenant } from '../../catalog/tenants.js'
import { chooseCluster, makingSteps, releaseMaking, reserve, reserved } from '../../engine/making.js'
import { operation } from '../../engine/operation.js'
import { newId } from '../../kernel/clock.js'
import { checkSlug } from '../../kernel/identifiers.js'
import { violated } from '../../postgres/errors.js'
import { readSeeds, warmSeeds } from '../../schema/seed-files.js'
import { LABEL, labelsFrom, MAX_LABELS, word } from './labels.js'
import { describeTenant, plainText, tenantRow } from './row.js'

const input = z.strictObject({
  slug: z.string().min(1).max(60).describe('Short name: a DNS label, unique on the platform'),
  name: plainText(200).optional().describe('Display name (default: the slug)'),
  isolation: z
    .enum(['shared', 'schema', 'database'])
    .optional()
    .describe('How its tables are kept apart (default: that of the configuration)'),
  cluster: z.string().min(1).max(63).optional().describe('Cluster to live on (default: the one with the fewest homes)'),
  tier: word.optional().describe('What it pays for, such as gold'),
  region: word.optional().describe('Where it belongs; a note, which chooses no cluster'),
  label: z
    .array(z.string().regex(LABEL, 'must be key=value'))
    .max(MAX_LABELS)
    .optional()
    .describe('A label, as key=value; several may be given'),
})

export const createTenant = operation({
  kind: 'steps',
  name: 'tenant.create',
  summary: 'Create a tenant and the home it lives in.',
  effect: 'change',
  input,
  output: tenantRow,
  faults: [
    'TENANT_EXISTS',
    'SLUG_INVALID',
    'CLUSTER_NOT_FOUND',
    'CLUSTER_NEEDED',
    'CLUSTER_UNHARDENED',
    'CLUSTER_DRAINING',
    'CLUSTER_BUSY',
    'ISOLATION_UNAVAILABLE',
    'DATABASE_OCCUPIED',
    'MIGRATION_INVALID',
    'MIGRATION_REFUSED',
    'MIGRATION_FAILED',
    'SEED_INVALID',
    'SEED_FAILED',
    'SEED_CHANGED',
    'SERVER_UNREACHABLE',
  ],
  access: { roles: ['operator', 'fleet-admin'] },
  http: 'POST /v1/tenants',
  words: {
    positionals: ['slug'],
    says: (t) => `tenant ${t.slug} is ${t.state}: ${t.isolation} on ${t.cluster}, id ${t.id}`,
  },

  async accept(context, given) {
    const { platform, tx, fail } = context
    const slug = checkSlug(given.slug)
    const name = given.name ?? slug
    const isolation = given.isolation ?? platform.config.isolation
    const facts = { tier: given.tier ?? null, region: given.region ?? null, labels: labelsFrom(given.label ?? []) }
    const seeds = await readSeeds(platform.config.seeds)
    const claim = claimWarm({
      ...{ slug, name, isolation, facts, cluster: given.cluster ?? null },
      seeds: warmSeeds(seeds),
      claimSeeds: seeds.some(({ when }) => when === 'claimed'),
    })
    const warm = await tx.maybe(claim).catch((error: unknown) => {
      throw violated(error) === 'tenant_slug' ? fail('TENANT_EXISTS', { slug }) : error
    })
    if (warm !== undefined) {
      const claimed = await tx.one(findTenant(warm.id))
      if (warm.state === 'active') return { subject: warm.id, done: describeTenant(claimed) }
      return { subject: warm.id, memory: await reserved(tx, claimed), from: 'seeds' }
    }
    const cluster = await chooseCluster(context, isolation, given.cluster)
    const tenant = newId()
    // First of all the slug: of many who ask for it at once, one gets past this line.
    const inserted = await tx.run(insertTenant({ id: tenant, slug, name, isolation, facts })).catch((error: unknown) => {
      // Given up by a rename while this waited for it: it stays with the tenant that had it.
      if (violated(error) === 'tenant_slug') return 0
      throw error
    })
    if (inserted === 0) throw fail('TENANT_EXISTS', { slug })
    return { subject: tenant, memory: await reserve(platform, tx, tenant, isolation, cluster) }
  },
  steps: makingSteps('active'),
  release: releaseMaking,
  result: async ({ platform, memory }) => describeTenant(await platform.catalog.one(findTenant(memory.tenant))),
})
