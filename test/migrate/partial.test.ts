import { afterAll, beforeAll, expect, test } from 'vitest'
import { ident, sql } from '../../src/kernel/sql.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { fleetOn } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'
import { type Eye, eyeOn, failureOf, HOMES, NOTE, TENANTS } from './project.js'

const FIRST = '20260101000000'
const SECOND = '20260102000000'
const THIRD = '20260103000000'
const file = (name: string, table: string) =>
  `-- migrate:up\ncreate table ${table} (tenant_id uuid not null default tenantry.tenant(), id int, primary key (tenant_id, id));\n-- migrate:down\ndrop table ${table};\n-- ${name}\n`

let fleet: Fleet
const eyes = new Map<string, Eye>()
const ledgers = () => Promise.all(HOMES.map((slug) => eyes.get(slug)!.ledger()))
const down = (input = {}) => fleet.run<{ homes: number; tenants: number }>('migrate.down', { waiveBackup: 'a test', ...input })
const up = (input = {}) => fleet.run<{ homes: number }>('migrate.up', input)
const standings = async (): Promise<readonly string[]> => {
  const { data } = await fleet.run<{ data: readonly { isolation: string; version: string }[] }>('migrate.status')
  return data.map(({ isolation, version }) => `${isolation} ${version}`).sort()
}
const inTheWay = async (text: (schema: string) => ReturnType<typeof sql>): Promise<void> => {
  const { database, schema } = eyes.get('three')!
  await database.run(text(schema))
}

beforeAll(async () => {
  fleet = await fleetOn(testServer(), {
    migrations: {
      [`tenant/${FIRST}_note.sql`]: NOTE,
      [`tenant/${SECOND}_second.sql`]: file('second', 'second'),
      [`tenant/${THIRD}_third.sql`]: file('third', 'third'),
      'platform/20260101000000_plan.sql': '-- migrate:up\ncreate table plan (id int primary key);\n-- migrate:down\ndrop table plan;\n',
      'platform/20260102000000_price.sql': '-- migrate:up\ncreate table price (id int primary key);\n-- migrate:down\ndrop table price;\n',
    },
    tenants: TENANTS,
  })
  for (const slug of HOMES) eyes.set(slug, await eyeOn(fleet, slug))
})
afterAll(() => fleet?.stop())

test('a home in which the second of two files is not undone stands where its ledger says, and comes up again', async () => {
  await inTheWay(
    (schema) => sql`create view ${ident(schema, 'uses')} with (security_invoker = true) as select id from ${ident(schema, 'second')}`,
  )
  expect(await failureOf(down({ to: FIRST }))).toMatchObject({ code: 'FLEET_PARTIAL', facts: { failed: 1 } })
  expect(await ledgers()).toEqual([[FIRST], [FIRST, SECOND], [FIRST]])
  expect(await standings()).toEqual([`database ${FIRST}`, `schema ${SECOND}`, `shared ${FIRST}`])
  expect(await up()).toMatchObject({ homes: 3 })
  expect(await ledgers()).toEqual(HOMES.map(() => [FIRST, SECOND, THIRD]))
})

test('a home in which the second of two files fails stands at the first, and down finds it', async () => {
  await inTheWay((schema) => sql`drop view ${ident(schema, 'uses')}`)
  await down({ to: FIRST })
  await inTheWay((schema) => sql`create type ${ident(schema, 'third')} as enum ()`)
  expect(await failureOf(up())).toMatchObject({ code: 'FLEET_PARTIAL', facts: { failed: 1 } })
  expect(await standings()).toEqual([`database ${THIRD}`, `schema ${SECOND}`, `shared ${THIRD}`])
  expect(await down({ to: FIRST })).toMatchObject({ homes: 3 })
  expect(await ledgers()).toEqual(HOMES.map(() => [FIRST]))
  await inTheWay((schema) => sql`drop type ${ident(schema, 'third')}`)
  expect(await up()).toMatchObject({ homes: 3 })
})

test('platform tables too', async () => {
  const { database } = eyes.get('three')!
  const { schema } = await database.one(sql<{ schema: string }>`
    select relnamespace::regnamespace::text as schema from pg_class where relname = 'plan' and relkind = 'r'`)
  await database.run(sql`create view ${ident(schema, 'uses')} as select id from ${ident(schema, 'plan')}`)
  expect(await failureOf(down({ to: '0', platform: true }))).toMatchObject({ code: 'FLEET_PARTIAL', facts: { failed: 1 } })
  await database.run(sql`drop view ${ident(schema, 'uses')}`)
  await up()
  expect(
    await database.rows(sql`select relname from pg_class where relnamespace = ${schema}::regnamespace and relkind = 'r' order by 1`),
  ).toEqual([{ relname: 'plan' }, { relname: 'price' }])
})

test('drift scan tells of a catalog that is behind a ledger, as older releases left it, and corrects it', async () => {
  const { home } = eyes.get('three')!
  await fleet.platform.catalog.run(sql`update catalog.home set version = ${SECOND}, applied = 2, digest = 'older' where id = ${home}`)
  const scan = () => fleet.run<{ pending: number; corrected: number; unscanned: number }>('drift.scan')
  expect(await scan()).toMatchObject({ pending: 1, corrected: 1, unscanned: 0 })
  expect(await standings()).toEqual([`database ${THIRD}`, `schema ${THIRD}`, `shared ${THIRD}`])
  expect(await scan()).toMatchObject({ pending: 0, corrected: 0, unscanned: 0 })
  // A version that is the same, with other files.
  await fleet.platform.catalog.run(sql`update catalog.home set digest = 'older' where id = ${home}`)
  expect(await scan()).toMatchObject({ pending: 1, corrected: 1, unscanned: 0 })
  expect(await up()).toMatchObject({ homes: 0 })
})
