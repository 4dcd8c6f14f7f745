import { z } from 'zod'
import { databasesBehind } from '../../catalog/clusters.js'
import { homeStatus } from '../../catalog/homes.js'
import { operation } from '../../engine/operation.js'
import { ledgerDigest, platformDigest, readMigrations } from '../../schema/migration-files.js'

export const migrationStatus = operation({
  kind: 'direct',
  name: 'migrate.status',
  summary: 'Show how many homes and tenants stand at which version. Visits no home.',
  effect: 'read',
  input: z.strictObject({}),
  output: z.object({
    newest: z.string(),
    pendingHomes: z.number(),
    pendingPlatforms: z.number(),
    data: z.array(z.object({ version: z.string(), isolation: z.string(), homes: z.number(), tenants: z.number(), current: z.boolean() })),
  }),
  faults: ['MIGRATION_INVALID'],
  access: { roles: ['viewer', 'operator', 'fleet-admin', 'security-auditor'] },
  http: 'GET /v1/migrations',
  words: {
    says: (s) =>
      s.pendingHomes + s.pendingPlatforms === 0
        ? `every home is at ${s.newest || 'the beginning: there is no migration yet'}`
        : `${s.pendingHomes} homes and ${s.pendingPlatforms} platform schemas are behind ${s.newest}; bring them up with \`tenantry migrate up\``,
    columns: ['version', 'isolation', 'homes', 'tenants', 'current'],
  },
  async call({ platform }) {
    const [tenant, shared] = await Promise.all([
      readMigrations(platform.config.migrations, 'tenant'),
      readMigrations(platform.config.migrations, 'platform'),
    ])
    const data = await platform.catalog.rows(homeStatus(ledgerDigest(tenant)))
    return {
      newest: tenant.at(-1)?.version ?? '',
      pendingHomes: data.filter((row) => !row.current).reduce((sum, row) => sum + row.homes, 0),
      pendingPlatforms: (await platform.catalog.rows(databasesBehind(platformDigest(shared, platform.config.hidden)))).length,
      data: [...data],
    }
  },
})
