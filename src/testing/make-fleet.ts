import { cp, mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { homeById, type Isolation } from '../catalog/homes.js'
import { findTenant } from '../catalog/tenants.js'
import { initCatalog } from '../engine/init-catalog.js'
import type { Platform } from '../engine/platform.js'
import { loginName } from '../isolation/names.js'
import { newId } from '../kernel/clock.js'
import { isOwnLogin, passwordOf } from '../kernel/own-password.js'
import { ident, sql } from '../kernel/sql.js'
import { type ConnectionConfig, parseUrl, tlsParameters } from '../postgres/connection.js'
import { openDatabase } from '../postgres/session.js'
import { type FleetFacts, type FleetOptions, removeFleet } from './fleet-facts.js'
import { platformFiles, platformOf, runOn } from './open-fleet.js'

/**
 * Makes a fleet whose databases begin with `test_<mark>_`, and leaves its platform open. The catalog is a copy of `catalogTemplate`, a database with an
 * empty one, where that is named. Throws what the operations throw, and leaves nothing then.
 */
export async function makeFleet(
  mark: string,
  options: FleetOptions,
  catalogTemplate?: string,
): Promise<{ readonly facts: FleetFacts; readonly platform: Platform }> {
  const folder = await mkdtemp(join(tmpdir(), `tenantry-fleet-${mark}-`))
  const catalogServer = parseUrl(options.catalogServer ?? options.url, 'url')
  const names = { catalogName: `test_${mark}_catalog`, tenantsName: `test_${mark}_tenants` }
  const places = { url: options.url, catalogServer: options.catalogServer, folder, ...names }
  const password = `p${newId()}`
  let platform: Platform | undefined
  try {
    const migrations = await writeMigrations(folder, options.migrations)
    const { catalogFiles } = await platformFiles(options)
    if (catalogTemplate !== undefined) await copyCatalog(catalogServer, names.catalogName, catalogTemplate)
    const { resolver } = await initCatalog(catalogServer, names.catalogName, catalogFiles, password)
    const tls = tlsParameters(catalogServer).join('&')
    const facts: FleetFacts = {
      ...places,
      pooler: options.pooler && { host: options.pooler.host, port: options.pooler.port },
      catalogUrl: `postgres://${resolver}:${password}@${catalogServer.host}:${catalogServer.port}/${names.catalogName}${tls === '' ? '' : `?${tls}`}`,
      password,
      secrets: options.secrets ?? {},
      config: {
        tenantColumn: 'tenant_id',
        // Databases of tests are told apart by their prefix, so that whatever a killed run leaves can be recognised.
        naming: { schema: 't_{id}', database: `test_${mark}_{number}` },
        lease: '5s',
        ...(options.assurance === undefined ? {} : { assurance: { shared: options.assurance, database: options.assurance } }),
        ...options.config,
        catalog: { database: names.catalogName, ...(options.catalogServer === undefined ? {} : { url: 'env:CATALOG_SERVER' }) },
        migrations,
      },
    }
    platform = await platformOf(facts, options)
    await populate(platform, options, { password, tenantsName: names.tenantsName })
    return { facts, platform }
  } catch (error) {
    await platform?.close()
    await removeFleet(places)
    throw error
  }
}

/** Quicker than making one: `initCatalog` finds it made. */
export async function copyCatalog(server: ConnectionConfig, name: string, template: string): Promise<void> {
  const admin = openDatabase(server, { applicationName: 'fleet', max: 1 })
  try {
    await admin.run(sql`create database ${ident(name)} template ${ident(template)}`)
    await admin.run(sql`revoke all on database ${ident(name)} from public`)
  } finally {
    await admin.end()
  }
}

async function populate(
  platform: Platform,
  { pooler, cluster, tenants, warm }: FleetOptions,
  { password, tenantsName }: { readonly password: string; readonly tenantsName: string },
): Promise<void> {
  const run = runOn(platform)
  await pooler?.admit(loginName(platform.id, 1), password)
  await run('cluster.add', {
    name: 'main',
    database: tenantsName,
    ...(pooler === undefined ? {} : { appHost: pooler.host, appPort: pooler.port, pooler: 'pgbouncer' }),
    ...cluster,
  })
  for (const [slug, isolation] of Object.entries(tenants ?? {})) {
    await run('tenant.create', { slug, isolation })
    const { home } = await platform.catalog.one(findTenant(slug))
    const { login } = await platform.catalog.one(homeById(home))
    if (isOwnLogin(login)) await pooler?.admit(login, passwordOf(login, password))
  }
  for (const [isolation, target] of Object.entries(warm ?? {}) as [Isolation, number][]) await run('stock.fill', { target, isolation })
}

/** A folder is copied: what a test adds to it must neither reach another test nor stay. */
async function writeMigrations(folder: string, migrations: FleetOptions['migrations']): Promise<string> {
  const target = join(folder, 'migrations')
  for (const kind of ['tenant', 'platform']) await mkdir(join(target, kind), { recursive: true })
  if (typeof migrations === 'string') await cp(migrations, target, { recursive: true })
  else for (const [name, text] of Object.entries(migrations)) await writeFile(join(target, name), text)
  return target
}
