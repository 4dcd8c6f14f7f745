import { assuranceOfTenant } from '../catalog/assurance.js'
import { databaseById } from '../catalog/clusters.js'
import { listTiers, putTiers, type TierLimits } from '../catalog/tiers.js'
import { isAtLeast } from '../kernel/assurance.js'
import { fault } from '../kernel/faults.js'
import { didYouMean } from '../kernel/suggest.js'
import type { Session } from '../postgres/session.js'
import type { Config } from './config.js'
import type { Tier } from './tier-config.js'

/** The tiers of the configuration as the catalog keeps them. */
export const limitsOfTiers = ({ tiers }: Config): readonly TierLimits[] =>
  Object.entries(tiers).map(([name, { statementTimeoutMs, idleTimeoutMs, lockTimeoutMs, connections }]) => ({
    name,
    statementTimeoutMs,
    idleTimeoutMs,
    lockTimeoutMs,
    connections,
  }))

/**
 * What the configuration says of the tier that a tenant is to have, and its limits in the catalog with the same transaction. Where the configuration names
 * tiers, a tier that it does not name is a slip of the pen: INPUT_INVALID. Where it names none, a tier is a word for finding tenants.
 */
export async function useTier(tx: Session, config: Config, name: string | undefined): Promise<Tier | undefined> {
  const names = Object.keys(config.tiers)
  if (name === undefined || names.length === 0) return undefined
  if (!Object.hasOwn(config.tiers, name)) {
    const issue = `tier: the configuration has no tier "${name}"${didYouMean(name, names)} (it has ${names.join(', ')})`
    throw fault('INPUT_INVALID', { issues: [issue] })
  }
  await tx.run(putTiers(limitsOfTiers(config).filter((tier) => tier.name === name)))
  return config.tiers[name]
}

/** Throws ASSURANCE_UNAVAILABLE where the tenant's database is less hard than its tier promises. */
export async function assertTierAssurance(tx: Session, tier: Tier | undefined, tenant: string): Promise<void> {
  if (tier === undefined || tier.assurance === null) return
  const { assurance, place, unfinished } = await tx.one(assuranceOfTenant(tenant))
  if (isAtLeast(assurance, tier.assurance) && unfinished === null) return
  const reason =
    unfinished === null
      ? `${place}, where it would be, is ${assurance}`
      : `${place}, where it would be, is on its way to ${unfinished}: \`tenantry assurance set\` goes on with that`
  throw fault('ASSURANCE_UNAVAILABLE', { assurance: tier.assurance, place: 'a tenant of this tier', reason })
}

/** The same of a database that the tenant is not in yet. */
export async function assertAssuranceOf(tx: Session, config: Config, tier: string | null, databaseId: string): Promise<void> {
  const least = tier !== null && Object.hasOwn(config.tiers, tier) ? config.tiers[tier]!.assurance : null
  if (least === null) return
  const { assurance, cluster, name } = await tx.one(databaseById(databaseId))
  if (isAtLeast(assurance, least)) return
  const reason = `${cluster}/${name}, where it would be, is ${assurance}`
  throw fault('ASSURANCE_UNAVAILABLE', { assurance: least, place: 'a tenant of this tier', reason })
}

/** Does the catalog have other limits for a tier than the configuration? */
export async function tiersDiffer(catalog: Session, config: Config): Promise<boolean> {
  const known = new Map((await catalog.rows(listTiers)).filter((tier) => tier.known).map((tier) => [tier.name, tier]))
  return limitsOfTiers(config).some((tier) => {
    const found = known.get(tier.name)
    return found === undefined || LIMITS.some((limit) => found[limit] !== tier[limit])
  })
}

const LIMITS = ['statementTimeoutMs', 'idleTimeoutMs', 'lockTimeoutMs', 'connections'] as const
