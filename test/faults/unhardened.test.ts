import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPlatform } from '../../src/engine/platform.js'
import { submit } from '../../src/engine/submit.js'
import { sql } from '../../src/kernel/sql.js'
import { platformStatus } from '../../src/operations/platform/status.js'
import { upgradePlatform } from '../../src/operations/platform/upgrade.js'
import { OPERATIONS } from '../../src/operations/registry.js'
import { CONTRACT_HIDDEN, CONTRACT_MIGRATIONS } from '../../src/testing/contract-project.js'
import { startFleet } from '../../src/testing/fleet.js'
import { addMigration } from '../../src/testing/project-files.js'
import { keepWatch } from '../../src/worker/watchdog.js'
import { ofOurs } from '../support/doctor.js'
import { urlOf } from '../support/fleet.js'
import { describeOn } from '../support/servers-injected.js'
import { NEWER } from '../upgrade/newer.js'
import { enter, timed } from '../watchdog/trap.js'
import { checkGone, checkPlatform, checkTenant } from './checker.js'
import { openEyes } from './eyes.js'
import { type Rig, rigOf, until } from './rig.js'
import { dropSeed, putSeed, seededRows, seedsFor, writeSeeds } from './seed-project.js'

const ROLE = 'landlord'
const PASSWORD = 'landlord'

describeOn(['embedded-16', 'embedded-18', 'debian-15'], 'a cluster whose administrator is no superuser', (server) => {
  let rig: Rig
  beforeAll(async () => {
    const eyes = openEyes(urlOf(server))
    await eyes.see('postgres', `create role ${ROLE} login createrole createdb password '${PASSWORD}'`)
    // Another test's cluster may have taken that from PUBLIC.
    await eyes.see('postgres', `grant connect on database postgres to ${ROLE}`)
    await eyes.close()
    const fleet = await startFleet({
      url: `postgres://${ROLE}:${PASSWORD}@${server.host}:${server.port}/postgres`,
      migrations: CONTRACT_MIGRATIONS,
      config: { hidden: CONTRACT_HIDDEN, lease: '1s' },
      secrets: { 'env:NEXT': 'the-next-password' },
      tenants: { 'schema-one': 'schema', 'schema-two': 'schema', 'database-one': 'database', 'database-two': 'database' },
    })
    rig = rigOf(fleet, urlOf(server))
  })
  afterAll(async () => {
    await rig?.stop()
    const eyes = openEyes(urlOf(server))
    await eyes.see('postgres', `revoke connect on database postgres from ${ROLE}`)
    await eyes.see('postgres', `drop role ${ROLE}`)
    await eyes.close()
  })

  test('is registered as unhardened, with a warning', async () => {
    expect(await rig.fleet.run('cluster.show', { cluster: 'main' })).toMatchObject({
      hardened: false,
      missing: expect.arrayContaining([expect.stringContaining('shared homes are refused')]),
    })
    const [added] = await rig.eyes.see(
      rig.subject.catalog,
      `select result -> 'warnings' as warnings from catalog.operation where name = 'cluster.add'`,
    )
    expect(added).toMatchObject({ warnings: expect.arrayContaining([expect.stringContaining('unhardened')]) })
  })

  test('takes no tenants into shared tables', async () => {
    for (const cluster of [{}, { cluster: 'main' }]) {
      const refused = rig.fleet.run('tenant.create', { slug: 'crowd', isolation: 'shared', ...cluster })
      await expect(refused).rejects.toMatchObject({ code: 'CLUSTER_UNHARDENED' })
    }
  })

  test('is watched over all the same: what breaks its limits is stopped, and what a login sets for itself is taken back', async () => {
    const { fleet } = rig
    await fleet.run('tenant.set', { tenant: 'schema-one', statementTimeoutMs: 200 })
    const runaway = await enter(fleet, 'schema-one')
    await runaway.say('set local statement_timeout = 0; alter role current_user set search_path = pg_temp')
    const stop = new AbortController()
    const watching = keepWatch(fleet.platform, stop.signal)
    try {
      // It would never end by itself.
      const ran = await timed(runaway.say('select count(*) from (select generate_series(1, 100000000000)) as endless'))
      expect(ran.outcome).toBe('57014')
      await runaway.end()
      const bare = await fleet.bare('schema-one')
      await bare.run(sql`alter role current_user set statement_timeout = 0`)
      const told = async () => (await fleet.run<{ data: readonly { changed: string }[] }>('audit.log', { actor: 'watchdog' })).data
      await until('the mending', async () =>
        (await told()).find(({ changed }) => /had statement_timeout set to 0, which is 60s again/.test(changed)),
      )
    } finally {
      stop.abort()
      await watching
      await fleet.run('tenant.set', { tenant: 'schema-one', unset: ['statement-timeout-ms'] })
    }
  })

  test.for(['schema', 'database'] as const)(
    'has tenants with a %s of their own, which are whole and see their own rows alone',
    async (isolation) => {
      const expected = { state: 'active', isolation, forced: false } as const
      expect(await checkTenant(rig.subject, `${isolation}-one`, { ...expected, like: `${isolation}-two` })).toEqual([])
      const [one, two] = [rig.fleet.app.tenant(`${isolation}-one`), rig.fleet.app.tenant(`${isolation}-two`)]
      await one.query(sql`insert into note (body) values (${`of ${isolation} one`})`)
      await one.query(sql`insert into platform.account (email) values ('one@example.com')`)
      expect(await one.query(sql`select body, note_count()::int as notes from note`)).toEqual([{ body: `of ${isolation} one`, notes: 1 }])
      expect(await two.query(sql`select body from note`)).toEqual([])
      expect(await two.query(sql`select email from platform.account`)).toEqual([])
      const { schema } = await rig.fleet.tenant(`${isolation}-one`)
      const foreign = rig.fleet.app
        .tenant(`${isolation === 'schema' ? 'schema' : 'database'}-two`)
        .transaction((scope) => scope.copyFrom(`${schema}.note`, ['body'], [['mine']]))
      await expect(foreign).rejects.toThrow()
    },
  )

  test('seeds its tenants, as a role that sees no other, and takes the rows back', async () => {
    await writeSeeds(rig)
    const create = (slug: string) => rig.fleet.run('tenant.create', { slug, name: 'The name', isolation: 'schema' })
    await create('seeded')
    expect(await seededRows(rig, 'seeded')).toEqual(seedsFor('seeded', ['The name']))
    await putSeed(rig, '600_bad.claim.sql', 'select 1 / 0')
    await expect(create('unseeded')).rejects.toMatchObject({ code: 'SEED_FAILED', facts: { sqlstate: '22012' } })
    expect(await checkGone(rig.subject, 'unseeded')).toEqual([])
    const { database } = await rig.fleet.tenant('seeded')
    expect(await rig.eyes.see(database, "select email from platform.account where email like '%seeded@%'")).toEqual([
      { email: 'seeded@example.org' },
    ])
    await dropSeed(rig, '600_bad.claim.sql')
  })

  test('migrates, suspends, resumes and takes back', async () => {
    for (const tenant of ['schema-one', 'database-one']) {
      await rig.fleet.run('tenant.suspend', { tenant, reason: 'unpaid' })
      await rig.fleet.run('tenant.resume', { tenant })
    }
    const up = `-- migrate:up
      alter table note add column seen boolean not null default false;
      create or replace function note_count() returns bigint language sql stable return (select count(*) from note where not seen);`
    await addMigration(rig.fleet, 'tenant/20260301000000_seen.sql', up)
    await rig.fleet.run('migrate.up', {})
    for (const isolation of ['schema', 'database'] as const) {
      expect(
        await checkTenant(rig.subject, `${isolation}-one`, { state: 'active', isolation, forced: false, like: `${isolation}-two` }),
      ).toEqual([])
    }
    await addMigration(rig.fleet, 'tenant/20260401000000_bad.sql', '-- migrate:up\nselect 1 / 0;\n')
    for (const isolation of ['schema', 'database'] as const) {
      await expect(rig.fleet.run('tenant.create', { slug: `${isolation}-bad`, isolation })).rejects.toMatchObject({
        code: 'MIGRATION_FAILED',
      })
      expect(await checkGone(rig.subject, `${isolation}-bad`)).toEqual([])
    }
  })

  test('has its credentials rotated, and the old ones retired', async () => {
    await rig.fleet.run('cluster.rotate', { cluster: 'main', appSecret: 'env:NEXT' })
    const app = rig.fleet.client()
    for (const tenant of ['schema-one', 'database-one']) {
      const rows = await app.tenant(tenant).query(sql<{ login: string }>`select session_user::text as login`)
      expect(rows).toEqual([{ login: `tny_${rig.fleet.platform.id}_app2` }])
    }
    await rig.fleet.app.close()
    const retired = await until('the old login to be let go of', () =>
      rig.fleet.run('cluster.rotate', { cluster: 'main', retire: true, grace: '0ms' }).catch((error: { code?: string }) => {
        if (error.code !== 'LOGIN_IN_USE') throw error
        return undefined
      }),
    )
    expect(retired).toMatchObject({ retired: true })
  })

  test('is raised to a newer release, without the walls that it cannot have', async () => {
    const { platform, secrets } = rig.fleet
    const homeFiles = [
      ...platform.homeFiles,
      ...NEWER.home,
      { number: 9002, name: 'walls_more', text: 'revoke all on pg_catalog.pg_locks from public' },
    ]
    const newer = await openPlatform(platform.config, { secrets, catalogFiles: platform.catalogFiles, homeFiles, operations: OPERATIONS })
    const caller = { actor: 'test', source: 'library' } as const
    try {
      await submit(newer, upgradePlatform, {}, caller)
      expect((await submit(newer, platformStatus, {}, caller)).output).toMatchObject({ pending: 0 })
    } finally {
      await newer.close()
    }
    const slugs = ['schema-one', 'schema-two', 'database-one', 'database-two']
    for (const slug of slugs) await rig.fleet.client().tenant(slug).query(sql`select body from note`)
    // As it was, for those that come after.
    const databases = new Set(await Promise.all(slugs.map(async (slug) => (await rig.fleet.tenant(slug)).database)))
    for (const database of databases) {
      expect(await rig.eyes.see(database, 'delete from tenantry.installed where number > 9000 returning name')).toEqual([{ name: 'newer' }])
      await rig.eyes.see(database, 'alter table tenantry.placement drop column newer')
    }
  })

  test('is in order afterwards', async () => {
    expect(await checkPlatform(rig.subject)).toEqual([])
    const { data } = await rig.fleet.run<{ data: readonly { check: string; reason: string }[] }>('doctor.run')
    const found = data.filter(ofOurs)
    expect(found).toEqual([expect.objectContaining({ check: 'cluster.unhardened', reason: expect.stringContaining('set_config') })])
  })
})
