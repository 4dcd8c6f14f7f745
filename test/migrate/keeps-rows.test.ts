import { afterAll, beforeAll, expect, test } from 'vitest'
import { fileText, type Sql, sql } from '../../src/kernel/sql.js'
import { parseUrl } from '../../src/postgres/connection.js'
import { type Database, openDatabase } from '../../src/postgres/session.js'
import { effectsOf } from '../../src/schema/effects/effects-of.js'
import { storyOfHome } from '../../src/schema/effects/known-home.js'
import { type ColumnType, KNOWN_FUNCTIONS, keepsRows } from '../../src/schema/keeps-rows.js'
import { lintMigrations } from '../../src/schema/lint/lint-migrations.js'
import type { Migration } from '../../src/schema/migration-files.js'
import { PLAIN } from '../../src/schema/section-options.js'
import { statementsOf } from '../../src/schema/statements.js'
import { urlOf } from '../support/fleet.js'
import { describeOn } from '../support/servers-injected.js'

const TYPES =
  `text varchar varchar(3) varchar(5) citext bpchar char(3) char(5) xml cidr inet bit(3) bit(5) varbit varbit(3) varbit(5) time time(3) time(6) timetz
  timetz(3) timestamp timestamp(3) timestamp(6) timestamptz timestamptz(3) interval interval(3) interval(6) numeric numeric(5,2) numeric(6,2)
  numeric(6,3) int2 int4 int8 float4 float8 bool oid date json jsonb uuid text[] varchar[] varchar(3)[] varchar(5)[]`.split(/\s+/)

function typed(written: string): ColumnType {
  const numbers = /\(([\d,]+)\)/.exec(written)?.[1]?.split(',').map(Number)
  // The grammar, too, calls it so; "char" in quotes is another type.
  const type = written.replace(/\([\d,]+\)/, '').replace(/^char$/, 'bpchar')
  return { type, modifiers: numbers ?? [] }
}

/** Statements after a table of their own, and whether the server writes its rows anew. */
const TOLD: readonly (readonly [statement: string, rewritten: boolean])[] = [
  [`alter table note add column m text default md5('a')`, false],
  [`alter table note add column m text default substr('abc', 2)`, false],
  ['alter table note add column m numeric default div(7, 2)', false],
  [`alter table note add column m int[] default array_fill(0, '{1}')`, false],
  ['alter table note add column m int default steady()', false],
  ['alter table note add column m int default restless()', true],
  ['alter table note add column m float default random()', true],
  ['alter table note add column m timestamptz default clock_timestamp()', true],
  ['alter table note alter column at3 type time(6)', false],
  ['alter table note alter column at3 type time', false],
  ['alter table note alter column at3 type time(1)', true],
  ['alter table note alter column at type time(6)', false],
  ['alter table note alter column bits type varbit(5)', false],
  ['alter table note alter column bits type varbit(2)', true],
  ['alter table note alter column name type text', false],
  ['alter table note alter column page type text', false],
  ['alter table note alter column took type interval(4)', false],
  ['alter table note alter column took type interval(1)', true],
  ['alter table note alter column n type bigint', true],
]
const NOTE = `create table note (tenant_id uuid not null default tenantry.tenant(), id uuid not null, n int, at time, at3 time(3), bits varbit(3),
  name citext, page xml, took interval(3), primary key (tenant_id, id));
create function steady() returns int language plpgsql stable as 'begin return 1; end';
create function restless() returns int language plpgsql as 'begin return 1; end';`

const migration = (version: string, up: string): Migration => ({
  ...{ version, title: 'x', file: `tenant/${version}_x.sql`, kind: 'sql', up, upLine: 1, options: PLAIN },
  ...{ down: undefined, downLine: 1, downOptions: PLAIN, program: undefined, checksum: up },
})

describeOn(['embedded-18', 'embedded-16', 'debian-15'], 'what keeps the rows', (server) => {
  let database: Database
  beforeAll(() => {
    database = openDatabase(parseUrl(urlOf(server), 'it'), { applicationName: 'test', max: 1 })
  })
  afterAll(() => database?.end())

  /** In a schema of its own, of which nothing stays. */
  async function passing<T>(look: Parameters<typeof database.transaction<T>>[0]): Promise<T> {
    const over = new Error('rolled back')
    let answer: { is: T } | undefined
    await database
      .transaction(async (session) => {
        await session.script(sql`create schema keeps_rows; create extension citext schema keeps_rows;
          set local search_path = keeps_rows; set local timezone = 'Europe/Berlin'`)
        answer = { is: await look(session) }
        throw over
      })
      .catch((error: unknown) => {
        if (error !== over) throw error
      })
    return answer!.is
  }

  test('from every type to every other is what the server does', async () => {
    const seen = await passing(async (session) => {
      await session.script(changesOf(TYPES))
      return session.rows(sql<{ old: string; new: string; kept: boolean }>`select old, new, kept from keeps_rows.seen order by old, new`)
    })
    expect(seen.length).toBeGreaterThan(300)
    const wrong = seen.filter((one) => keepsRows(typed(one.old), typed(one.new)) !== one.kept)
    expect(wrong.map((one) => `${one.old} to ${one.new} ${one.kept ? 'keeps' : 'writes'}`)).toEqual([])
  })

  test('by the plan and by lint is what the server does', async () => {
    for (const [statement, rewritten] of TOLD) {
      const { happened, planned } = await passing(async (session) => {
        await session.script(fileText(NOTE.replace('tenantry.tenant()', `'00000000-0000-0000-0000-000000000000'`)))
        const file = sql<{ file: string }>`select pg_relation_filenode('keeps_rows.note')::text as file`
        const story = await storyOfHome(session, 'keeps_rows')
        const effects = effectsOf(await statementsOf({ file: 'x.sql', text: statement, line: 1 }), story)
        const before = await session.one(file)
        await session.script(fileText(statement))
        return {
          happened: (await session.one(file)).file !== before.file,
          planned: effects.some(({ rewrites }) => rewrites.includes('note')),
        }
      })
      const findings = await lintMigrations([migration('1', NOTE), migration('2', statement)], { tenantColumn: 'tenant_id' })
      const linted = findings.some(({ file, rule }) => file === 'tenant/2_x.sql' && ['volatile-default', 'type-change'].includes(rule))
      expect({ statement, happened, planned, linted }).toEqual({ statement, happened: rewritten, planned: rewritten, linted: rewritten })
    }
  })

  test('of functions, each is as volatile as the server says', async () => {
    const rows = await database.rows(sql<{ name: string; volatile: boolean }>`
      select proname::text as name, bool_or(provolatile = 'v') as volatile
      from pg_proc where pronamespace = 'pg_catalog'::regnamespace group by proname`)
    const volatile = new Map(rows.map((row) => [row.name, row.volatile]))
    expect([...KNOWN_FUNCTIONS.steady].filter((name) => volatile.get(name) === true)).toEqual([])
    expect([...KNOWN_FUNCTIONS.restless].filter((name) => volatile.get(name) === false)).toEqual([])
  })
})

/** Tries them all, one by one, and writes down which of those that the server allows leave the file of the table as it is. */
const changesOf = (types: readonly string[]): Sql =>
  fileText(`create table keeps_rows.seen (old text, new text, kept boolean);
do $$
declare
  old text;
  new text;
  kept boolean;
  types text[] := '${JSON.stringify(types).replace('[', '{').replace(/\]$/, '}')}';
begin
  foreach old in array types loop
    execute format('create table keeps_rows.tried (c %s)', old);
    foreach new in array types loop
      kept := null;
      begin
        declare
          file oid := pg_relation_filenode('keeps_rows.tried');
        begin
          execute format('alter table keeps_rows.tried alter column c type %s', new);
          kept := pg_relation_filenode('keeps_rows.tried') = file;
          raise exception 'undone';
        end;
      exception when others then null;
      end;
      if kept is not null then insert into keeps_rows.seen values (old, new, kept); end if;
    end loop;
    drop table keeps_rows.tried;
  end loop;
end $$;`)
