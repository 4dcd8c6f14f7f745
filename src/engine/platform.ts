import { hostname } from 'node:os'
import { databaseById, type TenantDatabase } from '../catalog/clusters.js'
import { catalogExists, catalogLedger, findPlatform, leastReader } from '../catalog/platform.js'
import { createTenantryOver, type Tenantry } from '../client/tenantry.js'
import { type RoleNames, roleNames } from '../isolation/names.js'
import { newId } from '../kernel/clock.js'
import { fault, isFault } from '../kernel/faults.js'
import { compareLedger, labelOf, newestOf, type SqlFile } from '../kernel/ledger.js'
import { type Log, silent } from '../kernel/log.js'
import type { Secrets } from '../kernel/secrets.js'
import { type ConnectionConfig, parseUrl } from '../postgres/connection.js'
import { type Database, openDatabase } from '../postgres/session.js'
import type { Config } from './config.js'
import { noteProgress } from './notes.js'
import type { AnyOperation } from './operation.js'

/** Everything that an operation may reach. Opened by a door, closed by it. */
export interface Platform {
  readonly id: string
  readonly config: Config
  readonly names: RoleNames
  readonly catalog: Database
  readonly secrets: Secrets
  readonly log: Log
  /** Tells whoever waits for an operation how far it has come. */
  readonly progress: (text: string) => void
  /** This process, as leases name it. */
  readonly worker: string
  readonly catalogFiles: readonly SqlFile[]
  readonly homeFiles: readonly SqlFile[]
  /** There when a newer Tenantry has raised the catalog: this one may read then, and changes nothing. */
  readonly skew: Skew | undefined
  /** The operations that this process knows, by name. */
  readonly find: (name: string) => AnyOperation | undefined
  /** Those of a noun that look and change nothing. */
  readonly reads: (noun: string) => readonly AnyOperation[]
  /** Called at the borders of steps; drills kill the process there. */
  readonly failpoint: (name: string) => Promise<void>
  /** A connection to any database of a cluster as its administrator; kept until `close`. */
  readonly connect: (adminRef: string, database?: string) => Database
  /** A tenant-bearing database by its id, as the administrator. */
  readonly tenantDatabase: (id: string) => Promise<{ readonly facts: TenantDatabase; readonly database: Database }>
  /** What applications have: scopes of tenants, with the application's logins. Opened at first use, kept until `close`. */
  readonly dataPlane: () => Tenantry
  readonly close: () => Promise<void>
}

export interface PlatformOptions {
  readonly secrets: Secrets
  readonly log?: Log
  readonly progress?: (text: string) => void
  readonly failpoint?: (name: string) => Promise<void>
  readonly catalogFiles: readonly SqlFile[]
  readonly homeFiles: readonly SqlFile[]
  readonly operations: readonly AnyOperation[]
  /** Opens an older catalog as well, for what only looks at versions. Default false: CATALOG_BEHIND. */
  readonly evenBehind?: boolean
}

export interface Skew {
  readonly where: string
  readonly found: number
  readonly known: number
}

/** The database that something is in, as the administrator of its cluster. */
export const databaseOf = (
  platform: Pick<Platform, 'connect'>,
  { adminRef, database }: { readonly adminRef: string; readonly database: { readonly name: string } },
): Database => platform.connect(adminRef, database.name)

/** What the catalog is told of whoever connects; see catalog.refuse_older(). */
export const catalogSettings = (files: readonly SqlFile[]): Readonly<Record<string, string>> => ({
  'tenantry_control.catalog': String(newestOf(files)),
})

/** The server that a reference to a connection string leads to. Throws SECRET_MISSING, INPUT_INVALID, TLS_REQUIRED. */
export const serverOf = (config: Pick<Config, 'transport'>, secrets: Secrets, reference: string): ConnectionConfig =>
  parseUrl(secrets(reference), `the connection string ${reference}`, config.transport)

/** Where the catalog is: the configured server, in a database of its own. */
export const catalogConnection = (config: Config, secrets: Secrets): ConnectionConfig => ({
  ...serverOf(config, secrets, config.catalog.url),
  database: config.catalog.database,
})

/** Opens a platform that `tenantry init` has made. Throws PLATFORM_MISSING, CATALOG_BEHIND, VERSION_SKEW, CATALOG_UNREACHABLE, LOGIN_REFUSED. */
export async function openPlatform(config: Config, options: PlatformOptions): Promise<Platform> {
  const { secrets } = options
  const catalog = openDatabase(catalogConnection(config, secrets), {
    applicationName: 'tenantry control',
    max: 8,
    catalog: true,
    keepPlans: true,
    settings: catalogSettings(options.catalogFiles),
  })
  const databases = new Map<string, Database>()
  let tenantry: Tenantry | undefined
  const operations = new Map<string, AnyOperation>(options.operations.map((definition) => [definition.name, definition]))
  try {
    const { id, skew } = await readPlatform(catalog, config, options)
    if (skew !== undefined) options.log?.warn({ ...skew }, 'a newer Tenantry has raised the catalog; nothing is changed from here')
    const connect = (adminRef: string, database?: string): Database => {
      const connection = serverOf(config, secrets, adminRef)
      const target = { ...connection, database: database ?? connection.database }
      const key = `${adminRef} ${target.database}`
      let known = databases.get(key)
      if (known === undefined) {
        known = openDatabase(target, { applicationName: 'tenantry control', max: 4 })
        databases.set(key, known)
      }
      return known
    }
    return {
      id,
      config,
      names: roleNames(id),
      catalog,
      secrets,
      log: options.log ?? silent,
      progress: (text) => {
        options.progress?.(text)
        noteProgress(text)
      },
      worker: `${hostname()}/${process.pid}/${newId().slice(0, 8)}`,
      catalogFiles: options.catalogFiles,
      homeFiles: options.homeFiles,
      skew,
      find: (name) => operations.get(name),
      reads: (noun) => options.operations.filter(({ name, effect }) => effect === 'read' && name.startsWith(`${noun}.`)),
      failpoint: options.failpoint ?? (async () => {}),
      connect,
      tenantDatabase: async (databaseId) => {
        const facts = await catalog.one(databaseById(databaseId))
        return { facts, database: connect(facts.adminRef, facts.name) }
      },
      dataPlane: () => {
        tenantry ??= createTenantryOver(catalog, {
          secrets,
          transport: config.transport,
          applicationName: 'tenantry sql',
          maxConnections: 4,
        })
        return tenantry
      },
      close: async () => {
        await tenantry?.close()
        await Promise.all([catalog, ...databases.values()].map((database) => database.end()))
      },
    }
  } catch (error) {
    await catalog.end()
    throw error
  }
}

async function readPlatform(
  catalog: Database,
  config: Config,
  { catalogFiles, evenBehind = false }: PlatformOptions,
): Promise<{ readonly id: string; readonly skew: Skew | undefined }> {
  const missing = () => fault('PLATFORM_MISSING', { database: config.catalog.database })
  try {
    const { found } = await catalog.one(catalogExists)
    if (!found) throw missing()
  } catch (error) {
    if (isFault(error, 'DATABASE_MISSING')) throw missing()
    throw error
  }
  const applied = await catalog.rows(catalogLedger)
  const platform = await catalog.maybe(findPlatform)
  // An init that was killed in between.
  if (platform === undefined) throw missing()
  const standing = compareLedger(catalogFiles, applied)
  if (standing.newer.length === 0) {
    if (standing.missing.length > 0 && !evenBehind)
      throw fault('CATALOG_BEHIND', { found: newestOf(applied), missing: standing.missing.map(labelOf) })
    return { id: platform.id, skew: undefined }
  }
  const skew = { where: 'the catalog', found: newestOf(standing.newer), known: newestOf(catalogFiles) }
  if ((await catalog.one(leastReader)).least > skew.known) throw fault('VERSION_SKEW', skew)
  return { id: platform.id, skew }
}
