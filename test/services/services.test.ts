import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkConfig } from '../../src/engine/config.js'
import { openPlatform, type Platform } from '../../src/engine/platform.js'
import { readSqlFiles } from '../../src/engine/sql-files.js'
import { submit } from '../../src/engine/submit.js'
import { ident, sql } from '../../src/kernel/sql.js'
import { OPERATIONS } from '../../src/operations/registry.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { runKilled, withWorkers, writeConfig } from '../faults/children.js'
import { until } from '../faults/rig.js'
import { ofOurs } from '../support/doctor.js'
import { fleetOn } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'

const NOTE = `-- migrate:up
create table note (tenant_id uuid not null default tenantry.tenant(), id int, body text, primary key (tenant_id, id));
`
// No tenant column, but for one that means something else; a unique index and a foreign key that know of no tenant.
const BILLING = `-- migrate:up
create table customer (id int primary key, tenant_id text unique);
create table invoice (id bigint generated always as identity primary key, customer_id int references customer (id) on delete cascade, amount int);
create index on invoice (customer_id);
create view owed with (security_invoker = true) as select customer_id, sum(amount) as amount from invoice group by 1;
create function owed_by(who int) returns bigint language sql stable return (select sum(amount) from invoice where customer_id = who);
insert into customer values (1, 'first');
`
const ORDERS = "-- migrate:up\ncreate table orders (id int primary key, state text);\ninsert into orders values (1, 'placed');\n"

interface Status {
  readonly newest: string
  readonly pendingHomes: number
  readonly data: readonly { readonly track: string; readonly version: string; readonly newest: string | null; readonly current: boolean }[]
}

let fleet: Fleet
const put = async (path: string, text: string): Promise<void> => {
  await mkdir(dirname(join(fleet.folder, path)), { recursive: true })
  await writeFile(join(fleet.folder, path), text)
}
const code = (run: Promise<unknown>): Promise<unknown> =>
  run.then(
    () => 'none',
    (error: { code: string; message: string }) => error,
  )
const versions = async (...slugs: readonly string[]) => Promise.all(slugs.map(async (slug) => (await fleet.tenant(slug)).version))
const findings = async () =>
  (await fleet.run<{ data: readonly { check: string; where: string; reason: string }[] }>('doctor.run')).data.filter(ofOurs)

beforeAll(async () => {
  fleet = await fleetOn(testServer(), {
    migrations: {
      'tenant/20260101000000_note.sql': NOTE,
      'platform/20260101000000_plan.sql': `-- migrate:up
create table plan (code text primary key);
create table account (tenant_id uuid not null default tenantry.tenant(), email text, primary key (tenant_id, email));
`,
    },
    config: { lease: '1s', services: { billing: 'services/billing', orders: 'services/orders', later: 'services/later' } },
    tenants: { crowd: 'shared', own: 'schema' },
  })
  await put('services/billing/20260201000000_billing.sql', BILLING)
  // The same, in the folder that a project of its own would have.
  await put('services/orders/tenant/20260301000000_orders.sql', ORDERS)
  await writeConfig(fleet)
  await fleet.run('stock.fill', { target: 1, isolation: 'schema' })
  await fleet.run('tenant.create', { slug: 'billing', service: 'billing' })
  await fleet.run('tenant.create', { slug: 'billing-eu', service: 'billing', isolation: 'database' })
  await fleet.run('tenant.create', { slug: 'orders', service: 'orders', isolation: 'schema' })
})
afterAll(() => fleet?.stop())

describe('a service', () => {
  test('is a tenant in a schema or database of its own, as often as it is wanted, and is never made of a warm tenant', async () => {
    expect(await fleet.run('tenant.show', { tenant: 'billing' })).toMatchObject({
      service: 'billing',
      isolation: 'schema',
      version: '20260201000000',
    })
    expect(await fleet.run('tenant.show', { tenant: 'billing-eu' })).toMatchObject({ service: 'billing', isolation: 'database' })
    expect(await fleet.run('tenant.show', { tenant: 'own' })).toMatchObject({ service: null, version: '20260101000000' })
    const { data } = await fleet.run<{ data: readonly { slug: string }[] }>('tenant.list', { service: 'billing' })
    expect(data.map(({ slug }) => slug)).toEqual(['billing', 'billing-eu'])
    expect(await fleet.run('stock.show')).toMatchObject({ data: [{ warm: 1 }] })
    for (const slug of ['billing', 'billing-eu'])
      expect(
        await fleet.app
          .tenant(slug)
          .query(sql`insert into invoice (customer_id, amount) values (1, 5) returning owed_by(1)::int as owed, id::int`),
      ).toHaveLength(1)
    expect(await fleet.app.tenant('billing').query(sql`select tenant_id from customer`)).toEqual([{ tenant_id: 'first' }])
  })

  test('is refused with shared tables, with a name that the configuration does not have, and without a folder', async () => {
    const create = (input: object) => code(fleet.run('tenant.create', { slug: 'no-more', ...input }))
    expect(await create({ service: 'billing', isolation: 'shared' })).toMatchObject({ code: 'ISOLATION_UNAVAILABLE' })
    for (const service of ['biling', 'tenant', 'constructor']) expect(await create({ service })).toMatchObject({ code: 'SERVICE_UNKNOWN' })
    expect(await create({ service: 'later' })).toMatchObject({
      code: 'MIGRATION_INVALID',
      message: expect.stringMatching(/^later\/: there is no such folder .*--service later/),
    })
    expect(await code(fleet.run('tenant.show', { tenant: 'no-more' }))).toMatchObject({ code: 'TENANT_NOT_FOUND' })
    await mkdir(join(fleet.folder, 'services/later'))
  })

  test('cannot be named like what other migrations are called', () => {
    const named = (name: string) => () => checkConfig({ catalog: {}, services: { [name]: 'x' } }, '/', 'the file')
    for (const name of ['tenant', 'platform', 'Billing', '']) expect(named(name)).toThrow(/services/)
    expect(named('billing')()).toMatchObject({ services: { billing: '/x' } })
  })
})

describe('the wall between services', () => {
  test('refuses qualified names, in reading and writing, and there is no way to become another', async () => {
    const { schema } = await fleet.tenant('orders')
    const other = ident(schema, 'orders')
    const attempts = [
      sql`select * from ${other}`,
      sql`insert into ${other} values (2, 'forged')`,
      sql`update ${other} set state = ''`,
      sql`delete from ${other}`,
      sql`select set_config('role', 'postgres', true)`,
      sql`select set_config('tenantry.context', '', true)`,
      sql`select * from tenantry.placement`,
    ]
    for (const attempt of attempts) {
      const inside = fleet.app.tenant('billing').transaction((scope) => scope.run(attempt))
      expect(await code(inside), attempt.text).toMatchObject({ code: '42501' })
    }
    const change = fleet.app.tenant('billing').transaction((scope) => scope.run(sql`set local role postgres`))
    expect(await code(change)).toMatchObject({ code: 'STATEMENT_REFUSED' })
    const ordinary = await fleet.tenant('own')
    await expect(fleet.app.tenant('billing').query(sql`select * from ${ident(ordinary.schema, 'note')}`)).rejects.toMatchObject({
      code: '42501',
    })
    await expect(fleet.app.tenant('own').query(sql`select * from ${other}`)).rejects.toMatchObject({ code: '42501' })
    // In another database there is not even such a schema.
    await expect(fleet.app.tenant('billing-eu').query(sql`select * from ${other}`)).rejects.toMatchObject({ code: '42P01' })
  })

  test('stands in the database: the role of a service has no right on another, and the login none on any', async () => {
    const [billing, orders] = [await fleet.tenant('billing'), await fleet.tenant('orders')]
    const witness = await fleet.witness('billing')
    const { role } = await witness.one(sql<{ role: string }>`select role_name as role from tenantry.home where id = ${billing.home}`)
    const asBilling = (statement: ReturnType<typeof sql>) =>
      witness.transaction(async (session) => {
        await session.run(sql`set local role ${ident(role)}`)
        return session.rows(statement)
      })
    expect(await asBilling(sql`select id from ${ident(billing.schema, 'customer')}`)).toEqual([{ id: 1 }])
    await expect(asBilling(sql`select id from ${ident(orders.schema, 'orders')}`)).rejects.toMatchObject({ code: '42501' })
    const bare = await fleet.bare('billing')
    for (const table of [ident(billing.schema, 'customer'), ident(orders.schema, 'orders')])
      await expect(bare.rows(sql`select * from ${table}`)).rejects.toMatchObject({ code: '42501' })
  })

  test('is no wall for what the platform keeps for all, where each has its own rows', async () => {
    for (const slug of ['billing', 'orders'])
      await fleet.app.tenant(slug).query(sql`insert into platform.account (email) values (${`${slug}@x`})`)
    expect(await fleet.app.tenant('orders').query(sql`select email from platform.account`)).toEqual([{ email: 'orders@x' }])
    expect(await fleet.app.tenant('orders').query(sql`select code from platform.plan`)).toEqual([])
  })

  test('lets no foreign key ask which rows of a platform table others have: it would be checked as the owner, who sees every row', async () => {
    const key = 'create table tied (tenant_id uuid, email text, foreign key (tenant_id, email) references platform.account)'
    await put('services/billing/20260202000000_key.sql', `-- migrate:up\n${key};\n`)
    expect(await code(fleet.run('migrate.up', { service: 'billing' }))).toMatchObject({
      message: expect.stringMatching(/tied_tenant_id_email_fkey on tied points into another schema/),
    })
    await rm(join(fleet.folder, 'services/billing/20260202000000_key.sql'))
  })

  test('lets no migration tie one service to another', async () => {
    const { schema } = await fleet.tenant('orders')
    const up = `do $$ begin
  if to_regclass('${schema}.orders') is not null then alter table invoice add order_id int references ${schema}.orders (id); end if;
end $$;`
    await put('services/billing/20260202000000_tie.sql', `-- migrate:up\n${up}\n`)
    expect(await code(fleet.run('migrate.up', { service: 'billing' }))).toMatchObject({
      code: 'FLEET_PARTIAL',
      message: expect.stringMatching(/points into another schema/),
    })
    await put('services/billing/20260202000000_tie.sql', `-- migrate:up\nselect * from ${schema}.orders;\n`)
    expect(await code(fleet.run('migrate.up'))).toMatchObject({
      code: 'MIGRATION_INVALID',
      message: expect.stringMatching(/^billing\/20260202000000_tie\.sql:2: names the schema/),
    })
    await rm(join(fleet.folder, 'services/billing/20260202000000_tie.sql'))
  })
})

describe('migrations', () => {
  test('of one service raise all its homes and nothing else', async () => {
    await put('services/billing/20260203000000_paid.sql', '-- migrate:up\nalter table invoice add paid boolean;\n')
    await put('services/orders/tenant/20260303000000_sent.sql', '-- migrate:up\nalter table orders add sent boolean;\n')
    expect(await fleet.run<Status>('migrate.status')).toMatchObject({ newest: '20260101000000', pendingHomes: 3 })
    expect(await fleet.run('migrate.up', { service: 'billing' })).toMatchObject({ homes: 2, version: '20260203000000' })
    expect(await versions('billing', 'billing-eu', 'orders', 'own')).toEqual([
      '20260203000000',
      '20260203000000',
      '20260301000000',
      '20260101000000',
    ])
    const { data } = await fleet.run<Status>('migrate.status')
    expect(data.map(({ track, newest, current }) => [track, newest, current])).toEqual([
      ['tenant', '20260101000000', true],
      ['tenant', '20260101000000', true],
      ['billing', '20260203000000', true],
      ['billing', '20260203000000', true],
      ['orders', '20260303000000', false],
    ])
    expect(await fleet.app.tenant('billing').query(sql`select distinct paid from invoice`)).toEqual([{ paid: null }])
  })

  test('of all raise each home by its own track; a file of any that was edited is told before', async () => {
    await put('migrations/tenant/20260102000000_more.sql', '-- migrate:up\nalter table note add since date;\n')
    await put('services/billing/20260201000000_billing.sql', `${BILLING}-- edited\n`)
    expect(await code(fleet.run('migrate.up'))).toMatchObject({
      code: 'MIGRATION_CHANGED',
      message: expect.stringMatching(/^billing\/20260201000000_billing\.sql was edited .* to 2 homes/),
    })
    await put('services/billing/20260201000000_billing.sql', BILLING)
    expect(await code(fleet.run('migrate.up'))).toBe('none')
    expect(await versions('crowd', 'own', 'orders', 'billing')).toEqual([
      '20260102000000',
      '20260102000000',
      '20260303000000',
      '20260203000000',
    ])
    expect(await fleet.run('migrate.up')).toMatchObject({
      homes: 0,
      tracks: [
        { track: 'tenant', version: '20260102000000' },
        { track: 'billing', version: '20260203000000' },
        { track: 'orders', version: '20260303000000' },
        { track: 'later', version: '' },
      ],
    })
  })

  test('are told from those of tenants by the gate', async () => {
    await put('migrations/tenant/20260103000000_plain.sql', '-- migrate:up\ncreate table plain (id int primary key);\n')
    expect(await code(fleet.run('migrate.up'))).toMatchObject({ message: expect.stringMatching(/table plain has no column tenant_id/) })
    await rm(join(fleet.folder, 'migrations/tenant/20260103000000_plain.sql'))
  })

  test('lie in one place', async () => {
    await put('services/orders/20260304000000_astray.sql', ORDERS)
    expect(await code(fleet.run('migrate.up', { service: 'orders' }))).toMatchObject({
      code: 'MIGRATION_INVALID',
      message: expect.stringMatching(/^orders\/20260304000000_astray\.sql: lies beside the folder tenant\//),
    })
    await rm(join(fleet.folder, 'services/orders/20260304000000_astray.sql'))
    expect(await code(fleet.run('migrate.new', { title: 'x', service: 'billing', platform: true }))).toMatchObject({
      code: 'INPUT_INVALID',
    })
    expect(await fleet.run('migrate.new', { title: 'next', service: 'orders' })).toMatchObject({
      file: expect.stringMatching(/^services\/orders\/tenant\/\d{14}_next\.sql$/),
    })
    await rm(join(fleet.folder, 'services/orders/tenant'), { recursive: true })
    await put('services/orders/tenant/20260301000000_orders.sql', ORDERS)
    await put('services/orders/tenant/20260303000000_sent.sql', '-- migrate:up\nalter table orders add sent boolean;\n')
  })
})

describe('where the configuration names a service no longer', () => {
  let narrow: Platform
  const run = async <T>(name: string, input: unknown = {}): Promise<T> =>
    (await submit(narrow, narrow.find(name)!, input, { actor: 'test', source: 'library' })).output as T

  beforeAll(async () => {
    const config = { ...fleet.platform.config, services: { billing: fleet.platform.config.services.billing! } }
    narrow = await openPlatform(config, {
      secrets: fleet.secrets,
      homeFiles: await readSqlFiles('home'),
      catalogFiles: await readSqlFiles('catalog'),
      operations: OPERATIONS,
    })
  })
  afterAll(() => narrow?.close())

  test('its homes are never given the migrations of others: each says what is missing, and the rest goes on', async () => {
    const { data, pendingHomes } = await run<Status>('migrate.status')
    expect([pendingHomes, data.find(({ track }) => track === 'orders')]).toMatchObject([1, { newest: null, current: false }])
    expect(await code(run('migrate.up'))).toMatchObject({
      code: 'FLEET_PARTIAL',
      message: expect.stringMatching(/1 of 1 homes failed; .*no service "orders", but billing/),
    })
    expect(await run('migrate.up', { service: 'billing' })).toMatchObject({ homes: 0 })
    expect(await versions('orders')).toEqual(['20260303000000'])
    expect(await run('doctor.run')).toMatchObject({
      healthy: true,
      data: expect.arrayContaining([expect.objectContaining({ check: 'home.service' })]),
    })
  })
})

describe('workers that were killed', () => {
  const done = (name: string) =>
    until(`${name} to be finished`, async () => {
      const newest = sql<{ state: string }>`select state from catalog.operation where name = ${name} order by created_at desc limit 1`
      return (await fleet.platform.catalog.one(newest)).state === 'succeeded' || undefined
    })

  test('leave a service behind that others finish, and its migrations as well', async () => {
    await put('services/later/20260401000000_later.sql', '-- migrate:up\ncreate table later (id int primary key);\n')
    await runKilled(fleet, 'tenant.create', { slug: 'later', service: 'later' }, 'tenant.create/home:acted')
    await withWorkers(fleet, 1, () => done('tenant.create'))
    await put('services/later/20260402000000_more.sql', '-- migrate:up\nalter table later add more int;\n')
    await runKilled(fleet, 'migrate.up', { service: 'later' }, 'migrate.up/tenant:acted')
    await withWorkers(fleet, 1, () => done('migrate.up'))
    expect(await versions('later', 'orders')).toEqual(['20260402000000', '20260303000000'])
    expect(await fleet.app.tenant('later').query(sql`select id, more from later`)).toEqual([])
  })
})

test('the doctor finds nothing, and tells a home whose two records differ; a purged service is gone', async () => {
  expect(await findings()).toEqual([])
  const witness = await fleet.witness('orders')
  const { home } = await fleet.tenant('orders')
  await witness.run(sql`update tenantry.home set track = 'tenant' where id = ${home}`)
  expect(await findings()).toEqual([
    expect.objectContaining({ check: 'home.missing', reason: expect.stringMatching(/migrations of tenant/) }),
  ])
  await witness.run(sql`update tenantry.home set track = 'orders' where id = ${home}`)
  for (const tenant of ['billing-eu', 'orders']) {
    await fleet.run('tenant.delete', { tenant, reason: 'no longer', grace: '0s' })
    await fleet.run('tenant.purge', { tenant, waiveBackup: 'a test' })
  }
  expect(await findings()).toEqual([])
  expect(await fleet.app.tenant('billing').query(sql`select id from customer`)).toEqual([{ id: 1 }])
})
