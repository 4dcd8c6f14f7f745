import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runWorker } from '../../src/worker/worker.js'
import { whileStopped } from '../support/zombie.js'
import { checkGone, checkPlatform, checkTenant } from './checker.js'
import { startChild } from './children.js'
import { ISOLATIONS, type Rig, slugOf, startRig, until } from './rig.js'
import { withWork } from './with-work.js'

const CREATING = ['database:before', 'home:before', 'home:acted', 'place:acted', 'activate:acted'].map(
  (border) => `tenant.create/${border}`,
)

// Until the server ends its transaction takes its time, while the other tests are busy.
let sleeping: Promise<void>
beforeAll(() => {
  sleeping = sleepInTransaction()
  sleeping.catch(() => {})
})
// No fleet is left by a run of the other tests alone.
afterAll(() => sleeping.catch(() => {}))

/** Holds a tenant's lock as a scope does. */
async function openScope(rig: Rig, slug: string) {
  const { id, database } = await rig.fleet.tenant(slug)
  const scope = await rig.eyes.session(database)
  await scope.query('begin')
  await scope.query('select pg_advisory_xact_lock_shared(uuid_hash_extended($1, 7426))', [id])
  return { database, scope }
}

for (const isolation of ISOLATIONS) {
  describe(`${isolation}: a worker that slept, was taken for dead and wakes up`, () => {
    let rig: Rig
    const over = new AbortController()
    let working: Promise<void> | undefined
    beforeAll(async () => {
      rig = await startRig({ peace: isolation, resumed: isolation })
      working = runWorker(rig.fleet.platform, over.signal)
    })
    afterAll(async () => {
      over.abort()
      await working
      await rig?.stop()
    })

    test.concurrent(`at ${CREATING.join(', ')} is refused, and each tenant is there once`, async () => {
      const slug = (point: string): string => slugOf('z', point)
      const zombie = startChild(rig.fleet, {
        together: CREATING.map((waitAt) => ({ run: 'tenant.create', input: { slug: slug(waitAt), isolation }, waitAt })),
      })
      await zombie.standing(CREATING.length)
      await whileStopped(zombie, async () => {
        for (const point of CREATING) expect(await rig.end('tenant.create', slug(point)), point).toMatchObject({ state: 'succeeded' })
      })
      zombie.goOn()
      expect(await zombie.ended()).toEqual({ last: 'fault OPERATION_LOST', signal: null })
      expect(zombie.said().filter((line) => /^(fault|succeeded)/.test(line))).toEqual(CREATING.map(() => 'fault OPERATION_LOST'))
      for (const point of CREATING)
        expect(await checkTenant(rig.subject, slug(point), { state: 'active', isolation, like: 'peace' }), point).toEqual([])
    })

    test.concurrent('in the midst of a change of state does not change it once more, though the tenant has been resumed since', async () => {
      const { database, scope } = await openScope(rig, 'resumed')
      const zombie = startChild(rig.fleet, { run: 'tenant.suspend', input: { tenant: 'resumed', reason: 'unpaid' } })
      await rig.waiting(database, 'advisory')
      await whileStopped(zombie, async () => {
        // Its wait is over before the scope is, so its transaction is, too; it has yet to hear of it.
        await rig.waiting(database, 'advisory', 0)
        await scope.end()
        expect(await rig.end('tenant.suspend', 'resumed')).toMatchObject({ state: 'succeeded' })
        await rig.fleet.run('tenant.resume', { tenant: 'resumed' })
      })
      expect(await zombie.ended()).toEqual({ last: 'fault OPERATION_LOST', signal: null })
      expect(await checkTenant(rig.subject, 'resumed', { state: 'active', isolation, like: 'peace' })).toEqual([])
    })

    test.concurrent('in the statement that asks for the fence, does not place a tenant whose creation was taken back', async () => {
      const zombie = startChild(rig.fleet, {
        run: 'tenant.create',
        input: { slug: 'undone', isolation },
        waitAt: 'tenant.create/place:before',
      })
      await zombie.says('at tenant.create/place:before')
      const { id } = await rig.operation('tenant.create', 'undone')
      const { database } = await rig.fleet.tenant('undone')
      // Stands where the one that takes over will: its token is written, and not yet committed.
      const next = await rig.eyes.session(database)
      await next.query('begin')
      await next.query(
        'insert into tenantry.operation_fence values ($1, 2) on conflict (operation_id) do update set token = excluded.token',
        [id],
      )
      zombie.goOn()
      await rig.waiting(database, 'transactionid')
      await whileStopped(zombie, async () => {
        await next.query('commit')
        await next.end()
        await rig.fleet.run('operation.cancel', { operation: id })
        expect(await rig.end('tenant.create', 'undone')).toMatchObject({ state: 'cancelled' })
      })
      expect(await zombie.ended()).toEqual({ last: 'fault OPERATION_LOST', signal: null })
      expect(await checkGone(rig.subject, 'undone')).toEqual([])
    })

    test('has left the platform in order', async () => {
      expect(await checkPlatform(rig.subject)).toEqual([])
    })
  })
}

test('before it makes a database that nothing fences, a worker whose operation was taken back since makes none', async () => {
  const rig = await startRig()
  const [homes, cluster] = ['tenant.create/database:before', 'cluster.add/database:before']
  const database = `${rig.subject.prefix}more`
  try {
    const creating = startChild(rig.fleet, { run: 'tenant.create', input: { slug: 'unmade', isolation: 'database' }, waitAt: homes })
    const adding = startChild(rig.fleet, { run: 'cluster.add', input: { name: 'more', database }, waitAt: cluster })
    await Promise.all([creating.says(`at ${homes}`), adding.says(`at ${cluster}`)])
    const open = await rig.eyes.see<{ id: string }>(rig.subject.catalog, "select id from catalog.operation where state = 'running'")
    await whileStopped(creating, () =>
      whileStopped(adding, async () => {
        for (const { id } of open) await rig.fleet.run('operation.cancel', { operation: id })
        await withWork(rig.fleet, () =>
          until('both to be taken back', async () => {
            const text = "select from catalog.operation where state = 'cancelled'"
            return (await rig.eyes.see(rig.subject.catalog, text)).length === 2 ? true : undefined
          }),
        )
      }),
    )
    for (const zombie of [creating, adding]) {
      zombie.goOn()
      expect(await zombie.ended()).toEqual({ last: 'fault OPERATION_LOST', signal: null })
    }
    expect(await checkPlatform(rig.subject)).toEqual([])
  } finally {
    await rig.stop()
  }
})

test('a worker that sleeps while its transaction holds a tenant holds nobody up for long', { timeout: 60_000 }, () => sleeping)

async function sleepInTransaction(): Promise<void> {
  const rig = await startRig({ held: 'schema' })
  try {
    const { database, scope } = await openScope(rig, 'held')
    const zombie = startChild(rig.fleet, { run: 'tenant.suspend', input: { tenant: 'held', reason: 'unpaid' } })
    await rig.waiting(database, 'advisory')
    await whileStopped(zombie, async () => {
      await scope.end()
      expect(await withWork(rig.fleet, () => rig.end('tenant.suspend', 'held'))).toMatchObject({ state: 'succeeded' })
    })
    expect(await zombie.ended()).toEqual({ last: 'fault OPERATION_LOST', signal: null })
    expect(await checkTenant(rig.subject, 'held', { state: 'suspended', isolation: 'schema' })).toEqual([])
  } finally {
    await rig.stop()
  }
}
