import { countTenants } from '../catalog/tenants.js'
import type { Platform } from '../engine/platform.js'
import { systemClock } from '../kernel/clock.js'
import { versionText } from '../postgres/version.js'
import { countOperations } from './ended-operations.js'
import { countMigrations, type MigrationCounts } from './migration-counts.js'
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

export async function readStatus(platform: Platform): Promise<Status> {
  const { catalog } = platform
  const [server, tenants, clusters, operations, migrations] = await Promise.all([
    catalog.one(catalogServer),
    catalog.rows(countTenants),
    catalog.rows(countClusters),
    countOperations(platform),
    countMigrations(platform, 'status page'),
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
