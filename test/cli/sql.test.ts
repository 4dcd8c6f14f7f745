import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Io } from '../../src/cli/io.js'
import { main } from '../../src/cli/main.js'
import { stopwatch } from '../../src/kernel/clock.js'
import { sql } from '../../src/kernel/sql.js'
import { parseUrl } from '../../src/postgres/connection.js'
import { type Database, openDatabase } from '../../src/postgres/session.js'
import { testServer } from '../support/servers-injected.js'
import { adminUrl, type CommandLine, commandLine, type Ran, sink } from './cli.js'

const MIGRATION = `-- migrate:up
create table note (tenant_id uuid not null default tenantry.tenant(), id int, body text, primary key (tenant_id, id));
create table tag (
  tenant_id uuid not null default tenantry.tenant(), id int, note_id int not null, word text default 'new',
  primary key (tenant_id, id),
  foreign key (tenant_id, note_id) references note (tenant_id, id)
);
create index tag_word on tag (tenant_id, word);
`

let line: CommandLine
let catalog: Database
const TENANTS = ['shared', 'schema', 'database'] as const

beforeAll(async () => {
  line = await commandLine({ DATABASE_URL: adminUrl(testServer()) })
  const ok = async (...argv: readonly string[]) => expect(await line.run(...argv)).toMatchObject({ status: 0 })
  await ok('init', '--catalog-database', 'cli_sql_catalog')
  await mkdir(join(line.folder, 'migrations', 'tenant'), { recursive: true })
  await writeFile(join(line.folder, 'migrations', 'tenant', '20260101000000_note.sql'), MIGRATION)
  await ok('cluster', 'add', 'main', '--database', 'cli_sql_tenants')
  for (const slug of TENANTS) await ok('tenant', 'create', slug, '--isolation', slug)
  await ok('tenant', 'create', 'neighbour', '--isolation', 'shared')
  for (const slug of [...TENANTS, 'neighbour'])
    await ok('tenant', 'sql', slug, '--write', `insert into note values (default, 1, 'of ${slug}'), (default, 2, null), (default, 3, '')`)
  catalog = openDatabase({ ...parseUrl(adminUrl(testServer()), 'url'), database: 'cli_sql_catalog' }, { applicationName: 'test' })
})
afterAll(() => catalog?.end())

const run = (...argv: readonly string[]): Promise<Ran> => line.run('tenant', 'sql', ...argv)

/** A command with a terminal, or with something on standard input. */
async function runWith(io: Partial<Io>, ...argv: readonly string[]): Promise<Ran> {
  const [stdout, stderr] = [sink(), sink()]
  const status = await main(['tenant', 'sql', ...argv], {
    cwd: line.folder,
    env: line.env,
    isTTY: { stdin: false, stdout: false, stderr: false },
    ...io,
    stdout: stdout.stream,
    stderr: stderr.stream,
  })
  return { status, stdout: stdout.text(), stderr: stderr.text() }
}

/** What is typed at the prompt, line after line, without the editing of a terminal. */
const shell = (text: string, ...argv: readonly string[]): Promise<Ran> =>
  runWith(
    {
      stdin: Readable.from([text]),
      isTTY: { stdin: true, stdout: true, stderr: false },
      env: { ...line.env, XDG_STATE_HOME: line.folder },
    },
    ...argv,
  )

describe.each(TENANTS)('a tenant of isolation %s', (slug) => {
  test('answers with its own rows and nobody else’s', async () => {
    const ran = await run(slug, 'select body from note where id = 1', '--json')
    expect(ran).toMatchObject({ status: 0, stderr: '' })
    expect(JSON.parse(ran.stdout)).toMatchObject({ columns: [{ name: 'body', type: 'text' }], data: [{ body: `of ${slug}` }], more: false })
  })

  test('is not changed without --write', async () => {
    for (const statement of [
      'delete from note',
      'with gone as (delete from note returning 1) select * from gone',
      'explain analyze delete from note',
      'select * from note for update',
    ]) {
      expect(await run(slug, statement)).toMatchObject({
        status: 5,
        stdout: '',
        stderr: expect.stringMatching(/^SQL_READ_ONLY: .+\n→ .+--write/),
      })
    }
    expect((await run(slug, 'select count(*) from note', '-o', 'csv')).stdout).toBe('count\n3\n')
  })

  test('stops at the limit, however many rows there would be', async () => {
    const elapsed = stopwatch()
    const ran = await run(slug, "select repeat('x', 1000) as pad, generate_series(1, 5000000) as n", '--limit', '10', '--json')
    expect(JSON.parse(ran.stdout)).toMatchObject({ more: true, count: null, data: expect.objectContaining({ length: 10 }) })
    expect(elapsed()).toBeLessThan(15_000)
  })
})

describe('a statement', () => {
  test('cannot leave its scope', async () => {
    for (const statement of ['commit', 'reset role', 'set role postgres', '/* a */ begin', 'explain (analyze) create table x as select 1'])
      expect(await run('shared', statement)).toMatchObject({ status: 2, stderr: expect.stringMatching(/^STATEMENT_REFUSED: /) })
    expect((await run('shared', 'select 1; commit')).stderr).toMatch(/^INPUT_INVALID: these are 2 statements/)
    expect((await run('shared', "select set_config('transaction_read_only', 'off', true)")).stderr).toMatch(
      /^SQL_FAILED: permission denied/,
    )
  })

  test('shows NULL apart from an empty text in every form', async () => {
    const one = (format: string) => run('shared', "select null as a, '' as b, 'NULL' as c, 1 as a, true as t, 1.50 as n", '-o', format)
    expect((await one('table')).stdout).toMatch(/^a +b +c +a_2 +t +n\nNULL +'NULL' +1 +true +1\.50\n$/)
    expect((await one('csv')).stdout).toBe('a,b,c,a_2,t,n\n,"",NULL,1,true,1.50\n')
    expect((await one('yaml')).stdout).toMatch(/- a: null\n +b: ""\n/)
    expect(JSON.parse((await one('json')).stdout).data).toEqual([{ a: null, b: '', c: 'NULL', a_2: 1, t: true, n: '1.50' }])
  })

  test('that is wrong is pointed into', async () => {
    const ran = await run('shared', 'select id,\n  bodi from note')
    expect(ran).toMatchObject({ status: 1, stdout: '' })
    expect(ran.stderr).toBe(
      [
        'SQL_FAILED: column "bodi" does not exist (SQLSTATE 42703, line 2, column 3)',
        'LINE 2:   bodi from note',
        '          ^',
        '→ Perhaps you meant to reference the column "note.body".',
        '',
      ].join('\n'),
    )
  })

  test('comes from a file, or from standard input', async () => {
    await writeFile(join(line.folder, 'one.sql'), "-- first; of all\nselect ';' as s;\n")
    expect((await run('shared', '--file', 'one.sql', '-o', 'csv')).stdout).toBe('s\n;\n')
    expect((await runWith({ stdin: Readable.from(['select 7 as n']) }, 'shared', '-', '-o', 'csv')).stdout).toBe('n\n7\n')
    expect(await run('shared', '--file', 'none.sql')).toMatchObject({ status: 2 })
    expect(await run('shared')).toMatchObject({ status: 2, stderr: expect.stringMatching(/^INPUT_INVALID: no statement/) })
  })

  test('is cancelled after its timeout', async () => {
    const ran = await run('shared', 'select count(*) from generate_series(1, 100000) a, generate_series(1, 100000) b', '--timeout', '1')
    expect(ran).toMatchObject({ status: 1, stderr: expect.stringMatching(/^SQL_TIMEOUT: .+ longer than 1 s/) })
  })

  test('that writes is done whole or not at all', async () => {
    const insert = "insert into note select tenantry.tenant(), n, 'many' from generate_series(100, 199) n returning id"
    expect(await run('schema', insert, '--write', '--limit', '5')).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(/the first 5 rows/),
    })
    expect((await run('schema', "select count(*) from note where body = 'many'", '-o', 'csv')).stdout).toBe('count\n100\n')
    expect(await run('schema', 'select id from note', '--write', '--limit', '5')).toMatchObject({
      status: 5,
      stderr: expect.stringMatching(/^SQL_UNFINISHED/),
    })
  })

  test('is audited before and after, with the digest of its text', async () => {
    await run('database', 'select 4711 as audited')
    const { createHash } = await import('node:crypto')
    const digest = createHash('sha256').update('select 4711 as audited').digest('hex')
    const rows = await catalog.rows(sql`
      select a.operation, a.outcome, a.source, t.slug, a.actor like 'cli:%' as named
      from catalog.audit a join catalog.tenant t on t.id = a.tenant_id
      where a.input_digest = ${digest} order by a.id`)
    const entry = { operation: 'tenant.sql', source: 'cli', slug: 'database', named: true }
    expect(rows).toEqual([
      { ...entry, outcome: 'accepted' },
      { ...entry, outcome: 'succeeded' },
    ])
    expect(await catalog.rows(sql`select distinct operation from catalog.audit where operation like 'tenant.sql%' order by 1`)).toEqual([
      { operation: 'tenant.sql' },
      { operation: 'tenant.sql --write' },
    ])
  })
})

describe('the prompt', () => {
  test('takes statements of several lines, and commands', async () => {
    const ran = await shell(
      "select body\nfrom note where id = 1\n; select 'a;b' as x;\n\\x\nselect 1 as one;\n\\timing\nselect 2;\n\\q\nselect 'unseen';\n",
      'shared',
    )
    expect(ran.status).toBe(0)
    expect(ran.stdout).toContain('body\nof shared\nx\na;b\n-[ 1 ]-\none  1\n')
    expect(ran.stdout).not.toContain('unseen')
    expect(ran.stderr).toMatch(/shared=> /)
    expect(ran.stderr).toMatch(/Time: [\d.]+ ms/)
  })

  test('describes what the tenant has', async () => {
    const ran = await shell('\\dt\n\\d tag\n\\d nothing\n', 'database')
    expect(ran.stdout).toMatch(/note +table[\s\S]*tag +table/)
    expect(ran.stdout).toMatch(/word +text +'new'::text/)
    expect(ran.stdout).toMatch(/tag_pkey +primary key +btree \(tenant_id, id\)/)
    expect(ran.stdout).toMatch(/FOREIGN KEY \(tenant_id, note_id\) REFERENCES note/)
    expect(ran.stderr).toContain('there is no table "nothing"')
  })

  test('refuses transactions, goes on after an error, and writes only with --write', async () => {
    const ran = await shell('begin;\nselect nothing;\ndelete from note;\nselect 3 as still;\n', 'shared')
    expect(ran.stderr).toContain('there is no begin here: each statement is a scope of its own')
    expect(ran.stderr).toMatch(/SQL_FAILED: column "nothing"[\s\S]*SQL_READ_ONLY/)
    expect(ran.stdout).toMatch(/^still\n +3\n$/)
    expect((await shell("update note set body = 'new' where id = 2 returning body;\n", 'shared', '--write')).stderr).toContain('shared# ')
  })

  test('keeps a history that only its owner can read, without what looks like a secret', async () => {
    await shell("select 'kept';\nselect 'x' as password,\n 'hunter2';\nselect 'after';\n", 'shared')
    const path = join(line.folder, 'tenantry', 'sql-history')
    const text = await readFile(path, 'utf8')
    expect(text).toMatch(/select 'kept';\nselect 'after';\n$/)
    expect(text).not.toContain('hunter2')
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  })

  test('stays when Ctrl-C cancels the running statement', async () => {
    const stdin = new PassThrough()
    const stderr = sink()
    const stdout = sink()
    const running = main(['tenant', 'sql', 'shared'], {
      cwd: line.folder,
      env: { ...line.env, XDG_STATE_HOME: line.folder },
      stdin,
      stdout: stdout.stream,
      stderr: stderr.stream,
      isTTY: { stdin: true, stdout: true, stderr: true },
    })
    await expect.poll(stderr.text).toContain('shared=> ')
    stdin.write('select count(*) from generate_series(1, 1000000) a, generate_series(1, 100000) b;\r')
    await new Promise((resolve) => setTimeout(resolve, 500))
    const elapsed = stopwatch()
    stdin.write('\u0003')
    await expect.poll(stderr.text).toContain('SCOPE_CANCELLED')
    expect(elapsed()).toBeLessThan(8_000)
    stdin.write('select 5\r')
    await expect.poll(stderr.text).toContain('shared-=> ')
    stdin.write('as next;\r')
    await expect.poll(stdout.text).toMatch(/^next\n +5\n$/)
    stdin.write('\u0004')
    expect(await running).toBe(0)
  })
})
