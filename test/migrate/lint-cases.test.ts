import { describe, expect, test } from 'vitest'
import { lintMigrations } from '../../src/schema/lint/lint-migrations.js'
import type { Migration } from '../../src/schema/migration-files.js'
import { PLAIN } from '../../src/schema/section-options.js'
import { fixture } from './lint-fixtures.js'

const T = 'tenant_id uuid not null default tenantry.tenant()'

const migration = (up: string, over: Partial<Migration> = {}): Migration => ({
  ...{ version: '1', title: 'x', file: 'tenant/1_x.sql', kind: 'sql', up, upLine: 2, options: PLAIN },
  ...{ down: undefined, downLine: 1, downOptions: PLAIN, program: undefined, checksum: up },
  ...over,
})

/** The rules that find something in a file behind those of the fixtures. */
async function found(
  up: string,
  over: Partial<Migration> = {},
  options: Parameters<typeof lintMigrations>[1] = {},
): Promise<readonly string[]> {
  const before = migration((await fixture(options.platform === true ? 'before.platform' : 'before.tenant')).replace('-- migrate:up\n', ''))
  const all = { tenantColumn: 'tenant_id', platformFiles: [migration(await fixture('before.platform'))], ...options }
  const findings = await lintMigrations([before, migration(up, { file: 'tenant/2_x.sql', ...over })], all)
  return [...new Set(findings.filter(({ file }) => file === 'tenant/2_x.sql').map(({ rule }) => rule))]
}

const OUTSIDE = { options: { ...PLAIN, transaction: false } }

/** Other ways to break a rule than that of its fixture. */
const BAD: readonly (readonly [rule: string, up: string])[] = [
  ['refused-statement', 'begin; select 1'],
  ['search-path', 'set search_path = public'],
  ['search-path', 'create function f() returns int language sql set search_path = public return 1'],
  ['roles-and-grants', 'set role postgres'],
  ['roles-and-grants', 'alter default privileges grant all on tables to public'],
  ['policies-and-owners', 'alter table note owner to postgres'],
  ['policies-and-owners', 'create policy p on note using (true)'],
  ['other-schema', 'select * from t_other.note'],
  ['maintenance', 'vacuum full note'],
  ['maintenance', 'reindex table note'],
  ['tenant-column-shape', 'alter table note alter column tenant_id drop default'],
  ['tenant-column-shape', 'alter table note alter column tenant_id drop not null'],
  ['key-without-tenant', `create table tag (${T}, id bigint, name text unique, primary key (tenant_id, id))`],
  ['key-without-tenant', 'create unique index concurrently if not exists a on note (id)'],
  ['key-without-tenant', `create table tag (${T}, id bigint, at tstzrange, primary key (tenant_id, id), exclude using gist (at with &&))`],
  [
    'foreign-key-without-tenant',
    `create table tag (${T}, id bigint, note_id bigint, primary key (tenant_id, id), foreign key (tenant_id, note_id) references note (tenant_id, id) on delete set null); create index on tag (tenant_id, note_id)`,
  ],
  ['platform-name', `create table currency (${T}, id bigint, primary key (tenant_id, id))`],
  ['view-without-invoker', 'create view v as select notes from note_totals'],
  ['untrusted-code', "create function f() returns int language c as 'x', 'y'"],
  ['immutable-context', "create function f() returns text language sql immutable as $$ select current_setting('a.b') $$"],
  ['sequence', 'create sequence s'],
  ['sequence', `create table tag (${T}, id bigint default nextval('s'), primary key (tenant_id, id))`],
  ['insert-without-tenant', 'insert into account default values'],
  ['concurrently-in-transaction', 'drop index concurrently note_account_idx'],
  ['volatile-default', 'alter table note add column number bigint generated always as identity'],
  ['volatile-default', 'create function f() returns int language sql return 1; alter table note add column n int default f()'],
  ['check-not-valid', 'alter table note add column n integer check (n > 0)'],
  ['unique-constraint', 'alter table note add column n integer, add constraint n unique (tenant_id, n)'],
  ['type-change', 'alter table account alter column code type varchar(10)'],
  ['type-change', 'alter table unheard alter column code type text'],
  ['changes-all-rows', 'delete from note'],
  ['explicit-lock', 'lock note'],
  ['cascade', '-- lint:ignore drop-table nobody reads it\ndrop table note cascade'],
  [
    'duplicate-index',
    `create table tag (${T}, id bigint, n int, primary key (tenant_id, id)); create index a on tag (tenant_id, n); create index b on tag (tenant_id, n, id)`,
  ],
  [
    'soft-delete-key',
    `create table tag (${T}, id bigint, name text, removed_at timestamptz, primary key (tenant_id, id), unique (tenant_id, name, removed_at))`,
  ],
  ['syntax', `select ${'('.repeat(40_000)}1${')'.repeat(40_000)}`],
  ['syntax', '-- nothing'],
]

const BAD_OUTSIDE: readonly string[] = [
  'alter table note add column n integer',
  'create index concurrently if not exists on_it on note (tenant_id, pinned); drop index note_account_idx',
  "alter type mood add value 'fair'",
  'refresh materialized view note_totals',
]

/** What looks like it, and is not. */
const GOOD: readonly string[] = [
  'alter table note add column a text, add column b timestamptz not null default now(), add column c int not null default 0',
  'alter table note add column reviewed_by bigint',
  `create table tag (${T}, id bigint generated always as identity, note_id bigint, primary key (tenant_id, id), foreign key (tenant_id, note_id) references note (tenant_id, id) on delete set null (note_id)); create index on tag (tenant_id, note_id); alter table tag add column x uuid not null default gen_random_uuid(), add unique (tenant_id, x), alter column x type text; drop table tag`,
  'alter table note add constraint body_is_there check (body is not null) not valid',
  'with account as (select 1) select * from account',
  "update note set body = 'x' where body is null",
  "select 1 from pg_class where relname = 'note'",
  'create view v with (security_invoker) as select n.id, c.name from note n, platform.currency c',
  "comment on table note is 'create index; drop table note; -- lint'",
  'create index note_body_idx on reading (tenant_id, value)',
  'delete from note where false',
  `create table part (${T}, id bigint generated always as identity, primary key (tenant_id, id)) partition by hash (tenant_id); create table part_0 partition of part for values with (modulus 1, remainder 0)`,
]

describe('lint', () => {
  test.each(BAD)('%s finds %s', async (rule, up) => {
    expect(await found(up)).toContain(rule)
  })

  test.each(BAD_OUTSIDE)('outside of a transaction is refused what cannot be repeated: %s', async (up) => {
    expect(await found(up, OUTSIDE)).toEqual(['not-reentrant'])
  })

  test.each(GOOD)('lets through: %s', async (up) => {
    expect(await found(up)).toEqual([])
  })

  test('files of the platform: reference tables need no tenant, functions may be security definer behind a pinned path', async () => {
    const pinned = 'set search_path = pg_catalog, platform, ext, pg_temp'
    const definer = (set: string): string => `create function f() returns int language sql security definer ${set} return 1`
    const on = { platform: true }
    expect(await found('create table plan (code text primary key, name text references currency (code))', {}, on)).toEqual([
      'foreign-key-without-index',
    ])
    expect(await found(`create table usage (${T}, id bigint primary key)`, {}, on)).toEqual(['key-without-tenant'])
    expect(await found(definer(pinned), {}, on)).toEqual([])
    expect(await found(definer(''), {}, on)).toEqual(['security-definer'])
    expect(await found(definer('set search_path = pg_temp, platform'), {}, on)).toEqual(['security-definer'])
  })

  test('without a tenant column nothing is asked about tenants', async () => {
    const up = 'create table tag (id bigint primary key, name text unique); insert into tag values (1); create index a on tag (name, id)'
    expect(await found(up, {}, { tenantColumn: null })).toEqual([])
  })

  test('repeatable files may ask whether their work is done', async () => {
    expect(
      await found('drop view if exists v; create view v with (security_invoker = true) as select id from note', { kind: 'repeatable' }),
    ).toEqual([])
  })

  test('repeatable files are refused what cannot run twice', async () => {
    expect(await found('create view v with (security_invoker) as select id from note', { kind: 'repeatable' })).toEqual([
      'refused-statement',
    ])
  })

  test('programs are passed over, and files that do not parse stop nothing', async () => {
    expect(await found('', { kind: 'program' })).toEqual([])
    const broken = migration('selec', { file: 'tenant/1_broken.sql' })
    expect(
      (await lintMigrations([broken, migration('create table a (id int)')], { tenantColumn: 'tenant_id' })).map(({ rule }) => rule),
    ).toEqual(['syntax', 'tenant-column-missing'])
  })
})
