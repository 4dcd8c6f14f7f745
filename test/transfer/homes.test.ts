import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ident, sql } from '../../src/kernel/sql.js'
import { type Fleet, startFleet } from '../../src/testing/fleet.js'
import { openEyes } from '../faults/eyes.js'
import { fleetOn, urlOf } from '../support/fleet.js'
import type { TestServer } from '../support/servers.js'
import { describeOn, testServer } from '../support/servers-injected.js'
import { NASTY_MIGRATIONS, NASTY_ROWS } from './nasty.js'
import { carry, fill, type Place, placeOf, seen } from './rig.js'

const SHOP = {
  'tenant/20260101000000_shop.sql': `-- migrate:up
create table customer (tenant_id uuid not null default tenantry.tenant(), id bigint generated always as identity, name text not null, primary key (tenant_id, id));
create index "by Name" on customer (tenant_id, lower(name) desc nulls last) include (id) where name <> '';
comment on index "by Name" is 'it''s said';
create table invoice (tenant_id uuid not null default tenantry.tenant(), id int, customer bigint, other int, primary key (tenant_id, id),
  foreign key (tenant_id, customer) references customer (tenant_id, id) on delete set null (customer),
  constraint self foreign key (tenant_id, other) references invoice (tenant_id, id) deferrable initially deferred);
comment on constraint self on invoice is 'of itself';
create unique index on invoice (tenant_id, other, id);
alter table invoice add constraint high check (id > 10) not valid;
create function touched() returns trigger language plpgsql as $$ begin new.name := 'touched by a trigger'; return new; end $$;
create trigger touch before insert on customer for each row execute function touched();
create trigger off before insert on customer for each row execute function touched();
alter table customer disable trigger off;
-- migrate:down
drop table invoice, customer; drop function touched();
`,
  'platform/20260101000000_accounts.sql': NASTY_MIGRATIONS['platform/20260101000000_accounts.sql']!,
}
const ROWS = `set local session_replication_role = replica;
  insert into customer (tenant_id, name) select '$tenant', 'c' || i from generate_series(1, 50) i;
  insert into invoice select '$tenant', i, 1 + i % 50, 101 - i from generate_series(1, 100) i;
  insert into platform.account values ('$tenant', 'a@b', 'free');`

/** With rows from before one of the checks. */
async function fillShop(place: Place, rows: string): Promise<void> {
  await fill(place, 'alter table invoice drop constraint high')
  await fill(place, rows)
  await fill(place, 'alter table invoice add constraint high check (id > 10) not valid')
}

/** All that stands on tables, as the server says it. */
const standing = ({ witness, home }: Place) =>
  witness.rows(sql`
    select replace(pg_get_constraintdef(k.oid), ${home.schema}, '') as def, k.conname::text as name, obj_description(k.oid) as comment, k.convalidated::text as valid
    from pg_constraint k where k.connamespace = ${home.schema}::regnamespace
    union all
    select replace(pg_get_indexdef(c.oid), ${home.schema}, ''), c.relname, obj_description(c.oid), ''
    from pg_class c where c.relnamespace = ${home.schema}::regnamespace and c.relkind = 'i'
    union all
    select replace(pg_get_triggerdef(t.oid), ${home.schema}, ''), t.tgname, t.tgenabled::text, ''
    from pg_trigger t join pg_class c on c.oid = t.tgrelid where c.relnamespace = ${home.schema}::regnamespace and not t.tgisinternal
    order by 2, 1`)

describe('a home that was made for the load', () => {
  let fleet: Fleet
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tenantry-transfer-'))
    await writeFile(
      join(folder, '20260101000000_tables.sql'),
      `-- migrate:up
create table counted (tenant_id text, n int);
create table nothing ();
create table made (n int generated always as (1) stored);
-- migrate:down
drop table made, nothing, counted;
`,
    )
    fleet = await fleetOn(testServer(), {
      migrations: SHOP,
      config: { services: { billing: folder } },
      tenants: { from: 'shared', to: 'schema', orphan: 'schema' },
    })
    await fillShop(await placeOf(fleet, 'from'), ROWS)
    await fleet.run('tenant.create', { slug: 'billing-one', service: 'billing', isolation: 'schema' })
    await fleet.run('tenant.create', { slug: 'billing-two', service: 'billing', isolation: 'database' })
  })
  afterAll(async () => {
    await fleet?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  test('does without indexes and foreign keys meanwhile, and has them as they were in the end, whatever happens in between', async () => {
    const [from, to] = [await placeOf(fleet, 'from'), await placeOf(fleet, 'to')]
    const before = await standing(to)
    const by = { operation: randomUUID(), token: 1 }
    const snapshot = await from.snapshot()
    await to
      .apply(
        {
          facts: snapshot.facts,
          read: () => {
            throw new Error('the store is gone')
          },
        },
        { by, fresh: true },
      )
      .catch(() => {})
    expect((await standing(to)).length).toBe(before.length - 5)
    await to.apply(snapshot, { by, fresh: true })
    await snapshot.close()
    expect(await standing(to)).toEqual(before)
    expect(await to.fingerprint()).toEqual(await from.fingerprint())
  })

  test('is told of rows that refer to none, also where the foreign key was postponed', async () => {
    const [from, to] = [await placeOf(fleet, 'from'), await placeOf(fleet, 'orphan')]
    const snapshot = await from.snapshot()
    const source = {
      facts: { ...snapshot.facts, tables: snapshot.facts.tables.filter(({ name }) => name !== 'customer') },
      read: snapshot.read,
    }
    const failed = to.apply(source, { fresh: true })
    await expect(failed).rejects.toMatchObject({ code: 'LOAD_ORPHANS', facts: { constraints: [expect.stringContaining('customer_fkey')] } })
    await snapshot.close()
  })

  test('of a service has all its rows, also those of tables without key or columns, and a column called like the tenant is one like any other', async () => {
    const [from, to] = [await placeOf(fleet, 'billing-one'), await placeOf(fleet, 'billing-two')]
    await fill(
      from,
      `insert into counted values ('x', 1), ('x', 1), (null, null); insert into nothing default values; insert into nothing default values; insert into made default values;
       insert into platform.account values ('$tenant', 'a@b', 'free')`,
    )
    expect((await carry(from, to)).tenantColumn).toBe(null)
    expect(await to.fingerprint()).toEqual(await from.fingerprint())
    const { tables } = await to.fingerprint()
    expect(Object.entries(tables).map(([name, { rows }]) => `${name} ${rows}`)).toEqual([
      'home.counted 3',
      'home.made 1',
      'home.nothing 2',
      'platform.account 1',
    ])
  })
})

describe('a cluster whose administrator is no superuser', () => {
  let fleet: Fleet
  const [role, password] = [`lender_${randomUUID().slice(0, 8)}`, randomUUID()]
  const server = testServer()
  const asSuperuser = async (...statements: readonly string[]) => {
    const eyes = openEyes(urlOf(server))
    for (const statement of statements) await eyes.see('postgres', statement)
    await eyes.close()
  }
  beforeAll(async () => {
    await asSuperuser(
      `create role ${role} login createrole createdb password '${password}'`,
      `grant connect on database postgres to ${role}`,
    )
    fleet = await startFleet({
      url: `postgres://${role}:${password}@${server.host}:${server.port}/postgres`,
      migrations: SHOP,
      tenants: { from: 'schema', to: 'database' },
    })
  })
  afterAll(async () => {
    await fleet?.stop()
    await asSuperuser(`revoke connect on database postgres from ${role}`, `drop role ${role}`)
  })

  test('loads as silently, with all triggers and foreign keys as they were afterwards', async () => {
    const [from, to] = [await placeOf(fleet, 'from'), await placeOf(fleet, 'to')]
    const owner = fleet.platform.names.owner
    await fillShop(
      from,
      ROWS.replace('set local session_replication_role = replica', `set local role ${owner}; alter table customer disable trigger touch`),
    )
    await fill(from, `set local role ${owner}; alter table customer enable trigger touch`)
    const before = await standing(to)
    const admin = { superuser: false }
    await carry(from, to, { admin })
    expect(await standing(to)).toEqual(before)
    expect(await to.fingerprint()).toEqual(await from.fingerprint())
    expect((await to.fingerprint()).tables['platform.account']).toMatchObject({ rows: '1' })
    expect(await to.database.rows(sql`select name from ${ident(to.home.schema, 'customer')} where name ~ 'touched'`)).toEqual([])
  })
})

const versions = (near: TestServer, far: TestServer) => {
  const fleets: Fleet[] = []
  beforeAll(async () => {
    const tenants = { first: 'shared', second: 'schema' } as const
    fleets.push(...(await Promise.all([near, far].map((one) => fleetOn(one, { migrations: NASTY_MIGRATIONS, tenants })))))
  }, 60_000)
  afterAll(() => Promise.all(fleets.map((fleet) => fleet.stop())))

  test('rows and sums are the same there and back', async () => {
    const [newer, older] = fleets as [Fleet, Fleet]
    const [first, over, back] = [await placeOf(newer, 'first'), await placeOf(older, 'second'), await placeOf(newer, 'second')]
    await fill(first, NASTY_ROWS)
    await carry(first, over)
    await carry(over, back)
    expect(await over.fingerprint()).toEqual(await first.fingerprint())
    expect(await back.fingerprint()).toEqual(await first.fingerprint())
    const { events: _, ...there } = await seen(back)
    const { events: __, ...were } = await seen(first)
    expect(there).toEqual(were)
  })
}

describeOn(['embedded-18', 'embedded-16'], 'from version to version', (near) => {
  describeOn(near.engine === 'embedded-18' ? ['embedded-16', 'debian-15'] : ['debian-15'], 'to another', (far) => versions(near, far))
})
