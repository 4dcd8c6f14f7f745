import { countTenants } from '../catalog/tenants.js'
import type { Platform } from '../engine/platform.js'
import { submit } from '../engine/submit.js'
import { systemClock } from '../kernel/clock.js'
import { isFault } from '../kernel/faults.js'
import { versionText } from '../postgres/version.js'
import { countOperations } from './ended-operations.js'
import { catalogServer, countClusters, ping } from './statements.js'

/** What anyone may know of a platform: counts, never names. */
export interface Status {
  readonly platform: string
  readonly catalogVersion: string
  readonly tenants: readonly { readonly state: string; readonly isolation: string; readonly tenants: number }[]
  readonly clusters: readonly { readonly version: string; readonly hardened: boolean; readonly clusters: number }[]
  readonly operations: readonly { readonly state: string; readonly operations: number }[]
  /** Undefined when the migration files cannot be read. */
  readonly migrations: MigrationCounts | undefined
}

export interface MigrationCounts {
  readonly newest: string
  readonly homes: number
  readonly pendingHomes: number
  readonly pendingPlatforms: number
}

export async function readStatus(platform: Platform): Promise<Status> {
  const { catalog } = platform
  const [server, tenants, clusters, operations, migrations] = await Promise.all([
    catalog.one(catalogServer),
    catalog.rows(countTenants),
    catalog.rows(countClusters),
    countOperations(platform),
    readMigrations(platform),
  ])
  return {
    platform: platform.id,
    catalogVersion: versionText(server.version),
    tenants,
    clusters: clusters.map((row) => ({ version: versionText(row.serverVersion), hardened: row.hardened, clusters: row.clusters })),
    operations,
    migrations,
  }
}

async function readMigrations(platform: Platform): Promise<MigrationCounts | undefined> {
  const definition = platform.find('migrate.status')
  if (definition === undefined) return undefined
  try {
    const { output } = await submit(platform, definition, {}, { actor: 'status page', source: 'http' })
    const { newest, pendingHomes, pendingPlatforms, data } = output as Omit<MigrationCounts, 'homes'> & {
      data: readonly { homes: number }[]
    }
    return { newest, pendingHomes, pendingPlatforms, homes: data.reduce((sum, row) => sum + row.homes, 0) }
  } catch (error) {
    if (isFault(error, 'MIGRATION_INVALID')) return undefined
    throw error
  }
}

/** Does the catalog answer, within this time? */
export async function isReady(platform: Platform, withinMs: number): Promise<boolean> {
  const done = new AbortController()
  try {
    return await Promise.race([
      platform.catalog.run(ping).then(
        () => true,
        () => false,
      ),
      systemClock.sleep(withinMs, done.signal).then(() => false),
    ])
  } finally {
    done.abort()
  }
}
