import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ident, sql } from '../../src/kernel/sql.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { fleetOn } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'

const T = 'tenant_id uuid not null default tenantry.tenant()'
const BASE = `-- migrate:up\ncreate table parent (${T}, id int, primary key (tenant_id, id));\n`

/** One bad migration per rule, and what is said of it. */
const REFUSED: readonly (readonly [rule: string, up: string, says: RegExp])[] = [
  ['no tenant column', 'create table a (id int primary key)', /table a has no column tenant_id/],
  [
    'a tenant column without its default',
    'create table a (tenant_id uuid not null, id int, primary key (tenant_id, id))',
    /must be "uuid not null default/,
  ],
  [
    'a tenant column of another type',
    'create table a (tenant_id text not null default tenantry.tenant()::text, id int, primary key (tenant_id, id))',
    /must be "uuid not null default/,
  ],
  ['no primary key', `create table a (${T}, id int)`, /table a has no primary key/],
  [
    'a primary key that begins with something else',
    `create table a (${T}, id int, primary key (id, tenant_id))`,
    /unique index .*a_pkey must begin with tenant_id/,
  ],
  [
    'a unique constraint over all tenants',
    `create table a (${T}, id int, email text unique, primary key (tenant_id, id))`,
    /a_email_key must begin with tenant_id/,
  ],
  [
    'a unique index over all tenants',
    `create table a (${T}, id int, email text, primary key (tenant_id, id)); create unique index a_low on a (lower(email))`,
    /a_low must begin with tenant_id/,
  ],
  [
    'an exclusion constraint over all tenants',
    `create table a (${T}, id int, at tstzrange, primary key (tenant_id, id), exclude using gist (at with &&))`,
    /exclusion constraint .* must include "tenant_id with ="/,
  ],
  [
    'a foreign key without the tenant',
    `create table a (${T}, id int, p int, t uuid, primary key (tenant_id, id), foreign key (t, p) references parent (tenant_id, id))`,
    /foreign key .* must begin with tenant_id/,
  ],
  [
    'a foreign key that would empty the tenant',
    `create table a (${T}, id int, p int, primary key (tenant_id, id), foreign key (tenant_id, p) references parent (tenant_id, id) on delete set null)`,
    /must name the columns/,
  ],
  [
    'a foreign key into the platform',
    `create table a (${T}, id int, code text references platform.plan (code), primary key (tenant_id, id))`,
    /points into another schema/,
  ],
  [
    'a view with the rights of its owner',
    'create view v as select * from parent',
    /view v must be created with \(security_invoker = true\)/,
  ],
  [
    'a barrier view that filters on nothing',
    'create materialized view m as select tenant_id from parent; create view v with (security_barrier) as select * from m',
    /must be security_barrier and end in/,
  ],
  [
    'a barrier view that filters for some rows only',
    'create materialized view m as select tenant_id, id from parent; create view v with (security_barrier) as select * from m where tenant_id = (select tenantry.tenant()) or id = 1',
    /must be security_barrier and end in/,
  ],
  [
    'a materialised view without the tenant',
    'create materialized view m as select id from parent',
    /materialised view m has no column tenant_id/,
  ],
  [
    'a function with the rights of its owner',
    'create function f() returns bigint language sql security definer return (select count(*) from parent)',
    /must not be security definer/,
  ],
  [
    'a barrier view that joins another materialised view',
    'create materialized view m as select tenant_id, id from parent; create view v with (security_barrier) as select o.* from m, m as o where m.tenant_id = (select tenantry.tenant())',
    /must be security_barrier and end in/,
  ],
  [
    'a barrier view over a common table expression',
    'create materialized view m as select tenant_id, id from parent; create view v with (security_barrier) as with o as (select * from m) select m.* from m where tenant_id = (select tenantry.tenant())',
    /must be security_barrier and end in/,
  ],
  [
    'a barrier view with a sub-select among its columns',
    'create materialized view m as select tenant_id, id from parent; create view v with (security_barrier) as select tenant_id, (select max(id) from m) from m where tenant_id = (select tenantry.tenant())',
    /must be security_barrier and end in/,
  ],
  [
    'a function that takes a role',
    "create function f() returns bigint language sql set role = 'postgres' as 'select 1::bigint'",
    /function .*f\(\) sets role=postgres/,
  ],
  [
    'a trigger that a cascade would run as the owner',
    `create table a (${T}, id int, p int, primary key (tenant_id, id), foreign key (tenant_id, p) references parent (tenant_id, id) on delete cascade);
     create function f() returns trigger language plpgsql as $$ begin perform count(*) from parent; return old; end $$;
     create trigger a_gone before delete on a for each row execute function f()`,
    /trigger a_gone on .*a would run as the owner of the table when foreign key a_tenant_id_p_fkey acts/,
  ],
  [
    'a barrier view whose tenant is a matter of opinion',
    'create materialized view m as select tenant_id, id from parent; create view v with (security_barrier) as select * from m where tenant_id = (select case when true then m.tenant_id else tenantry.tenant() end)',
    /must be security_barrier and end in/,
  ],
  ...["coalesce(new.t, '--') || (select count(*) from parent)", 'f_count/* */()', "E'\\' || f_count() || '"].map(
    (expression) =>
      [
        `a trigger beside a cascade that hides what it does: ${expression}`,
        `create table a (${T}, id int, p int, t text, primary key (tenant_id, id), foreign key (tenant_id, p) references parent (tenant_id, id) on delete set null (p));
     create function f_count() returns bigint language sql stable return (select count(*) from parent);
     create function f() returns trigger language plpgsql as $$ begin new.t := ${expression}; return new; end $$;
     create trigger a_gone before update on a for each row execute function f()`,
        /trigger a_gone on .*a would run as the owner/,
      ] as const,
  ),
  [
    'a condition of a trigger beside a cascade that calls a function',
    `create table a (${T}, id int, p int, primary key (tenant_id, id), foreign key (tenant_id, p) references parent (tenant_id, id) on delete cascade);
     create function f_any() returns boolean language sql stable return exists (select from parent);
     create function f() returns trigger language plpgsql as $$ begin return old; end $$;
     create trigger a_gone before delete on a for each row when (f_any()) execute function f()`,
    /trigger a_gone on .*a must not call functions in its condition/,
  ],
  [
    'a check beside a cascade that looks at other rows',
    `create function f_any(n int) returns boolean language sql stable return exists (select from parent);
     create table a (${T}, id int, p int check (f_any(p)), primary key (tenant_id, id), foreign key (tenant_id, p) references parent (tenant_id, id) on delete set null (p))`,
    /check constraint a_p_check on .*a calls .*f_any/,
  ],
  [
    'a policy made behind its back',
    "do $$ begin execute 'create policy mine on parent using (true)'; end $$",
    /policy mine on .*parent is not one of Tenantry's/,
  ],
  [
    'a grant of one column to everybody behind its back',
    "do $$ begin execute 'grant select (id) on parent to public'; end $$",
    /column id of .*parent is granted to public \(TL14\)/,
  ],
  [
    'anything new in the platform',
    "do $$ begin execute 'create table platform.a (id int)'; end $$",
    /permission denied for schema platform/,
  ],
  ...['always', 'replica'].map(
    (when) =>
      [
        `a trigger that is enabled as ${when}`,
        `create table a (${T}, id int, primary key (tenant_id, id));
     create function f() returns trigger language plpgsql as $$ begin return old; end $$;
     create trigger a_gone before delete on a for each row execute function f();
     alter table a enable ${when} trigger a_gone`,
        /trigger a_gone on a must not be enabled as "always" or "replica": alter table a enable trigger a_gone/,
      ] as const,
  ),
  [
    'a table whose rows every tenant would read in a reference table',
    `create table a (${T}, id int, primary key (tenant_id, id)) inherits (platform.plan)`,
    /table a is a part of plan, which is in another schema \(TL04\)/,
  ],
  [
    'a rule made behind its back',
    "do $$ begin execute 'create rule more as on delete to parent do also select 1'; end $$",
    /rule more on parent runs with the rights of the owner of the table: write a trigger instead \(TL32\)/,
  ],
  [
    'a leakproof function made behind its back',
    "do $$ begin execute 'reset role'; execute 'create function f() returns int language sql immutable leakproof return 1'; end $$",
    /function .*f\(\) is leakproof, .* \(TL32\)/,
  ],
  ['a sequence of its own', `create table a (${T}, id serial, primary key (tenant_id, id))`, /sequence a_id_seq is not allowed/],
]

describe('the gate', () => {
  let fleet: Fleet
  const write = async (text: string | undefined): Promise<void> => {
    const { writeFile, rm } = await import('node:fs/promises')
    const path = `${fleet.folder}/migrations/tenant/20260102000000_next.sql`
    if (text === undefined) await rm(path, { force: true })
    else await writeFile(path, text)
  }
  const migrate = async (): Promise<{ code: string; message: string }> => {
    try {
      await fleet.run('migrate.up')
      return { code: 'none', message: '' }
    } catch (error) {
      return error as { code: string; message: string }
    }
  }

  beforeAll(async () => {
    fleet = await fleetOn(testServer(), {
      migrations: {
        'tenant/20260101000000_base.sql': BASE,
        'platform/20260101000000_plan.sql': '-- migrate:up\ncreate table plan (code text primary key);\n',
      },
      config: { extensions: ['btree_gist'] },
      tenants: { own: 'schema' },
    })
  })
  afterAll(() => fleet?.stop())

  test.each(REFUSED)('refuses %s', async (_, up, says) => {
    await write(`-- migrate:up\n${up};\n`)
    const error = await migrate()
    expect(error).toMatchObject({ code: 'FLEET_PARTIAL', message: expect.stringMatching(says) })
    // Nothing of it is left, in either home.
    const witness = await fleet.witness('own')
    const { tables } = await witness.one(sql<{ tables: number }>`
      select count(*)::int as tables from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where n.nspname like 't\\_%' and c.relname in ('a', 'v', 'm', 'f')`)
    expect(tables).toBe(0)
  })

  test('a file that fails says its line, and the home stands where it stood', async () => {
    await write(`-- migrate:up\ncreate table a (${T}, id int, primary key (tenant_id, id));\n\ninsert into nowhere values (1);\n`)
    expect(await migrate()).toMatchObject({ message: expect.stringMatching(/next\.sql:4 in .*relation "nowhere" does not exist/) })
  })

  test('an edited file is refused, the same file with other line ends is not', async () => {
    const { writeFile } = await import('node:fs/promises')
    await write(undefined)
    const path = `${fleet.folder}/migrations/tenant/20260101000000_base.sql`
    await writeFile(path, `\uFEFF${BASE.replaceAll('\n', '\r\n')}`)
    expect(await migrate()).toMatchObject({ code: 'none' })
    await writeFile(path, `${BASE}\n-- edited\n`)
    expect(await migrate()).toMatchObject({
      code: 'MIGRATION_CHANGED',
      message: expect.stringMatching(/was edited after it had been applied/),
    })
    await writeFile(path, BASE)
    expect(await migrate()).toMatchObject({ code: 'none' })
  })

  test('what it lets through stands behind the walls at once', async () => {
    // With a trigger that a cascade would run as the owner as well, but which touches nothing but its own row.
    await write(`-- migrate:up
create table a (${T}, id int, p int, touched_at timestamptz, primary key (tenant_id, id),
  foreign key (tenant_id, p) references parent (tenant_id, id) on delete cascade);
create function f() returns trigger language plpgsql as $$ begin new.touched_at := now(); return new; end $$;
create trigger a_touch before update on a for each row execute function f();
`)
    expect(await migrate()).toMatchObject({ code: 'none' })
    await fleet.run('tenant.create', { slug: 'neighbour', isolation: 'shared' })
    await fleet.app.tenant('neighbour').query(sql`insert into a (id) values (1)`)
    const witness = await fleet.witness('neighbour')
    const { schema } = await fleet.tenant('neighbour')
    const facts = await witness.one(sql<{ rls: boolean; force: boolean; owner: string; login: boolean }>`
      select c.relrowsecurity as rls, c.relforcerowsecurity as force, r.rolname as owner, r.rolcanlogin as login
      from pg_catalog.pg_class c join pg_catalog.pg_roles r on r.oid = c.relowner
      where c.oid = ${`${ident(schema).text}.a`}::regclass`)
    expect(facts).toEqual({ rls: true, force: true, owner: expect.stringMatching(/_owner$/), login: false })
  })
})
