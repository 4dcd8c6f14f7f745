import { afterAll, beforeAll, expect, test } from 'vitest'
import { submit } from '../../src/engine/submit.js'
import { isFault } from '../../src/kernel/faults.js'
import { checkTenant } from './checker.js'
import { runKilledTogether, startChild, withWorkers } from './children.js'
import { checkHistory, checkOnePlace, connectionsOf, inventory, settleTo } from './invariants.js'
import { ISOLATIONS, type Rig, startRig } from './rig.js'

let rig: Rig
beforeAll(async () => {
  rig = await startRig(Object.fromEntries(ISOLATIONS.map((isolation) => [`peace-${isolation}`, isolation])))
})
afterAll(() => rig?.stop())

test('the same request 50 times at once, with the same key, is done once and answered alike', async () => {
  const { platform } = rig.fleet
  const ask = async (): Promise<unknown> => {
    for (;;) {
      const options = { idempotencyKey: 'fifty' }
      try {
        return await submit(platform, platform.find('tenant.create')!, { slug: 'once', isolation: 'schema' }, CALLER, options)
      } catch (error) {
        // It is being done: somebody else has asked first.
        if (!isFault(error, 'OPERATION_STATE')) throw error
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    }
  }
  const answers = await Promise.all(Array.from({ length: 50 }, ask))
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
  expect(answers.map((answer) => (answer as { output: { since: unknown } }).output.since)).toEqual(answers.map(() => expect.any(Date)))
  const text = `select from catalog.operation where input ->> 'slug' = 'once'`
  expect(await rig.eyes.see(rig.subject.catalog, text)).toHaveLength(1)
  expect(await checkTenant(rig.subject, 'once', { state: 'active', isolation: 'schema', like: 'peace-schema' })).toEqual([])
})
const CALLER = { actor: 'test', source: 'library' } as const

test('after kills, a cancellation and a purge there is as much as before, and no connection more', { timeout: 60_000 }, async () => {
  const [before, connections] = [await inventory(rig.subject), await connectionsOf(rig.subject)]
  for (const isolation of ISOLATIONS) {
    await rig.fleet.run('tenant.create', { slug: `brief-${isolation}`, isolation })
    await rig.fleet.run('tenant.delete', { tenant: `brief-${isolation}`, reason: 'left us', grace: '0s' })
  }
  await runKilledTogether(
    rig.fleet,
    ISOLATIONS.flatMap((isolation) => [
      { run: 'tenant.create', input: { slug: `doomed-${isolation}`, isolation }, killAt: 'tenant.create/place:acted' },
      { run: 'tenant.purge', input: { tenant: `brief-${isolation}`, waiveBackup: 'a test' }, killAt: 'tenant.purge/destroy:acted' },
    ]),
  )
  for (const isolation of ISOLATIONS)
    await rig.fleet.run('operation.cancel', { operation: (await rig.operation('tenant.create', `doomed-${isolation}`)).id })
  await withWorkers(rig.fleet, 1, async () => {
    for (const isolation of ISOLATIONS) {
      expect((await rig.end('tenant.create', `doomed-${isolation}`)).state).toBe('cancelled')
      expect((await rig.end('tenant.purge', `brief-${isolation}`)).state).toBe('succeeded')
    }
  })
  expect(await inventory(rig.subject)).toEqual(before)
  expect(await settleTo(rig.subject, connections)).toEqual([])
})

test('of all routes to a tenant only the newest lets anybody write, and none while it is suspended', async () => {
  for (const isolation of ISOLATIONS) {
    const tenant = `peace-${isolation}`
    expect(await checkOnePlace(rig.subject, tenant)).toEqual([])
    await rig.fleet.run('tenant.suspend', { tenant, reason: 'unpaid' })
    expect(await checkOnePlace(rig.subject, tenant, false)).toEqual([])
    await rig.fleet.run('tenant.resume', { tenant })
    expect(await checkOnePlace(rig.subject, tenant)).toEqual([])
  }
})

test('the history has no gap', async () => {
  const child = startChild(rig.fleet, { runs: [['tenant.suspend', { tenant: 'nobody', reason: 'none' }]] })
  expect((await child.ended()).last).toBe('fault TENANT_NOT_FOUND')
  expect(await checkHistory(rig.subject)).toEqual([])
})
