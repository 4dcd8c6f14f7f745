import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { keepFacts } from '../../src/engine/keep-facts.js'
import { rebuildCatalog } from '../../src/engine/rebuild/catalog.js'
import type { RebuiltReport } from '../../src/engine/rebuild/report.js'
import { readSqlFiles } from '../../src/engine/sql-files.js'
import { ident, sql } from '../../src/kernel/sql.js'
import { parseUrl } from '../../src/postgres/connection.js'
import { type Database, openDatabase } from '../../src/postgres/session.js'
import { CONTRACT_MIGRATIONS } from '../../src/testing/contract-project.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { type CommandLine, commandLine, type Ran } from '../cli/cli.js'
import { fleetOn, urlOf } from '../support/fleet.js'
import { type OwnServer, startOwnServer } from '../support/own-server.js'
import { testServer } from '../support/servers-injected.js'
import { dump } from './dump.js'

const KINDS = ['shared', 'schema', 'database'] as const
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

describe('a catalog that is lost', () => {
  let own: OwnServer
  let fleet: Fleet
  let line: CommandLine
  let admin: Database
  let main: Database
  let before: Awaited<ReturnType<typeof dump>>
  let dry: Ran
  let report: RebuiltReport
  const failures: string[] = []
  const ids: Record<string, string> = {}
  let scopes = 0
  let working: Promise<unknown> = Promise.resolve()
  let over = false

  const slugs = ['main-shared', 'main-schema', 'main-database', 'far-shared', 'far-schema', 'far-database']
  // Other tests have platforms of their own on the same server.
  const named = () => ['--cluster', 'main=env:DATABASE_URL', '--cluster', 'far=env:FAR', '--platform', fleet.platform.id]
  const options = () => ({
    config: fleet.platform.config,
    secrets: fleet.secrets,
    clusters: [
      { name: 'main', adminRef: 'env:DATABASE_URL' },
      { name: 'far', adminRef: 'env:FAR' },
    ],
    appPassword: parseUrl(fleet.catalogUrl, 'the url').password!,
    platform: fleet.platform.id,
    actor: 'test',
  })
  const run = (name: string, input: object) => fleet.run<{ id: string }>(name, input)

  beforeAll(async () => {
    own = await startOwnServer()
    fleet = await fleetOn(testServer(), {
      catalogServer: own.url(),
      migrations: CONTRACT_MIGRATIONS,
      secrets: { 'env:FAR': own.url() },
      client: { placementTtlMs: 200 },
    })
    await run('cluster.add', { name: 'far', url: 'env:FAR', database: 'far_tenants' })
    await run('stock.fill', { target: 2, isolation: 'schema', cluster: 'main' })
    for (const cluster of ['main', 'far'])
      for (const kind of KINDS)
        ids[`${cluster}-${kind}`] = (await run('tenant.create', { slug: `${cluster}-${kind}`, isolation: kind, cluster })).id
    for (const slug of ['closed', 'gone', 'twice', 'older'])
      ids[slug] = (await run('tenant.create', { slug, isolation: 'shared', cluster: 'main' })).id
    ids.quiet = (await run('tenant.create', { slug: 'quiet', isolation: 'database', cluster: 'far' })).id
    await run('tenant.suspend', { tenant: 'closed', reason: 'unpaid' })
    await run('tenant.delete', { tenant: 'gone', reason: 'left', grace: '3d' })
    ids.revived = (await run('tenant.create', { slug: 'revived', isolation: 'shared', cluster: 'main' })).id
    await run('tenant.delete', { tenant: 'revived', reason: 'left', grace: '3d' })
    await run('tenant.hold', { tenant: 'gone', reason: 'a court asks' })
    await run('tenant.rename', { tenant: 'far-schema', slug: 'far-renamed', name: 'Renamed' })
    await run('tenant.set', { tenant: 'main-schema', tier: 'gold', label: ['team=a'], statementTimeoutMs: 9_000 })
    await run('domain.add', { tenant: 'main-schema', domain: 'shop.example' })
    for (const slug of ['near', 'away']) ids[slug] = (await run('tenant.create', { slug, isolation: 'schema', cluster: 'far' })).id
    const { home: looked } = await fleet.run<{ home: string }>('tenant.beside', { tenant: 'near', note: 'to be looked into' })
    // As one that only some tables were restored into.
    await fleet.platform.catalog.run(sql`update catalog.beside set partial = true where home_id = ${looked}`)
    await run('tenant.beside', { tenant: 'away', isolation: 'database', cluster: 'main' })
    await keepFacts(fleet.platform)
    await run('tenant.repoint', { tenant: 'away', confirm: 'away', grace: '3d' })
    // As an adoption leaves them, which ends after its tenants are active.
    for (const slug of ['main-schema', 'far-database', 'quiet']) {
      const { home, database } = await fleet.tenant(slug)
      const url = slug === 'main-schema' ? urlOf(testServer(), database) : own.url(database)
      const where = openDatabase(parseUrl(url, slug), { applicationName: 'test', max: 1 })
      await fleet.platform.catalog.run(sql`update catalog.home set adopted_version = version where id = ${home}`)
      const mark = (of: string | null) => sql`
        insert into tenantry.adopted_object (home_id, position, object_type, object_names, object_args, acl, details)
        values (${of}, 1, 'schema', '{public}', '{}', '{}', '{}')`
      await where.run(mark(home))
      if (slug === 'far-database') {
        await fleet.platform.catalog.run(
          sql`update catalog.database d set adopted = true from catalog.home h where h.id = ${home} and d.id = h.database_id`,
        )
        await where.run(mark(null))
      }
      await where.end()
    }
    await keepFacts(fleet.platform)
    // Nothing carries this one's facts away in time.
    ids.young = (await run('tenant.create', { slug: 'young', isolation: 'shared', cluster: 'main' })).id
    const { catalog } = fleet.platform
    before = await dump(catalog)

    // A database of the release before.
    const old = openDatabase(parseUrl(own.url((await fleet.tenant('quiet')).database), 'old'), { applicationName: 'test', max: 1 })
    await old.run(sql`drop table tenantry.tenant_fact, tenantry.cluster_fact`)
    await old.end()
    // Deleted by what was heard of it last, and its database lets scopes in.
    main = await fleet.witness('revived')
    await main.run(sql`update tenantry.placement set state = 'active' where tenant_id = ${ids.revived}`)
    // Two tenants of main that a database of far claims to have as well: one by an equal epoch, one by an older one.
    const far = openDatabase(parseUrl(own.url('far_tenants'), 'far'), { applicationName: 'test', max: 1 })
    for (const [slug, epoch] of [
      ['twice', 1],
      ['older', 0],
    ] as const)
      await far.run(sql`
        insert into tenantry.placement (tenant_id, home_id, epoch, state, role_name, search_path, version)
        select ${ids[slug]}, h.id, ${epoch}, 'active', h.role_name, quote_ident(h.schema_name) || ', ext, pg_temp', h.version
        from tenantry.home h where h.isolation = 'shared'`)
    await far.end()

    working = Promise.all(
      [...slugs.filter((slug) => slug !== 'far-schema'), 'far-renamed'].map(async (slug) => {
        while (!over) {
          await fleet.app
            .tenant(slug)
            .query(sql`insert into note (body) values ('on and on')`)
            .catch((error: Error) => failures.push(`${slug}: ${error.message}`))
          scopes++
          await pause(10)
        }
      }),
    )
    line = await commandLine({
      CATALOG_SERVER: own.url(),
      DATABASE_URL: urlOf(testServer()),
      FAR: own.url(),
      TENANTRY_APP_PASSWORD: parseUrl(fleet.catalogUrl, 'the url').password!,
      TENANTRY_CATALOG_URL: fleet.catalogUrl,
    })
    const { config } = fleet.platform
    const { url, database } = config.catalog
    const written = { catalog: { url, database }, tenantColumn: 'tenant_id', migrations: config.migrations, naming: config.naming }
    await writeFile(join(line.folder, 'tenantry.config.json'), JSON.stringify(written))
    line.env.TENANTRY_CONFIG = join(line.folder, 'tenantry.config.json')
    admin = openDatabase(parseUrl(own.url(), 'own'), { applicationName: 'test', max: 1 })
    await pause(300)
  }, 120_000)

  afterAll(async () => {
    over = true
    await working
    await admin?.end()
    await fleet?.stop()
    await own?.stop()
  })

  test('is not rebuilt over one that has anything in it', async () => {
    await expect(rebuildCatalog({ ...options(), files: await readSqlFiles('catalog') })).rejects.toMatchObject({ code: 'CATALOG_OCCUPIED' })
    const ran = await line.run('catalog', 'rebuild', ...named())
    expect(ran).toMatchObject({ status: 5, stdout: '' })
    expect(ran.stderr).toMatch(
      /^CATALOG_OCCUPIED: the catalog "test_\w+_catalog" is not empty: it has 2 clusters, 1[67] tenants, \d+ operations\n/,
    )
  })

  test('stops no scope, and a dry run of the rebuild writes nothing', async () => {
    const { database } = fleet.platform.config.catalog
    await admin.run(sql`drop database ${ident(database)} with (force)`)
    await admin.run(sql`drop role ${ident(fleet.platform.names.resolver)}`)
    await pause(500)
    dry = await line.run('catalog', 'rebuild', ...named(), '--dry-run')
    expect(dry).toMatchObject({ status: 0, stderr: '' })
    expect(dry.stdout).toContain(`nothing was written: the catalog ${database} of platform ${fleet.platform.id} would be restored`)
    expect(await admin.rows(sql`select 1 as found from pg_catalog.pg_database where datname = ${database}`)).toEqual([])
    expect(failures).toEqual([])
  })

  test('is not rebuilt while a tenant that two databases have is at work in one of them, and both stay as old as they were', async () => {
    const far = openDatabase(parseUrl(own.url('far_tenants'), 'far'), { applicationName: 'test', max: 1 })
    const local = (database: Database, tenant: string) =>
      database.one(
        sql<{ state: string; epoch: number }>`select state, epoch::int as epoch from tenantry.placement where tenant_id = ${tenant}`,
      )
    const { config } = fleet.platform
    const misplaced = { ...config, catalog: { ...config.catalog, database: 'far_tenants' } }
    await expect(rebuildCatalog({ ...options(), config: misplaced, files: await readSqlFiles('catalog') })).rejects.toMatchObject({
      code: 'ONE_DATABASE',
    })
    expect(await local(main, ids.twice!)).toEqual({ state: 'active', epoch: 1 })
    await far.transaction(async (scope) => {
      await scope.run(sql`select pg_advisory_xact_lock_shared(uuid_hash_extended(${ids.twice}::uuid, 7426))`)
      const files = await readSqlFiles('catalog')
      await expect(rebuildCatalog({ ...options(), files, patienceMs: 200 })).rejects.toMatchObject({ code: 'TENANT_BUSY' })
    })
    expect(await local(main, ids.twice!)).toEqual({ state: 'suspended', epoch: 1 })
    expect(await local(far, ids.twice!)).toEqual({ state: 'active', epoch: 1 })
    await rebuildCatalog({ ...options(), files: await readSqlFiles('catalog'), failpoint: () => Promise.reject(new Error('dies')) }).catch(
      () => {},
    )
    expect(await local(far, ids.twice!)).toEqual({ state: 'suspended', epoch: 1 })
    expect((await local(main, ids.revived!)).state).toBe('suspended')
    await far.end()
  })

  test('is rebuilt by whoever tries again after one that was killed', async () => {
    for (const border of ['catalog.rebuild/close:after', 'catalog.rebuild/write:acted']) {
      const child = spawn(process.execPath, [join(process.cwd(), 'dist/bin.js'), 'catalog', 'rebuild', ...named()], {
        cwd: line.folder,
        env: { ...line.env, TENANTRY_FAILPOINT: border },
        stdio: 'ignore',
      })
      const [, signal] = await once(child, 'exit')
      expect([border, signal]).toEqual([border, 'SIGKILL'])
    }
    const ran = await line.run('catalog', 'rebuild', ...named(), '--json')
    expect(ran).toMatchObject({ status: 0, stderr: '' })
    report = JSON.parse(ran.stdout)
  })

  test('has every placement where it was, with all that is known of its tenant', async () => {
    const warm = before.find(({ state }) => state === 'warm')!.tenant
    const doubtful = [warm, ids.young, ids.twice, ids.quiet, ids.revived]
    const after = await dump(fleet.platform.catalog)
    const certain = (rows: typeof before) => rows.filter(({ tenant }) => !doubtful.includes(tenant))
    expect(certain(after)).toEqual(certain(before))
    expect(certain(after)).toHaveLength(11)
    const changed = after.filter(({ tenant }) => doubtful.includes(tenant))
    const placed = ({ home, database, cluster, schema_name, role_name, login_name, digest, tenant }: (typeof before)[number]) => ({
      ...{ home, database, cluster, schema_name, role_name, login_name, digest, tenant },
    })
    expect(changed.map(placed)).toEqual(before.filter(({ tenant }) => doubtful.includes(tenant)).map(placed))
    const brief = Object.fromEntries(changed.map(({ tenant, slug, state }) => [tenant, `${slug} ${state}`]))
    expect(brief).toEqual({
      [warm]: `unknown-${warm.slice(0, 8)} suspended`,
      [ids.young!]: `unknown-${ids.young!.slice(0, 8)} active`,
      [ids.twice!]: 'twice suspended',
      [ids.revived!]: 'revived suspended',
      [ids.quiet!]: `unknown-${ids.quiet!.slice(0, 8)} active`,
    })
  })

  test('tells what it could not know, and who was claimed twice', () => {
    const { unknown, conflicts, leftovers } = report
    expect(unknown.join('\n')).toContain('API keys')
    expect(unknown.join('\n')).toContain(`tenant ${ids.young}`)
    expect(unknown.join('\n')).toContain('is older than the copies of facts')
    expect(unknown.join('\n')).toContain('tenant revived: suspended by the rebuild: it was deleted when')
    expect(unknown.join('\n')).toContain('in stock when it was heard of last')
    expect(conflicts).toHaveLength(2)
    expect(conflicts.find((text) => text.includes(ids.twice!))).toContain(', suspended; also in far/far_tenants/')
    expect(conflicts.find((text) => text.includes(ids.older!))).not.toContain('suspended')
    expect(leftovers).toEqual([])
    expect(dry.stdout).toContain('Could not be known\n')
  })

  test('serves the applications that ran all the time, and new ones', async () => {
    await pause(500)
    const questions = await fleet.client().tenant('main-schema').query(sql<{ n: number }>`select count(*)::int as n from note`)
    expect(questions[0]!.n).toBeGreaterThan(10)
    // By its former slug, at the new catalog.
    await fleet.client().tenant('far-schema').query(sql`select 1`)
    for (const closed of ['twice', 'closed']) {
      await expect(fleet.client().tenant(closed).query(sql`select 1`)).rejects.toMatchObject({ code: 'TENANT_SUSPENDED' })
    }
    await expect(fleet.client().tenant('gone').query(sql`select 1`)).rejects.toMatchObject({ code: 'TENANT_DELETED' })
    expect(failures).toEqual([])
    expect(scopes).toBeGreaterThan(200)
  })

  test('is worked with as before: a migration, a suspension, a new tenant, and the doctor', async () => {
    const text = '-- migrate:up\nalter table note add column colour text;\n-- migrate:down\nalter table note drop column colour;\n'
    await writeFile(join(fleet.folder, 'migrations/tenant/20260102000000_colour.sql'), text)
    await run('migrate.up', {})
    await fleet.client().tenant('far-database').query(sql`insert into note (body, colour) values ('a', 'red')`)
    await run('tenant.suspend', { tenant: 'main-database', reason: 'later' })
    await expect(fleet.client().tenant('main-database').query(sql`select 1`)).rejects.toMatchObject({ code: 'TENANT_SUSPENDED' })
    await run('tenant.resume', { tenant: 'main-database' })
    await run('tenant.resume', { tenant: 'twice' })
    await expect(run('tenant.unadopt', { tenant: ids.quiet! })).rejects.toMatchObject({
      code: 'TENANT_STATE',
      message: expect.stringContaining('version "unknown since the catalog was rebuilt", as it was adopted'),
    })
    await run('tenant.create', { slug: 'newcomer', isolation: 'database', cluster: 'main' })
    await run('tenant.rename', { tenant: ids.young!, slug: 'young-again' })
    await keepFacts(fleet.platform)
    const { data } = await fleet.run<{ data: readonly { check: string; severity: string; reason: string }[] }>('doctor.run')
    expect(data.filter(({ severity }) => severity === 'error').map(({ check, reason }) => `${check}: ${reason}`)).toEqual([
      // The two that this test has put there.
      expect.stringContaining('placement.differs'),
      expect.stringContaining('placement.differs'),
    ])
  })
})
