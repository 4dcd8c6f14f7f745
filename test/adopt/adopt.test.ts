import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { newId } from '../../src/kernel/clock.js'
import { sql } from '../../src/kernel/sql.js'
import { enterTenants } from '../../src/operations/tenant/adopt-steps.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { fleetOn } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'
import { complaints, FLAGS, openShop, type Shop } from './shop.js'
import { fingerprint, rowsOf, schemaOf } from './theirs.js'

vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 })

let bench: Shop
beforeAll(async () => {
  bench = await openShop()
})
afterAll(() => bench?.close())

describe('schemas and databases that are there', () => {
  let fleet: Fleet
  let shop: string
  let first: readonly string[]
  const adopt = (slug: string, more: object) => fleet.run<Record<string, unknown>>('tenant.adopt', { slug, ...more })

  beforeAll(async () => {
    fleet = await fleetOn(testServer(), { migrations: {}, config: { tenantColumn: undefined, lease: '1s' } })
    shop = await bench.makeDatabase(
      'main',
      ...['acme', 'globex', 'initech'].flatMap((name) => [schemaOf(name, bench.theirs), rowsOf(name)]),
    )
    first = await fingerprint(bench.eyes, shop)
  })
  afterAll(() => fleet?.stop())

  test('a dry run says what would change and what stands against it, and changes nothing', async () => {
    const asked = await adopt('acme', { database: shop, schema: 'acme', dryRun: true })
    expect((asked.findings as string[]).join('\n')).toMatch(
      new RegExp(
        `--revoke-public.*\n(.*\n)*policy theirs on table customer.*\n(.*\n)*public has rights here.*\n(.*\n)*${bench.theirs.app} has rights here.*\n${bench.theirs.report} has`,
      ),
    )
    const fine = await adopt('acme', { database: shop, schema: 'acme', dryRun: true, ...FLAGS })
    expect(fine.findings).toEqual([])
    expect((fine.changes as string[]).join('\n')).toMatch(
      new RegExp(`table acme.purchase: owner ${bench.theirs.owner} becomes tny_\\w+_owner`),
    )
    await expect(adopt('acme', { database: shop, schema: 'acme' })).rejects.toMatchObject({ code: 'ADOPTION_REFUSED' })
    expect(await fingerprint(bench.eyes, shop)).toEqual(first)
    const left = 'select slug as one from catalog.tenant union all select schema_name from catalog.home'
    expect(await bench.eyes.see(fleet.platform.config.catalog.database, left)).toEqual([])
  })

  test('three schemas of a database become tenants, are used, and are given back as they were', async () => {
    for (const name of ['acme', 'globex', 'initech']) await adopt(name, { database: shop, schema: name, ...FLAGS })
    for (const name of ['acme', 'globex', 'initech']) {
      await fleet.app.tenant(name).transaction(async (scope) => {
        expect(await scope.rows(sql`select count(*)::int as n from purchases`)).toEqual([{ n: 20 }])
        await scope.run(sql`update purchase set total = total + 1`)
        await scope.run(sql`insert into customer (email) values ('NEW@example.org')`)
        expect(await scope.rows(sql`select email from customer where email ~ 'new'`)).toEqual([{ email: 'new@example.org' }])
      })
      await expect(fleet.app.tenant(name).query(sql`select * from ${sql`acme`}.customer, ${sql`globex`}.customer`)).rejects.toMatchObject({
        code: '42501',
      })
    }
    const ways = `
      select r.rolname from pg_roles r where r.rolname like 'shop_${bench.mark}%'
      and (r.rolname !~ 'owner$' and has_database_privilege(r.oid, current_database(), 'connect') or has_schema_privilege(r.oid, 'acme', 'usage')
        or has_any_column_privilege(r.oid, 'acme.customer', 'select'))`
    expect(await bench.eyes.see(shop, ways)).toEqual([])
    expect(await complaints(fleet)).toEqual([])

    await fleet.run('tenant.suspend', { tenant: 'globex', reason: 'unpaid' })
    await expect(fleet.app.tenant('globex').query(sql`select 1`)).rejects.toMatchObject({ code: 'TENANT_SUSPENDED' })
    // What was written is theirs, and stays.
    for (const name of ['acme', 'globex', 'initech'])
      await bench.eyes.see(shop, `update ${name}.purchase set total = total - 1; delete from ${name}.customer where email ~ 'new'`)
    for (const name of ['globex', 'acme', 'initech']) await fleet.run('tenant.unadopt', { tenant: name })
    expect(await fingerprint(bench.eyes, shop)).toEqual(first)
    await expect(fleet.app.tenant('acme').query(sql`select 1`)).rejects.toMatchObject({ code: 'TENANT_NOT_FOUND' })
  })

  test('two databases become tenants, are used, and are given back as they were', async () => {
    const two = [
      await bench.makeDatabase('one', schemaOf('public', bench.theirs), rowsOf('public')),
      await bench.makeDatabase(
        'two',
        schemaOf('app', bench.theirs),
        rowsOf('app'),
        `comment on database shop_${bench.mark}_two is 'the second'`,
      ),
    ]
    for (const [n, database] of two.entries()) {
      const before = await fingerprint(bench.eyes, database)
      const [slug, schema] = [`own${n}`, n === 0 ? 'public' : 'app']
      await adopt(slug, { isolation: 'database', database, schema, ...FLAGS })
      expect(await fleet.app.tenant(slug).query(sql`select count(*)::int as n from purchase`)).toEqual([{ n: 20 }])
      expect(await complaints(fleet)).toEqual([])
      await fleet.run('tenant.unadopt', { tenant: slug })
      expect(await fingerprint(bench.eyes, database)).toEqual(before)
    }
  })

  test('what the migrations would have made counts as made by them; later ones run, and then there is only purging', async () => {
    const folder = join(fleet.platform.config.migrations, 'tenant')
    const up = 'create table item (id bigint generated always as identity primary key, name text not null);'
    await writeFile(join(folder, '20260101000000_items.sql'), `-- migrate:up\n${up}\n`)
    const empty = await fingerprint(bench.eyes, await bench.makeDatabase('empty'))
    const database = await bench.makeDatabase(
      'base',
      ...['same', 'unlike'].map((name) => `create schema ${name}; set search_path = ${name}; ${up}`),
    )
    await bench.eyes.see(database, 'alter table unlike.item add extra int')
    expect(await adopt('unlike', { database, schema: 'unlike', dryRun: true, ...FLAGS })).toMatchObject({ version: '' })
    expect(await adopt('same', { database, schema: 'same', ...FLAGS })).toMatchObject({
      version: '20260101000000',
      baseline: '1: the migrations would have made exactly this schema',
    })
    await writeFile(join(folder, '20260102000000_price.sql'), '-- migrate:up\nalter table item add price int;\n')
    await fleet.run('migrate.up')
    await fleet.app.tenant('same').query(sql`insert into item (name, price) values ('a', 1)`)
    await expect(fleet.run('tenant.unadopt', { tenant: 'same' })).rejects.toMatchObject({ code: 'TENANT_STATE' })
    await fleet.run('tenant.delete', { tenant: 'same', reason: 'left us', grace: '0s' })
    await fleet.run('tenant.purge', { tenant: 'same', waiveBackup: 'a test' })
    expect(await bench.eyes.see(database, "select nspname::text as name from pg_namespace where nspname in ('same', 'unlike')")).toEqual([
      { name: 'unlike' },
    ])
    // The database is somebody's: the last tenant leaves it as it was.
    const ours = "select nspname::text as name from pg_namespace where nspname in ('tenantry', 'platform', 'ext')"
    expect(await bench.eyes.see(database, ours)).toEqual([])
    await bench.eyes.see(database, 'drop schema unlike cascade')
    expect(await fingerprint(bench.eyes, database)).toEqual(empty)
  })
})

describe('what somebody does beside it', () => {
  let fleet: Fleet
  beforeAll(async () => {
    fleet = await fleetOn(testServer(), { migrations: {}, config: { tenantColumn: undefined, lease: '1s' } })
  })
  afterAll(() => fleet?.stop())
  const schemasOf = (database: string) =>
    bench.eyes.see<{ name: string }>(
      database,
      "select nspname::text as name from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema' order by 1",
    )
  const purge = async (tenant: string): Promise<void> => {
    await fleet.run('tenant.delete', { tenant, reason: 'left us', grace: '0s' })
    await fleet.run('tenant.purge', { tenant, waiveBackup: 'a test' })
  }

  test('the schema public goes with its tenant, and the rest of the database goes back', async () => {
    const database = await bench.makeDatabase('pub', schemaOf('public', bench.theirs), rowsOf('public'))
    await fleet.run('tenant.adopt', { slug: 'pub', database, ...FLAGS })
    await purge('pub')
    expect(await schemasOf(database)).toEqual([])
    expect(await bench.eyes.see('postgres', `select datname::text as name from pg_database where datname = '${database}'`)).toHaveLength(1)
    const { connect } = (
      await bench.eyes.see<{ connect: boolean }>(
        database,
        `select has_database_privilege('${bench.theirs.app}', '${database}', 'connect') as connect`,
      )
    )[0]!
    expect(connect).toBe(true)
  })

  test('a schema that PUBLIC may use stands against it, and the doctor tells of one that comes later', async () => {
    const database = await bench.makeDatabase('util', schemaOf('app', bench.theirs))
    await bench.eyes.see(database, 'create schema util; grant usage on schema util to public')
    const adopt = () => fleet.run('tenant.adopt', { slug: 'app', database, schema: 'app', ...FLAGS })
    await expect(adopt()).rejects.toMatchObject({
      code: 'ADOPTION_REFUSED',
      message: expect.stringMatching(
        /PUBLIC has USAGE on schema util, .*: revoke all on schema util from public; grant usage on schema util to …/,
      ),
    })
    // With a name as Tenantry gives them, which says nothing here.
    await bench.eyes.see(database, 'revoke all on schema util from public; create schema t_theirs')
    await adopt()
    expect(await complaints(fleet)).toEqual([])
    await bench.eyes.see(database, 'create schema more; grant usage, create on schema more to public')
    expect(await complaints(fleet)).toMatchObject([
      {
        check: 'walls.revocation',
        where: expect.stringMatching(/\/more$/),
        fix: expect.stringContaining('revoke all on schema more'),
        repairable: false,
      },
    ])
    await bench.eyes.see(database, 'drop schema more')
    await fleet.run('tenant.unadopt', { tenant: 'app' })
  })

  test('what only a superuser can make stands against it', async () => {
    const database = await bench.makeDatabase(
      'raw',
      `create schema app; create schema ext; create extension dblink schema ext; create extension xml2 schema app;
       create type app.span as range (subtype = int); create aggregate app.total(int) (sfunc = int4pl, stype = int);
       create function app.leaky(int) returns boolean language sql immutable leakproof return true;
       create function app.raw() returns int language internal as 'pg_backend_pid';
       create table app.a (id int primary key); create trigger same before update on app.a for each row execute function suppress_redundant_updates_trigger();
       alter table app.a enable replica trigger same`,
    )
    const asked = await fleet.run<{ findings: string[] }>('tenant.adopt', { slug: 'raw', database, schema: 'app', dryRun: true, ...FLAGS })
    expect(asked.findings).toEqual([
      'trigger same on a must not be enabled as "always" or "replica": alter table a enable trigger same',
      expect.stringMatching(/^function app.leaky\(integer\) is leakproof, .*: alter function app.leaky\(integer\) not leakproof$/),
      'function app.raw() is written in internal, which no wall binds: write it in sql or plpgsql',
      'extension dblink is in schema ext and leads around the walls: drop it',
      'extension xml2 is in schema app and leads around the walls: drop it',
    ])
  })

  test('what somebody has dropped since is passed over when the rest is given back', async () => {
    const database = await bench.makeDatabase('gone', schemaOf('app', bench.theirs), rowsOf('app'))
    await fleet.run('tenant.adopt', { slug: 'gone', database, schema: 'app', ...FLAGS })
    const drop = `drop materialized view app.totals; drop statistics app.both_of_them; drop view app.purchases; drop function app.purchase_count() cascade;
      drop trigger lower_email on app.customer; drop function app.lower_email(); alter table app.customer drop column mood cascade;
      alter table app.customer drop column email cascade; drop type app.mood; drop table app.purchase; create view app.purchase as select 1 as one`
    await bench.eyes.see(database, drop)
    await fleet.run('tenant.unadopt', { tenant: 'gone' })
    const owners =
      "select distinct relowner::regrole::text as owner from pg_class where relnamespace = 'app'::regnamespace and relkind = 'r'"
    expect(await bench.eyes.see(database, owners)).toEqual([{ owner: bench.theirs.owner }])
    expect(await schemasOf(database)).toEqual([{ name: 'app' }, { name: 'public' }])
  })
})

describe('a table set that is there', () => {
  const A = '11111111-0000-4000-8000-000000000001'
  const B = '11111111-0000-4000-8000-000000000002'
  const C = '33333333-0000-4000-8000-000000000003'
  let fleet: Fleet
  afterAll(() => fleet?.stop())

  test('becomes a shared home with all its tenants, is used, and is given back as it was', async () => {
    fleet = await fleetOn(testServer(), { migrations: {} })
    const sets = await bench.makeDatabase(
      'sets',
      schemaOf('public', bench.theirs, true),
      rowsOf('public', A),
      rowsOf('public', B),
      rowsOf('public', C),
    )
    const first = await fingerprint(bench.eyes, sets)
    const input = { isolation: 'shared', database: sets, column: 'tenant_id', ids: `id,slug\n${A},acme\n` }
    const asked = await fleet.run<{ findings: string[]; tenants: unknown }>('tenant.adopt', { ...input, dryRun: true, ...FLAGS })
    expect(asked).toMatchObject({
      findings: [],
      tenants: [{ slug: 'acme' }, { slug: `t-${B.replaceAll('-', '')}` }, { slug: 't-33333333' }],
    })
    await fleet.run('tenant.adopt', { ...input, ...FLAGS })
    expect(await complaints(fleet)).toEqual([])
    await fleet.app.tenant('acme').transaction(async (scope) => {
      expect(await scope.rows(sql`select distinct tenant_id from purchases`)).toEqual([{ tenant_id: A }])
      await scope.run(sql`insert into customer (email) values ('new@example.org')`)
      expect(await scope.run(sql`update customer set mood = 'sad' where email like 'new%'`)).toBe(1)
    })
    const other = fleet.app.tenant(C)
    expect(await other.query(sql`select count(*)::int as n from customer`)).toEqual([{ n: 20 }])
    await expect(other.query(sql`insert into customer (tenant_id, email) values (${A}, 'x')`)).rejects.toMatchObject({ code: '42501' })
    expect((await fleet.tenant('t-33333333')).id).toBe(C)
    await fleet.run('tenant.create', { slug: 'ours' })
    await bench.eyes.see(sets, "delete from customer where email = 'new@example.org'")
    await expect(fleet.run('tenant.unadopt', { tenant: 'acme' })).rejects.toMatchObject({ code: 'CONFIRMATION_NEEDED' })
    await fleet.run('tenant.unadopt', { tenant: 'acme', neighbours: true })
    expect(await fingerprint(bench.eyes, sets)).toEqual(first)
    await expect(fleet.app.tenant(C).query(sql`select 1`)).rejects.toMatchObject({ code: 'TENANT_NOT_FOUND' })
  })

  test('with rows of a tenant that was purged is refused, as is a schema with such rows', async () => {
    await fleet.run('tenant.delete', { tenant: 'ours', reason: 'left us', grace: '0s' })
    const { id } = await fleet.run<{ id: string }>('tenant.purge', { tenant: 'ours', waiveBackup: 'a test' })
    const again = await bench.makeDatabase('again', schemaOf('public', bench.theirs, true), rowsOf('public', id))
    for (const how of [{ isolation: 'shared' }, { slug: 'again' }, { slug: 'again', dryRun: true }])
      await expect(fleet.run('tenant.adopt', { database: again, ...how, ...FLAGS })).rejects.toMatchObject({
        code: 'ADOPTION_REFUSED',
        message: expect.stringContaining(`rows are of the tenant ${id} ("ours"), which was purged at`),
      })
    const left = 'select slug as one from catalog.tenant union all select name from catalog.database where name like $$shop%$$'
    expect(await bench.eyes.see(fleet.platform.config.catalog.database, left)).toEqual([])
  })

  test('goes back as it was when the last of its tenants is purged, without their rows', async () => {
    const X = '44444444-0000-4000-8000-000000000004'
    const Y = '55555555-0000-4000-8000-000000000005'
    const database = await bench.makeDatabase('left', schemaOf('public', bench.theirs, true))
    const first = await fingerprint(bench.eyes, database)
    await bench.eyes.see(database, rowsOf('public', X) + rowsOf('public', Y))
    await fleet.run('tenant.adopt', { isolation: 'shared', database, ...FLAGS })
    for (const tenant of [X, Y]) {
      await fleet.run('tenant.delete', { tenant, reason: 'left us', grace: '0s' })
      await fleet.run('tenant.purge', { tenant, waiveBackup: 'a test' })
      if (tenant === X) expect(await fleet.app.tenant(Y).query(sql`select count(*)::int as n from purchase`)).toEqual([{ n: 20 }])
    }
    expect(await fingerprint(bench.eyes, database)).toEqual(first)
    const known = `select name as one from catalog.database where name = '${database}'`
    expect(await bench.eyes.see(fleet.platform.config.catalog.database, known)).toEqual([])
    expect(await complaints(fleet)).toEqual([])
  })

  test('is adopted with all its tenants, or not at all', async () => {
    const home = newId()
    const place = { home: { id: home, isolation: 'shared' }, database: { name: 'nowhere' } } as Parameters<typeof enterTenants>[1]
    const twins = [A, B].map((id) => ({ id, slug: 'twin' }))
    const entering = fleet.platform.catalog.transaction(async (tx) => {
      await tx.run(sql`
        insert into catalog.home (id, number, database_id, isolation, schema_name, role_name, login_name, state)
        overriding system value
        select ${home}, 1000000, database_id, 'schema', 'twins', 'twins', login_name, state from catalog.home limit 1`)
      await enterTenants(tx, place, twins, false)
    })
    await expect(entering).rejects.toMatchObject({ code: 'TENANT_EXISTS', message: expect.stringContaining('"twin"') })
  })

  test('whose tenants are not known by UUIDs is refused, and so is all that breaks the rule, at once', async () => {
    const bad = await bench.makeDatabase(
      'bad',
      `create schema keyed; create table keyed.a (tenant_id int, id int);
       create schema loose; create table loose.a (tenant_id uuid, id serial primary key); create table loose.b (id int primary key);
       insert into loose.a values ('${B}'), ('${B}'), ('${C}'), (null);
       create rule r as on delete to loose.b do also select * from loose.a;
       create function loose.f() returns int language sql security definer return 1`,
    )
    const adopt = (schema: string) => fleet.run('tenant.adopt', { isolation: 'shared', database: bad, schema, ids: `${A},acme`, ...FLAGS })
    await expect(adopt('keyed')).rejects.toMatchObject({
      code: 'ADOPTION_REFUSED',
      message: expect.stringMatching(/a.tenant_id is integer, .* add a column of type uuid/),
    })
    const error = await adopt('loose').catch((caught: unknown) => caught as { facts: { findings: string[] } })
    expect((error as { facts: { findings: string[] } }).facts.findings).toEqual([
      'table b has no column tenant_id',
      'column a.tenant_id must be "uuid not null default tenantry.tenant()"',
      'unique index loose.a_pkey must begin with tenant_id',
      'function loose.f() must not be security definer',
      'sequence a_id_seq is not allowed: write "generated always as identity"',
      'rule r on b runs with the rights of the owner of the table: write a trigger instead',
    ])
    // Tenants are found without an index as well; but rows are not read under locks where something else is refused already.
    const input = { database: bad, schema: 'loose', dryRun: true, ...FLAGS }
    const set = await fleet.run<{ tenants: { id: string }[] }>('tenant.adopt', { isolation: 'shared', ...input })
    expect(set.tenants.map(({ id }) => id)).toEqual([B, C])
    const one = await fleet.run<{ findings: string[] }>('tenant.adopt', { slug: 'one', ...input })
    expect(one.findings).toHaveLength(6)
    await bench.eyes.see(
      bad,
      `create schema fine; create table fine.a (tenant_id uuid not null, id int, primary key (tenant_id, id)); insert into fine.a values ('${B}', 1), ('${C}', 1)`,
    )
    const two = await fleet.run<{ findings: string[] }>('tenant.adopt', { slug: 'one', ...input, schema: 'fine' })
    expect(two.findings).toEqual([expect.stringMatching(/^rows of 1 more tenants are in it/)])
  })
})
