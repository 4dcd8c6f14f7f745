import { afterAll, beforeAll, expect, test } from 'vitest'
import { ident, sql } from '../../src/kernel/sql.js'
import type { Database } from '../../src/postgres/session.js'
import { readMigrations } from '../../src/schema/migration-files.js'
import { checkDown, checkMigration } from '../../src/schema/parse.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { fleetOn } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'
import { failureOf, NOTE, put, take } from './project.js'

let fleet: Fleet
let shared: Database
let own: Database
const ledger = (database: Database) =>
  database
    .rows(sql<{ version: string }>`
      select version from tenantry.migration where home_id = '00000000-0000-0000-0000-000000000000' order by version`)
    .then((rows) => rows.map(({ version }) => version))
const PLAN = '20260101000000'

beforeAll(async () => {
  fleet = await fleetOn(testServer(), {
    migrations: {
      [`platform/${PLAN}_plan.sql`]:
        '-- migrate:up\ncreate table plan (code text primary key, price int);\n-- migrate:down\ndrop table plan;\n',
      [`tenant/${PLAN}_note.sql`]: NOTE,
    },
    tenants: { one: 'shared', four: 'database' },
    config: { lease: '2s' },
  })
  shared = await fleet.witness('one')
  own = await fleet.witness('four')
})
afterAll(() => fleet?.stop())

test('platform tables take every form of file, and the way back', async () => {
  await put(
    fleet,
    'platform/20260102000000_index.sql',
    '-- migrate:up transaction:false\ncreate index concurrently if not exists plan_price on plan (price);\n-- migrate:down\ndrop index if exists plan_price;\n',
  )
  await put(
    fleet,
    'platform/20260103000000_rows.ts',
    "export const up = async ({ run, sql }) => { await run(sql`insert into plan values ('free', 0)`) }\nexport const down = async ({ run, sql }) => { await run(sql`delete from plan`) }\n",
  )
  await put(fleet, 'platform/R__plans.sql', 'create or replace view plans with (security_invoker = true) as select code from plan;\n')
  await fleet.run('migrate.up')
  for (const database of [shared, own]) {
    expect(await ledger(database)).toEqual([PLAN, '20260102000000', '20260103000000', 'R__plans'])
    expect(await database.rows(sql`select code from platform.plan`)).toEqual([{ code: 'free' }])
    expect(
      await database.one(sql`
      select i.indisvalid as valid, has_schema_privilege(n.nspowner, 'platform', 'create') as owner,
             exists (select from pg_roles r where r.rolname ~ '_owner$' and not r.rolsuper and has_schema_privilege(r.oid, 'platform', 'create')) as open
      from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
      where c.relname = 'plan_price'`),
    ).toEqual({ valid: true, owner: true, open: false })
  }
  expect(await fleet.app.tenant('four').query(sql`select code from platform.plans`)).toEqual([{ code: 'free' }])
  expect(await fleet.run('migrate.up')).toMatchObject({ homes: 0 })
  await fleet.run('tenant.create', { slug: 'later', isolation: 'database' })
  expect(await ledger(await fleet.witness('later'))).toHaveLength(4)

  const down = (steps: number) => fleet.run('migrate.down', { waiveBackup: 'a test', platform: true, steps })
  expect(await down(2)).toMatchObject({ homes: 3, version: PLAN })
  for (const database of [shared, own]) {
    expect(await ledger(database)).toEqual([PLAN])
    expect(await database.rows(sql`select code from platform.plan`)).toEqual([])
    expect(await database.one(sql`select to_regclass('platform.plan_price') as index`)).toEqual({ index: null })
  }
  await fleet.run('migrate.up')
  expect(await ledger(own)).toHaveLength(4)
})

const OPEN = sql<{ open: boolean }>`
  select coalesce(bool_or(has_schema_privilege(r.oid, 'platform', 'create')), false) as open
  from pg_roles r where r.rolname ~ '_owner$' and not r.rolsuper`

test('neither a file that fails outside of a transaction nor a worker that died leaves the schema open to others', async () => {
  const path = 'platform/20260104000000_unique.sql'
  await shared.run(sql`insert into platform.plan values ('paid', 0)`)
  await put(
    fleet,
    path,
    '-- migrate:up transaction:false\ncreate unique index concurrently if not exists plan_once on plan (price);\n-- migrate:down\ndrop index plan_once;\n',
  )
  expect((await failureOf(fleet.run('migrate.up'))).message).toContain('20260104000000_unique.sql')
  expect(await shared.one(OPEN)).toEqual({ open: false })
  await take(fleet, path)
  // As a worker leaves it that is killed while the server builds.
  const { owner } = await shared.one(sql<{ owner: string }>`
    select rolname as owner from pg_class c join pg_roles r on r.oid = c.relowner where c.oid = 'platform.plan'::regclass`)
  await shared.run(sql`grant create on schema platform to ${ident(owner)}`)
  expect(await shared.one(OPEN)).toEqual({ open: true })
  const sneaks = 'tenant/20260105000000_sneaks.sql'
  await put(fleet, sneaks, "-- migrate:up\ndo $$ begin execute 'create table platform.sneaked (id int)'; end $$;\n")
  expect((await failureOf(fleet.run('migrate.up'))).message).toContain('permission denied for schema platform')
  expect(await shared.one(OPEN)).toEqual({ open: false })
  await take(fleet, sneaks)
  await shared.run(sql`delete from platform.plan where code = 'paid'`)
  await fleet.run('migrate.up')
})

test.each([
  'create table platform.x ()',
  'create table platform.x as select 1 as one',
  'select 1 as one into platform.x',
  'create view platform.x as select 1 as one',
  'create index x on platform.plan (price)',
  'create function platform.x() returns int language sql return 1',
  "create type platform.x as enum ('a')",
  'create type platform.x as (a int)',
  'create domain platform.x as int',
  'create sequence platform.x',
  'create statistics platform.x on code, price from plan',
  'create trigger x before insert on platform.plan for each row execute function f()',
])('a file of tenants may not make things of the platform: %s', async (statement) => {
  const path = 'tenant/20260105000000_makes.sql'
  for (const text of [
    `-- migrate:up\n${statement};\n`,
    `-- migrate:up\nselect code from platform.plan;\n-- migrate:down\n${statement};\n`,
  ]) {
    await put(fleet, path, text)
    const { migrations } = fleet.platform.config
    const [file] = (await readMigrations(migrations, 'tenant')).filter((migration) => migration.file === path)
    const failed = await failureOf(checkMigration(file!).then(() => checkDown(file!)))
    // The down section of a file that may have been applied cannot be corrected.
    const code = text.includes('migrate:down') ? 'MIGRATION_NOT_UNDOABLE' : 'MIGRATION_INVALID'
    expect(failed).toMatchObject({ code, message: expect.stringContaining('makes something in the schema platform') })
  }
  await take(fleet, path)
})

test('an edited file of the platform is told too', async () => {
  await put(fleet, `platform/${PLAN}_plan.sql`, '-- migrate:up\ncreate table plan (code text primary key);\n')
  expect(await failureOf(fleet.run('migrate.up'))).toMatchObject({
    message: expect.stringMatching(/plan\.sql was edited after it had been applied/),
  })
})
