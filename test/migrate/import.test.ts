import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { isFault } from '../../src/kernel/faults.js'
import { sql } from '../../src/kernel/sql.js'
import { FORMATS, type Format } from '../../src/schema/import/foreign.js'
import { type Imported, importFolder } from '../../src/schema/import/import-folder.js'
import { writeAll } from '../../src/schema/import/write.js'
import { readMigrations } from '../../src/schema/migration-files.js'
import { fleetOn } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'

const FIXTURES = new URL('./import/', import.meta.url).pathname
const NOW = '20260907120000'

async function scratch(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tenantry-import-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

async function folderOf(files: Readonly<Record<string, string | Buffer>>): Promise<string> {
  const folder = await scratch()
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }
  return folder
}

async function read(folder: string, format?: Format, target?: string): Promise<Imported> {
  const options = {
    format,
    target: target ?? join(await scratch(), 'tenant'),
    label: 'migrations/tenant',
    tenantColumn: 'tenant_id',
    now: NOW,
  }
  return importFolder(folder, options)
}

const fixture = (format: Format): Promise<Imported> => read(join(FIXTURES, format))
const names = ({ files }: Imported): readonly string[] => files.map(({ name }) => name)
const textOf = ({ files }: Imported, name: string): string => files.find((file) => file.name === name)!.text
const told = ({ files }: Imported, what: 'mended' | 'problems'): readonly string[] =>
  files.flatMap((file) => file[what].map(({ line, says }) => `${file.name}:${line}: ${says}`))
const reasonOf = (reading: Promise<unknown>): Promise<string> =>
  reading.then(
    () => 'nothing was refused',
    (error: unknown) => (isFault(error, 'IMPORT_INVALID') ? error.message : String(error)),
  )

test.each(FORMATS)('a folder of %s is recognised by what it holds', async (format) => {
  expect((await fixture(format)).format).toBe(format)
})

test('golang-migrate: numbers are kept; transactions, extensions and public. are taken out and told', async () => {
  const found = await fixture('golang-migrate')
  expect(names(found)).toEqual(['000001_create_notes.sql', '000002_add_search.sql', '000010_newest_notes.sql'])
  expect(textOf(found, '000001_create_notes.sql')).toBe(
    '-- From golang-migrate: 000001_create_notes.up.sql\n-- migrate:up\n\n\nCREATE TABLE IF NOT EXISTS notes (\n' +
      '  tenant_id uuid NOT NULL DEFAULT tenantry.tenant(),\n  id bigint GENERATED ALWAYS AS IDENTITY,\n  body text NOT NULL,\n' +
      '  PRIMARY KEY (tenant_id, id)\n);\n\n\n\n-- migrate:down\nDROP TABLE IF EXISTS notes;\n',
  )
  expect(told(found, 'mended')).toEqual([
    '000001_create_notes.sql:3: took out `BEGIN;`: the file is one transaction already',
    '000001_create_notes.sql:5: dropped `public.`',
    '000001_create_notes.sql:12: took out `COMMIT;`: the file is one transaction already',
    '000001_create_notes.sql:15: dropped `public.`',
    '000002_add_search.sql:3: took out `CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;`: list the extension under `extensions` in tenantry.config.ts',
    '000002_add_search.sql:4: dropped `public.`',
    '000002_add_search.sql:7: dropped `public.`',
    '000002_add_search.sql:8: took out `DROP EXTENSION pg_trgm;`: extensions follow from tenantry.config.ts',
    '000010_newest_notes.sql:3: wrote `if not exists`: it runs outside of a transaction, and may run twice',
    '000010_newest_notes.sql:6: took out `concurrently`: what takes back runs in a transaction',
  ])
  expect(found.extensions).toEqual(['pg_trgm'])
  expect(textOf(found, '000010_newest_notes.sql')).toContain(
    '-- migrate:up transaction:false\nCREATE INDEX CONCURRENTLY if not exists notes_newest_idx',
  )
  expect(textOf(found, '000010_newest_notes.sql')).toContain('-- migrate:down\nDROP INDEX notes_newest_idx;')
  expect(told(found, 'problems')).toEqual([])
})

test('node-pg-migrate: a program is told with the place that is kept free for it', async () => {
  const found = await fixture('node-pg-migrate')
  expect(names(found)).toEqual(['1710000000000_create_notes.sql', '1710001000000_order_notes.sql'])
  expect(textOf(found, '1710001000000_order_notes.sql')).toContain(
    '-- migrate:down\n-- Down Migration\nALTER TABLE notes DROP COLUMN position;\n',
  )
  expect(found.leftOut).toEqual([
    {
      file: '1710000500000_notes-seen.js',
      reason: 'is a program: write what it does as SQL',
      place: 'migrations/tenant/1710000500000_notes_seen.sql',
    },
  ])
})

test('Flyway: parts of versions are numbers, undo files are down sections, repeatable files stay repeatable, placeholders and callbacks are told', async () => {
  const found = await fixture('flyway')
  expect(names(found)).toEqual([
    '0001_create_notes.sql',
    '0002_seen_notes.sql',
    '0003_rank_notes.sql',
    '0004_greet.sql',
    'R__unseen_notes.sql',
  ])
  expect(textOf(found, '0001_create_notes.sql')).toMatch(/-- migrate:down\nDROP TABLE notes;\n$/)
  expect(textOf(found, 'R__unseen_notes.sql')).toMatch(
    /^-- From flyway: reports\/R__Unseen_notes.sql\nCREATE OR REPLACE VIEW unseen_notes .*\n.* FROM notes /,
  )
  expect(told(found, 'problems')).toEqual([
    expect.stringMatching(/^0004_greet\.sql:3: holds the placeholder ..greeting. of Flyway: write what it stands for$/),
  ])
  expect(found.leftOut).toMatchObject([{ file: 'afterMigrate.sql', reason: expect.stringContaining('callback') }])
})

test('Prisma: what homes would refuse is told for every statement, with its line', async () => {
  const found = await fixture('prisma')
  expect(names(found)).toEqual(['20240301101500_init.sql', '20240412080000_add_invoice.sql'])
  expect(told(found, 'mended')).toEqual([
    '20240301101500_init.sql:4: took out `CREATE SCHEMA IF NOT EXISTS "public";`: a home is a schema of its own',
  ])
  expect(told(found, 'problems')).toEqual([
    '20240412080000_add_invoice.sql:4: table Invoice has no column tenant_id: `tenant_id uuid not null default tenantry.tenant()`, first in every key',
    '20240412080000_add_invoice.sql:4: column id is serial: write `generated always as identity`',
    '20240412080000_add_invoice.sql:11: grants or revokes: grants follow from the isolation',
  ])
})

test('Drizzle: imported by the command, the folder makes a shared home; a second import overwrites nothing', async () => {
  await using fleet = await fleetOn(testServer(), { migrations: {}, tenants: { acme: 'shared' } })
  const folder = join(FIXTURES, 'drizzle')
  const planned = await fleet.run<{ files: readonly { file: string }[] }>('migrate.import', { folder, dryRun: true })
  expect(planned).toMatchObject({ written: false, format: 'drizzle' })
  expect(await readdir(join(fleet.folder, 'migrations/tenant'))).toEqual([])

  const written = await fleet.run<{ files: readonly { file: string }[] }>('migrate.import', { folder })
  expect(written.files).toEqual(planned.files)
  expect((await readdir(join(fleet.folder, 'migrations/tenant'))).sort()).toEqual(['0000_quiet_otter.sql', '0001_brave_heron.sql'])
  await fleet.run('migrate.up')
  const { schema } = await fleet.tenant('acme')
  const keys = sql<{ key: string }>`
    select conrelid::regclass::text || ' to ' || confrelid::regclass::text as key from pg_catalog.pg_constraint
    where contype = 'f' and connamespace = to_regnamespace(${schema})`
  expect(await (await fleet.witness('acme')).rows(keys)).toEqual([{ key: `${schema}.notes to ${schema}."user"` }])

  await expect(fleet.run('migrate.import', { folder })).rejects.toMatchObject({ code: 'IMPORT_INVALID' })
  await expect(fleet.run('migrate.import', { folder, platform: true, service: 'x' })).rejects.toMatchObject({ code: 'INPUT_INVALID' })
  expect(await fleet.run('migrate.import', { folder, platform: true })).toMatchObject({ folder: 'migrations/platform', written: true })
})

test('numbers that do not order the files, or are not older than new files, are replaced by counting', async () => {
  const up = 'create table a (tenant_id uuid not null default tenantry.tenant(), primary key (tenant_id));'
  const nanoseconds = await read(await folderOf({ '1600000000000000001_a.up.sql': up, '1600000000000000002_b.up.sql': up }))
  expect(names(nanoseconds)).toEqual(['0001_a.sql', '0002_b.sql'])
  expect(nanoseconds.rule).toContain('counted')
  const mixed = await read(await folderOf({ '9_b.up.sql': up, '10_c.up.sql': up, '0008_a.up.sql': up }))
  expect(names(mixed)).toEqual(['0008_a.sql', '0009_b.sql', '0010_c.sql'])
  const twice = await read(await folderOf({ '20240101000000_b/migration.sql': up, '20240101000000_a/migration.sql': up }), 'prisma')
  expect(names(twice)).toEqual(['0001_a.sql', '0002_b.sql'])
})

test('public. is dropped where it is a schema, and nowhere else', async () => {
  const text = [
    'create table public.order (tenant_id uuid not null default tenantry.tenant(), public text, primary key (tenant_id));',
    'comment on table "public"."order" is \'public.order\';',
    'select public.order.tenant_id, p.public from public.order, public.order as p where PUBLIC.f(p.public) /* public.x */;',
    'create table other.thing (tenant_id uuid, like public.order);',
    'create function public.f(text) returns boolean language sql as $$ select true from public.order $$;',
  ].join('\n')
  const found = await read(await folderOf({ '1_a.up.sql': text }))
  expect(textOf(found, '0001_a.sql').split('\n').slice(2, 7)).toEqual([
    'create table "order" (tenant_id uuid not null default tenantry.tenant(), public text, primary key (tenant_id));',
    'comment on table "order" is \'public.order\';',
    'select "order".tenant_id, p.public from "order", "order" as p where f(p.public) /* public.x */;',
    'create table other.thing (tenant_id uuid, like "order");',
    'create function f(text) returns boolean language sql as $$ select true from public.order $$;',
  ])
  expect(told(found, 'problems')).toEqual([
    expect.stringContaining('0001_a.sql:6: names the schema "other"'),
    '0001_a.sql:7: names `public.` inside a text, where it was not dropped: a home has another name',
  ])
})

test('what does not parse is kept as it is and told; what holds nothing is left out', async () => {
  const found = await read(
    await folderOf({ '1_a.up.sql': 'crate table a ();', '2_b.up.sql': '-- nothing yet', '2_b.down.sql': 'select 1;' }),
  )
  expect(told(found, 'problems')).toEqual(['0001_a.sql:3: syntax error at or near "crate"'])
  expect(found.leftOut).toEqual([{ file: '2_b.up.sql', reason: 'holds no statement' }])
  const half = await read(await folderOf({ '1_a.up.sql': 'begin; select 1; commit; begin; select 2; commit;' }))
  expect(told(half, 'mended')).toEqual([])
  expect(told(half, 'problems')).toHaveLength(4)
})

test('a mark, BOM and CRLF are as in our own files', async () => {
  const found = await read(await folderOf({ '1_a.up.sql': '\ufeffselect 1;\r\nselect 2;\r\n' }))
  expect(textOf(found, '0001_a.sql')).toBe('-- From golang-migrate: 1_a.up.sql\n-- migrate:up\nselect 1;\nselect 2;\n')
})

const REFUSED: readonly (readonly [string, Readonly<Record<string, string | Buffer>>, RegExp, Format?])[] = [
  ['an empty folder', {}, /is the folder of none of golang-migrate/],
  ['two tools at once', { '1_a.up.sql': 'select 1', 'V1__a.sql': 'select 1' }, /may be of golang-migrate and of flyway/],
  ['another tool than is said', { '1_a.up.sql': 'select 1' }, /holds no migration of flyway/, 'flyway'],
  ['another encoding', { '1_a.up.sql': Buffer.from([0x73, 0xe9, 0x6c]) }, /^1_a\.up\.sql: is not UTF-8/],
  ['a NUL', { '1_a.up.sql': 'select 1\0' }, /^1_a\.up\.sql: contains a NUL/],
  ['a huge file', { '1_a.up.sql': Buffer.alloc(10_485_761, 'x') }, /^1_a\.up\.sql: is larger than 10485760 bytes/],
  ['the marks of our own form', { '1_a.sql': '-- migrate:up\nselect 1' }, /^1_a\.sql: has a line "-- migrate:…"/],
  ['one version twice', { '1_a.up.sql': 'select 1', '01_b.up.sql': 'select 1' }, /^1_a\.up\.sql: has the same version as 01_b\.up\.sql/],
  [
    'one version of Flyway twice',
    { 'V1__a.sql': 'select 1', 'b/V1.0__a.sql': 'select 1' },
    /^b\/V1\.0__a\.sql: has the same version as V1__a\.sql/,
  ],
  [
    'another database of Prisma',
    { 'migration_lock.toml': 'provider = "mysql"', '1_a/migration.sql': 'select 1' },
    /names the provider "mysql"/,
  ],
  ['another dialect of Drizzle', { 'meta/_journal.json': '{"dialect":"sqlite","entries":[]}' }, /of the dialect "sqlite"/],
  [
    'a journal that leads away',
    { 'meta/_journal.json': '{"entries":[{"idx":0,"tag":"../../secret"}]}' },
    /names "\.\.\/\.\.\/secret\.sql", which is not in the folder/,
  ],
  ['a journal that is none', { 'meta/_journal.json': '[]' }, /^meta\/_journal\.json: is not a journal of Drizzle/],
]

test.each(REFUSED)('%s is refused, by name', async (_, files, reason, format) => {
  expect(await reasonOf(read(await folderOf(files), format))).toMatch(reason)
})

test('links are not followed, and no folder is no folder', async () => {
  const folder = await folderOf({ '1_a.up.sql': 'select 1;' })
  await symlink('/etc/hostname', join(folder, '2_b.up.sql'))
  expect(await reasonOf(read(folder))).toBe('2_b.up.sql: is a symbolic link: put the file itself in its place')
  expect(await reasonOf(read(join(folder, 'none')))).toContain('there is no such folder')
  expect(await reasonOf(read(join(folder, '1_a.up.sql')))).toContain('is a file: name the folder')
})

test('odd names become words, and break out of nothing', async () => {
  const odd = {
    '1_Ünïcode & spaces.up.sql': 'select 1;',
    '2_a\n-- migrate:down\ndrop table notes;.up.sql': 'select 2;',
    '3_….up.sql': 'select 3;',
  }
  const found = await read(await folderOf(odd))
  expect(names(found)).toEqual(['0001_unicode_spaces.sql', '0002_a_migrate_down_drop_table_notes.sql', '0003_migration.sql'])
  expect(found.files[1]!.text.split('\n')).toHaveLength(4)
})

test('nothing is written unless all is; a file that was there stays as it was', async () => {
  const target = join(await scratch(), 'deep', 'tenant')
  await writeAll(target, [{ name: '0001_a.sql', text: 'one' }])
  expect(await readFile(join(target, '0001_a.sql'), 'utf8')).toBe('one')
  const both = (name: string) => [
    { name: '0000_z.sql', text: 'zero' },
    { name, text: 'other' },
  ]
  expect(await reasonOf(writeAll(target, both('0001_a.sql')))).toContain('an import overwrites nothing')
  expect(await reasonOf(writeAll(target, both('1_b.sql')))).toContain('would have the same version as 0001_a.sql')
  // Too long for any file system.
  expect(await reasonOf(writeAll(target, both(`0002_${'x'.repeat(300)}.sql`)))).toContain('could not be written')
  expect(await readdir(dirname(target))).toEqual(['tenant'])
  expect(await readdir(target)).toEqual(['0001_a.sql'])
  await writeAll(target, both('0002_b.sql'))
  expect((await readdir(target)).sort()).toEqual(['0000_z.sql', '0001_a.sql', '0002_b.sql'])
  expect(await readFile(join(target, '0001_a.sql'), 'utf8')).toBe('one')
})

test('thousands of files are read in their order', async () => {
  const folder = await scratch()
  for (let i = 1_500; i > 0; i--) await writeFile(join(folder, `${i}_step.up.sql`), `insert into steps (step) values (${i});`)
  const found = await read(folder)
  expect(found.files).toHaveLength(1_500)
  expect(names(found).slice(0, 2)).toEqual(['0001_step.sql', '0002_step.sql'])
  const target = join(await scratch(), 'tenant')
  await writeAll(target, found.files)
  expect(await readMigrations(dirname(target), 'tenant')).toHaveLength(1_500)
})
