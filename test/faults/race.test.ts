import { afterAll, beforeAll, expect, test } from 'vitest'
import { isFault } from '../../src/kernel/faults.js'
import { checkPlatform, checkTenant } from './checker.js'
import { runKilled, startChild } from './children.js'
import { ISOLATIONS, type Rig, startRig } from './rig.js'

let rig: Rig
beforeAll(async () => {
  rig = await startRig(Object.fromEntries(ISOLATIONS.map((isolation) => [`of-${isolation}`, isolation])))
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

test('afterwards the platform is in order', async () => {
  expect(await checkPlatform(rig.subject)).toEqual([])
})
