import { rm } from 'node:fs/promises'
import type { Isolation } from '../catalog/homes.js'
import { findPlatform } from '../catalog/platform.js'
import type { TenantryOptions } from '../client/tenantry.js'
import type { PlatformFiles } from '../engine/sql-files.js'
import { dropByForce } from '../isolation/install.js'
import type { TenantryConfig } from '../kernel/config.js'
import { fault } from '../kernel/faults.js'
import type { Log } from '../kernel/log.js'
import { retry } from '../kernel/retry.js'
import type { Secrets } from '../kernel/secrets.js'
import { ident, sql } from '../kernel/sql.js'
import { type ConnectionConfig, parseUrl } from '../postgres/connection.js'
import { sqlstate } from '../postgres/errors.js'
import { openDatabase } from '../postgres/session.js'

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
  /** A folder with `tenant/` and `platform/` migrations, which is copied, or the migrations themselves by `tenant/<file>` and `platform/<file>`. */
  readonly migrations: string | Readonly<Record<string, string>>
  /** What your `tenantry.config.ts` says. Folders in it (`seeds`, `services`) must be absolute here. */
  readonly config?: Omit<Partial<TenantryConfig>, 'catalog' | 'migrations'>
  /** Tenants to create, by slug. */
  readonly tenants?: Readonly<Record<string, Isolation>>
  /** How many more tenants are prepared, so that `tenant.create` only has to claim one. Default: none. */
  readonly warm?: Readonly<Partial<Record<Isolation, number>>>
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

/** All that another process needs to open a fleet that was made. Plain JSON; passwords of a test server are in it. */
export interface FleetFacts {
  readonly url: string
  readonly catalogServer?: string | undefined
  readonly pooler?: { readonly host: string; readonly port: number } | undefined
  readonly catalogName: string
  readonly tenantsName: string
  /** As the application's role. */
  readonly catalogUrl: string
  readonly password: string
  readonly secrets: Readonly<Record<string, string>>
  /** What `tenantry.config.ts` would say. */
  readonly config: unknown
  readonly folder: string
}

export const secretsOf =
  (facts: Pick<FleetFacts, 'url' | 'catalogServer' | 'password' | 'secrets'>): Secrets =>
  (reference) => {
    if (reference === 'env:DATABASE_URL') return facts.url
    if (reference === 'env:CATALOG_SERVER' && facts.catalogServer !== undefined) return facts.catalogServer
    if (reference === 'env:TENANTRY_APP_PASSWORD') return facts.password
    const more = facts.secrets[reference]
    if (more === undefined) throw fault('SECRET_MISSING', { reference })
    return more
  }

export type Removal = Pick<FleetFacts, 'url' | 'catalogServer' | 'catalogName' | 'tenantsName'> & { readonly folder?: string }

/** Drops the databases and roles of a fleet, whoever is connected to them, and its files. A fleet that was half made, or half removed, is removed as well. */
export async function removeFleet({ url, catalogServer, catalogName, tenantsName, folder }: Removal): Promise<void> {
  const server = parseUrl(url, 'url')
  const other = catalogServer === undefined ? undefined : parseUrl(catalogServer, 'catalogServer')
  const { platform, databases } = await knownTo({ ...(other ?? server), database: catalogName })
  const names = [...databases, tenantsName, catalogName]
  const prefix = catalogName.replace(/catalog$/, '')
  await drop(server, { names, prefix, platform })
  if (other !== undefined) await drop(other, { names, prefix, platform })
  if (folder !== undefined) await rm(folder, { recursive: true, force: true })
}

/** What a catalog knows of itself. Nothing, where it is not there or was not finished. */
async function knownTo(
  config: ConnectionConfig,
): Promise<{ readonly platform: string | undefined; readonly databases: readonly string[] }> {
  const catalog = openDatabase(config, { applicationName: 'fleet', max: 1 })
  try {
    const platform = await catalog.maybe(findPlatform)
    const databases = await catalog.rows(sql<{ name: string }>`select name from catalog.database`)
    return { platform: platform?.id, databases: databases.map(({ name }) => name) }
  } catch {
    return { platform: undefined, databases: [] }
  } finally {
    await catalog.end()
  }
}

interface Remains {
  readonly names: readonly string[]
  /** Of the databases that the fleet has made itself: a catalog that was lost names none of them. */
  readonly prefix: string
  readonly platform: string | undefined
}

async function drop(server: ConnectionConfig, { names, prefix, platform }: Remains): Promise<void> {
  const admin = openDatabase(server, { applicationName: 'fleet', max: 1 })
  try {
    const own = await admin.rows(
      sql<{ name: string }>`select datname::text as name from pg_catalog.pg_database where starts_with(datname, ${prefix})`,
    )
    for (const name of new Set([...names, ...own.map((row) => row.name)])) {
      // Whoever may only be ended by a superuser leaves soon.
      await retry(
        () => dropByForce(admin, name),
        (error) => sqlstate(error) === '55006',
        { withinMs: 10_000 },
      )
    }
    if (platform === undefined) return
    const roles = await admin.rows(
      sql<{ name: string }>`select rolname::text as name from pg_catalog.pg_roles where starts_with(rolname, ${`tny_${platform}_`})`,
    )
    for (const { name } of roles) await admin.run(sql`drop role if exists ${ident(name)}`)
  } finally {
    await admin.end()
  }
}
