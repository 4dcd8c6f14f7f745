import { z } from 'zod'
import { databaseById, liveDatabases, type TenantDatabase } from '../../catalog/clusters.js'
import { workThroughItems } from '../../engine/items.js'
import { operation, type StepContext } from '../../engine/operation.js'
import { raiseCatalog } from '../../engine/raise-catalog.js'
import { visit } from '../../engine/visit.js'
import { raiseDatabase } from '../../isolation/raise.js'
import { isFault } from '../../kernel/faults.js'
import { labelOf, newestOf, type SqlFile } from '../../kernel/ledger.js'
import { installationOf, nameOf } from './databases.js'

const input = z.strictObject({
  parallel: z.coerce.number().int().min(1).max(64).default(4).describe('Databases raised at once'),
})

type Memory = Readonly<Record<string, unknown>>
type Context = StepContext<z.output<typeof input>, Memory>

// Scopes that have begun may hold what an upgrade needs, and it lets them.
const WITHIN_MS = 30_000

const newest = (files: readonly SqlFile[]): string => {
  const file = files.find(({ number }) => number === newestOf(files))
  return file === undefined ? '' : labelOf(file)
}

export const upgradePlatform = operation({
  kind: 'steps',
  name: 'platform.upgrade',
  summary: 'Raise the catalog and every tenant-bearing database to this version of Tenantry, while applications go on.',
  effect: 'change',
  input,
  output: z.object({
    catalog: z.string().describe('The newest file of the catalog'),
    home: z.string().describe('The newest file of the tenant-bearing databases'),
    databases: z.number().describe('Databases that are at this version now'),
  }),
  faults: ['VERSION_SKEW', 'INSTALLATION_CHANGED', 'PLATFORM_BUSY', 'FLEET_PARTIAL'],
  access: { roles: ['fleet-admin'] },
  http: 'POST /v1/platform/upgrade',
  words: {
    says: ({ catalog, home, databases }) =>
      `the catalog is at ${catalog}; ${databases === 1 ? '1 database is' : `${databases} databases are`} at ${home}`,
  },
  accept: async () => ({ memory: {} as Memory }),
  steps: [
    {
      // The door has done it before this operation could be journaled, and does not need to be believed.
      name: 'catalog',
      act: (context: Context) =>
        raise(context, 'catalog', new Map([['catalog', 'catalog']]), async ({ platform }) => {
          await raiseCatalog(platform.catalog, platform.catalogFiles)
        }),
    },
    {
      name: 'databases',
      async act(context: Context) {
        const { platform, by } = context
        // Those that are being made are made at this version, or are found by the next upgrade.
        const databases = await platform.catalog.rows(liveDatabases)
        const items = new Map(databases.map((database) => [nameOf(database), database]))
        await raise(context, 'databases', items, async (_, database: TenantDatabase) => {
          const options = { where: nameOf(database), withinMs: WITHIN_MS }
          try {
            await visit(platform, database, (opened) => raiseDatabase(opened, by, installationOf(platform, database), options))
          } catch (error) {
            // Purged, or removed with its cluster, while we were on our way.
            const gone = isFault(error, 'DATABASE_MISSING') && (await platform.catalog.maybe(databaseById(database.id))) === undefined
            if (!gone) throw error
          }
        })
        return { databases: items.size }
      },
    },
  ],
  result: async ({ platform, memory }) => ({
    catalog: newest(platform.catalogFiles),
    home: newest(platform.homeFiles),
    databases: memory.databases as number,
  }),
})

async function raise<T>(
  context: Context,
  step: string,
  items: ReadonlyMap<string, T>,
  work: (context: Context, item: T) => Promise<void>,
): Promise<Memory> {
  const { platform, input: given } = context
  await workThroughItems(
    context,
    items,
    async (item) => {
      await work(context, item)
      return async () => {}
    },
    {
      parallel: given.parallel,
      what: 'items',
      atBorder: (key, border) => platform.failpoint(`platform.upgrade/${step}[${key}]:${border}`),
    },
  )
  return {}
}
