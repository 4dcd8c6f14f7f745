import { homeById } from '../catalog/homes.js'
import { findTenant, type Tenant } from '../catalog/tenants.js'
import { createTenantry, type Tenantry, type TenantryOptions } from '../client/tenantry.js'
import { checkConfig } from '../engine/config.js'
import { openPlatform, type Platform } from '../engine/platform.js'
import { type PlatformFiles, readPlatformFiles } from '../engine/sql-files.js'
import { submit } from '../engine/submit.js'
import { passwordOf } from '../kernel/own-password.js'
import { OPERATIONS } from '../operations/registry.js'
import { type ConnectionConfig, parseUrl } from '../postgres/connection.js'
import { type Database, openDatabase } from '../postgres/session.js'
import { type FleetFacts, type FleetOptions, secretsOf } from './fleet-facts.js'

/** A throwaway platform with four eyes: the application's, the control plane's, a superuser's, and the application's login without the library. */
export interface Fleet extends AsyncDisposable {
  readonly platform: Platform
  readonly app: Tenantry
  /** The project's folder; migrations may be added to it. */
  readonly folder: string
  readonly catalogUrl: string
  readonly secrets: (reference: string) => string
  /** Runs an operation by name. */
  readonly run: <T = unknown>(name: string, input?: unknown) => Promise<T>
  readonly tenant: (slug: string) => Promise<Tenant>
  /** A superuser in the database where a tenant lives. */
  readonly witness: (slug: string) => Promise<Database>
  /** The application's login in that database, straight or through the pooler as the application is, with nothing of ours in between. */
  readonly bare: (slug: string) => Promise<Database>
  /** Another client of the same fleet. */
  readonly client: (options?: Omit<TenantryOptions, 'catalogUrl' | 'secrets'>) => Tenantry
  /** Connections of all its clients: open, idle, and callers waiting for one. */
  readonly connections: () => { readonly open: number; readonly idle: number; readonly waiting: number }
  /** What its own sessions are called in pg_stat_activity. */
  readonly applicationNames: () => ReadonlySet<string>
  /** Closes everything and removes databases, roles and files. `await using` does the same at the end of a block. */
  readonly stop: () => Promise<void>
}

export type OpeningOptions = Pick<FleetOptions, 'client' | 'failpoint' | 'log' | 'files'>

let known: Promise<PlatformFiles> | undefined

export const platformFiles = (options: OpeningOptions): Promise<PlatformFiles> => {
  if (options.files !== undefined) return Promise.resolve(options.files)
  known ??= readPlatformFiles()
  return known
}

/** The control plane of a fleet that was made. */
export async function platformOf(facts: FleetFacts, options: OpeningOptions): Promise<Platform> {
  return openPlatform(checkConfig(facts.config, facts.folder, 'the fleet'), {
    secrets: secretsOf(facts),
    ...(await platformFiles(options)),
    operations: OPERATIONS,
    ...(options.failpoint === undefined ? {} : { failpoint: options.failpoint }),
    ...(options.log === undefined ? {} : { log: options.log }),
  })
}

export const runOn =
  (platform: Platform): Fleet['run'] =>
  async <T>(name: string, input: unknown = {}): Promise<T> =>
    (await submit(platform, platform.find(name)!, input, { actor: 'test', source: 'library' })).output as T

/** Opens a fleet that was made. `removed` takes it away when it is stopped, after all that was opened here is closed. */
export function openFleet(facts: FleetFacts, platform: Platform, options: OpeningOptions, removed: () => Promise<void>): Fleet {
  const server = parseUrl(facts.url, 'url')
  const secrets = secretsOf(facts)
  const clients: Tenantry[] = []
  const eyes: Database[] = []
  const names = new Set(['tenantry init', 'tenantry control', 'tenantry sql', 'fleet'])
  const client: Fleet['client'] = (extra = {}) => {
    const all = { applicationName: 'tenantry', ...options.client, ...extra }
    const made = createTenantry({ catalogUrl: facts.catalogUrl, secrets, ...all })
    clients.push(made)
    names.add(all.applicationName)
    return made
  }
  const tenant = (slug: string): Promise<Tenant> => platform.catalog.one(findTenant(slug))
  const eye = (config: ConnectionConfig, name: string, plain = false): Database => {
    const database = openDatabase(config, { applicationName: name, max: 4, plain })
    eyes.push(database)
    names.add(name)
    return database
  }
  let stopping: Promise<void> | undefined
  const stop = (): Promise<void> => {
    stopping ??= (async () => {
      await Promise.all([...clients.map((one) => one.close()), ...eyes.map((one) => one.end())])
      await platform.close()
      await removed()
    })()
    return stopping
  }
  return {
    platform,
    app: client(),
    folder: facts.folder,
    catalogUrl: facts.catalogUrl,
    secrets,
    run: runOn(platform),
    tenant,
    witness: async (slug) => eye({ ...server, database: (await tenant(slug)).database }, 'witness'),
    bare: async (slug) => {
      const { database, home } = await tenant(slug)
      const { login } = await platform.catalog.one(homeById(home))
      const { host, port } = facts.pooler ?? server
      return eye({ ...server, host, port, user: login, password: passwordOf(login, facts.password), database }, 'bare', true)
    },
    client,
    connections: () =>
      clients
        .map((one) => one.connections())
        .reduce((a, b) => ({ open: a.open + b.open, idle: a.idle + b.idle, waiting: a.waiting + b.waiting }), {
          open: 0,
          idle: 0,
          waiting: 0,
        }),
    applicationNames: () => names,
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
