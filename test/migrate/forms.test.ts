import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ident, sql } from '../../src/kernel/sql.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { fleetOn } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'
import { type Eye, eyeOn, failureOf, HOMES, NOTE, put, TENANTS, take } from './project.js'

let fleet: Fleet
const eyes = new Map<string, Eye>()
const each = <T>(ask: (eye: Eye) => Promise<T>): Promise<readonly T[]> => Promise.all(HOMES.map((slug) => ask(eyes.get(slug)!)))
const up = (input = {}) => fleet.run<{ homes: number; version: string }>('migrate.up', input)

beforeAll(async () => {
  fleet = await fleetOn(testServer(), { migrations: { 'tenant/20260101000000_note.sql': NOTE }, tenants: TENANTS, config: { lease: '2s' } })
  for (const slug of [...HOMES, 'two']) eyes.set(slug, await eyeOn(fleet, slug))
  for (const slug of [...HOMES, 'two']) for (const id of [1, 2, 3]) await eyes.get(slug)!.insert(id, `${slug} ${id}`)
})
afterAll(() => fleet?.stop())

describe('transaction:false', () => {
  const FILE = 'tenant/20260201000000_index.sql'
  const TEXT = `-- migrate:up transaction:false budget:20s
-- An index.
create /* soon */ index concurrently if not exists note_body on note (tenant_id, body);
alter type colour add value if not exists 'blue';
`

  test('statements run by themselves in every isolation, and the file is in the ledger', async () => {
    await put(fleet, FILE, TEXT)
    await up()
    expect(await each((eye) => eye.indexes())).toEqual(HOMES.map(() => ['note_body', 'note_pkey']))
    expect(await each((eye) => eye.ledger())).toEqual(HOMES.map(() => ['20260101000000', '20260201000000']))
    expect(new Set((await each((eye) => eye.told())).flat())).toEqual(new Set(['20260201000000']))
    const left = await each((eye) => eye.database.rows(sql`select from tenantry.migration_progress`))
    expect(left.flat()).toEqual([])
  })

  test('a tenant that is made later gets the same in the transaction of its home', async () => {
    await fleet.run('tenant.create', { slug: 'later', isolation: 'schema' })
    const eye = await eyeOn(fleet, 'later')
    expect(await eye.indexes()).toEqual(['note_body', 'note_pkey'])
    expect(await eye.ledger()).toEqual(['20260101000000', '20260201000000'])
    expect((await up()).homes).toBe(0)
  })

  test('of an index that cannot be built nothing is left, and what was done is not done again', async () => {
    const path = 'tenant/20260202000000_unique.sql'
    const unique = 'create unique index concurrently if not exists note_unique on note (tenant_id, kind);'
    await put(
      fleet,
      path,
      `-- migrate:up transaction:false\ncreate index concurrently if not exists note_kind on note (tenant_id, kind);\n${unique}\n`,
    )
    const { database, schema, indexes } = eyes.get('three')!
    await database.run(sql`update ${ident(schema, 'note')} set kind = 'same'`)
    const failed = await failureOf(up())
    expect(failed).toMatchObject({ code: 'FLEET_PARTIAL', facts: { failed: 1 } })
    expect(failed.message).toContain('20260202000000_unique.sql')
    expect(await indexes()).toEqual(['note_body', 'note_kind', 'note_pkey'])
    // Whoever repeats the finished statement makes it again.
    await database.run(sql`drop index ${ident(schema, 'note_kind')}`)
    await database.run(sql`update ${ident(schema, 'note')} set kind = id::text`)
    await up()
    expect(await indexes()).toEqual(['note_body', 'note_pkey', 'note_unique'])
  })

  test('an invalid index that a dead worker left is dropped and built again', async () => {
    const path = 'tenant/20260203000000_again.sql'
    await put(
      fleet,
      path,
      '-- migrate:up transaction:false\ncreate index concurrently if not exists note_again on note (tenant_id, id, body);\n',
    )
    for (const slug of HOMES) {
      const { database, schema } = eyes.get(slug)!
      await database.run(sql`create index note_again on ${ident(schema, 'note')} (id)`)
      await database.run(sql`
        update pg_index set indisvalid = false where indexrelid = ${`${schema}.note_again`}::regclass`)
    }
    await up()
    const definitions = await each(({ database, schema }) =>
      database.one(sql<{ text: string; valid: boolean }>`
        select pg_get_indexdef(indexrelid) as text, indisvalid as valid from pg_index where indexrelid = ${`${schema}.note_again`}::regclass`),
    )
    for (const { text, valid } of definitions) expect([text.replace(/^.*btree/, ''), valid]).toEqual([' (tenant_id, id, body)', true])
  })

  test('what the gate refuses is gone again', async () => {
    const path = 'tenant/20260204000000_wrong.sql'
    await put(
      fleet,
      path,
      '-- migrate:up transaction:false\ncreate unique index concurrently if not exists note_wrong on note (body, tenant_id);\n',
    )
    const failed = await failureOf(up())
    expect(failed.message).toContain('note_wrong')
    expect((await each((eye) => eye.indexes())).flat().filter((name) => name.startsWith('note_wrong'))).toEqual([])
    await take(fleet, path)
  })

  test.each([
    ['a transaction of its own', 'create table a ();', /needs a transaction/],
    ['no "if not exists"', 'create index concurrently i on note (tenant_id, id);', /create index concurrently if not exists/],
    ['not concurrently', 'create index if not exists i on note (tenant_id, id);', /without concurrently/],
    ['a drop that fails the second time', 'drop index concurrently i;', /drop index concurrently if exists/],
    ['a value that is there the second time', "alter type colour add value 'green';", /add value if not exists/],
    ['a renamed value', "alter type colour rename value 'red' to 'rot';", /needs a transaction/],
    ['vacuum', 'vacuum note;', /vacuums/],
    ['data', 'update note set id = id + 1;', /needs a transaction/],
  ])('refused with how to write it: %s', async (_, statement, says) => {
    const path = 'tenant/20260205000000_refused.sql'
    await put(fleet, path, `-- migrate:up transaction:false\n\n${statement}\n`)
    const failed = await failureOf(up())
    await take(fleet, path)
    expect(failed.code).toBe('MIGRATION_INVALID')
    expect(failed.message).toMatch(says)
    expect(failed.facts.file).toBe(`${path}:3`)
  })

  test.each([
    ['-- migrate:up transactions:false', /does not know the word "transactions:false"; allowed are transaction:false and budget/],
    ['-- migrate:up budget:5m', /does not understand "budget:5m"/],
    ['-- migrate:up transaction:no', /does not understand "transaction:no"/],
  ])('a word that nobody knows: %s', async (line, says) => {
    const path = 'tenant/20260205000000_words.sql'
    await put(fleet, path, `${line}\nselect 1;\n`)
    const failed = await failureOf(up())
    await take(fleet, path)
    expect(failed).toMatchObject({ code: 'MIGRATION_INVALID', facts: { file: `${path}:1` } })
    expect(failed.message).toMatch(says)
  })
})

describe('repeatable files', () => {
  const PATH = 'tenant/R__noted.sql'
  const view = (expression: string) =>
    `-- migrate:up\ndrop view if exists noted;\ncreate view noted with (security_invoker = true) as select ${expression} as said from note;\n`
  const said = async (slug: string) =>
    (await fleet.app.tenant(slug).query(sql<{ said: string }>`select said from noted order by said limit 1`)).map((row) => row.said)

  test('run after the others, again when they have changed, and not otherwise', async () => {
    await put(fleet, PATH, view('body'))
    expect((await up()).version).toBe('20260203000000')
    expect(await Promise.all(Object.keys(TENANTS).map(said))).toEqual([['one 1'], ['two 1'], ['three 1'], ['four 1']])
    expect((await up()).homes).toBe(0)
    await put(fleet, PATH, view('upper(body)'))
    await put(fleet, 'tenant/20260301000000_more.sql', '-- migrate:up\nalter table note add column more text;\n')
    expect((await up()).version).toBe('20260301000000')
    expect(await Promise.all(Object.keys(TENANTS).map(said))).toEqual([['ONE 1'], ['TWO 1'], ['THREE 1'], ['FOUR 1']])
    for (const ledger of await each((eye) => eye.ledger()))
      expect(ledger.filter((version) => version.startsWith('R__'))).toEqual(['R__noted'])
    expect(new Set((await each((eye) => eye.told())).flat())).toEqual(new Set(['20260301000000']))
    expect((await up()).homes).toBe(0)
  })

  test('of a file that is no more the ledger knows nothing', async () => {
    await put(fleet, 'tenant/R__gone.sql', "-- migrate:up\ncomment on table note is 'what was noted';\n")
    await up()
    await take(fleet, 'tenant/R__gone.sql')
    await up()
    for (const ledger of await each((eye) => eye.ledger()))
      expect(ledger.filter((version) => version.startsWith('R__'))).toEqual(['R__noted'])
    expect((await up()).homes).toBe(0)
  })

  test.each([
    ['create view v as select 1;', 'a view without replace'],
    ['create table a ();', 'a table'],
    ['drop view noted;', 'a drop that fails the second time'],
    ['insert into note (id) values (1);', 'rows without on conflict'],
    ['update note set id = 1;', 'an update'],
  ])('refused: %s (%s)', async (statement) => {
    await put(fleet, 'tenant/R__refused.sql', `${statement}\n`)
    const failed = await failureOf(up())
    await take(fleet, 'tenant/R__refused.sql')
    expect(failed).toMatchObject({ code: 'MIGRATION_INVALID', facts: { file: 'tenant/R__refused.sql:1' } })
    expect(failed.message).toContain('cannot run twice')
  })
})
