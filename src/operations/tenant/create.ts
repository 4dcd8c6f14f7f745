import { z } from 'zod'
import type { Isolation } from '../../catalog/homes.js'
import { claimWarm } from '../../catalog/stock.js'
import { findTenant } from '../../catalog/tenants.js'
import { LABEL, labelsFrom, MAX_LABELS, word } from '../../engine/labels.js'
import { MAKING_FAULTS, makingSteps, releaseMaking } from '../../engine/making.js'
import { type AcceptContext, operation } from '../../engine/operation.js'
import { chooseCluster, insertNew, reserve, reserved } from '../../engine/placing.js'
import type { Platform } from '../../engine/platform.js'
import { plainText } from '../../engine/text-input.js'
import { assertTierAssurance, useTier } from '../../engine/tiers.js'
import { newId } from '../../kernel/clock.js'
import { checkSlug } from '../../kernel/identifiers.js'
import { violated } from '../../postgres/errors.js'
import type { Session } from '../../postgres/session.js'
import { checkMigrations, folderOf } from '../../schema/check.js'
import { readSeeds, warmSeeds } from '../../schema/seed-files.js'
import { describeTenant, tenantRow } from './row.js'

const input = z.strictObject({
  slug: z.string().min(1).max(60).describe('Short name: a DNS label, unique on the platform'),
  name: plainText(200).optional().describe('Display name (default: the slug)'),
  isolation: z
    .enum(['shared', 'schema', 'database'])
    .optional()
    .describe('How its tables are kept apart (default: that of its tier, or of the configuration)'),
  service: z.string().min(1).max(39).optional().describe('Make it a service of yours, with the tables of its own migrations'),
  cluster: z.string().min(1).max(63).optional().describe('Cluster to live on (default: the one with the fewest homes)'),
  tier: word.optional().describe('What it pays for, such as gold: one of the tiers of the configuration, if that has any'),
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
  faults: ['TENANT_EXISTS', 'SLUG_INVALID', 'SERVICE_UNKNOWN', 'ASSURANCE_UNAVAILABLE', ...MAKING_FAULTS],
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
    const { service } = given
    const tier = await useTier(tx, platform.config, given.tier)
    const usual = tier?.isolation ?? platform.config.isolation
    const isolation = given.isolation ?? (service === undefined ? usual : ownIsolation(usual))
    if (service !== undefined) await checkService(context, service, isolation)
    const facts = { tier: given.tier ?? null, region: given.region ?? null, labels: labelsFrom(given.label ?? []) }
    // What is warm has the tables of tenants.
    const claim =
      service === undefined ? claimFor(platform, tx, { slug, name, isolation, facts, cluster: given.cluster ?? null }) : undefined
    const warm = await claim?.catch((error: unknown) => {
      throw violated(error) === 'tenant_slug' ? fail('TENANT_EXISTS', { slug }) : error
    })
    if (warm !== undefined) {
      await assertTierAssurance(tx, tier, warm.id)
      const claimed = await tx.one(findTenant(warm.id))
      if (warm.state === 'active') return { subject: warm.id, done: describeTenant(claimed) }
      return { subject: warm.id, memory: await reserved(tx, claimed), from: 'seeds' }
    }
    const cluster = await chooseCluster(context, isolation, given.cluster)
    const tenant = newId()
    await insertNew(context, { id: tenant, slug, name, isolation, facts })
    const memory = await reserve(platform, tx, tenant, isolation, cluster, service)
    await assertTierAssurance(tx, tier, tenant)
    return { subject: tenant, memory: { ...memory, connections: tier?.connections ?? null } }
  },
  steps: makingSteps('active'),
  release: releaseMaking,
  result: async ({ platform, memory }) => describeTenant(await platform.catalog.one(findTenant(memory.tenant))),
})

type Wanted = Omit<Parameters<typeof claimWarm>[0], 'seeds' | 'claimSeeds' | 'among'>

// The best of these is good enough; when others have them all, or they are another cluster's, there is a second look.
const FIRST_LOOK = 50

async function claimFor(
  { config }: Platform,
  tx: Session,
  wanted: Wanted,
): Promise<{ id: string; state: 'active' | 'creating' } | undefined> {
  const seeds = await readSeeds(config.seeds)
  const claim = (among: number | null) =>
    claimWarm({ ...wanted, seeds: warmSeeds(seeds), claimSeeds: seeds.some(({ when }) => when === 'claimed'), among })
  return (await tx.maybe(claim(FIRST_LOOK))) ?? tx.maybe(claim(null))
}

/** A service has tables of its own, whatever tenants share. */
const ownIsolation = (isolation: Isolation): Isolation => (isolation === 'shared' ? 'schema' : isolation)

async function checkService(
  { platform: { config }, fail }: AcceptContext<'ISOLATION_UNAVAILABLE'>,
  service: string,
  isolation: Isolation,
): Promise<void> {
  folderOf(config, service)
  if (isolation === 'shared') {
    const reason = `the service "${service}" has tables of its own, which stand in a schema or a database of its own`
    throw fail('ISOLATION_UNAVAILABLE', { isolation, reason })
  }
  // Files that cannot be run are told before anything is made.
  await checkMigrations(config, [service])
}
