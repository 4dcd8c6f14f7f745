import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ident, sql } from '../../src/kernel/sql.js'
import { parseUrl } from '../../src/postgres/connection.js'
import { openDatabase } from '../../src/postgres/session.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { fleetOn, urlOf } from '../support/fleet.js'
import { newFolder } from '../support/folders.js'
import { testServer } from '../support/servers-injected.js'
import { NASTY_MIGRATIONS, NASTY_ROWS } from '../transfer/nasty.js'
import { fill, type Place, placeOf, seen } from '../transfer/rig.js'

const OLD = `old_${process.pid}`

let fleet: Fleet
let from: Place
let plain: Place
let folder: string

beforeAll(async () => {
  fleet = await fleetOn(testServer(), {
    migrations: NASTY_MIGRATIONS,
    secrets: { 'env:OLD': urlOf(testServer()) },
    tenants: { acme: 'shared', rows: 'shared', alone: 'schema', plain: 'shared' },
  })
  from = await placeOf(fleet, 'acme')
  plain = await placeOf(fleet, 'plain')
  await fill(from, NASTY_ROWS)
  // It would change what comes in: triggers are among the walls.
  for (const slug of ['acme', 'alone']) await fill(await placeOf(fleet, slug), 'drop trigger touch on "select"')
  folder = await newFolder('export')
}, 60_000)
afterAll(() => fleet?.stop())

interface Answer {
  readonly kept: boolean
  readonly tables: readonly { readonly table: string; readonly rows: number; readonly refused: number }[]
  readonly refused: readonly { readonly file: string; readonly line: number; readonly reason: string }[]
}

const imported = (tenant: string, at: string, more: Readonly<Record<string, unknown>> = {}): Promise<Answer> =>
  fleet.run<Answer>('tenant.import', { tenant, from: at, ...more })

async function folderOf(name: string, files: Readonly<Record<string, string | Buffer>>): Promise<string> {
  const at = join(folder, name)
  await mkdir(at)
  for (const [file, content] of Object.entries(files)) await writeFile(join(at, file), content)
  return at
}

const assets = async (place: Place): Promise<readonly string[]> => {
  const rows = await place.witness.rows(sql<{ told: string }>`
    select id || ' ' || coalesce(name, '-') as told from only ${ident(place.home.schema, 'asset')} where tenant_id = ${place.tenant} order by id`)
  return rows.map(({ told }) => told)
}

test.each([
  ['csv', 'rows'],
  ['ndjson', 'alone'],
] as const)(
  'an export as %s becomes the rows of another tenant, as they were',
  async (format, slug) => {
    const at = join(folder, `export-${format}`)
    await fleet.run('tenant.export', { tenant: 'acme', to: at, format })
    const to = await placeOf(fleet, slug)
    const others = await seen(from)

    const dry = await imported(slug, at, { dryRun: true })
    expect(dry).toMatchObject({ kept: false, refused: [] })
    expect((await to.fingerprint()).tables['home.hen']).toMatchObject({ rows: '0' })
    expect(await imported(slug, at)).toMatchObject({ kept: true, refused: [] })

    expect(await to.fingerprint()).toEqual(await from.fingerprint())
    expect(await seen(from)).toEqual(others)
    // What an identity hands out next is nobody's yet.
    await fleet.app.tenant(slug).transaction((tx) => tx.run(sql`insert into "select" ("group") values ('next')`))
    await fleet.app.tenant(slug).transaction((tx) => tx.run(sql`insert into named (name) values ('next')`))
  },
  60_000,
)

test('rows that are refused are told by line and reason, and nothing is kept unless the others are wanted', async () => {
  const at = await folderOf('refused', {
    'things.csv': 'id,name\r\n1,"a\nb"\n2,two\nthree,3\n4,\n2,again\n99999999999,much\n6,""\n',
  })
  const more = { table: ['things=asset'] }
  const refused = [
    { file: 'things.csv', line: 5, reason: 'invalid input syntax for type integer (22P02)' },
    { file: 'things.csv', line: 7, reason: 'duplicate key value violates unique constraint "asset_pkey" (23505)' },
    { file: 'things.csv', line: 8, reason: 'a value is out of range for type integer (22003)' },
  ]
  expect(await imported('plain', at, more)).toMatchObject({ kept: false, refused })
  expect(await assets(plain)).toEqual([])
  expect(await imported('plain', at, { ...more, skipRefused: true })).toMatchObject({
    kept: true,
    refused,
    tables: [{ rows: 4, refused: 3 }],
  })
  expect(await assets(plain)).toEqual(['1 a\nb', '2 two', '4 -', '6 '])
}, 60_000)

test('a constraint that is checked at the end breaks the whole', async () => {
  const at = await folderOf('broken', { 'egg.ndjson': '{"id": 1, "hen": 7}\n\n{"hen": 8, "id": 2}' })
  await expect(imported('plain', at)).rejects.toMatchObject({ code: 'IMPORT_BROKEN' })
}, 60_000)

test('tables of another database become rows of a tenant, by their names', async () => {
  const old = openDatabase(parseUrl(urlOf(testServer()), 'url'), { applicationName: 'witness' })
  const schema = ident(OLD)
  try {
    await old.run(sql`create schema ${schema}`)
    await old.run(sql`create table ${schema}.goods (id bigint, name varchar(20), twice int generated always as (2) stored)`)
    await old.run(sql`create table ${schema}.other (id int)`)
    await old.run(sql`insert into ${schema}.goods select i, E'ä\\t' || i from generate_series(101, 3000) i`)
    await expect(imported('alone', 'env:OLD', { schema: OLD })).rejects.toMatchObject({
      code: 'IMPORT_UNFIT',
      facts: { differences: [expect.stringContaining('it has no table goods'), expect.stringContaining('it has no table other')] },
    })
    const done = await imported('alone', 'env:OLD', { schema: OLD, table: ['goods=asset'] })
    expect(done).toMatchObject({ kept: true, tables: [{ table: 'goods', rows: 2900 }] })
    const there = await assets(await placeOf(fleet, 'alone'))
    expect(there.filter((told) => told.includes('ä'))).toHaveLength(2900)
    expect(there).toContain('3000 ä\t3000')
  } finally {
    await old.run(sql`drop schema if exists ${schema} cascade`)
    await old.end()
  }
}, 60_000)

describe('files that are not what they should be are refused before a row is written', () => {
  const manifest = (file: string, bytes = 5, sha256 = 'x', as = 'csv') =>
    JSON.stringify({
      format: 'tenantry-export',
      version: 1,
      as,
      tables: [{ table: 'asset', file, columns: [{ name: 'id' }] }],
      files: [{ file, bytes, sha256 }],
    })
  const good = 'id,name\n1,one\n'
  const CASES: readonly (readonly [string, Readonly<Record<string, string | Buffer>>, string, Readonly<Record<string, unknown>>])[] = [
    ['a way out of the folder', { 'export.json': manifest('../asset.csv') }, 'IMPORT_PATH', {}],
    ['an absolute path', { 'export.json': manifest('/etc/passwd') }, 'IMPORT_PATH', {}],
    ['a file that is missing', { 'export.json': manifest('asset.csv') }, 'IMPORT_PATH', {}],
    ['another file in its place', { 'export.json': manifest('asset.csv', good.length, '00'), 'asset.csv': good }, 'IMPORT_CHANGED', {}],
    ['a longer file in its place', { 'export.json': manifest('asset.csv'), 'asset.csv': good }, 'IMPORT_CHANGED', {}],
    ['an export that only others read', { 'export.json': manifest('a', 1, 'x', 'sql') }, 'IMPORT_UNREADABLE', {}],
    ['a manifest of something else', { 'export.json': '{"format": "other"}' }, 'IMPORT_UNREADABLE', {}],
    ['no file of a table', { 'README.md': 'x' }, 'IMPORT_UNREADABLE', {}],
    ['U+0000', { 'asset.csv': `${good}2,t\0o\n` }, 'IMPORT_TEXT', { line: 3 }],
    ['U+0000 as JSON', { 'asset.ndjson': '{"id":1,"name":"a\\u0000b"}\n' }, 'IMPORT_TEXT', { line: 1 }],
    ['half of a letter as JSON', { 'asset.ndjson': '{"id":1}\n{"id":2,"name":"\\ud83d"}\n' }, 'IMPORT_TEXT', { line: 2 }],
    ['bytes that are not UTF-8', { 'asset.csv': Buffer.from(`${good}2,t\xffo\n3,x\n`, 'latin1') }, 'IMPORT_TEXT', { line: 3 }],
    ['a letter that is cut off', { 'asset.csv': Buffer.from(`${good}2,\xf0\x9f`, 'latin1') }, 'IMPORT_TEXT', { line: 3 }],
    ['a quote that is never closed', { 'asset.csv': `${good}2,"two\n3,three\n` }, 'IMPORT_MALFORMED', { line: 3 }],
    ['a quote inside of a value', { 'asset.csv': `${good}2,t"o\n` }, 'IMPORT_MALFORMED', { line: 3 }],
    ['something behind a quote', { 'asset.csv': `${good}2,"t"o\n` }, 'IMPORT_MALFORMED', { line: 3 }],
    ['too many values', { 'asset.csv': `${good}2,two,II\n` }, 'IMPORT_MALFORMED', { line: 3 }],
    ['too few values', { 'asset.csv': `${good}2\n` }, 'IMPORT_MALFORMED', { line: 3 }],
    ['a lone carriage return', { 'asset.csv': 'id\n1\r2\n' }, 'IMPORT_MALFORMED', { line: 2 }],
    ['JSON that is none', { 'asset.ndjson': '{"id":1}\n{"id":2\n' }, 'IMPORT_MALFORMED', { line: 2 }],
    ['JSON of no object', { 'asset.ndjson': '[1]\n' }, 'IMPORT_MALFORMED', { line: 1 }],
    ['a key twice', { 'asset.ndjson': '{"id":1,"i\\u0064":2}\n' }, 'IMPORT_MALFORMED', { line: 1 }],
    ['a column that the table has not', { 'asset.csv': 'id,colour\n1,red\n' }, 'IMPORT_UNFIT', {}],
    ['the column that says whose a row is', { 'asset.csv': 'id,tenant_id\n1,00000000-0000-0000-0000-000000000000\n' }, 'IMPORT_UNFIT', {}],
    ['a column twice', { 'asset.csv': 'id,id\n1,1\n' }, 'IMPORT_UNFIT', {}],
    ['a column that is missing', { 'asset.csv': 'name\none\n' }, 'IMPORT_UNFIT', {}],
    ['a table that is not there', { 'assets.csv': good }, 'IMPORT_UNFIT', {}],
    ['a table of two files', { 'asset.csv': good, 'asset.ndjson': '' }, 'IMPORT_UNREADABLE', {}],
  ]
  test.each(CASES)('%s', async (name, files, code, facts) => {
    const at = await folderOf(name.replaceAll(' ', '-'), files)
    const before = await assets(plain)
    await expect(imported('plain', at, { skipRefused: true })).rejects.toMatchObject({ code, facts })
    expect(await assets(plain)).toEqual(before)
  })

  test('links', async () => {
    const at = await folderOf('links', {})
    await writeFile(join(folder, 'elsewhere.csv'), good)
    await symlink('../elsewhere.csv', join(at, 'asset.csv'))
    await expect(imported('plain', at)).rejects.toMatchObject({ code: 'IMPORT_PATH' })
  })
})
