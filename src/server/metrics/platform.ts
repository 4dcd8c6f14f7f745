import { largestTenants } from '../../catalog/sizes.js'
import type { Platform } from '../../engine/platform.js'
import { countOperations, endedOf } from '../ended-operations.js'
import { countMigrations } from '../migration-counts.js'
import { countTenantsOfClusters } from '../statements.js'
import type { Family } from './text.js'

/** What the catalog itself knows, in names of ours. */
export async function platformFamilies(platform: Platform): Promise<readonly Family[]> {
  const { catalog, config } = platform
  const [tenants, operations, ended, largest, pending] = await Promise.all([
    catalog.rows(countTenantsOfClusters),
    countOperations(platform),
    endedOf(platform),
    config.collect.topTenants === 0 ? [] : catalog.rows(largestTenants(config.collect.topTenants)),
    countMigrations(platform, 'metrics'),
  ])
  return [
    {
      name: 'tenantry_tenants',
      help: 'Tenants',
      type: 'gauge',
      points: tenants.map(({ cluster, isolation, state, tenants: value }) => ({ labels: { cluster, isolation, state }, value })),
    },
    {
      name: 'tenantry_operations',
      help: 'Operations, those that ended long ago among them',
      type: 'gauge',
      points: operations.map(({ state, operations: value }) => ({ labels: { state }, value })),
    },
    {
      name: 'tenantry_operation_duration_seconds',
      help: 'How long operations that have ended took',
      type: 'summary',
      points: ended.flatMap(({ operation, state, operations: count, seconds }) => {
        const labels = { operation, state }
        return [
          { part: '_sum' as const, labels, value: seconds },
          { part: '_count' as const, labels, value: count },
        ]
      }),
    },
    {
      name: 'tenantry_migration_pending_tenants',
      help: 'Tenants whose home has not applied exactly the migrations that there are',
      type: 'gauge',
      points: pending === undefined ? [] : [{ labels: {}, value: pending.pendingTenants }],
    },
    {
      name: 'tenantry_migration_pending_homes',
      help: 'Homes that have not applied exactly the migrations that there are',
      type: 'gauge',
      points: pending === undefined ? [] : [{ labels: {}, value: pending.pendingHomes }],
    },
    {
      name: 'tenantry_tenant_bytes',
      help: 'What the largest tenants with a home of their own have on disk, as measured last',
      type: 'gauge',
      points: largest.map(({ cluster, tenant, bytes }) => ({ labels: { cluster, tenant }, value: bytes })),
    },
  ]
}
