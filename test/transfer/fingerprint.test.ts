import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { HomePlace } from '../../src/isolation/model.js'
import { fileText, ident, sql } from '../../src/kernel/sql.js'
import { parseUrl } from '../../src/postgres/connection.js'
import { type Database, openDatabase } from '../../src/postgres/session.js'
import { sumOf, tablesToSum } from '../../src/transfer/fingerprint.js'
import type { TransferOptions } from '../../src/transfer/tables.js'
import { urlOf } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'

const HOME = { schema: 'here', isolation: 'schema', track: 'tenant' } as unknown as HomePlace
const OPTIONS = { tenantColumn: null } as unknown as TransferOptions
const mine = `fingerprint_${randomBytes(4).toString('hex')}`
const ENCODINGS = ['UTF8', 'LATIN1', 'EUC_JP'] as const

let server: Database
const databases = new Map<string, Database>()

beforeAll(async () => {
  server = openDatabase(parseUrl(urlOf(testServer()), 'it'), { applicationName: 'fingerprint test', max: 1 })
  for (const encoding of ENCODINGS) {
    const name = `${mine}_${encoding.toLowerCase()}`
    await server.run(sql`create database ${ident(name)} template template0 encoding ${fileText(`'${encoding}'`)} locale 'C'`)
    databases.set(encoding, openDatabase(parseUrl(urlOf(testServer(), name), name), { applicationName: 'fingerprint test', max: 1 }))
  }
})
afterAll(async () => {
  for (const database of databases.values()) await database.end()
  for (const encoding of ENCODINGS)
    await server.run(sql`drop database if exists ${ident(`${mine}_${encoding.toLowerCase()}`)} with (force)`)
  await server.end()
})

/** The sums of a table with these columns and rows; nothing of it stays. */
const sums = async (columns: string, rows: readonly string[], encoding: (typeof ENCODINGS)[number] = 'UTF8'): Promise<string> => {
  const undone = new Error('undone')
  let found = ''
  await databases
    .get(encoding)!
    .transaction(async (session) => {
      await session.script(
        fileText(
          `create schema here; set local search_path = here; create domain d as int8; create domain e as text; create table t (${columns})`,
        ),
      )
      for (const row of rows) await session.script(fileText(`insert into t values ${row}`))
      const [table] = await tablesToSum(session, HOME, OPTIONS)
      found = JSON.stringify(await session.one(sumOf(table!, HOME, '', null)))
      throw undone
    })
    .catch((error: unknown) => {
      if (error !== undone) throw error
    })
  return found
}

describe('a fingerprint tells apart', () => {
  test.each([
    ['int8', '-1', '4294967295'],
    ['int8', '1', '4294967296'],
    ['int8', '4294967298', '8589934593'],
    ['d', '-1', '4294967295'],
    ['int4', '-1', '1'],
    ['int4', 'null', '0'],
    ['int2', 'null', '1'],
    ['bpchar', "'a'", "'a  '"],
    ['text', 'null', "''"],
    ['text', "'a'", "'A'"],
    ['e', "'a'", "'a '"],
    ['bytea', "'\\x00'", "'\\x0000'"],
    ['bool', 'null', 'false'],
    ['uuid', 'null', "'00000000-0000-0000-0000-000000000000'"],
    ['float8', "'0'", "'-0'"],
    ['float8', "'NaN'", "'Infinity'"],
    ['numeric', '1.0', '1.00'],
    ['text[]', 'null', "'{}'"],
    ['text[]', "'{}'", "'{null}'"],
    ['text[]', "'{null}'", `'{"null"}'`],
    ['json', `'{"a":1,"b":2}'`, `'{"b":2,"a":1}'`],
    ['int4range', 'null', "'empty'"],
    ['timestamptz', "'infinity'", "'-infinity'"],
    ['interval', "'24 hours'", "'1 day'"],
  ])('%s: %s and %s', async (type, one, other) => {
    const [first, second] = [await sums(`v ${type}`, [`(${one})`]), await sums(`v ${type}`, [`(${other})`])]
    expect(first).not.toBe(second)
    expect(await sums(`v ${type}`, [`(${one})`])).toBe(first)
  })

  test.each([
    ['values of neighbouring columns', 'a text, b text', ["('x', 'y')"], ["('y', 'x')"]],
    ['a value and none of neighbouring columns', 'a int, b int', ['(1, null)'], ['(null, 1)']],
    ['which values are of one row', 'a int, b int', ['(1, 1)', '(2, 2)'], ['(1, 2)', '(2, 1)']],
    ['which values are of one row, as text', 'a text, b text', ["('1', '1')", "('2', '2')"], ["('1', '2')", "('2', '1')"]],
    ['a row that is there twice', 'a int', ['(1)', '(1)', '(2)', '(2)'], ['(1)', '(1)', '(1)', '(2)']],
  ])('%s', async (_, columns, one, other) => {
    expect(await sums(columns, one)).not.toBe(await sums(columns, other))
  })

  test('and is the same in any order of rows', async () => {
    expect(await sums('a int, b text', ["(1, 'x')", "(2, 'y')"])).toBe(await sums('a int, b text', ["(2, 'y')", "(1, 'x')"]))
  })
})

test.each([
  ['LATIN1', "('é', array['é'], null)"],
  ['EUC_JP', "('あ', array['あ', null], 'い')"],
] as const)('a database in %s has the fingerprint of one in UTF-8', async (encoding, row) => {
  const columns = 'a text, b text[], c e'
  expect(await sums(columns, [row], encoding)).toBe(await sums(columns, [row]))
})
