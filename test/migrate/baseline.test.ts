import { afterAll, beforeAll, expect, test } from 'vitest'
import { ident, sql } from '../../src/kernel/sql.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { until } from '../faults/rig.js'
import { fleetOn } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'
import { type Eye, eyeOn, failureOf, HOMES, NOTE, put, TENANTS } from './project.js'

let fleet: Fleet
const eyes = new Map<string, Eye>()
const FIRST = '20260101000000'
const SECOND = '20260102000000'
const THIRD = '20260103000000'
const table = (name: string) =>
  `create table ${name} (tenant_id uuid not null default tenantry.tenant(), id int, primary key (tenant_id, id));`
const baseline = (input: object) => fleet.run<{ homes: number; some: readonly string[] }>('migrate.baseline', input)

beforeAll(async () => {
  fleet = await fleetOn(testServer(), { migrations: { [`tenant/${FIRST}_note.sql`]: NOTE }, tenants: TENANTS, config: { lease: '2s' } })
  for (const slug of HOMES) eyes.set(slug, await eyeOn(fleet, slug))
  // Somebody has made by hand what the files would make.
  for (const { database, schema } of eyes.values()) {
    const names = await database.one(sql<{ owner: string }>`select 'tny_' || platform_id || '_owner' as owner from tenantry.identity`)
    await database.script(sql`create table ${ident(schema, 'second')} (tenant_id uuid not null default tenantry.tenant(), id int, primary key (tenant_id, id));
      alter table ${ident(schema, 'second')} owner to ${ident(names.owner)}`)
  }
  await put(fleet, `tenant/${SECOND}_second.sql`, `-- migrate:up\n${table('second')}\n`)
  await put(fleet, `tenant/${THIRD}_third.sql`, `-- migrate:up\n${table('third')}\n`)
})
afterAll(() => fleet?.stop())

test('while a scope holds the home at its version, no table is locked', async () => {
  const { database, schema, home } = eyes.get('four')!
  const recording = await database.transaction(async (scope) => {
    await scope.run(sql`select tenantry.hold_home_v1(${home})`)
    const running = baseline({ version: SECOND, tenant: 'four' })
    const waiting = await until('whoever wants the home', () =>
      database.maybe(sql<{ pid: number }>`
        select l.pid from pg_locks l where l.locktype = 'advisory' and l.mode = 'ExclusiveLock' and not l.granted
        and l.database = (select oid from pg_database where datname = current_database())`),
    )
    const held = await database.rows(sql`
      select from pg_locks where pid = ${waiting.pid} and relation = ${`${schema}.second`}::regclass and mode = 'AccessExclusiveLock'`)
    return { running, held }
  })
  expect(recording.held).toEqual([])
  expect(await recording.running).toMatchObject({ homes: 1 })
})

test('files are recorded without being run, in one home or in all that lack them, and the walls stand behind them', async () => {
  const { schema, ledger } = eyes.get('three')!
  expect(await baseline({ version: SECOND, tenant: 'three' })).toEqual({
    homes: 1,
    version: SECOND,
    some: [expect.stringContaining(schema)],
  })
  expect(await ledger()).toEqual([FIRST, SECOND])
  expect(await eyes.get('one')!.ledger()).toEqual([FIRST])
  expect((await baseline({ version: SECOND })).homes).toBe(1)
  for (const eye of eyes.values()) {
    expect(await eye.ledger()).toEqual([FIRST, SECOND])
    expect(new Set(await eye.told())).toEqual(new Set([SECOND]))
    expect(await eye.database.one(sql`select relrowsecurity as on from pg_class where oid = ${`${eye.schema}.second`}::regclass`)).toEqual({
      on: true,
    })
  }
  expect(await fleet.app.tenant('two').query(sql`select id from second`)).toEqual([])
  expect((await baseline({ version: SECOND })).homes).toBe(0)
  expect(await fleet.run('migrate.up')).toMatchObject({ homes: 3, version: THIRD })
})

test('refused with the homes where newer files have been applied, and where no file has the version', async () => {
  const failed = await failureOf(baseline({ version: SECOND }))
  expect(failed.code).toBe('MIGRATION_REFUSED')
  for (const { schema } of eyes.values()) expect(failed.message).toContain(`${schema} at ${THIRD}`)
  expect(await failureOf(baseline({ version: '1' }))).toMatchObject({ code: 'INPUT_INVALID' })
  expect(await failureOf(baseline({ version: THIRD, home: 'nowhere' }))).toMatchObject({ code: 'INPUT_INVALID' })
})

test('what the gate refuses is not recorded', async () => {
  const version = '20260104000000'
  await put(fleet, `tenant/${version}_fourth.sql`, `-- migrate:up\n${table('fourth')}\n`)
  const { database, schema, ledger } = eyes.get('one')!
  await database.run(sql`create table ${ident(schema, 'fourth')} (id int primary key)`)
  const failed = await failureOf(baseline({ version }))
  expect(failed).toMatchObject({ code: 'FLEET_PARTIAL', facts: { failed: 1, total: 3 } })
  expect(await ledger()).toEqual([FIRST, SECOND, THIRD])
})
