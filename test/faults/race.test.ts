import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { takeDatabase } from '../../src/isolation/adoption/database.js'
import { dropMarkedDatabase, ensureDatabase, installDatabase, isInstalled } from '../../src/isolation/install.js'
import { loginName } from '../../src/isolation/names.js'
import { dropRole, ensureLogin, roleExists } from '../../src/isolation/roles.js'
import { newId } from '../../src/kernel/clock.js'
import { isFault } from '../../src/kernel/faults.js'
import { checkPlatform, checkTenant } from './checker.js'
import { runKilled, startChild } from './children.js'
import { ISOLATIONS, type Rig, startRig } from './rig.js'

let rig: Rig
beforeAll(async () => {
  // Longer than a worker may stand still: the one that has taken over is not to be taken for dead as well.
  rig = await startRig(Object.fromEntries(ISOLATIONS.map((isolation) => [`of-${isolation}`, isolation])), { config: { lease: '5s' } })
})
afterAll(() => rig?.stop())

/** Answers how each ended: `done`, or the code of its fault. */
const outcomes = async (all: readonly Promise<unknown>[]): Promise<readonly string[]> =>
  (await Promise.allSettled(all)).map((one) => {
    if (one.status === 'fulfilled') return 'done'
    return isFault(one.reason) ? one.reason.code : String(one.reason)
  })

test.for(ISOLATIONS)('%s: of two operators who suspend a tenant at once exactly one wins', async (isolation) => {
  const slug = `of-${isolation}`
  const { epoch } = await rig.fleet.tenant(slug)
  const witness = await rig.eyes.session(rig.subject.catalog)
  await witness.query('begin')
  await witness.query('select from catalog.tenant where slug = $1 for update', [slug])
  const both = outcomes(['first', 'second'].map((reason) => rig.fleet.run('tenant.suspend', { tenant: slug, reason })))
  await rig.waiting(rig.subject.catalog, 'any lock', 2)
  await witness.query('commit')
  await witness.end()
  expect([...(await both)].sort()).toEqual(['TENANT_STATE', 'done'])
  expect((await rig.fleet.tenant(slug)).epoch).toBe(epoch + 1)
  expect(await checkTenant(rig.subject, slug, { state: 'suspended', isolation })).toEqual([])
})

test('of 200 who create the same slug at once exactly one wins, and the others are told why not', async () => {
  const all = await outcomes(Array.from({ length: 200 }, () => rig.fleet.run('tenant.create', { slug: 'wanted', isolation: 'schema' })))
  expect(all.filter((outcome) => outcome === 'done')).toHaveLength(1)
  expect(all.filter((outcome) => outcome === 'TENANT_EXISTS')).toHaveLength(199)
  expect(await checkTenant(rig.subject, 'wanted', { state: 'active', isolation: 'schema', like: 'of-schema' })).toEqual([])
})

test('of two workers who take over at once exactly one gets the operation', async () => {
  await runKilled(rig.fleet, 'tenant.create', { slug: 'taken', isolation: 'schema' }, 'tenant.create/home:acted')
  const { id } = await rig.operation('tenant.create', 'taken')
  const witness = await rig.eyes.session(rig.subject.catalog)
  await witness.query('begin')
  await witness.query('select from catalog.operation where id = $1 for update', [id])
  const workers = [startChild(rig.fleet, {}), startChild(rig.fleet, {})]
  try {
    await rig.waiting(rig.subject.catalog, 'any lock', 2)
    await witness.query('commit')
    expect(await rig.end('tenant.create', 'taken')).toMatchObject({ state: 'succeeded', attempts: 2, token: 2 })
  } finally {
    await witness.end()
    await Promise.all(workers.map((worker) => worker.stop()))
  }
  expect(await checkTenant(rig.subject, 'taken', { state: 'active', isolation: 'schema', like: 'of-schema' })).toEqual([])
})

describe('two workers at one step, of whom the first was taken for dead, before there is a fence', () => {
  const by = { operation: newId(), token: 1 }
  const [name, databaseId] = ['test_raced', newId()]
  const server = () => rig.fleet.platform.connect('env:DATABASE_URL')
  const raced = () => rig.fleet.platform.connect('env:DATABASE_URL', name)
  /** Both have looked before either acts: `holding` keeps them from acting until both wait. */
  const bothAtOnce = async (database: string, holding: string, act: () => Promise<unknown>): Promise<void> => {
    const witness = await rig.eyes.session(database)
    await witness.query('begin')
    await witness.query(holding)
    const both = outcomes([act(), act()])
    await rig.waiting(database, 'any lock', 2)
    await witness.query('rollback')
    await witness.end()
    expect(await both).toEqual(['done', 'done'])
  }

  test('make a database tenant-bearing', async () => {
    const { id: platformId, names, config, homeFiles: files } = rig.fleet.platform
    await ensureDatabase(server(), name, databaseId)
    const installation = { databaseId, platformId, names, extensions: config.extensions, files, hardened: true }
    await bothAtOnce(name, 'create schema tenantry', () => installDatabase(raced(), by, installation))
    expect(await isInstalled(server(), raced())).toBe(true)
  })

  test("make somebody's database tenant-bearing, and keep once how it was", async () => {
    const { id: platformId, names, config, homeFiles: files } = rig.fleet.platform
    await rig.eyes.see('postgres', 'create database test_taken')
    const installation = { databaseId: newId(), platformId, names, extensions: config.extensions, files, hardened: true }
    const theirs = rig.fleet.platform.connect('env:DATABASE_URL', 'test_taken')
    const taking = { installation, login: loginName(platformId, 1), whole: false }
    await bothAtOnce('test_taken', 'create schema tenantry', () => theirs.transaction((tx) => takeDatabase(tx, 'test_taken', by, taking)))
    const kept = "select from tenantry.adopted_object where home_id is null and object_type = 'database'"
    expect(await rig.eyes.see('test_taken', kept)).toHaveLength(1)
    const other = theirs.transaction((tx) =>
      takeDatabase(tx, 'test_taken', by, { ...taking, installation: { ...installation, databaseId: newId() } }),
    )
    await expect(other).rejects.toMatchObject({ code: 'DATABASE_OCCUPIED' })
    await rig.eyes.see('postgres', 'drop database test_taken with (force)')
  })

  test('make a role, and drop it', async () => {
    const made = (): Promise<void> => server().transaction((tx) => ensureLogin(tx, 'test_raced', 'test', { superuser: true }))
    await bothAtOnce('postgres', 'create role test_raced', made)
    const dropped = (): Promise<void> => server().transaction((tx) => dropRole(tx, 'test_raced'))
    // An error without a name of its own, after which a step is tried again.
    const again = (error: { code?: string }): Promise<void> => (error.code === 'XX000' ? dropped() : Promise.reject(error))
    await bothAtOnce('postgres', "comment on role test_raced is 'held'", () => dropped().catch(again))
    expect(await server().maybe(roleExists('test_raced'))).toBeUndefined()
  })

  test('drop a database', async () => {
    await bothAtOnce('postgres', `comment on database ${name} is 'held'`, () => dropMarkedDatabase(server(), name, databaseId))
    expect(await isInstalled(server(), raced())).toBe(false)
  })
})

test('afterwards the platform is in order', async () => {
  expect(await checkPlatform(rig.subject)).toEqual([])
})
