import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId } from '../../src/kernel/clock.js'
import { sql } from '../../src/kernel/sql.js'
import { assertAlone } from '../../src/operations/migrate/overlap.js'
import type { Session } from '../../src/postgres/session.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { until } from '../faults/rig.js'
import { fleetOn } from '../support/fleet.js'
import { gate } from '../support/gate.js'
import { testServer } from '../support/servers-injected.js'
import { type Eye, eyeOn, failureOf, HOMES, NOTE, put, TENANTS } from './project.js'

let fleet: Fleet
const eyes = new Map<string, Eye>()
const ledgers = () => Promise.all(HOMES.map(async (slug) => (await eyes.get(slug)!.ledger()).join()))
const column = (version: number): Promise<void> =>
  put(
    fleet,
    `tenant/${version}_column.sql`,
    `-- migrate:up\nalter table note add column c${version} int;\n-- migrate:down\nalter table note drop column c${version};\n`,
  )
const down = (input = {}) => fleet.run('migrate.down', { waiveBackup: 'a test', ...input })
const newest = (name: string) =>
  fleet.platform.catalog.one(
    sql<{ id: string; state: string }>`select id, state from catalog.operation where name = ${name} order by created_at desc limit 1`,
  )

/** What comes to this border is held there until `release`. */
let border: RegExp | undefined
const held: (() => void)[] = []
const release = (): void => {
  border = undefined
  for (const go of held.splice(0)) go()
}
const failpoint = async (name: string): Promise<void> => {
  if (border?.test(name)) await new Promise<void>((resolve) => held.push(resolve))
}
const reached = (count = 1) => until(`${count} at the border`, async () => (held.length >= count ? true : undefined))

/** Holds what the catalog writes of new operations while two are asked for: both have looked around by then, or one waits for the other. */
async function atOnce<T>(ask: () => readonly Promise<T>[]): Promise<readonly T[]> {
  const { catalog } = fleet.platform
  const asked = await catalog.transaction(async (tx) => {
    await tx.script(sql`lock table catalog.operation in share mode`)
    const both = ask()
    await until('both to wait', async () => {
      const { waiting } = await catalog.one(sql<{ waiting: number }>`
        select count(*)::int as waiting from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`)
      return waiting >= 2 ? true : undefined
    })
    return { both }
  })
  return Promise.all(asked.both)
}

beforeAll(async () => {
  fleet = await fleetOn(testServer(), { failpoint, migrations: { 'tenant/1_note.sql': NOTE }, tenants: TENANTS })
  for (const slug of HOMES) eyes.set(slug, await eyeOn(fleet, slug))
  await column(2)
  await fleet.run('migrate.up')
})
afterAll(() => fleet?.stop())

describe('runs over the same homes', () => {
  const [ALL, BILLING, TENANT] = [{}, { service: 'billing' }, { tenant: 'one' }]
  test.each([
    ['up', ALL, 'down', ALL, 'running', true],
    ['up', ALL, 'redo', ALL, 'undoing', true],
    ['up', ALL, 'down', { platform: true }, 'paused', true],
    ['up', ALL, 'up', ALL, 'running', false],
    ['up', ALL, 'up', ALL, 'paused', true],
    ['up', ALL, 'up', BILLING, 'paused', true],
    ['up', BILLING, 'up', ALL, 'paused', true],
    ['up', BILLING, 'up', { service: 'other' }, 'paused', false],
    ['up', BILLING, 'down', ALL, 'paused', false],
    ['up', BILLING, 'down', BILLING, 'running', true],
    ['down', ALL, 'up', ALL, 'running', true],
    ['down', ALL, 'down', ALL, 'running', true],
    ['down', { platform: true }, 'down', ALL, 'running', false],
    ['redo', ALL, 'up', ALL, 'paused', true],
    ['baseline', ALL, 'up', ALL, 'running', true],
    ['baseline', ALL, 'baseline', ALL, 'running', false],
    ['baseline', TENANT, 'up', ALL, 'paused', false],
    ['baseline', TENANT, 'down', ALL, 'paused', true],
    ['up', ALL, 'baseline', TENANT, 'running', false],
    ['down', ALL, 'baseline', TENANT, 'running', true],
    ['up', ALL, 'down', ALL, 'cancelled', false],
  ])('%s %j beside %s %j that is %s: refused %s', async (name, input, other, beside, state, refused) => {
    const id = newId()
    const open = { code: 'OPERATION_PAUSED', facts: { operation: id }, message: '' }
    let answer: { code: string; facts: Record<string, unknown> } | undefined
    const asked = async (tx: Session) => {
      await tx.run(sql`
        insert into catalog.operation (id, name, input, state, actor, fault)
        values (${id}, ${`migrate.${other}`}, ${JSON.stringify(beside)}::jsonb, ${state}, 'test', ${state === 'paused' ? JSON.stringify(open) : null}::jsonb)`)
      answer = await failureOf(assertAlone(tx, { name: `migrate.${name}`, input }))
      throw new Error('taken back')
    }
    await fleet.platform.catalog.transaction(asked).catch(() => {})
    const code = !refused ? 'none' : name === other && state === 'paused' ? 'OPERATION_PAUSED' : 'MIGRATIONS_OVERLAP'
    expect(answer).toMatchObject({ code, facts: refused ? { operation: id } : {} })
  })

  test('a down that stands still half-way lets nothing round it, and goes on to its end', async () => {
    // As if it had failed in a home.
    const { id: failed } = await newest('migrate.up')
    const partial = JSON.stringify({ code: 'FLEET_PARTIAL', facts: {}, message: '' })
    await fleet.platform.catalog.run(sql`update catalog.operation set state = 'failed', fault = ${partial}::jsonb where id = ${failed}`)
    const { database, home } = eyes.get('three')!
    const { opened: freed, open: free } = gate()
    const holder = database.transaction(async (tx) => {
      await tx.run(sql`select from tenantry.home where id = ${home} for update`)
      await freed
    })
    const paused = failureOf(down({ parallel: 1 }))
    await until('the first home', async () => ((await ledgers())[0] === '1' ? true : undefined))
    const { id } = await newest('migrate.down')
    await fleet.run('operation.pause', { operation: id, reason: 'a look' })
    // It looks every quarter of a second.
    await new Promise((resolve) => setTimeout(resolve, 400))
    free()
    await holder
    expect(await paused).toMatchObject({ code: 'OPERATION_PAUSED', facts: { done: 2, waiting: 1 } })
    const facts = { operation: id, name: 'migrate.down', state: 'paused' }
    for (const [name, input] of [
      ['migrate.up', {}],
      ['migrate.redo', { waiveBackup: 'a test' }],
      ['migrate.baseline', { version: '2' }],
      ['operation.retry', { operation: failed }],
    ] as const)
      expect(await failureOf(fleet.run(name, input))).toMatchObject({
        code: 'MIGRATIONS_OVERLAP',
        facts,
        remedy: expect.stringContaining(`operation resume ${id}`),
      })
    expect(await failureOf(down())).toMatchObject({ code: 'OPERATION_PAUSED', facts: { operation: id } })
    expect((await newest('migrate.up')).state).toBe('failed')
    await fleet.run('tenant.create', { slug: 'late', isolation: 'shared' })
    expect(await ledgers()).toEqual(['1', '1', '1,2'])
    await fleet.run('operation.resume', { operation: id })
    expect(await ledgers()).toEqual(['1', '1', '1'])
    expect(await fleet.run('migrate.up')).toMatchObject({ homes: 3 })
  })

  test('of an up and a down that are asked for at once, one is refused', async () => {
    await column(3)
    border = /^migrate\.(up\/platform|down\/undo):before$/
    const { since } = await fleet.platform.catalog.one(sql<{ since: string }>`select clock_timestamp()::text as since`)
    const both = atOnce(() => [failureOf(fleet.run('migrate.up')), failureOf(down())])
    await reached()
    await until('the refusal', async () => {
      const [refused] = await fleet.platform.catalog.rows(
        sql`select from catalog.audit where fault = 'MIGRATIONS_OVERLAP' and at > ${since}::timestamptz`,
      )
      return held.length > 1 || refused !== undefined ? true : undefined
    })
    release()
    expect((await both).map(({ code }) => code).sort()).toEqual(['MIGRATIONS_OVERLAP', 'none'])
    await fleet.run('migrate.up')
  })

  test('two deployments may ask for the same up at once', async () => {
    await column(4)
    border = /^migrate\.up\/platform:before$/
    const both = atOnce(() => [failureOf(fleet.run('migrate.up')), failureOf(fleet.run('migrate.up'))])
    await reached(2)
    release()
    expect((await both).map(({ code }) => code)).toEqual(['none', 'none'])
    expect(await ledgers()).toEqual(HOMES.map(() => '1,2,3,4'))
  })
})

describe('what is offered on request', () => {
  const offers = () => fleet.platform.catalog.rows(sql`select track, version from catalog.migration_offer`)
  const wishes = () => fleet.platform.catalog.rows(sql`select from catalog.migration_wish`)

  test('is no more once it was undone; what is older stays', async () => {
    await column(5)
    await fleet.run('migrate.up', { mode: 'on_request' })
    const { id } = await fleet.tenant('one')
    await fleet.platform.catalog.run(sql`select catalog.wish_v1(${id}, '5')`)
    expect(await wishes()).toHaveLength(1)
    await fleet.run('migrate.up')
    await column(6)
    await fleet.run('migrate.up')
    await down()
    expect(await offers()).toEqual([{ track: 'tenant', version: '5' }])
    await down()
    expect(await ledgers()).toEqual(HOMES.map(() => '1,2,3,4'))
    expect([await offers(), await wishes()]).toEqual([[], []])
    expect(await fleet.platform.catalog.one(sql`select catalog.wish_v1(${id}, '5') as wish`)).toEqual({ wish: { state: 'none' } })
    expect(await failureOf(fleet.run('migrate.home', { tenant: 'one' }))).toMatchObject({ code: 'MIGRATION_NOT_OFFERED' })
  })

  test('and a home that is in hand for a scope is undone with the others', async () => {
    await fleet.run('migrate.up', { mode: 'on_request' })
    await fleet.run('migrate.home', { tenant: 'one' })
    border = /^migrate\.home\/apply:before$/
    const wanted = fleet.run('migrate.home', { tenant: 'three' })
    await reached()
    const undone = down({ to: '4' })
    await new Promise((resolve) => setTimeout(resolve, 500))
    release()
    await Promise.all([wanted, undone])
    expect(await ledgers()).toEqual(HOMES.map(() => '1,2,3,4'))
  })
})
