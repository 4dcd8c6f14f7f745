import { readdirSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { parquetReadObjects } from 'hyparquet'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fileText, ident, literal, sql } from '../../src/kernel/sql.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { exportTenant } from '../../src/transfer/export/export-tenant.js'
import type { ExportManifest } from '../../src/transfer/export/model.js'
import { fleetOn } from '../support/fleet.js'
import { newFolder } from '../support/folders.js'
import { testServer } from '../support/servers-injected.js'
import { NASTY_MIGRATIONS, NASTY_ROWS } from '../transfer/nasty.js'
import { fill, type Place, placeOf } from '../transfer/rig.js'
import { psql, rowsIn, run } from './rig.js'

let fleet: Fleet
let place: Place
let folder: string
let database: string

beforeAll(async () => {
  fleet = await fleetOn(testServer(), { migrations: NASTY_MIGRATIONS, tenants: { acme: 'shared' } })
  place = await placeOf(fleet, 'acme')
  await fill(place, NASTY_ROWS)
  folder = await newFolder('export')
  database = (await fleet.tenant('acme')).database
}, 60_000)
afterAll(() => fleet?.stop())

interface Exported {
  readonly folder: string
  readonly rows: number
  readonly leftOut: readonly string[]
}

const exported = (format: string, to = join(folder, format)): Promise<Exported> =>
  fleet.run<Exported>('tenant.export', { tenant: 'acme', format, to })

const manifestOf = async (at: string): Promise<ExportManifest> => JSON.parse(await readFile(join(at, 'export.json'), 'utf8'))

/** What a superuser sees of a table, every value as its text, rows in no order. */
async function textsOf(name: string, columns: readonly string[]): Promise<readonly (readonly (string | null)[])[]> {
  const [of, table] = name.startsWith('platform.') ? ['platform', name.slice(9)] : [place.home.schema, name]
  const only = name === 'event' ? fileText('') : fileText('only')
  const list = fileText(
    columns.map((column) => `case when ${ident(column).text} is distinct from null then concat(${ident(column).text}) end`).join(', '),
  )
  const rows = await place.witness.transaction(async (session) => {
    await session.run(sql`set local timezone = 'UTC'`)
    await session.run(sql`set local search_path = ${ident(place.home.schema)}`)
    await session.run(sql`set local lc_monetary = 'C'`)
    return session.rows(sql<{ row: (string | null)[] }>`
      select array[${list}]::text[] as row from ${only} ${ident(of, table)} where tenant_id = ${literal(place.tenant)}`)
  })
  return rows.map(({ row }) => row)
}

const sorted = (rows: readonly (readonly unknown[])[]): readonly string[] => rows.map((row) => JSON.stringify(row)).sort()

test('a script for psql makes the tables, rows, keys, indexes and sequences in an empty schema', async () => {
  const made = await exported('sql')
  const ran = await psql(database, ['-c', 'create schema mine', '-c', 'set search_path = mine', '-f', 'restore.sql'], made.folder)
  expect(ran).toMatchObject({ status: 0, stderr: '' })

  const were = await rowsIn(place.witness, place.home.schema, place.tenant)
  const { platform_account: account, ...are } = await rowsIn(place.witness, 'mine', place.tenant)
  expect(are).toEqual(were)
  expect(account).toMatch(/^2 /)
  const shape = (schema: string) =>
    place.witness.rows(sql<{ told: string }>`
      select replace(told, ${schema} || '.', '') as told
      from (
        select 'constraint ' || conrelid::regclass::text || ' ' || conname || ' ' || replace(pg_get_constraintdef(oid), 'tenantry.tenant()', quote_literal(${place.tenant}::text) || '::uuid') as told
        from pg_constraint where connamespace = to_regnamespace(${schema}) and not starts_with(conrelid::regclass::text, ${schema} || '.platform_')
        union all
        select 'index ' || pg_get_indexdef(indexrelid) from pg_index join pg_class c on c.oid = indrelid
        where c.relnamespace = to_regnamespace(${schema}) and c.relkind in ('r', 'p') and not starts_with(c.relname, 'platform_')
        union all
        select 'column ' || a.attrelid::regclass::text || ' ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull || a.attidentity::text || a.attgenerated::text || ' '
               || row_number() over (partition by a.attrelid order by a.attnum)
        from pg_attribute a join pg_class c on c.oid = a.attrelid
        where c.relnamespace = to_regnamespace(${schema}) and c.relkind in ('r', 'p', 'c') and a.attnum > 0 and not a.attisdropped and not starts_with(c.relname, 'platform_')
        union all
        select 'sequence ' || schemaname || '.' || sequencename || ' ' || coalesce(last_value::text, '-') || ' ' || increment_by || ' ' || data_type
        from pg_sequences where schemaname = ${schema}
      ) facts
      order by 1`)
  expect((await shape('mine')).map(({ told }) => told)).toEqual((await shape(place.home.schema)).map(({ told }) => told))
  expect(made.leftOut).toEqual(
    expect.arrayContaining(['the default of select.actor', '1 view of the application', '1 trigger of the application']),
  )
}, 60_000)

test('no value and no name breaks out of a script, and a script that fails leaves nothing', async () => {
  const made = await exported('sql', join(folder, 'hostile'))
  // A schema that has one of the tables already: the rows behind what fails must not be read as commands.
  const ran = await psql(
    database,
    ['-c', 'create schema taken', '-c', 'set search_path = taken', '-c', 'create table hen (id int)', '-f', 'restore.sql'],
    made.folder,
  )
  expect(ran.status).toBe(3)
  expect(ran.stderr.trim().split('\n')).toHaveLength(1)
  expect(ran.stderr).toContain('relation "hen" already exists')
  const { n } = await place.witness.one(
    sql<{ n: string }>`select count(*)::text as n from pg_class where relnamespace = to_regnamespace('taken')`,
  )
  expect(n).toBe('1')
}, 60_000)

test('CSV is read by Python as PostgreSQL has it, and by COPY with nulls apart from empty texts', async () => {
  const made = await exported('csv')
  const { tables } = await manifestOf(made.folder)
  expect(tables.map(({ table }) => table)).toEqual(expect.arrayContaining(['select', 'wide', 'platform.account']))
  const script = `
import csv, json, sys
csv.field_size_limit(10**9)
print(json.dumps([[row for row in csv.reader(open(f, encoding='utf-8', newline=''))] for f in json.load(sys.stdin)]))`
  const ran = await run('python3', ['-c', script], made.folder, JSON.stringify(tables.map(({ file }) => file)))
  expect(ran).toMatchObject({ status: 0, stderr: '' })
  const read = JSON.parse(ran.stdout) as readonly (readonly (readonly string[])[])[]
  for (const [i, { table, columns, rows }] of tables.entries()) {
    if (columns.length === 0) continue
    const [head, ...lines] = read[i]!
    expect(head).toEqual(columns.map(({ name }) => name))
    expect(lines).toHaveLength(rows)
    const were = await textsOf(table, head!)
    expect(sorted(lines), table).toEqual(sorted(were.map((row) => row.map((value) => value ?? ''))))
  }
  const columns = tables.find(({ table }) => table === 'select')!.columns.map(({ name }) => ident(name).text)
  const copied = await psql(
    database,
    [
      ...['-c', `create table copied as select ${columns.join(', ')} from "${place.home.schema}"."select" limit 0`],
      ...['-c', `\\copy copied from tables/select.csv with (format csv, header)`],
      ...[
        '-c',
        `select count(*) from copied where "group" = '' and b is not null`,
        '-c',
        'select count(*) from copied where "Ünï, ""q"" \\ ; $1" is null',
      ],
      '-At',
    ],
    made.folder,
  )
  expect(copied).toMatchObject({ status: 0, stdout: '1\n1\n' })
}, 60_000)

test('NDJSON is read by Python, every value the text that PostgreSQL has or JSON of the same meaning', async () => {
  const made = await exported('ndjson')
  const { tables } = await manifestOf(made.folder)
  const script = `
import json, sys
print(json.dumps([[json.loads(line) for line in open(f, encoding='utf-8', newline='\\n')] for f in json.load(sys.stdin)]))`
  const ran = await run('python3', ['-c', script], made.folder, JSON.stringify(tables.map(({ file }) => file)))
  expect(ran).toMatchObject({ status: 0, stderr: '' })
  const read = JSON.parse(ran.stdout) as readonly (readonly Record<string, unknown>[])[]
  for (const [i, { table, columns, rows }] of tables.entries()) {
    expect(read[i]).toHaveLength(rows)
    const kept = columns.filter(({ type }) => type !== 'jsonb')
    const lines = read[i]!.map((row) => kept.map(({ name }) => plainly(row[name])))
    if (table !== 'select') expect(Object.keys(read[i]![0] ?? {})).toEqual(columns.map(({ name }) => name))
    if (kept.length > 0)
      expect(sorted(lines), table).toEqual(
        sorted(
          await textsOf(
            table,
            kept.map(({ name }) => name),
          ),
        ),
      )
  }
  const select = read[tables.findIndex(({ table }) => table === 'select')]!
  expect(select.map(({ jb }) => jb)).toEqual(expect.arrayContaining([{ a: [null, ''], b: 1 }, null]))
  expect(await readFile(join(made.folder, 'tables/select.ndjson'), 'utf8')).toContain(`"jb":1${'0'.repeat(400)},`)
}, 60_000)

const plainly = (value: unknown): unknown =>
  typeof value === 'boolean' ? String(value)[0] : typeof value === 'number' ? String(value) : value

test('Parquet is read by another reader, every value the text that PostgreSQL has or a number of the same meaning', async () => {
  const made = await exported('parquet')
  const { tables } = await manifestOf(made.folder)
  for (const { table, file: path, columns, rows } of tables) {
    const bytes = await readFile(join(made.folder, path))
    expect([bytes.subarray(0, 4).toString(), bytes.subarray(-4).toString()]).toEqual(['PAR1', 'PAR1'])
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer
    const read = await parquetReadObjects({ file, utf8: false })
    expect(read).toHaveLength(rows)
    const kept = columns.filter(({ type }) => type !== 'real' && type !== 'double precision')
    const lines = read.map((row) => kept.map(({ name }) => textOf(row[name])))
    if (kept.length > 0)
      expect(sorted(lines), table).toEqual(
        sorted(
          await textsOf(
            table,
            kept.map(({ name }) => name),
          ),
        ),
      )
    if (table !== 'select') continue
    expect(read.map(({ f8 }) => f8).sort()).toEqual([-0, 1e-310, Number.NaN].sort())
    expect(read.map(({ f4 }) => f4)).toEqual(expect.arrayContaining([0, Number.NEGATIVE_INFINITY, Math.fround(1e-45)]))
  }
}, 60_000)

const textOf = (value: unknown): unknown => {
  if (value === undefined || value === null) return null
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString('hex')}`
  return typeof value === 'boolean' ? String(value)[0] : String(value)
}

test('an export says what is in it, belongs to one user, and never writes over anything', async () => {
  const made = await exported('csv', join(folder, 'again'))
  const manifest = await manifestOf(made.folder)
  const readme = await readFile(join(made.folder, 'README.md'), 'utf8')
  expect(readme).toContain('| `select` | `tables/select.csv` | 3 |')
  expect(manifest.tables.reduce((sum, { rows }) => sum + rows, 0)).toBe(made.rows)
  for (const { file, sha256 } of manifest.files) {
    const summed = await run('sha256sum', [file], made.folder)
    expect(summed.stdout.split(' ')[0]).toBe(sha256)
  }
  expect((await stat(made.folder)).mode & 0o777).toBe(0o700)
  await expect(exported('csv', join(folder, 'again'))).rejects.toMatchObject({ code: 'EXPORT_EXISTS' })
  expect((await readdir(folder)).filter((name) => name.startsWith('.'))).toEqual([])
  const audited = await fleet.platform.catalog.rows(
    sql<{ outcome: string }>`select outcome from catalog.audit where operation = 'tenant.export' order by id`,
  )
  expect(audited.slice(-4).map(({ outcome }) => outcome)).toEqual(['accepted', 'succeeded', 'accepted', 'failed'])
}, 60_000)

test('an export that is interrupted leaves nothing, and so does one that cannot be written', async () => {
  const to = join(folder, 'interrupted')
  const stop = new AbortController()
  const { database, home } = place
  const open = async () => ({ database, home, snapshot: await place.snapshot() })
  const tenant = { id: place.tenant, slug: 'acme', name: 'acme' }
  let parts: readonly string[] = []
  const onProgress = () => {
    parts = readdirSync(folder).filter((name) => name.includes('interrupted'))
    stop.abort()
  }
  await expect(exportTenant(open, { as: 'csv', lanes: 2, to, tenant, signal: stop.signal, onProgress })).rejects.toMatchObject({
    name: 'AbortError',
  })
  expect(parts).toEqual([expect.stringMatching(/^\.interrupted\.[0-9a-f]{12}\.partial$/)])
  expect((await readdir(folder)).filter((name) => name.includes('interrupted'))).toEqual([])
  await expect(exported('csv', '/proc/nowhere/acme')).rejects.toMatchObject({ code: 'EXPORT_UNWRITABLE' })
  const { n } = await place.witness.one(sql<{ n: number }>`
    select count(*)::int as n from pg_stat_activity where application_name = 'tenantry snapshot' and datname = current_database()`)
  expect(n).toBe(0)
}, 60_000)
