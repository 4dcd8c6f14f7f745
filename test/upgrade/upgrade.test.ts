import { afterAll, beforeAll, expect, test } from 'vitest'
import { expiredOperations } from '../../src/catalog/operations.js'
import { openPlatform, type Platform } from '../../src/engine/platform.js'
import { raiseCatalog } from '../../src/engine/raise-catalog.js'
import { takeOver } from '../../src/engine/run.js'
import type { PlatformFiles } from '../../src/engine/sql-files.js'
import { submit } from '../../src/engine/submit.js'
import { raiseDatabase } from '../../src/isolation/raise.js'
import { newId } from '../../src/kernel/clock.js'
import { sql } from '../../src/kernel/sql.js'
import { OPERATIONS } from '../../src/operations/registry.js'
import { openDatabase } from '../../src/postgres/session.js'
import { addMigration } from '../../src/testing/project-files.js'
import { runKilled, withWorkers } from '../faults/children.js'
import { atMost, type Rig, startRig, until } from '../faults/rig.js'
import { urlOf } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'
import { NEWER, NEWEST } from './newer.js'
import { scopesWithoutEnd } from './scopes.js'

const TENANTS = { crowd: 'shared', own: 'schema', alone: 'database' } as const
const SLUGS = Object.keys(TENANTS)

let rig: Rig
let newer: PlatformFiles
const opened: Platform[] = []
const secrets = new Map<string, string>()

beforeAll(async () => {
  // As databases were made before there was an assurance.
  rig = await startRig(TENANTS, { assurance: 'standard' })
  const { catalogFiles, homeFiles } = rig.fleet.platform
  newer = { catalogFiles: [...catalogFiles, ...NEWER.catalog], homeFiles: [...homeFiles, ...NEWER.home] }
})
afterAll(async () => {
  await Promise.all(opened.map((platform) => platform.close()))
  await rig?.stop()
})

/** A control plane with these files, as a process of another release has it. */
async function release(files: PlatformFiles, evenBehind = false): Promise<Platform> {
  const found = (reference: string): string => secrets.get(reference) ?? rig.fleet.secrets(reference)
  const platform = await openPlatform(rig.fleet.platform.config, { secrets: found, ...files, operations: OPERATIONS, evenBehind })
  opened.push(platform)
  return platform
}

const runOn = async <T = unknown>(platform: Platform, name: string, input: unknown = {}): Promise<T> =>
  (await submit(platform, platform.find(name)!, input, { actor: 'test', source: 'library' })).output as T

interface Status {
  readonly pending: number
  readonly data: readonly { readonly name: string; readonly state: string; readonly missing: readonly string[] }[]
}
const statusOf = (platform: Platform) => runOn<Status>(platform, 'platform.status')
const databaseOf = async (slug: string): Promise<string> => (await rig.fleet.tenant(slug)).database

test('old and new: scopes go on while everything is raised by workers that are killed at every border of every item', async () => {
  const { fleet } = rig
  const old = fleet.platform
  const scopes = await scopesWithoutEnd(rig, SLUGS)

  await expect(release(newer)).rejects.toMatchObject({ code: 'CATALOG_BEHIND', facts: { missing: ['9001_newer'] } })
  expect(await statusOf(await release(newer, true))).toMatchObject({
    pending: 3,
    data: expect.arrayContaining([expect.objectContaining({ name: 'catalog', state: 'behind', missing: ['9001_newer'] })]),
  })
  const raised = await Promise.all([raiseCatalog(old.catalog, newer.catalogFiles), raiseCatalog(old.catalog, newer.catalogFiles)])
  expect(raised.flat()).toEqual(['9001_newer'])

  // A process of the older release, running since before: it reads, and changes nothing.
  const skew = { code: 'VERSION_SKEW', facts: { found: 9001, known: old.catalogFiles.at(-1)!.number } }
  await expect(fleet.run('tenant.create', { slug: 'late', isolation: 'shared' })).rejects.toMatchObject(skew)
  const reopened = await release({ catalogFiles: old.catalogFiles, homeFiles: old.homeFiles })
  await expect(runOn(reopened, 'tenant.suspend', { tenant: 'own', reason: 'x' })).rejects.toMatchObject(skew)
  expect(await runOn(reopened, 'tenant.show', { tenant: 'own' })).toMatchObject({ slug: 'own' })
  await rig.eyes.see(rig.subject.catalog, 'update catalog.platform set least_reader = 9001')
  await expect(release({ catalogFiles: old.catalogFiles, homeFiles: old.homeFiles })).rejects.toMatchObject(skew)

  const names = ['catalog', ...(await statusOf(await release(newer))).data.map((row) => row.name).filter((name) => name !== 'catalog')]
  const points = names.flatMap((name) =>
    ['before', 'acted', 'after'].map((border) => `platform.upgrade/${name === 'catalog' ? 'catalog' : 'databases'}[${name}]:${border}`),
  )
  await atMost(
    3,
    points.map((point) => () => runKilled(fleet, 'platform.upgrade', { parallel: 1 }, point, { newer: NEWER })),
  )
  const states = () =>
    rig.eyes.see<{ state: string; n: number }>(
      rig.subject.catalog,
      `select state, count(*)::int as n from catalog.operation where name = 'platform.upgrade' group by 1`,
    )
  expect(await states()).toEqual([{ state: 'running', n: points.length }])
  const left = await until('a lease to end', async () => (await old.catalog.rows(expiredOperations)).at(0)?.id)
  await expect(takeOver(old, [left])).rejects.toMatchObject({ code: 'TN011' })
  await withWorkers(
    fleet,
    2,
    () => until('the upgrades to end', async () => ((await states()).some(({ state }) => state === 'running') ? undefined : true)),
    { newer: NEWER },
  )
  expect(await states()).toEqual([{ state: 'succeeded', n: points.length }])

  const seen = await scopes.end()
  expect(seen.failures).toEqual([])
  expect(Math.min(...seen.counts)).toBeGreaterThan(20)
  expect(seen.longestMs).toBeLessThan(8_000)
  for (const slug of SLUGS) {
    const ledger = await rig.eyes.see(
      await databaseOf(slug),
      'select number, checksum is not null as summed from tenantry.installed order by 1',
    )
    expect(ledger).toEqual(newer.homeFiles.map(({ number }) => ({ number, summed: true })))
  }
  const now = await release(newer)
  expect(await statusOf(now)).toMatchObject({ pending: 0 })
  const { data } = await runOn<{ data: readonly { check: string }[] }>(now, 'doctor.run')
  expect(data.filter(({ check }) => check === 'database.version' || check.startsWith('grants'))).toEqual([])
}, 90_000)

test('a database that cannot be reached fails alone, and a retry raises it; of two upgrades at once both succeed', async () => {
  secrets.set('env:FAR', urlOf(testServer()))
  const before = await release(newer)
  await runOn(before, 'cluster.add', { name: 'far', url: 'env:FAR', database: `${rig.subject.prefix}far` })
  const newest = await release({ ...newer, homeFiles: [...newer.homeFiles, NEWEST] })
  secrets.set('env:FAR', urlOf({ ...testServer(), port: 1 }))
  const partial = runOn(newest, 'platform.upgrade')
  await expect(partial).rejects.toMatchObject({ code: 'FLEET_PARTIAL', kind: { exit: 3 }, facts: { failed: 1, total: 4 } })
  const states = async (platform = newest) =>
    (await statusOf(platform)).data.map(({ name, state }) => `${name.replace(/\/.*/, '')} ${state}`)
  expect(await states()).toEqual(['catalog current', 'far unreachable', 'main current', 'main current'])

  secrets.set('env:FAR', urlOf(testServer()))
  expect(await states(await release({ ...newer, homeFiles: [...newer.homeFiles, NEWEST] }))).toContain('far behind')
  const { operation } = (await partial.catch((error) => error)).facts
  await Promise.all([runOn(newest, 'operation.retry', { operation }), runOn(newest, 'platform.upgrade')])
  expect(await statusOf(newest)).toMatchObject({ pending: 0 })
  // The release before sees that somebody was here, and leaves it.
  expect((await statusOf(before)).data.map(({ state }) => state)).toEqual(['current', 'newer', 'newer', 'newer'])
  await expect(runOn(before, 'platform.upgrade')).rejects.toMatchObject({ code: 'FLEET_PARTIAL', facts: { failed: 3 } })
})

test('a file that was edited is refused by its name, in the catalog and in a database', async () => {
  const edit = (number: number) => (file: (typeof newer.homeFiles)[number]) =>
    file.number === number ? { ...file, text: `${file.text}\n-- edited` } : file
  const catalogFiles = newer.catalogFiles.map(edit(2))
  const named = (file: string) => ({ code: 'INSTALLATION_CHANGED', message: expect.stringContaining(file) })
  await expect(raiseCatalog(rig.fleet.platform.catalog, catalogFiles)).rejects.toMatchObject(named('sql/catalog/0002_deletion.sql'))
  const edited = await release({ ...newer, homeFiles: [...newer.homeFiles, NEWEST].map(edit(2)) })
  await expect(runOn(edited, 'platform.upgrade')).rejects.toMatchObject({
    code: 'FLEET_PARTIAL',
    facts: { failed: 3, first: expect.stringContaining('sql/home/0002_walls.sql') },
  })
  expect((await statusOf(edited)).data.map(({ state }) => state)).toEqual(['current', 'changed', 'changed', 'changed'])
})

test('an open transaction holds the upgrade of its database up, and the upgrade does not hold up others', async () => {
  const platform = await release({ ...newer, homeFiles: [...newer.homeFiles, NEWEST] })
  const tenant = await rig.fleet.tenant('own')
  const { id } = (await platform.catalog.rows(sql<{ id: string }>`select id from catalog.database where name = ${tenant.database}`))[0]!
  const { facts } = await platform.tenantDatabase(id)
  const database = openDatabase({ ...platform.connect(facts.adminRef, facts.name).config }, { applicationName: 'tenantry control', max: 1 })
  const blocker = { number: 9003, name: 'blocker', text: 'alter table tenantry.placement add column blocker boolean' }
  const installation = {
    databaseId: id,
    platformId: platform.id,
    names: platform.names,
    extensions: [],
    files: [...platform.homeFiles, blocker],
    hardened: true,
  }
  const by = { operation: newId(), token: 1 }
  const raise = (withinMs: number) => raiseDatabase(database, by, installation, { where: 'main/own', withinMs })
  const long = await rig.eyes.session(tenant.database)
  try {
    await long.query('begin; select count(*) from tenantry.placement')
    const scopes = await scopesWithoutEnd(rig, ['own'])
    await expect(raise(1_500)).rejects.toMatchObject({ code: 'PLATFORM_BUSY' })
    const seen = await scopes.end()
    expect(seen.failures).toEqual([])
    expect(seen.longestMs).toBeLessThan(2_000)
    await long.query('commit')
    expect(await raise(1_500)).toEqual(['9003_blocker'])
    await expect(raiseDatabase(database, { ...by, token: 0 }, installation, { where: 'x', withinMs: 0 })).rejects.toMatchObject({
      code: 'TN010',
    })
  } finally {
    await long.end()
    await database.end()
  }
})

test('what needs a part that a database does not have yet says so, and the rest of the fleet goes on', async () => {
  const platform = await release({ ...newer, homeFiles: [...newer.homeFiles, NEWEST] })
  await addMigration(rig.fleet, 'tenant/20260301000000_seen.sql', '-- migrate:up\nalter table note add column seen boolean;\n')
  const database = await databaseOf('alone')
  await rig.eyes.see(database, 'alter function tenantry.renew_stamp() rename to not_yet')
  await expect(runOn(platform, 'migrate.up')).rejects.toMatchObject({
    code: 'FLEET_PARTIAL',
    facts: { failed: 1, first: expect.stringContaining('lacks what this Tenantry needs: function tenantry.renew_stamp() does not exist') },
  })
  await rig.eyes.see(database, 'alter function tenantry.not_yet() rename to renew_stamp')
  expect(await runOn(platform, 'migrate.up')).toMatchObject({ homes: 1 })
})
