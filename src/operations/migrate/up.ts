import { z } from 'zod'
import { databasesBehind, recordPlatformDigest, type TenantDatabase } from '../../catalog/clusters.js'
import { type Home, homesBehind, recordHomeVersion } from '../../catalog/homes.js'
import { workThroughItems } from '../../engine/items.js'
import { operation, type StepContext } from '../../engine/operation.js'
import { applyToHome, applyToPlatform } from '../../schema/apply.js'
import { checkMigrations } from '../../schema/check.js'
import { ledgerDigest, platformDigest } from '../../schema/migration-files.js'

const input = z.strictObject({
  parallel: z.coerce.number().int().min(1).max(64).default(4).describe('Homes migrated at once'),
})

type Memory = Readonly<Record<string, unknown>>
type Context = StepContext<z.output<typeof input>, Memory>

type Item = { readonly kind: 'platform'; readonly database: TenantDatabase } | { readonly kind: 'home'; readonly home: Home }

export const migrateUp = operation({
  kind: 'steps',
  name: 'migrate.up',
  summary: 'Bring every home to the newest migration.',
  effect: 'change',
  input,
  output: z.object({ homes: z.number().describe('Homes and platform schemas that were migrated'), version: z.string() }),
  faults: ['MIGRATION_INVALID', 'FLEET_PARTIAL'],
  access: { roles: ['operator', 'fleet-admin'] },
  http: 'POST /v1/migrations/up',
  words: {
    says: ({ homes, version }) =>
      homes === 0 ? `nothing to do: every home is at ${version || 'the beginning'}` : `migrated ${homes} homes to ${version}`,
  },
  async accept({ platform }) {
    await checkMigrations(platform.config.migrations)
    return { memory: {} as Memory }
  },
  steps: [
    { name: 'platform', act: (context: Context) => migrate(context, 'platform') },
    { name: 'tenant', act: (context: Context) => migrate(context, 'home') },
  ],
  async result({ platform, memory }) {
    const { tenant } = await checkMigrations(platform.config.migrations)
    return { homes: ((memory.platformItems as number) ?? 0) + ((memory.homeItems as number) ?? 0), version: tenant.at(-1)?.version ?? '' }
  },
})

/** What is behind is found in the catalog alone; when nothing is, no home is visited. */
async function migrate(context: Context, kind: 'platform' | 'home'): Promise<Memory> {
  const { platform, by } = context
  const migrations = await checkMigrations(platform.config.migrations)
  const applyContext = { names: platform.names, tenantColumn: platform.config.tenantColumn, hidden: platform.config.hidden, by }
  const items = new Map<string, Item>()
  if (kind === 'platform') {
    for (const database of await platform.catalog.rows(databasesBehind(platformDigest(migrations.platform, platform.config.hidden)))) {
      items.set(`${database.cluster}/${database.name}/platform ${database.id}`, { kind, database })
    }
  } else {
    for (const home of await platform.catalog.rows(homesBehind(ledgerDigest(migrations.tenant))))
      items.set(`${home.schema} ${home.id}`, { kind, home })
  }
  if (items.size === 0) return { [`${kind}Items`]: 0 }
  const { done } = await workThroughItems(
    context,
    items,
    async (item) => {
      if (item.kind === 'platform') {
        const { database } = await platform.tenantDatabase(item.database.id)
        const { digest } = await applyToPlatform(database, migrations.platform, applyContext)
        return async (tx) => {
          await tx.run(recordPlatformDigest(item.database.id, digest))
        }
      }
      const { database } = await platform.tenantDatabase(item.home.databaseId)
      const standing = await applyToHome(database, item.home, migrations.tenant, applyContext)
      return async (tx) => {
        await tx.run(recordHomeVersion(item.home.id, standing.version, standing.applied, standing.digest))
      }
    },
    { parallel: context.input.parallel },
  )
  return { [`${kind}Items`]: done }
}
