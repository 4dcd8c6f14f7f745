import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { homeById, type Isolation } from '../catalog/homes.js'
import { findTenant, type Tenant } from '../catalog/tenants.js'
import type { Tenantry } from '../client/tenantry.js'
import { createTenantry, type TenantryOptions } from '../client/tenantry.js'
import { checkConfig } from '../engine/config.js'
import { initCatalog } from '../engine/init-catalog.js'
import { openPlatform, type Platform } from '../engine/platform.js'
import { type PlatformFiles, readPlatformFiles } from '../engine/sql-files.js'
import { submit } from '../engine/submit.js'
import { dropByForce } from '../isolation/install.js'
import { loginName } from '../isolation/names.js'
import { newId, randomBytes } from '../kernel/clock.js'
import type { TenantryConfig } from '../kernel/config.js'
import { fault } from '../kernel/faults.js'
import { base32 } from '../kernel/identifiers.js'
import type { Log } from '../kernel/log.js'
import { isOwnLogin, passwordOf } from '../kernel/own-password.js'
import { retry } from '../kernel/retry.js'
import { ident, sql } from '../kernel/sql.js'
import { OPERATIONS } from '../operations/registry.js'
import { type ConnectionConfig, parseUrl, tlsParameters } from '../postgres/connection.js'
import { sqlstate } from '../postgres/errors.js'
import { type Database, openDatabase } from '../postgres/session.js'

export interface FleetOptions {
  /** A superuser's connection string to a server that may be used for tests. */
  readonly url: string
  /** A superuser's connection string to another server, which the catalog is to be on. */
  readonly catalogServer?: string
  /** Where applications connect instead, such as a PgBouncer in transaction mode. `admit` lets a login in there. */
  readonly pooler?: {
    readonly host: string
    readonly port: number
    readonly admit: (login: string, password: string) => Promise<void>
  }
  /** More of what `cluster add` takes, by the names of its input. */
  readonly cluster?: Readonly<Record<string, unknown>>
  /** A folder with `tenant/` and `platform/` migrations, or the migrations themselves by `tenant/<file>` and `platform/<file>`. */
  readonly migrations: string | Readonly<Record<string, string>>
  readonly config?: Omit<Partial<TenantryConfig>, 'catalog' | 'migrations'>
  /** Tenants to create, by slug. */
  readonly tenants?: Readonly<Record<string, Isolation>>
  readonly client?: Omit<TenantryOptions, 'catalogUrl' | 'secrets'>
  /** Of all databases. Default: as the product makes them. */
  readonly assurance?: 'standard' | 'strict'
  /** More secrets, by reference. */
  readonly secrets?: Readonly<Record<string, string>>
  readonly failpoint?: (name: string) => Promise<void>
  readonly log?: Log
  /** Instead of the SQL files of this package. */
  readonly files?: PlatformFiles
}

/** A throwaway platform with four eyes: the application's, the control plane's, a superuser's, and the application's login without the library. */
export interface Fleet {
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
  /** Closes everything and removes databases, roles and files. */
  readonly stop: () => Promise<void>
}

/** Makes a platform, a cluster and tenants on a server that may be used for tests. Throws what the operations throw, and leaves nothing then. */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const mark = base32(randomBytes(5))
  const folder = await mkdtemp(join(tmpdir(), 'tenantry-fleet-'))
  const closers: (() => Promise<unknown>)[] = []
  const server = parseUrl(options.url, 'url')
  const catalogServer = parseUrl(options.catalogServer ?? options.url, 'catalogServer')
  const catalogName = `test_${mark}_catalog`
  const tenantsName = `test_${mark}_tenants`
  const password = `p${newId()}`
  const secrets = (reference: string): string => {
    if (reference === 'env:DATABASE_URL') return options.url
    if (reference === 'env:CATALOG_SERVER' && options.catalogServer !== undefined) return options.catalogServer
    if (reference === 'env:TENANTRY_APP_PASSWORD') return password
    const more = options.secrets?.[reference]
    if (more !== undefined) return more
    throw fault('SECRET_MISSING', { reference })
  }
  const clients: Tenantry[] = []
  let platform: Platform | undefined

  const stop = async (): Promise<void> => {
    await Promise.all([...clients.map((client) => client.close()), ...closers.map((close) => close())])
    const databases =
      platform === undefined
        ? []
        : (await platform.catalog.rows(sql<{ name: string }>`select name from catalog.database`)).map((row) => row.name)
    await platform?.close()
    await remove(server, [...databases, catalogName, tenantsName], platform?.id)
    if (options.catalogServer !== undefined) await remove(catalogServer, [...databases, catalogName], platform?.id)
    await rm(folder, { recursive: true, force: true })
  }

  try {
    const migrations = await writeMigrations(folder, options.migrations)
    const config = checkConfig(
      {
        tenantColumn: 'tenant_id',
        // Databases of tests are told apart by their prefix, so that whatever a killed run leaves can be recognised.
        naming: { schema: 't_{id}', database: `test_${mark}_{number}` },
        lease: '5s',
        ...(options.assurance === undefined ? {} : { assurance: { shared: options.assurance, database: options.assurance } }),
        ...options.config,
        catalog: { database: catalogName, ...(options.catalogServer === undefined ? {} : { url: 'env:CATALOG_SERVER' }) },
        migrations,
      },
      folder,
      'the fleet',
    )
    const files = options.files ?? (await readPlatformFiles())
    const { resolver } = await initCatalog(catalogServer, catalogName, files.catalogFiles, password)
    platform = await openPlatform(config, {
      secrets,
      ...files,
      operations: OPERATIONS,
      ...(options.failpoint === undefined ? {} : { failpoint: options.failpoint }),
      ...(options.log === undefined ? {} : { log: options.log }),
    })
    const opened = platform
    const run = async <T>(name: string, input: unknown = {}): Promise<T> =>
      (await submit(opened, opened.find(name)!, input, { actor: 'test', source: 'library' })).output as T
    await options.pooler?.admit(loginName(opened.id, 1), password)
    await run('cluster.add', {
      name: 'main',
      database: tenantsName,
      ...(options.pooler === undefined ? {} : { appHost: options.pooler.host, appPort: options.pooler.port, pooler: 'pgbouncer' }),
      ...options.cluster,
    })
    for (const [slug, isolation] of Object.entries(options.tenants ?? {})) {
      await run('tenant.create', { slug, isolation })
      const { home } = await opened.catalog.one(findTenant(slug))
      const { login } = await opened.catalog.one(homeById(home))
      if (isOwnLogin(login)) await options.pooler?.admit(login, passwordOf(login, password))
    }
    const tls = tlsParameters(catalogServer).join('&')
    const catalogUrl = `postgres://${resolver}:${password}@${catalogServer.host}:${catalogServer.port}/${catalogName}${tls === '' ? '' : `?${tls}`}`
    const client: Fleet['client'] = (extra = {}) => {
      const made = createTenantry({ catalogUrl, secrets, ...options.client, ...extra })
      clients.push(made)
      return made
    }
    const tenant = (slug: string): Promise<Tenant> => opened.catalog.one(findTenant(slug))
    const eye = (config: ConnectionConfig, name: string, plain = false): Database => {
      const database = openDatabase(config, { applicationName: name, max: 4, plain })
      closers.push(() => database.end())
      return database
    }
    return {
      platform: opened,
      app: client(),
      folder,
      catalogUrl,
      secrets,
      run,
      tenant,
      witness: async (slug) => eye({ ...server, database: (await tenant(slug)).database }, 'witness'),
      bare: async (slug) => {
        const { database, home } = await tenant(slug)
        const { login } = await opened.catalog.one(homeById(home))
        const { host, port } = options.pooler ?? server
        return eye({ ...server, host, port, user: login, password: passwordOf(login, password), database }, 'bare', true)
      },
      client,
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function writeMigrations(folder: string, migrations: FleetOptions['migrations']): Promise<string> {
  if (typeof migrations === 'string') return migrations
  for (const kind of ['tenant', 'platform']) await mkdir(join(folder, 'migrations', kind), { recursive: true })
  for (const [name, text] of Object.entries(migrations)) await writeFile(join(folder, 'migrations', name), text)
  return join(folder, 'migrations')
}

async function remove(server: ConnectionConfig, databases: readonly string[], platformId: string | undefined): Promise<void> {
  const admin = openDatabase(server, { applicationName: 'fleet', max: 1 })
  try {
    for (const name of new Set(databases)) {
      // Whoever may only be ended by a superuser leaves soon.
      await retry(
        () => dropByForce(admin, name),
        (error) => sqlstate(error) === '55006',
        { withinMs: 10_000 },
      )
    }
    if (platformId === undefined) return
    const roles = await admin.rows(
      sql<{ name: string }>`select rolname::text as name from pg_catalog.pg_roles where starts_with(rolname, ${`tny_${platformId}_`})`,
    )
    for (const { name } of roles) await admin.run(sql`drop role ${ident(name)}`)
  } finally {
    await admin.end()
  }
}
