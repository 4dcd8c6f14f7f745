import { databasesBehind, type TenantDatabase } from '../../catalog/clusters.js'
import { emptyGroups, type Home, homesBehind, homesInFleet } from '../../catalog/homes.js'
import type { Config } from '../../engine/config.js'
import { planWaves, type WavePlan, type WaveSpec } from '../../engine/waves.js'
import { fault } from '../../kernel/faults.js'
import type { Session } from '../../postgres/session.js'
import { type CheckedMigrations, checkMigrations, folderOf, trackDigests } from '../../schema/check.js'
import { platformDigest } from '../../schema/migration-files.js'

export interface Behind {
  readonly migrations: CheckedMigrations
  readonly databases: readonly TenantDatabase[]
  readonly homes: readonly Home[]
}

/** The tracks that are asked for; undefined for all of them. Throws SERVICE_UNKNOWN. */
export function tracksAsked(config: Config, service: string | undefined): readonly string[] | undefined {
  if (service === undefined) return undefined
  folderOf(config, service)
  return [service]
}

/** What is behind, by the catalog alone: one query for homes and one for platform tables, however large the fleet is. */
export async function findBehind(config: Config, catalog: Session, service: string | undefined): Promise<Behind> {
  const migrations = await checkMigrations(config, tracksAsked(config, service))
  const homes = await catalog.rows(homesBehind(trackDigests(migrations.tracks), service ?? null))
  if (service !== undefined) return { migrations, databases: [], homes }
  return { migrations, databases: await catalog.rows(databasesBehind(platformDigest(migrations.platform, config.hidden))), homes }
}

export const itemOfHome = (home: Pick<Home, 'schema' | 'id'>): string => `${home.schema} ${home.id}`

/** A cluster, as pace and parallel work know it. */
export interface Whereabouts {
  readonly name: string
  readonly adminRef: string
}

export interface FleetPlan extends WavePlan {
  readonly clusters: ReadonlyMap<string, Whereabouts>
}

type Group = Parameters<typeof emptyGroups>[0][number] & { readonly says: string }

/** Does every group of the waves have a home, behind or not? A slip of the pen would be a run without its canaries. Throws INPUT_INVALID. */
export async function assertGroups(catalog: Session, spec: WaveSpec | undefined): Promise<void> {
  if (spec === undefined) return
  const { canary, terms } = spec
  const ofLabel = (field: string, key: string, value: string): Group => ({
    says: `${field}: no home has a tenant with the label ${key}=${value}`,
    labels: { [key]: value },
  })
  const groups: readonly Group[] = [
    ...(canary === undefined ? [] : [ofLabel('canary', canary.key, canary.value)]),
    ...terms.flatMap((term): readonly Group[] => {
      if (term.kind === 'label') return [ofLabel('waves', term.key, term.value)]
      return term.kind === 'tier' ? [{ says: `waves: no home has a tenant of the tier ${term.value}`, tier: term.value }] : []
    }),
  ]
  if (groups.length === 0) return
  const empty = await catalog.rows(emptyGroups(groups))
  if (empty.length > 0) throw fault('INPUT_INVALID', { issues: empty.map(({ place }) => groups[place - 1]!.says) })
}

/** Where each home stands in the run: its cluster, its wave, and how many tenants it serves. Without waves, all homes are one. */
export async function planFleet(catalog: Session, homes: readonly Home[], spec: WaveSpec | undefined): Promise<FleetPlan> {
  const ids = homes.map(({ id }) => id)
  const facts = new Map((await catalog.rows(homesInFleet(ids, spec !== undefined))).map((row) => [row.id, row]))
  const plan = planWaves(
    homes.map((home) => {
      const { tenants = 0, labels = [], tiers = [] } = facts.get(home.id) ?? {}
      return { key: itemOfHome(home), number: home.number, isolation: home.isolation, tenants, labels, tiers }
    }),
    spec ?? { canaries: undefined, canary: undefined, terms: [] },
  )
  const clusters = new Map(
    homes.flatMap((home) => {
      const found = facts.get(home.id)
      return found === undefined ? [] : [[itemOfHome(home), { name: found.cluster, adminRef: found.adminRef }] as const]
    }),
  )
  return { ...plan, clusters }
}
