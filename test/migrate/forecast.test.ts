import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { z } from 'zod'
import { forecast } from '../../src/engine/forecast/forecast.js'
import { fileText, ident, type Sql, sql } from '../../src/kernel/sql.js'
import type { migrationPlan } from '../../src/operations/migrate/plan.js'
import { planSays } from '../../src/operations/migrate/plan-says.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { fleetOn } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'

const column = 'tenant_id uuid not null default tenantry.tenant()'
const FIRST = `-- migrate:up
create table customer (${column}, id int, email text, age text, name text, primary key (tenant_id, id));
create table orders (${column}, id int, customer_id int, total int, code varchar(20), primary key (tenant_id, id));
create table note (${column}, id int, body text, primary key (tenant_id, id));
create table booking (${column}, id int, room int, during int4range, primary key (tenant_id, id));
create type mood as enum ('good', 'bad');
create index note_body on note (tenant_id, body);
alter table orders add constraint code_there check (code is not null) not valid;
`
const TIGHTEN = `-- migrate:up
alter table customer alter column email set not null;
create unique index customer_email on customer (tenant_id, lower(email)) where email <> 'x, y'; -- one, of each
alter table orders add constraint orders_customer foreign key (tenant_id, customer_id) references customer (tenant_id, id),
  add constraint total_positive check (total >= 0 /* not ), less */);
alter table customer alter column age type int using age::int;
alter table orders alter column code type varchar(5);
alter table note add column kind text not null;
alter table booking add constraint no_overlap exclude using gist (room with =, during with &&);
drop index note_body;
alter type mood rename value 'bad' to 'poor';
create table tag (${column}, id int, primary key (tenant_id, id));
create table fresh (${column}, id int, body text);
insert into fresh (tenant_id, id) select distinct tenant_id, id from customer;
alter table fresh add primary key (tenant_id, id);
`
const AFTER = `-- migrate:up
update customer set name = '' where name is null;
alter table customer alter column name set not null;
alter table orders add constraint c check (total < 1000) not valid;
alter table orders validate constraint c;
`

// What is done to a home, and what must be said of it: line of which file, rows, keys of the first. Its own tenant's id stands for T.
const TROUBLE: Readonly<Record<string, { readonly dirt: string; readonly says: readonly string[] }>> = {
  t05: {
    dirt: `update customer set email = null where id in (2, 3)`,
    says: ['tighten:2 rows of customer in which email is null: 2 (T, 2) (T, 3)'],
  },
  t07: {
    dirt: `update customer set email = 'E1@x' where id = 2`,
    says: ['tighten:3 rows of customer that are alike in tenant_id, lower(email): 2 (T, 1) (T, 2)'],
  },
  t09: {
    dirt: `insert into orders values (T, 99, 77, 5, 'c')`,
    says: ['tighten:4 rows of orders whose tenant_id, customer_id is not in customer: 1 (T, 99)'],
  },
  t11: {
    dirt: `update orders set total = -1 where id = 1`,
    says: ['tighten:4 rows of orders that do not meet CHECK (total >= 0 /* not ), less */): 1 (T, 1)'],
  },
  t12: {
    dirt: `update customer set age = 'old' where id = 3`,
    says: ['tighten:6 rows of customer in which age::int cannot be made int: 1 (T, 3)'],
  },
  t13: {
    dirt: `update orders set code = '123456' where id = 2`,
    says: ['tighten:7 rows of orders in which code is longer than 5: 1 (T, 2)'],
  },
  t14: {
    dirt: `insert into note values (T, 1, 'x')`,
    says: ['tighten:8 rows of note, for which the new column kind has no value: 1 (T, 1)'],
  },
  t15: {
    dirt: `insert into booking values (T, 1, 5, '[1,4)'), (T, 2, 5, '[3,6)'), (T, 3, 6, '[3,6)')`,
    says: ['tighten:9 rows of booking that overlap in room, during: 2 (T, 1) (T, 2)'],
  },
  t16: { dirt: 'drop index note_body', says: ['tighten:10 the table or index note_body is not there: null'] },
  t17: { dirt: `alter type mood rename value 'bad' to 'sad'`, says: ['tighten:11 the label mood.bad is not there: null'] },
  t18: { dirt: 'create table tag (id int)', says: ['tighten:12 the table or index tag is there already: null'] },
  t19: {
    dirt: 'drop table note',
    says: ['tighten:8 the table or index note is not there: null', 'tighten:10 the table or index note_body is not there: null'],
  },
  t20: { dirt: 'alter table customer drop column age', says: ['tighten:6 the column customer.age is not there: null'] },
  t21: {
    dirt: `update orders set total = 5000 where id = 3; update customer set email = null where id = 1`,
    says: [
      'tighten:2 rows of customer in which email is null: 1 (T, 1)',
      'after:5 rows of orders that do not meet CHECK (total < 1000): 1 (T, 3)',
    ],
  },
  shared_b: {
    dirt: `update customer set email = null where tenant_id = T and id = 2`,
    says: ['tighten:2 rows of customer in which email is null: 1 (T, 2)'],
  },
  alone: {
    dirt: `update orders set total = -5 where id = 2`,
    says: ['tighten:4 rows of orders that do not meet CHECK (total >= 0 /* not ), less */): 1 (T, 2)'],
  },
}
const TENANTS: Readonly<Record<string, 'shared' | 'schema' | 'database'>> = {
  ...Object.fromEntries(Array.from({ length: 26 }, (_, i) => [`t${String(i + 1).padStart(2, '0')}`, 'schema' as const])),
  ...{ shared_a: 'shared', shared_b: 'shared', shared_c: 'shared', alone: 'database', other: 'database' },
}

let fleet: Fleet
const FILES = { tighten: '20260102000000_tighten.sql', after: '20260103000000_after.sql' }
const slug = (name: string): string => name.replace('_', '-')

/** Runs statements in the home of a tenant as a superuser, past all walls. */
async function inHome(name: string, text: string): Promise<void> {
  const { id, schema } = await fleet.tenant(slug(name))
  const home: Sql = ident(schema)
  const witness = await fleet.witness(slug(name))
  await witness.transaction((session) =>
    session.script(sql`set local search_path = ${home}, ext; ${fileText(text.replace(/\bT\b/g, `'${id}'`))}`),
  )
}

beforeAll(async () => {
  fleet = await fleetOn(testServer(), {
    migrations: { 'tenant/20260101000000_first.sql': FIRST },
    tenants: Object.fromEntries(Object.entries(TENANTS).map(([name, isolation]) => [slug(name), isolation])),
    config: { extensions: ['btree_gist'] },
  })
  for (const name of Object.keys(TENANTS)) {
    await inHome(
      name,
      `insert into customer select T, g, 'e' || g || '@x', '3' || g, null from generate_series(1, 5) g;
       insert into orders select T, g, g, g, 'c' || g from generate_series(1, 4) g;
       ${TROUBLE[name]?.dirt ?? ''}`,
    )
  }
  for (const [name, text] of Object.entries({ tighten: TIGHTEN, after: AFTER }))
    await writeFile(join(fleet.folder, 'migrations/tenant', FILES[name as keyof typeof FILES]), text)
})
afterAll(() => fleet?.stop())

describe('the forecast', () => {
  test('names the homes and rows that would fail, and no other', async () => {
    const { findings, unanswered, unknowable, homes } = await forecast(fleet.platform)
    const said = new Map<string, string[]>()
    for (const { home, tenant, database, file, line, what, rows, keys } of findings) {
      const name = Object.entries(FILES).find(([, path]) => file === `tenant/${path}`)![0]
      const text = `${name}:${line} ${what}: ${rows}${keys.map((key) => ` (${key})`).join('')}`
      const place = `${tenant ?? 'of many'}: ${database}.${home}`
      said.set(place, [...(said.get(place) ?? []), text])
    }
    const expected = new Map<string, readonly string[]>()
    for (const [name, { says }] of Object.entries(TROUBLE)) {
      const { id, database, schema, isolation } = await fleet.tenant(slug(name))
      expected.set(
        `${isolation === 'shared' ? 'of many' : slug(name)}: ${database}.${schema}`,
        says.map((text) => text.replace(/\(T\b/g, `(${id}`)),
      )
    }
    expect(new Map([...said].sort())).toEqual(new Map([...expected].sort()))
    expect(unanswered).toEqual([])
    expect(homes).toBe(29)
    expect(unknowable).toEqual([
      {
        file: `tenant/${FILES.after}`,
        line: 3,
        what: 'rows of customer in which name is null',
        why: 'an earlier statement writes to customer',
      },
    ])
  })

  test('is right: exactly the homes that it names fail', async () => {
    const named = new Set((await forecast(fleet.platform)).findings.map(({ database, home }) => `${database}.${home}`))
    const failed = new Set<string>()
    for (const name of Object.keys(TENANTS)) {
      const { database, schema } = await fleet.tenant(slug(name))
      const tried = inHome(name, `${[TIGHTEN, AFTER].join('\n').replaceAll('-- migrate:up', '')}; do $$begin raise 'done'; end$$`)
      const reason = await tried.then(
        () => 'done',
        (error: Error) => error.message,
      )
      if (reason !== 'done') failed.add(`${database}.${schema}`)
    }
    expect([...failed].sort()).toEqual([...named].sort())
  })

  test('changes nothing, waits for nobody, and says what it could not ask', async () => {
    const { schema } = await fleet.tenant('t01')
    const witness = await fleet.witness('t01')
    await witness.transaction(async (session) => {
      await session.run(sql`lock table ${ident(schema, 'orders')} in access exclusive mode`)
      const { unanswered } = await forecast(fleet.platform)
      expect(new Set(unanswered.map(({ home }) => home))).toEqual(new Set([schema]))
      expect(unanswered[0]).toMatchObject({ why: 'somebody holds a lock on the table' })
    })
  })
})

type PlanOutput = z.output<typeof migrationPlan.output>

describe('migrate plan', () => {
  test('says what each statement does, over how many homes and rows, and what would fail', async () => {
    const plan = await fleet.run<{
      pendingHomes: number
      data: readonly {
        file: string
        line: number
        waits: string
        work: string
        homes: number
        rows: number
        largest: number
        about: string
      }[]
      files: readonly { file: string; homes: number; shared: number; tenants: number; fits: boolean }[]
      forecast: { findings: readonly unknown[] }
    }>('migrate.plan', {})
    expect(plan.pendingHomes).toBe(29)
    expect(plan.files).toMatchObject([
      { file: `tenant/${FILES.tighten}`, homes: 29, shared: 1, tenants: 31, fits: true },
      { file: `tenant/${FILES.after}`, homes: 29, shared: 1, tenants: 31, fits: true },
    ])
    const at = (line: number) => plan.data.find((row) => row.file.endsWith(FILES.tighten) && row.line === line)
    expect(at(2)).toMatchObject({ waits: 'customer: reads and writes', work: 'reads customer', homes: 29 })
    expect(at(4)).toMatchObject({ waits: expect.stringContaining('customer: writes'), work: 'reads orders, reads customer' })
    expect(at(6)).toMatchObject({ waits: 'customer: reads and writes', work: 'rewrites customer' })
    expect(at(10)).toMatchObject({ waits: 'note: reads and writes', work: '', about: 'an instant' })
    expect(at(12)).toMatchObject({ waits: '', work: '' })
    expect(at(2)!.rows).toBeGreaterThan(at(2)!.largest)
    expect(plan.forecast.findings).toHaveLength(18)
  })

  test('does not say of a program that nobody waits, and knows files outside of a transaction and repeatable ones', async () => {
    const files = {
      '20260401000000_program.mjs': `export default { up: async () => {} }\n`,
      '20260402000000_outside.sql':
        '-- migrate:up transaction:false\ncreate index concurrently if not exists later on orders (tenant_id, code);\n',
      'R__names.sql': 'create or replace view names with (security_invoker = true) as select name from customer;\n',
    }
    for (const [name, text] of Object.entries(files)) await writeFile(join(fleet.folder, 'migrations/tenant', name), text)
    const plan = await fleet.run<PlanOutput>('migrate.plan', {})
    const rows = (name: string) => plan.data.filter(({ file }) => file.endsWith(name))
    expect(rows('_program.mjs')).toMatchObject([{ statement: 'a program', waits: 'not known', about: 'not known' }])
    expect(rows('_outside.sql')).toMatchObject([{ waits: 'orders: changes of the schema', work: 'reads orders', homes: 29 }])
    expect(rows('R__names.sql')).toMatchObject([{ waits: 'names: reads and writes', work: '', homes: 29 }])
    const said = planSays(plan)
    expect(said).toMatch(/_program\.mjs: .*; a program: its locks and time are not known/)
    expect(said).toMatch(/not knowable before tenant\/20260401000000_program\.mjs:1 runs: what it reads and writes; it is a program/)
    expect(said).toMatch(/_outside\.sql: .*; nobody waits/)
  })
})
