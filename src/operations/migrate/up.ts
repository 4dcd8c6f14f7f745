import { z } from 'zod'
import { databasesBehind, recordPlatformDigest, type TenantDatabase } from '../../catalog/clusters.js'
import { type Home, homesBehind, recordHomeVersion, TENANT_TRACK } from '../../catalog/homes.js'
import { workThroughItems } from '../../engine/items.js'
import { operation, type StepContext } from '../../engine/operation.js'
import { fault } from '../../kernel/faults.js'
import { applyToHome, applyToPlatform } from '../../schema/apply.js'
import { checkMigrations, folderOf, trackDigests } from '../../schema/check.js'
import { platformDigest } from '../../schema/migration-files.js'

const input = z.strictObject({
  parallel: z.coerce.number().int().min(1).max(64).default(4).describe('Homes migrated at once'),
  service: z.string().min(1).max(39).optional().describe('Only the homes of this service of yours, and no platform tables'),
})

type Memory = Readonly<Record<string, unknown>>
type Context = StepContext<z.output<typeof input>, Memory>

type Item = { readonly kind: 'platform'; readonly database: TenantDatabase } | { readonly kind: 'home'; readonly home: Home }

const track = z.object({ track: z.string().describe('`tenant`, or the name of a service'), version: z.string() })

export const migrateUp = operation({
  kind: 'steps',
  name: 'migrate.up',
  summary: 'Bring every home to the newest migration.',
  effect: 'change',
  input,
  output: z.object({
    homes: z.number().describe('Homes and platform schemas that were migrated'),
    version: z.string().describe('The newest of tenants, or of the service that was asked for'),
    tracks: z.array(track).describe('What was brought up, each with its newest migration'),
  }),
  faults: ['MIGRATION_INVALID', 'SERVICE_UNKNOWN', 'FLEET_PARTIAL'],
  access: { roles: ['operator', 'fleet-admin'] },
  http: 'POST /v1/migrations/up',
  words: {
    says: ({ homes, version, tracks }) => {
      const newest =
        tracks.length < 2
          ? version || 'the beginning'
          : `the newest of its track: ${tracks.map((one) => `${one.track} ${one.version || 'at the beginning'}`).join(', ')}`
      if (homes === 0) return `nothing to do: every home is at ${newest}`
      return `migrated ${homes} homes${tracks.length < 2 ? ' to ' : ', each to '}${newest}`
    },
  },
  async accept({ platform }, { service }) {
    await checkMigrations(platform.config, only(platform.config, service))
    return { memory: {} as Memory }
  },
  steps: [
    {
      name: 'platform',
      act: (context: Context) => (context.input.service === undefined ? migrate(context, 'platform') : none('platform')),
    },
    { name: 'tenant', act: (context: Context) => migrate(context, 'home') },
  ],
  async result({ platform, input: { service }, memory }) {
    const { tracks } = await checkMigrations(platform.config, only(platform.config, service))
    const newest = (name: string): string => tracks.get(name)?.at(-1)?.version ?? ''
    return {
      homes: ((memory.platformItems as number) ?? 0) + ((memory.homeItems as number) ?? 0),
      version: newest(service ?? TENANT_TRACK),
      tracks: [...tracks.keys()].map((name) => ({ track: name, version: newest(name) })),
    }
  },
})

/** The tracks that are asked for; undefined for all of them. */
function only(config: Context['platform']['config'], service: string | undefined): readonly string[] | undefined {
  if (service === undefined) return undefined
  folderOf(config, service)
  return [service]
}

const none = async (kind: Item['kind']): Promise<Memory> => ({ [`${kind}Items`]: 0 })

/** What is behind is found in the catalog alone; when nothing is, no home is visited. */
async function migrate(context: Context, kind: Item['kind']): Promise<Memory> {
  const { platform, by } = context
  const { service } = context.input
  const migrations = await checkMigrations(platform.config, only(platform.config, service))
  const applyContext = { names: platform.names, tenantColumn: platform.config.tenantColumn, hidden: platform.config.hidden, by }
  const items = new Map<string, Item>()
  if (kind === 'platform') {
    for (const database of await platform.catalog.rows(databasesBehind(platformDigest(migrations.platform, platform.config.hidden)))) {
      items.set(`${database.cluster}/${database.name}/platform ${database.id}`, { kind, database })
    }
  } else {
    for (const home of await platform.catalog.rows(homesBehind(trackDigests(migrations.tracks), service ?? null)))
      items.set(`${home.schema} ${home.id}`, { kind, home })
  }
  if (items.size === 0) return none(kind)
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
      const files = migrations.tracks.get(item.home.track)
      // Nobody can say how it should be. Passed over in silence, it would stay behind for ever.
      if (files === undefined) throw fault('SERVICE_UNKNOWN', { service: item.home.track, known: Object.keys(platform.config.services) })
      const { database } = await platform.tenantDatabase(item.home.databaseId)
      const standing = await applyToHome(database, item.home, files, applyContext)
      return async (tx) => {
        await tx.run(recordHomeVersion(item.home.id, standing.version, standing.applied, standing.digest))
      }
    },
    { parallel: context.input.parallel },
  )
  return { [`${kind}Items`]: done }
}
