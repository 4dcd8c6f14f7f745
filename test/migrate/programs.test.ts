import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../src/kernel/sql.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { fleetOn } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'
import { type Eye, eyeOn, failureOf, HOMES, NOTE, put, TENANTS, take } from './project.js'

let fleet: Fleet
const eyes = new Map<string, Eye>()
const up = (input = {}) => fleet.run<{ homes: number; version: string }>('migrate.up', input)
const bodies = async () => (await Promise.all([...eyes.values()].map((eye) => eye.bodies()))).flat().sort()
const PATH = 'tenant/20260201000000_step.ts'

beforeAll(async () => {
  fleet = await fleetOn(testServer(), { migrations: { 'tenant/20260101000000_note.sql': NOTE }, tenants: TENANTS, config: { lease: '2s' } })
  for (const slug of [...HOMES, 'two']) eyes.set(slug, await eyeOn(fleet, slug))
  for (const eye of eyes.values()) for (const id of [1, 2, 3]) await eye.insert(id, `${id}`)
})
afterAll(() => fleet?.stop())

describe('data steps in TypeScript', () => {
  test('see the rows of every tenant of a home, in batches, once, with an entry in the ledger; and are undone', async () => {
    await put(
      fleet,
      PATH,
      `import { defineMigration, sql } from 'tenantry'
interface Note { readonly tenant_id: string; readonly id: number; readonly body: string }
export default defineMigration({
  up: async ({ batches, run, one }) => {
    let seen = 0
    for await (const notes of batches(sql<Note>\`select tenant_id, id, body from note where id > \${0} order by id\`, 2)) {
      if (notes.length > 2) throw 'too many'
      for (const { tenant_id, id, body } of notes) seen += await run(sql\`update note set body = \${body + '!'} where tenant_id = \${tenant_id} and id = \${id}\`)
    }
    const { all } = await one(sql<{ all: number }>\`select count(*)::int as all from note\`)
    if (all !== seen) throw new Error('saw ' + seen + ' of ' + all)
  },
  down: async ({ run, sql }) => { await run(sql\`update note set body = rtrim(body, '!')\`) },
  timeout: '20s',
})
`,
    )
    await up()
    expect(await bodies()).toEqual(['1!', '1!', '1!', '1!', '2!', '2!', '2!', '2!', '3!', '3!', '3!', '3!'])
    expect((await up()).homes).toBe(0)
    for (const slug of HOMES) expect(await eyes.get(slug)!.ledger()).toEqual(['20260101000000', '20260201000000'])
    await fleet.run('migrate.down', { waiveBackup: 'a test' })
    expect(await bodies()).toEqual(['1', '1', '1', '1', '2', '2', '2', '2', '3', '3', '3', '3'])
    for (const slug of HOMES) expect(await eyes.get(slug)!.ledger()).toEqual(['20260101000000'])
    await up()
    await fleet.run('tenant.create', { slug: 'later', isolation: 'schema' })
    expect((await up()).homes).toBe(0)
  })

  test.each([
    ['an error', "throw new Error('no')", /in \S+: no$/],
    ['what is no error', "throw 'a word'", /a word/],
    ['nothing at all', 'throw undefined', /.+/],
    ['a statement that fails', 'await run(sql`update note set id = 1 / 0`)', /division by zero.*22012/],
    ['one that it went on without', 'await run(sql`update note set id = 1 / 0`).catch(() => {})', /went on without it: division by zero/],
    ['the end of the transaction', 'await run(sql`commit`)', /commit/],
    ['another role', 'await run(sql`set role none`)', /set/],
    ['another role by a function', "await run(sql`select set_config('role', 'none', true)`)", /permission denied/],
    ['a table', 'await run(sql`create table a ()`)', /create/],
    ['no answer', 'await new Promise(() => {})', /has not ended within 0.5 s/],
    [
      'a statement without an end',
      'await run(sql`with recursive r (n) as (select 1 union all select n + 1 from r where n < 100000000) select max(n) from r`)',
      /(has not ended|statement timeout)/,
    ],
  ])('told with file and home, and everything is as it was: %s', async (_, body, says) => {
    const path = 'tenant/20260202000000_fails.ts'
    const text = `import { sql } from 'tenantry'\nexport const timeout = '500ms'\nexport const up = async ({ run }) => {\n  await run(sql\`update note set body = 'half'\`)\n  ${body}\n}\n`
    await put(fleet, path, text)
    const failed = await failureOf(up({ parallel: 8 }))
    await take(fleet, path)
    expect(failed).toMatchObject({ code: 'FLEET_PARTIAL', facts: { failed: 4, total: 4 } })
    expect(failed.message).toContain(path)
    expect(failed.message).toMatch(says)
    expect(await bodies()).not.toContain('half')
    const left = await eyes.get('one')!.database.rows(sql`
      select from pg_stat_activity where application_name = 'tenantry control' and state <> 'idle' and query ~ 'recursive|note'
        and starts_with(datname, ${fleet.platform.config.catalog.database.replace(/catalog$/, '')})`)
    expect(left).toEqual([])
  })

  test.each([
    ['that fails', 'run(sql`update note set id = 1 / 0`)', /calls had \(division by zero/],
    ['that is done afterwards', 'run(sql`update note set body = 1`)', /its calls had/],
    ['of a function without one', 'const half = async () => { await run(sql`update note set id = 1 / 0`) }\n  half()', /its calls had/],
    ['of a loop', 'batches(sql`select 1 / 0`).next()', /its calls had/],
    [
      'and the statement after it tells',
      'run(sql`update note set id = 1 / 0`)\n  await rows(sql`select 1`).catch(() => {})',
      /division by zero/,
    ],
  ])('a call that nobody awaits is told with file and home, and ends no worker: one %s', async (_, body, says) => {
    const path = 'tenant/20260202000000_floats.ts'
    await put(fleet, path, `import { sql } from 'tenantry'\nexport const up = async ({ run, rows, batches }) => {\n  ${body}\n}\n`)
    const floating: unknown[] = []
    const listen = (reason: unknown) => floating.push(reason)
    process.on('unhandledRejection', listen)
    const failed = await failureOf(up({ parallel: 8 }))
    // They are told when all that was ready to run has run.
    await new Promise((told) => setImmediate(told))
    process.off('unhandledRejection', listen)
    await take(fleet, path)
    expect(floating).toEqual([])
    expect(failed).toMatchObject({ code: 'FLEET_PARTIAL', facts: { failed: 4, total: 4 } })
    expect(failed.message).toContain(path)
    expect(failed.message).toMatch(says)
  })

  test.each([
    ['that exports nothing', 'export const nothing = 1\n', /exports no function `up`/],
    ['that cannot be loaded', "throw new Error('broken')\n", /cannot be loaded: broken/],
    ['with a time that is none', "export const up = async () => {}\nexport const timeout = '5m'\n", /no duration/],
  ])('refused before anything runs: a file %s', async (_, text, says) => {
    const path = 'tenant/20260202000000_refused.mjs'
    await put(fleet, path, text)
    const failed = await failureOf(up())
    await take(fleet, path)
    expect(failed).toMatchObject({ code: 'MIGRATION_INVALID', facts: { file: path } })
    expect(failed.message).toMatch(says)
  })

  test('without a `down` it is told before anything is undone', async () => {
    await put(fleet, 'tenant/20260203000000_forward.js', 'export const up = async () => {}\n')
    await up()
    const failed = await failureOf(fleet.run('migrate.down', { waiveBackup: 'a test', to: '20260101000000' }))
    expect(failed).toMatchObject({ code: 'MIGRATION_NOT_UNDOABLE', facts: { file: 'tenant/20260203000000_forward.js' } })
    for (const slug of HOMES) expect(await eyes.get(slug)!.ledger()).toHaveLength(3)
  })
})
