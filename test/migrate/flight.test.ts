import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fileText, ident, sql } from '../../src/kernel/sql.js'
import { sqlstate } from '../../src/postgres/errors.js'
import { type Database, openDatabase } from '../../src/postgres/session.js'
import { lockAll } from '../../src/schema/apply/needs.js'
import { patiently } from '../../src/schema/apply/patience.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { fleetOn } from '../support/fleet.js'
import { gate } from '../support/gate.js'
import { testServer } from '../support/servers-injected.js'

const T = 'tenant_id uuid not null default tenantry.tenant()'
const BASE = `-- migrate:up
create table author (${T}, id int, name text, primary key (tenant_id, id));
create table note (${T}, id int, author int, body text, primary key (tenant_id, id),
  foreign key (tenant_id, author) references author (tenant_id, id) on delete cascade);
create function touched() returns trigger language plpgsql as $$ begin new.body := coalesce(new.body, ''); return new; end $$;
create trigger touch before insert on note for each row execute function touched();
create view notes with (security_invoker = true) as select id, body from note;
`
const MORE = `-- migrate:up
create type mood as enum ('glad', 'sad');
create table label (${T}, id bigint generated always as identity, word text not null, mood mood, primary key (tenant_id, id));
create function loud(of mood) returns text language sql immutable return upper(of::text);
create view labels with (security_invoker = true) as select word, loud(mood) as mood from label;
alter table note add column label bigint, add foreign key (tenant_id, label) references label (tenant_id, id);
create index note_label on note (tenant_id, label);
`

// Whatever flies ends with this function; the full way does not know it. A pack can be made to take its time, or, with less than none, to lose its connection.
const WITNESS = `
  create table public.flown (home uuid not null, pack integer not null);
  create table public.delay (seconds float not null);
  alter function tenantry.end_migrations rename to end_migrations_itself;
  create function tenantry.end_migrations(a uuid, homes uuid[], c text, d text, e text, f text, g text, h text, i integer, j text[]) returns void language plpgsql as $$
  begin
    perform tenantry.end_migrations_itself(a, homes, c, d, e, f, g, h, i, j);
    insert into public.flown select unnest(homes), cardinality(homes);
    perform pg_terminate_backend(pg_backend_pid()) from public.delay where cardinality(homes) > 1 and seconds < 0;
    perform pg_sleep(seconds) from public.delay where cardinality(homes) > 1;
  end $$;`

let fleet: Fleet
let witness: Database
const slugs = ['first', 'second', 'third', 'policy', 'view', 'grant', 'column', 'held']

const pathOf = (version: number, form = 'sql'): string => join(fleet.platform.config.migrations, 'tenant', `${version}_step.${form}`)
const add = (version: number, text: string, form?: string): Promise<void> => writeFile(pathOf(version, form), text)
let packs: readonly number[] = []
/** Which homes have flown since; `packs` says with how many each. */
const flown = async (): Promise<readonly string[]> => {
  const rows = await witness.rows(sql<{ schema: string; pack: number }>`
    delete from public.flown f using tenantry.home h where h.id = f.home returning h.schema_name as schema, f.pack`)
  packs = rows.map(({ pack }) => pack)
  return rows.map(({ schema }) => schema).sort()
}
const versions = async (): Promise<readonly string[]> => Promise.all(slugs.map(versionOf))
const schemaOf = async (slug: string): Promise<string> => (await fleet.tenant(slug)).schema
const versionOf = async (slug: string): Promise<string> =>
  (await witness.one(sql<{ version: string }>`select version from tenantry.home where schema_name = ${await schemaOf(slug)}`)).version

beforeAll(async () => {
  fleet = await fleetOn(testServer(), {
    migrations: { 'tenant/1_base.sql': BASE },
    tenants: Object.fromEntries(slugs.map((slug) => [slug, 'schema' as const])),
  })
  witness = await fleet.witness('first')
  await witness.script(fileText(WITNESS))
})
afterAll(() => fleet?.stop())

/** Rights, owners and policies as pg_catalog has them, with the names of the home taken out. */
async function walls(slug: string): Promise<readonly string[]> {
  const schema = await schemaOf(slug)
  const rows = await witness.rows(sql<{ line: string }>`
    select concat_ws(' ', c.relname, c.relkind, pg_get_userbyid(c.relowner), c.relacl::text, c.relrowsecurity, c.relforcerowsecurity, c.reloptions::text) as line
    from pg_class c where c.relnamespace::regnamespace::text = ${schema}
    union all
    select concat_ws(' ', tablename, policyname, permissive, roles::text, cmd, qual, with_check) from pg_policies where schemaname = ${schema}
    union all
    select concat_ws(' ', p.oid::regprocedure, pg_get_userbyid(p.proowner), p.proacl::text, p.prosecdef) from pg_proc p
    where p.pronamespace::regnamespace::text = ${schema}
    order by 1`)
  const { role } = await witness.one(sql<{ role: string }>`select role_name as role from tenantry.home where schema_name = ${schema}`)
  return rows.map(({ line }) => line.replaceAll(`${schema}.`, '').replaceAll(role, 'ROLE'))
}

describe('homes of one class', () => {
  test('fly behind the first, and have the walls that it has', async () => {
    await witness.script(sql`truncate public.flown`)
    await add(2, MORE)
    await fleet.run('migrate.up', { parallel: 1 })
    const schemas = await Promise.all(slugs.map(schemaOf))
    const inFlight = await flown()
    expect(inFlight).toHaveLength(slugs.length - 1)
    const [full] = slugs.filter((_, i) => !inFlight.includes(schemas[i]!))
    const expected = await walls(full!)
    expect(expected.filter((line) => line.startsWith('label tenantry_'))).toHaveLength(2)
    expect(expected.find((line) => line.startsWith('label r '))).toContain('ROLE=arwd')
    for (const slug of slugs) expect(await walls(slug)).toEqual(expected)
    // And is used as such.
    await fleet.app.tenant('third').transaction(async (tx) => {
      await tx.run(sql`insert into label (word, mood) values ('blue', 'sad')`)
      expect(await tx.rows(sql`select word, mood from labels`)).toEqual([{ word: 'blue', mood: 'SAD' }])
    })
  })

  test('that somebody has changed by hand are not waved through', async () => {
    await witness.run(sql`drop policy tenantry_fence on ${ident(await schemaOf('policy'), 'note')}`)
    await witness.run(sql`alter view ${ident(await schemaOf('view'), 'notes')} reset (security_invoker)`)
    await witness.run(sql`grant select on ${ident(await schemaOf('grant'), 'note')} to public`)
    await witness.run(sql`grant select (name) on ${ident(await schemaOf('column'), 'author')} to public`)
    await add(3, '-- migrate:up\nalter table author add column born date;\n')
    await expect(fleet.run('migrate.up', { parallel: 1 })).rejects.toMatchObject({ code: 'FLEET_PARTIAL', facts: { failed: 3 } })
    const inFlight = await flown()
    for (const slug of ['policy', 'view', 'grant', 'column']) expect(inFlight).not.toContain(await schemaOf(slug))
    expect(inFlight.length).toBeGreaterThanOrEqual(slugs.length - 5)
    expect(new Set(packs)).toEqual(new Set([1]))
    const versions = await Promise.all(['view', 'grant', 'column', 'policy'].map(versionOf))
    expect(versions).toEqual(['2', '2', '2', '3'])
    // The full way has raised it again.
    expect((await walls('policy')).filter((line) => line.startsWith('note tenantry_'))).toHaveLength(2)
    await witness.run(sql`alter view ${ident(await schemaOf('view'), 'notes')} set (security_invoker = true)`)
    await witness.run(sql`revoke select on ${ident(await schemaOf('grant'), 'note')} from public`)
    await witness.run(sql`revoke select (name) on ${ident(await schemaOf('column'), 'author')} from public`)
    await fleet.run('migrate.up')
    expect(await Promise.all(['view', 'grant', 'column'].map(versionOf))).toEqual(['3', '3', '3'])
  })
})

describe('somebody in the way', () => {
  test('is not queued for, and named when the home is given up; afterwards it is migrated', async () => {
    await flown()
    await add(4, '-- migrate:up\nalter table note add column stars int;\n')
    const schema = await schemaOf('held')
    let waiting = 0
    await witness.transaction(async (reader) => {
      await reader.run(sql`lock table ${ident(schema, 'note')} in access share mode`)
      await reader.run(sql`select pg_sleep(0.3)`)
      const looking = setInterval(async () => {
        const { n } = await witness.one(sql<{ n: number }>`
          select count(*)::int as n from pg_locks where not granted and relation = ${`${schema}.note`}::regclass`)
        waiting += n
      }, 50)
      const failing = expect(fleet.run('migrate.up', { parallel: 2, rounds: 0 })).rejects.toMatchObject({
        code: 'FLEET_PARTIAL',
        message: expect.stringMatching(/4_step[.]sql found no moment in \d+ ms .*in the way: process \d+ \("witness"\) on note since/),
      })
      await failing.finally(() => clearInterval(looking))
    })
    expect(waiting).toBe(0)
    expect(await versionOf('held')).toBe('3')
    expect(await versionOf('first')).toBe('4')
    // The others have gone, without it.
    expect(await flown()).not.toContain(schema)
    await fleet.run('migrate.up')
    expect(await versionOf('held')).toBe('4')
  })

  test('for a moment only is waited for', async () => {
    await add(5, '-- migrate:up\nalter table note drop column stars;\n')
    const schema = await schemaOf('held')
    const { opened: holding, open: held } = gate()
    const reading = witness.transaction(async (reader) => {
      await reader.run(sql`lock table ${ident(schema, 'note')} in access share mode`)
      held()
      await reader.run(sql`select pg_sleep(0.9)`)
    })
    await holding
    await fleet.run('migrate.up')
    await reading
    expect(await versionOf('held')).toBe('5')
  })
})

describe('a pack', () => {
  let version = 5
  /** A new file: the first home leads, and all others are one pack. Answers the file's version. */
  const next = async (): Promise<string> => {
    await flown()
    await add(++version, `-- migrate:up\nalter table note add column more_${version} int;\n`)
    return String(version)
  }
  const rest = (except: string, expected: string) => slugs.map((slug) => (slug === except ? String(Number(expected) - 1) : expected))
  // The one that leads is of no use here.
  const last = async (): Promise<string> => {
    const schemas = new Map(await Promise.all(slugs.map(async (slug) => [await schemaOf(slug), slug] as const)))
    const rows = await fleet.platform.catalog.rows(
      sql<{ schema: string }>`select schema_name as schema from catalog.home order by number desc`,
    )
    return rows.map(({ schema }) => schemas.get(schema)).find((slug) => slug !== undefined)!
  }

  // How many go in one is measured by the first: a busy machine may need another try, which has a file of its own.
  test('is several homes in one transaction', async () => {
    const expected = await next()
    await fleet.run('migrate.up', { parallel: 1 })
    expect(await versions()).toEqual(slugs.map(() => expected))
    expect(await flown()).toHaveLength(slugs.length - 1)
    expect(Math.max(...packs)).toBeGreaterThan(1)
  })

  test('does not get through because somebody holds one home: that one is late, and the others are done one by one', async () => {
    const expected = await next()
    const slug = await last()
    await witness.transaction(async (other) => {
      await other.run(sql`select from tenantry.home where schema_name = ${await schemaOf(slug)} for update`)
      await expect(fleet.run('migrate.up', { parallel: 1, rounds: 0 })).rejects.toMatchObject({
        code: 'FLEET_PARTIAL',
        facts: { failed: 1 },
      })
    })
    expect(await versions()).toEqual(rest(slug, expected))
    expect(await flown()).toHaveLength(slugs.length - 2)
    expect(new Set(packs)).toEqual(new Set([1]))
    await fleet.run('migrate.up')
    expect(await versionOf(slug)).toBe(expected)
  })

  test('does not get through because the ledger of one is not what the catalog says: that one is refused', async () => {
    const expected = await next()
    const slug = await last()
    const ledger = sql`home_id = (select id from tenantry.home where schema_name = ${await schemaOf(slug)}) and version = '1'`
    await witness.run(sql`create table public.kept as select * from tenantry.migration where false`)
    await witness.run(
      sql`with gone as (delete from tenantry.migration where ${ledger} returning *) insert into public.kept select * from gone`,
    )
    await expect(fleet.run('migrate.up', { parallel: 1 })).rejects.toMatchObject({ code: 'FLEET_PARTIAL', facts: { failed: 1 } })
    expect(await versions()).toEqual(rest(slug, expected))
    await witness.run(sql`insert into tenantry.migration select * from public.kept`)
    await fleet.run('migrate.up')
    expect(await versionOf(slug)).toBe(expected)
  })

  test('does not get through because its connection is killed: all are as before, and go by themselves', async () => {
    const expected = await next()
    await witness.run(sql`insert into public.delay values (-1)`)
    await fleet.run('migrate.up', { parallel: 1 })
    await witness.run(sql`truncate public.delay`)
    expect(await versions()).toEqual(slugs.map(() => expected))
    expect((await flown()).length).toBe(slugs.length - 1)
    expect(new Set(packs)).toEqual(new Set([1]))
  })

  test('does not get through because it takes longer than one home may: it is cancelled, and each goes by itself', async () => {
    const expected = await next()
    await witness.run(sql`insert into public.delay values (5)`)
    await fleet.run('migrate.up', { parallel: 1 })
    await witness.run(sql`truncate public.delay`)
    expect(await versions()).toEqual(slugs.map(() => expected))
    expect((await flown()).length).toBe(slugs.length - 1)
    expect(new Set(packs)).toEqual(new Set([1]))
  })

  test('is of one home at a rate, which is of homes', async () => {
    const expected = await next()
    await fleet.run('migrate.up', { rate: '1000/s' })
    expect(await versions()).toEqual(slugs.map(() => expected))
    await flown()
    expect(new Set(packs)).toEqual(new Set([1]))
  })
})

test('a file that holds its locks for longer than its budget is stopped, unless it says how long it may take', async () => {
  const one = await schemaOf('first')
  const loop = `do $$ declare over constant timestamptz := clock_timestamp() + interval '700 ms';
    begin while current_schema = '${one}' and clock_timestamp() < over loop end loop; end $$;`
  const slow = `alter table note add column slow int;\n${loop}\n`
  await add(16, `-- migrate:up budget:20s\n${slow}`)
  await fleet.run('migrate.up', { parallel: 8 })
  expect(await versionOf('first')).toBe('16')
  await add(17, `-- migrate:up\n${slow.replace('slow', 'slower')}`)
  await expect(fleet.run('migrate.up', { parallel: 8 })).rejects.toMatchObject({
    code: 'FLEET_PARTIAL',
    facts: { failed: 1 },
    message: expect.stringMatching(/17_step[.]sql in .* did not end within its budget of 500 ms/),
  })
  expect([await versionOf('first'), await versionOf('second')]).toEqual(['16', '17'])
  await rm(pathOf(17))
})

/** A data step that writes the home into a list, and then does the rest. */
const step = (rest: string): string => `import { appendFileSync, readFileSync } from 'node:fs'
const list = ${JSON.stringify(join(fleet.folder, 'steps.txt'))}
export const up = async ({ run, one, sql }) => {
  const { schema } = await one(sql\`select current_schema()::text as schema\`)
  appendFileSync(list, schema + '\\n')
  ${rest}
}
`
const stepped = async (): Promise<readonly string[]> =>
  (await readFile(join(fleet.folder, 'steps.txt'), 'utf8').catch(() => '')).split('\n').filter((line) => line !== '')

describe('data steps', () => {
  test('of several homes run side by side, from the first of an operation on', async () => {
    const meet = `for (let n = 0; readFileSync(list, 'utf8').split('\\n').length < 3; n++) {
    if (n > 400) throw new Error('nobody else came')
    await new Promise((done) => setTimeout(done, 50))
  }`
    await add(18, step(meet), 'ts')
    await fleet.run('migrate.up', { parallel: 8 })
    const schemas = await Promise.all(slugs.map(schemaOf))
    expect(await stepped()).toEqual(expect.arrayContaining(schemas))
  })

  test('wait for a row, do their work once, and leave those in who hold the home at its version', async () => {
    const { id, home } = await fleet.tenant('held')
    const schema = await schemaOf('held')
    await witness.run(sql`insert into ${ident(schema, 'note')} (tenant_id, id, body) values (${id}, 1, 'a')`)
    await rm(join(fleet.folder, 'steps.txt'))
    await add(19, step("await run(sql`update note set body = body || '!'`)"), 'ts')
    const mine = async () => (await stepped()).filter((line) => line === schema)
    let running: Promise<unknown> = Promise.resolve()
    await witness.transaction(async (client) => {
      await client.run(sql`update ${ident(schema, 'note')} set body = body`)
      running = fleet.run('migrate.up', { parallel: 8, rounds: 0 })
      await expect.poll(mine).toHaveLength(1)
      const holding = sql<{ held: boolean }>`select pg_try_advisory_xact_lock_shared(uuid_hash_extended(${home}::uuid, 7427)) as held`
      expect(await witness.transaction((scope) => scope.one(holding))).toEqual({ held: true })
      await client.run(sql`select pg_sleep(0.6)`)
    })
    await running
    expect(await mine()).toHaveLength(1)
    expect(await witness.one(sql`select body from ${ident(schema, 'note')}`)).toEqual({ body: 'a!' })
  })
})

describe('an autovacuum in the way', () => {
  const tables: string[] = []
  const working = () =>
    witness.rows(sql<{ name: string }>`
      select l.relation::regclass::text as name from pg_stat_activity a join pg_locks l on l.pid = a.pid and l.granted
      where a.backend_type = 'autovacuum worker' and a.datname = current_database() and a.xact_start < clock_timestamp() - interval '300 ms'
        and l.relation = any(${tables}::regclass[])`)

  beforeAll(async () => {
    tables.push(`${await schemaOf('held')}.note`, 'plain.note')
    await witness.script(sql`
      create role plain_migrator login password 'plain';
      grant connect on database ${ident(witness.config.database)} to plain_migrator;
      grant select on pg_stat_activity, pg_locks to plain_migrator;
      grant execute on function pg_stat_get_activity(int), pg_lock_status() to plain_migrator;
      create schema plain authorization plain_migrator;
      create table plain.note (id int, body text);
      alter table plain.note owner to plain_migrator`)
    const { id } = await fleet.tenant('held')
    await witness.run(sql`
      insert into ${ident(await schemaOf('held'), 'note')} (tenant_id, id, body) select ${id}, n, repeat('x', 400) from generate_series(10, 3000) n`)
    await witness.run(sql`insert into plain.note select n, repeat('x', 400) from generate_series(10, 3000) n`)
    for (const note of [ident(await schemaOf('held'), 'note'), sql`plain.note`]) {
      // As slow as can be: it does not end by itself.
      await witness.run(sql`
        alter table ${note} set (autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1, autovacuum_vacuum_threshold = 1,
                                 autovacuum_vacuum_scale_factor = 0)`)
      await witness.run(sql`delete from ${note} where id % 2 = 0`)
    }
    await witness.run(sql`alter system set autovacuum_naptime = 1`)
    await witness.run(sql`alter system set autovacuum = on`)
    await witness.run(sql`select pg_reload_conf()`)
  })
  afterAll(async () => {
    await witness.run(sql`alter system reset autovacuum_naptime`)
    await witness.run(sql`alter system reset autovacuum`)
    await witness.run(sql`select pg_reload_conf()`)
    await witness.script(sql`drop owned by plain_migrator; drop role plain_migrator`)
  })

  test('is told to leave', async () => {
    await add(20, '-- migrate:up\nalter table note add column v int;\n')
    await expect.poll(working).toContainEqual({ name: tables[0] })
    await fleet.run('migrate.up', { rounds: 0 })
    expect(await versionOf('held')).toBe('20')
  })

  test('is waited for until the server tells it, where we may not', async () => {
    const plain = openDatabase({ ...witness.config, user: 'plain_migrator', password: 'plain' }, { applicationName: 'plain' })
    try {
      await expect.poll(working).toContainEqual({ name: tables[1] })
      const locks = [{ schema: 'plain', table: 'note', mode: 'access exclusive' }] as const
      const attempts = { database: plain, schema: 'plain', file: 'a file', home: 'a home', locks, budgetMs: 500 }
      let tries = 0
      await patiently(attempts, (wanted, limitMs = 0) => {
        tries++
        return plain.message(sql`begin; set local lock_timeout = 200; ${lockAll(['plain'], wanted, 200)} commit`, limitMs)
      })
      expect(tries).toBe(1)
    } finally {
      await plain.end()
    }
  })
})

test('a fence is shared by all who hold the same token, and shuts out the older one when the newer has waited for them', async () => {
  const operation = crypto.randomUUID()
  const fence = (token: number) => sql`select tenantry.fence(${operation}, ${token})`
  const impatient = sql`select set_config('lock_timeout', '100ms', true)`
  await witness.run(fence(1))
  await witness.transaction(async (first) => {
    await first.run(fence(1))
    await witness.transaction(async (second) => {
      await second.run(impatient)
      await second.run(fence(1))
    })
    const newer = await witness
      .transaction(async (third) => {
        await third.run(impatient)
        await third.run(fence(2))
      })
      .catch((error: unknown) => sqlstate(error))
    expect(newer).toBe('55P03')
  })
  await witness.run(fence(2))
  expect(await witness.run(fence(1)).catch((error: unknown) => sqlstate(error))).toBe('TN010')
})
