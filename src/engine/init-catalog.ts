import { catalogLedger, ensurePlatformId, grantResolving, hasCatalogLedger, lockCatalogLedger } from '../catalog/platform.js'
import { roleNames } from '../isolation/names.js'
import { ensureLogin } from '../isolation/roles.js'
import { fault } from '../kernel/faults.js'
import { filesToApply, labelOf, newestOf, type SqlFile } from '../kernel/ledger.js'
import { ident, sql } from '../kernel/sql.js'
import { addressOf, type ConnectionConfig } from '../postgres/connection.js'
import { sqlstate } from '../postgres/errors.js'
import { scramVerifier } from '../postgres/scram.js'
import { holesOf, sayHoles } from '../postgres/server-holes.js'
import { type Database, openDatabase, type Session } from '../postgres/session.js'
import { inspectServer, type ServerFacts, unsafeMinor } from '../postgres/version.js'
import { applyCatalogFiles } from './raise-catalog.js'

export interface InitializedCatalog {
  readonly platformId: string
  readonly created: boolean
  /** The application's login at the catalog. */
  readonly resolver: string
  readonly serverVersion: number
  /** The safe minor that the server is below, if it is, and what that means. */
  readonly unsafe: { readonly safe: string; readonly holes: string } | undefined
}

/**
 * Makes the catalog in a database of its own: repeatable. `server` is an administrator's connection to any database of the server; `appPassword` becomes
 * the password of the role that applications resolve placements with. Throws ONE_DATABASE when that database holds tenants, CATALOG_BEHIND when there is
 * a catalog of an older release (raising it belongs to an upgrade, which raises everything else as well), VERSION_SKEW, VERSION_UNSUPPORTED,
 * PRIVILEGE_MISSING.
 */
export function initCatalog(
  server: ConnectionConfig,
  database: string,
  files: readonly SqlFile[],
  appPassword: string,
): Promise<InitializedCatalog> {
  return withCatalog(server, database, files, async (catalog, { created, facts }) => {
    const platformId = await ensurePlatformId(catalog)
    const resolver = await catalog.transaction((tx) => admitResolver(tx, { platformId, database, appPassword, superuser: facts.superuser }))
    return { platformId, created, resolver, serverVersion: facts.version, unsafe: unsafeOf(facts) }
  })
}

function unsafeOf({ version, superuser }: ServerFacts): InitializedCatalog['unsafe'] {
  const safe = unsafeMinor(version)
  return safe === undefined ? undefined : { safe, holes: sayHoles(holesOf(version, { hardened: superuser, extensions: [] })) }
}

/** Opens the catalog's database with all its tables in place, for as long as the body runs. Throws as `initCatalog`. */
export async function withCatalog<T>(
  server: ConnectionConfig,
  database: string,
  files: readonly SqlFile[],
  body: (catalog: Database, made: { readonly created: boolean; readonly facts: ServerFacts }) => Promise<T>,
): Promise<T> {
  const maintenance = openDatabase(server, { applicationName: 'tenantry init', max: 1 })
  const catalog = openDatabase({ ...server, database }, { applicationName: 'tenantry init', max: 1 })
  try {
    const facts = await inspectServer(maintenance)
    if (!facts.createDatabase || !facts.createRole)
      throw fault('PRIVILEGE_MISSING', { server: addressOf(server), what: 'create databases and roles' })
    const { there } = await maintenance.one(
      sql<{ there: boolean }>`select exists (select 1 from pg_catalog.pg_database where datname = ${database}) as there`,
    )
    if (!there) {
      try {
        await maintenance.run(sql`create database ${ident(database)} template template0 encoding 'UTF8'`)
      } catch (error) {
        if (sqlstate(error) !== '42P04' && sqlstate(error) !== '23505') throw error
      }
      await maintenance.run(sql`revoke all on database ${ident(database)} from public`)
    }
    const { tenants, tables } = await catalog.one(sql<{ tenants: boolean; tables: boolean }>`
      select to_regnamespace('tenantry') is not null as tenants,
             exists (select 1 from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                     where n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')) as tables`)
    const occupied = tables && !(await catalog.one(hasCatalogLedger)).there
    if (tenants) throw fault('ONE_DATABASE', { database })
    if (occupied) throw fault('DATABASE_OCCUPIED', { database, what: 'has tables of its own; the catalog needs a database for itself' })
    await catalog.transaction(async (tx) => {
      await tx.run(lockCatalogLedger)
      if (!(await tx.one(hasCatalogLedger)).there) await applyCatalogFiles(tx, files)
      else await assertUpToDate(tx, files)
    })
    return await body(catalog, { created: !there, facts })
  } finally {
    await Promise.all([maintenance.end(), catalog.end()])
  }
}

async function assertUpToDate(tx: Session, files: readonly SqlFile[]): Promise<void> {
  const applied = await tx.rows(catalogLedger)
  const missing = filesToApply('sql/catalog', 'the catalog', files, applied)
  if (missing.length > 0) throw fault('CATALOG_BEHIND', { found: newestOf(applied), missing: missing.map(labelOf) })
}

export interface ResolverAdmission {
  readonly platformId: string
  readonly database: string
  readonly appPassword: string
  readonly superuser: boolean
}

/** Lets applications resolve placements: from here on they ask this catalog. Answers their login. */
export async function admitResolver(tx: Session, { platformId, database, appPassword, superuser }: ResolverAdmission): Promise<string> {
  const { resolver } = roleNames(platformId)
  await ensureLogin(tx, resolver, await scramVerifier(appPassword), { superuser })
  await tx.run(sql`grant connect on database ${ident(database)} to ${ident(resolver)}`)
  await tx.run(sql`grant usage on schema catalog to ${ident(resolver)}`)
  await tx.run(grantResolving(resolver))
  return resolver
}
