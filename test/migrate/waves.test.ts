import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { ident, sql } from '../../src/kernel/sql.js'
import type { Fleet } from '../../src/testing.js'
import { itemsBy, ledgers, makeGate, newestRun, nextMigration, startWaves, thrown, until } from './waves-rig.js'

let fleet: Fleet
const gate = makeGate()
const HOMES = ['one', 'two', 'three', 'four'] as const
interface Shown {
  readonly state: string
  readonly waves: readonly { readonly name: string; readonly done: number; readonly total: number; readonly tenants: number }[]
  readonly items: {
    readonly done: number
    readonly failedCount: number
    readonly failed: readonly { readonly item: string; readonly fault: { readonly facts: Record<string, unknown> } }[]
    readonly skipped: readonly { readonly reason: string }[]
  }
  readonly fault: { readonly code: string; readonly message: string } | null
}
const show = (operation: string): Promise<Shown> => fleet.run('operation.show', { operation })
const status = () => fleet.run<Record<string, unknown> & { pendingHomes: number }>('migrate.status')
const catalogVersions = async () =>
  (await fleet.platform.catalog.rows(sql<{ version: string }>`select version from catalog.home`)).map((row) => row.version)

beforeAll(async () => {
  fleet = await startWaves({ crowd: 'shared', mob: 'shared', one: 'schema', two: 'schema', three: 'schema', four: 'schema' }, gate)
  await fleet.run('tenant.set', { tenant: 'four', label: ['ring=early'] })
})
afterAll(() => fleet?.stop())

/** So many rows with the same text, which a unique index over it does not bear when there are two. */
const dirty = async (slug: string, rows: number): Promise<void> => {
  const { schema, id } = await fleet.tenant(slug)
  const witness = await fleet.witness(slug)
  await witness.run(sql`delete from ${ident(schema, 'note')}`)
  for (let row = 0; row < rows; row++)
    await witness.run(sql`insert into ${ident(schema, 'note')} (tenant_id, id, body) values (${id}, ${row}, 'same')`)
}
const FAILS_WHERE_DIRTY = `create unique index once on note (tenant_id, body);\ndrop index once;\n`

describe('waves', () => {
  test('a dry run shows waves, homes and the tenants that they serve, and touches nothing', async () => {
    const version = await nextMigration(fleet)
    const plan = await fleet.run('migrate.up', { dryRun: true, canary: 'ring=early', waves: '40%,100%' })
    expect(plan).toMatchObject({
      dryRun: true,
      homes: 5,
      waves: [
        { wave: 1, name: 'canaries ring=early', homes: 1, tenants: 1 },
        { wave: 2, name: '40%', homes: 1, tenants: 1 },
        { wave: 3, name: '100%', homes: 3, tenants: 4 },
      ],
    })
    expect(await ledgers(fleet, ...HOMES)).not.toContain(version)
  })

  test('a group that no home is in is refused by its name, before anything is begun', async () => {
    for (const [given, says] of [
      [{ canary: 'ring=eraly' }, 'canary: no home has a tenant with the label ring=eraly'],
      [{ waves: 'label=ring:late,label=ring:early' }, 'waves: no home has a tenant with the label ring=late'],
      [{ waves: 'tier=gold,100%', dryRun: true }, 'waves: no home has a tenant of the tier gold'],
    ] as const)
      expect(await thrown(fleet.run('migrate.up', given))).toMatchObject({ code: 'INPUT_INVALID', facts: { issues: [says] } })
  })

  test('a run that pauses between waves waits for somebody, holds no lease, and keeps to its order', async () => {
    const version = await nextMigration(fleet)
    const paused = await thrown(fleet.run('migrate.up', { canary: 'ring=early', waves: '60%', pauseBetween: true }))
    expect(paused).toMatchObject({ code: 'OPERATION_PAUSED', kind: { exit: 3 }, facts: { why: 'wave', done: 1, failed: 0, waiting: 4 } })
    const { id, state, leased, attempts } = await newestRun(fleet)
    expect({ state, leased, attempts }).toEqual({ state: 'paused', leased: false, attempts: 1 })
    expect(paused.remedy).toContain(`tenantry operation resume ${id}`)
    expect(await ledgers(fleet, 'four')).toEqual([version])
    expect(await ledgers(fleet, 'one', 'two', 'three')).not.toContain(version)
    // What would go round it is refused as well, and the status tells.
    expect(await thrown(fleet.run('migrate.up'))).toMatchObject({ code: 'OPERATION_PAUSED', facts: { operation: id } })
    expect(await status()).toMatchObject({ pendingHomes: 4, runs: [{ operation: id, state: 'paused', done: 1, waiting: 4 }] })
    const findings = await fleet.run<{ data: { check: string }[] }>('doctor.run')
    expect(findings.data.map(({ check }) => check)).toContain('operation.paused')

    const order = await itemsBy(fleet, id)
    await fleet.run('tenant.set', { tenant: 'four', unlabel: ['ring'] })
    expect(await thrown(fleet.run('operation.resume', { operation: id }))).toMatchObject({ facts: { why: 'wave', done: 3, waiting: 2 } })
    await fleet.run('operation.resume', { operation: id })
    await fleet.run('tenant.set', { tenant: 'four', label: ['ring=early'] })
    expect((await itemsBy(fleet, id)).map(({ item, wave }) => [item, wave])).toEqual(order.map(({ item, wave }) => [item, wave]))
    expect(await ledgers(fleet, ...HOMES, 'crowd')).toEqual(Array(5).fill(version))
    expect(new Set(await catalogVersions())).toEqual(new Set([version]))
    expect(await show(id)).toMatchObject({
      state: 'succeeded',
      waves: [{ name: 'canaries ring=early' }, { name: '60%' }, { name: 'the rest', tenants: 3 }],
    })
  })

  test('an error budget stops the run; what failed is retried after repair, skipped with a reason, or left', async () => {
    const version = await nextMigration(fleet, FAILS_WHERE_DIRTY)
    for (const slug of ['one', 'two']) await dirty(slug, 2)
    const paused = await thrown(fleet.run('migrate.up', { parallel: 1, errorBudget: '1' }))
    // The homes stand in the order of their numbers, the shared one last.
    expect(paused).toMatchObject({ code: 'OPERATION_PAUSED', facts: { why: 'budget', failed: 2, done: 0, waiting: 3 } })
    const { id } = await newestRun(fleet)
    for (const verb of ['retry', 'resume', 'skip', 'cancel']) expect(paused.remedy).toContain(`tenantry operation ${verb} ${id}`)
    const { items } = await show(id)
    expect(items.failed[0]!.fault.facts).toMatchObject({ sqlstate: '23505', detail: expect.stringContaining('body') })
    const { troubled } = await status()
    expect(troubled.map(({ sqlstate, tenant, state }) => `${tenant} ${state} ${sqlstate}`).sort()).toEqual([
      'one failed 23505',
      'two failed 23505',
    ])

    // One is repaired; of the other nobody knows yet.
    await dirty('one', 1)
    expect(await thrown(fleet.run('operation.skip', { operation: id, item: 'nobody', reason: 'x' }))).toMatchObject({
      code: 'ITEM_NOT_FOUND',
    })
    await fleet.run('operation.skip', { operation: id, item: 'two', reason: 'cleaned up next week' })
    await fleet.run('operation.retry', { operation: id })
    expect(await show(id)).toMatchObject({
      state: 'succeeded',
      items: { done: 4, skipped: [{ tenant: 'two', reason: 'cleaned up next week' }] },
    })
    expect(await ledgers(fleet, 'one', 'three', 'four', 'crowd')).toEqual(Array(4).fill(version))
    expect(await ledgers(fleet, 'two')).not.toContain(version)
    expect(await status()).toMatchObject({ pendingHomes: 1, troubled: [{ state: 'skipped', message: 'cleaned up next week' }] })
    const audited = await fleet.platform.catalog.rows(
      sql`select operation from catalog.audit where operation like 'operation.%' order by id`,
    )
    expect(audited.map((row) => (row as { operation: string }).operation)).toEqual(
      expect.arrayContaining(['operation.skip', 'operation.retry']),
    )
  })

  test('what ended with failed homes is taken up again where it stands: the same operation, only its failed homes', async () => {
    const partial = await thrown(fleet.run('migrate.up'))
    expect(partial).toMatchObject({ code: 'FLEET_PARTIAL', facts: { failed: 1, total: 1 } })
    const { id } = await newestRun(fleet)
    await dirty('two', 1)
    expect(await thrown(fleet.run('operation.resume', { operation: id }))).toMatchObject({ code: 'OPERATION_STATE' })
    expect(await fleet.run('operation.retry', { operation: id })).toMatchObject({ operation: id, retried: id })
    expect(await show(id)).toMatchObject({ state: 'succeeded', items: { done: 1, failedCount: 0 } })
    expect(await status()).toMatchObject({ pendingHomes: 0, troubled: [] })
  })

  test('with waves, the first failure stops by default, and going on accepts it', async () => {
    await nextMigration(fleet, FAILS_WHERE_DIRTY)
    await dirty('four', 2)
    const paused = await thrown(fleet.run('migrate.up', { canary: 'ring=early' }))
    expect(paused).toMatchObject({ code: 'OPERATION_PAUSED', facts: { why: 'budget', done: 0, failed: 1, waiting: 4 } })
    const { id } = await newestRun(fleet)
    expect(await thrown(fleet.run('operation.resume', { operation: id }))).toMatchObject({
      code: 'FLEET_PARTIAL',
      facts: { failed: 1, total: 5 },
    })
    await dirty('four', 1)
    await fleet.run('operation.retry', { operation: id })
    expect(await status()).toMatchObject({ pendingHomes: 0 })
  })
})

/** A look at what stops a run is good for a quarter of a second: a home that takes longer is followed by another. */
const lookedAt = () => new Promise((resolve) => setTimeout(resolve, 300))

describe('somebody stops a run', () => {
  // Where a test has failed half-way, the next try has a fleet that nobody has stopped.
  afterEach(async () => {
    gate.free()
    const { id, state } = await until(async () => {
      const seen = await newestRun(fleet)
      return seen.state !== 'running' && seen
    })
    await fleet.run('migrate.unfreeze')
    if (state === 'paused') await fleet.run('operation.cancel', { operation: id })
  })

  test('pause: the home in hand is finished, nothing more is begun, and a cancel ends it there', async () => {
    const version = await nextMigration(fleet)
    const held = gate.hold()
    const running = thrown(fleet.run('migrate.up', { parallel: 1 }))
    await held.reached
    const { id } = await newestRun(fleet)
    await fleet.run('operation.pause', { operation: id, reason: 'the shop is open' })
    await lookedAt()
    held.release()
    expect(await running).toMatchObject({
      code: 'OPERATION_PAUSED',
      facts: { why: 'asked', says: 'the shop is open', done: 1, waiting: 4 },
    })
    expect(await ledgers(fleet, 'one', 'two')).toEqual([version, expect.not.stringMatching(version)])
    expect(await fleet.run('operation.cancel', { operation: id })).toMatchObject({ ended: true })
    expect(await show(id)).toMatchObject({ state: 'cancelled' })
    expect(await thrown(fleet.run('operation.resume', { operation: id }))).toMatchObject({ code: 'OPERATION_STATE' })
    await fleet.run('migrate.up')
  })

  test('a freeze refuses what would begin, stops what runs, lets tenants be made, and gives way to a reason', async () => {
    const version = await nextMigration(fleet)
    const homes = (await catalogVersions()).length
    const held = gate.hold()
    const running = thrown(fleet.run('migrate.up', { parallel: 1 }))
    await held.reached
    const { id } = await newestRun(fleet)
    await fleet.run('migrate.freeze', { reason: 'Christmas', until: '12h' })
    await lookedAt()
    held.release()
    expect(await running).toMatchObject({ code: 'OPERATION_PAUSED', facts: { why: 'frozen', done: 1 } })
    expect(await thrown(fleet.run('operation.resume', { operation: id }))).toMatchObject({ facts: { why: 'frozen', done: 1 } })
    await fleet.run('operation.cancel', { operation: id })
    const frozen = await thrown(fleet.run('migrate.up'))
    expect(frozen).toMatchObject({ code: 'MIGRATIONS_FROZEN', facts: { reason: 'Christmas', actor: 'test', until: expect.any(String) } })
    expect(frozen.remedy).toContain('tenantry migrate unfreeze')
    expect(await thrown(fleet.run('migrate.down', { waiveBackup: 'a test' }))).toMatchObject({ code: 'MIGRATIONS_FROZEN' })
    expect(await status()).toMatchObject({ freeze: { reason: 'Christmas' }, pendingHomes: homes - 1 })
    const slug = `five-${version}`
    await fleet.run('tenant.create', { slug, isolation: 'schema' })
    expect(await ledgers(fleet, slug)).toEqual([version])

    await fleet.run('migrate.up', { despiteFreeze: 'the shop is down' })
    expect(await ledgers(fleet, ...HOMES)).toEqual(Array(4).fill(version))
    // With nothing to do, a deployment is not refused.
    expect(await fleet.run('migrate.up')).toMatchObject({ homes: 0 })
    expect(await fleet.run('migrate.unfreeze')).toEqual({ lifted: true, reason: 'Christmas' })
    expect(await fleet.run('migrate.unfreeze')).toMatchObject({ lifted: false })
  })
})
