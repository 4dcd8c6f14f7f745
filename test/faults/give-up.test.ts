import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkPlatform, checkTenant } from './checker.js'
import { runKilled } from './children.js'
import { type Rig, startRig } from './rig.js'
import { withWork } from './with-work.js'

// What an operation that is given up must leave as it was, though it is in its own way.

let rig: Rig
let theirs = 'none'
beforeAll(async () => {
  rig = await startRig({ open: 'schema', unpaid: 'schema', peace: 'schema' })
})
afterAll(async () => {
  await rig?.eyes.see('postgres', `drop database if exists ${theirs}`)
  await rig?.stop()
})

describe.concurrent('giving up', () => {
  test('a change of state that open scopes keep waiting for too long is over then, and nothing has changed', async () => {
    const { id, database, epoch } = await rig.fleet.tenant('open')
    const scope = await rig.eyes.session(database)
    await scope.query('begin')
    await scope.query('select pg_advisory_xact_lock_shared(uuid_hash_extended($1, 7426))', [id])
    await expect(rig.fleet.run('tenant.suspend', { tenant: 'open', reason: 'unpaid' })).rejects.toMatchObject({ code: 'TENANT_BUSY' })
    expect(await rig.operation('tenant.suspend', 'open')).toMatchObject({ state: 'failed', fault: 'TENANT_BUSY' })
    await scope.end()
    expect((await rig.fleet.tenant('open')).epoch).toBe(epoch)
    expect(await checkTenant(rig.subject, 'open', { state: 'active', isolation: 'schema', like: 'peace' })).toEqual([])
  })

  test('a change of state that is cancelled leaves the reason of the state before', async () => {
    await rig.fleet.run('tenant.suspend', { tenant: 'unpaid', reason: 'has not paid since March' })
    await runKilled(rig.fleet, 'tenant.suspend', { tenant: 'unpaid', reason: 'may read', allowReads: true }, 'tenant.suspend/fence:after')
    await rig.fleet.run('operation.cancel', { operation: (await rig.operation('tenant.suspend', 'unpaid')).id })
    expect((await withWork(rig.fleet, () => rig.end('tenant.suspend', 'unpaid'))).state).toBe('cancelled')
    expect(await rig.fleet.tenant('unpaid')).toMatchObject({ state: 'suspended', stateReason: 'has not paid since March' })
    expect(await checkTenant(rig.subject, 'unpaid', { state: 'suspended', isolation: 'schema' })).toEqual([])
  })

  test('a tenant that is active already is not taken back, though its creation is cancelled before its worker is replaced', async () => {
    await runKilled(rig.fleet, 'tenant.create', { slug: 'late', isolation: 'schema' }, 'tenant.create/activate:acted')
    // Applications have been told of it.
    const active = (await rig.fleet.tenant('late')).state === 'active'
    await rig.fleet.run('operation.cancel', { operation: (await rig.operation('tenant.create', 'late')).id })
    const { state } = await withWork(rig.fleet, () => rig.end('tenant.create', 'late'))
    expect(state).toBe(active ? 'succeeded' : 'cancelled')
  })

  test("somebody else's database that has the name of the new home's is neither taken nor dropped", async () => {
    const [next] = await rig.eyes.see<{ number: string }>(
      rig.subject.catalog,
      `select (last_value + 3)::text as number from pg_sequences where schemaname = 'catalog' and sequencename = 'home_number_seq'`,
    )
    theirs = `${rig.subject.prefix}${next!.number}`
    await rig.eyes.see('postgres', `create database ${theirs}`)
    await rig.eyes.see(theirs, 'create table precious as select 1 as one')
    const created = Array.from({ length: 4 }, (_, n) => rig.fleet.run('tenant.create', { slug: `like-theirs-${n}`, isolation: 'database' }))
    const codes = (await Promise.allSettled(created)).map((one) => (one.status === 'fulfilled' ? 'done' : one.reason.code))
    expect(codes).toContain('DATABASE_OCCUPIED')
    expect(await rig.eyes.see(theirs, `select one, to_regnamespace('tenantry') is null as clean from precious`)).toEqual([
      { one: 1, clean: true },
    ])
    await rig.eyes.see(rig.subject.catalog, 'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [theirs])
  })
})

test('afterwards the platform is in order', async () => {
  await rig.eyes.see('postgres', `drop database ${theirs} with (force)`)
  expect(await checkPlatform(rig.subject)).toEqual([])
})
