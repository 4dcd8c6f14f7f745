// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what is planted is source text
import { describe, expect, test } from 'vitest'
import { OPERATIONS } from '../../src/operations/registry.js'
import { type NeverRule, neverFindings, ownTablesOf } from './nevers.js'
import { filesUnder, parseSource, publishedSources, readText } from './sources.js'

const OWN = ownTablesOf(Object.fromEntries(filesUnder('sql', '.sql').map((path) => [path, readText(path)])))

/** Where a rule gives way, and why. One that nothing needs any more fails the test, so that the list only holds what is true. */
const EXCEPTIONS: readonly { readonly rule: NeverRule; readonly path: string; readonly reason: string }[] = [
  { rule: 'environment', path: 'src/index.ts', reason: 'a door: it hands the environment to secretsFrom, and nothing below reads it' },
  { rule: 'environment', path: 'src/control.ts', reason: 'a door: it hands the environment to secretsFrom, and nothing below reads it' },
  { rule: 'environment', path: 'src/testing.ts', reason: 'a door: processes of a test run find each other by a variable' },
  { rule: 'environment', path: 'src/web.ts', reason: 'a door: it hands the environment to secretsFrom, and nothing below reads it' },
  { rule: 'environment', path: 'src/jobs.ts', reason: 'a door: it hands the environment to secretsFrom, and nothing below reads it' },
  {
    rule: 'plain-error',
    path: 'src/api/fault.ts',
    reason: 'the fault of a page, which cannot load ours: an Error with the fields of the problem, told by a guard',
  },
  { rule: 'plain-error', path: 'src/kernel/sql.ts', reason: 'a TypeError for what is a mistake in the program and can come from no input' },
  { rule: 'prose', path: 'src/client/entrance.ts', reason: 'the server names what is missing or denied in the message alone' },
  { rule: 'prose', path: 'src/postgres/errors.ts', reason: "the driver's own errors of a lost connection have no code" },
  {
    rule: 'prose',
    path: 'src/client/entry.ts',
    reason: 'SQLSTATE 42883 comes without a field that names the missing function; its message does, in every language',
  },
  { rule: 'time', path: 'src/api/pauses.ts', reason: 'runs in browsers and reaches no kernel; it measures how long somebody has waited' },
  { rule: 'query-text', path: 'src/testing/leak-meter-fleet.ts', reason: "calls Tenantry's own query, which takes statements and no text" },
  { rule: 'query-text', path: 'src/engine/leak/platform-way.ts', reason: "calls Tenantry's own query, which takes statements and no text" },
  {
    rule: 'query-text',
    path: 'src/pool/tenant-client.ts',
    reason: "hands a driver's statement on, to be checked as every statement of a scope is",
  },
  { rule: 'query-text', path: 'src/pool/tenant-pool.ts', reason: "hands a driver's statement on to the client" },
  { rule: 'class', path: 'src/pool/tenant-client.ts', reason: 'ORMs look at prototypes, and want an EventEmitter' },
  { rule: 'query-text', path: 'src/orms/prisma-pool.ts', reason: "hands Prisma's statement on to the pool of the scope" },
  { rule: 'class', path: 'src/orms/knex-dialect.ts', reason: 'Knex knows a dialect by its class, and makes objects of it itself' },
  { rule: 'class', path: 'src/orms/typeorm-pool.ts', reason: 'TypeORM makes its pool by `new`' },
  { rule: 'class', path: 'src/orm/mikro-orm.ts', reason: 'MikroORM makes its cache by `new`, and forks of whatever `constructor` is' },
  { rule: 'class', path: 'src/pool/tenant-pool.ts', reason: "ORMs ask whether a pool is an instance of pg's" },
  { rule: 'session-state', path: 'src/engine/leak/control.ts', reason: 'the control of the leak meter, which shows what comes of it' },
  {
    rule: 'file-text',
    path: 'src/engine/attacking/attempt.ts',
    reason: "sends the attacks of this package's own tables, in between two scratch tenants",
  },
  { rule: 'file-text', path: 'src/engine/raise-catalog.ts', reason: 'runs the files of sql/catalog' },
  { rule: 'file-text', path: 'src/isolation/install.ts', reason: 'runs the walls of sql/home once more' },
  { rule: 'file-text', path: 'src/isolation/ledger.ts', reason: 'runs the files of sql/home' },
  { rule: 'file-text', path: 'src/schema/apply/full-way.ts', reason: "runs a user's migration, which is code by nature" },
  { rule: 'file-text', path: 'src/schema/apply/flight.ts', reason: "runs a user's migration, which is code by nature" },
  { rule: 'file-text', path: 'src/schema/forms/undo.ts', reason: "runs the down section of a user's migration" },
  { rule: 'file-text', path: 'src/schema/forms/outside.ts', reason: "runs a user's migration, one statement at a time" },
  {
    rule: 'file-text',
    path: 'src/schema/forms/program-door.ts',
    reason: 'fetches as many rows as a checked number says: FETCH takes no parameter',
  },
  {
    rule: 'session-state',
    path: 'src/schema/forms/outside-session.ts',
    reason:
      'a connection of its own, straight to the server, that ends with the file: outside of a transaction there is nothing else to hold role and lock',
  },
  {
    rule: 'session-state',
    path: 'src/postgres/lane.ts',
    reason: 'a connection of its own, straight to the server, through which rows travel for as long as that takes',
  },
  { rule: 'file-text', path: 'src/schema/own-code.ts', reason: 'makes a function of sql/home again' },
  { rule: 'file-text', path: 'src/engine/importing.ts', reason: "casts to a column's type in the server's own words" },
  { rule: 'file-text', path: 'src/engine/seeding.ts', reason: "runs a project's seed, a statement at a time and as the tenant" },
  { rule: 'file-text', path: 'src/schema/scratch-home.ts', reason: "runs users' migrations in a schema that is rolled back" },
  { rule: 'file-text', path: 'src/engine/throwaway-server.ts', reason: "runs the platform's migrations on a server that is gone again" },
  {
    rule: 'file-text',
    path: 'src/schema/forecast/probes.ts',
    reason: "asks by a migration's own expressions, read-only and as the owner that would run it",
  },
  { rule: 'file-text', path: 'src/schema/drift/mend.ts', reason: 'runs what was worked out from what the files make' },
  { rule: 'file-text', path: 'src/schema/drift/plan.ts', reason: 'takes what PostgreSQL has put into words of what the files make' },
  { rule: 'session-state', path: 'src/schema/drift/mend-tables.ts', reason: 'has the clauses of ALTER TABLE that begin with these words' },
  { rule: 'session-state', path: 'src/schema/drift/type-mends.ts', reason: 'has the clauses of ALTER TABLE that begin with these words' },
  {
    rule: 'file-text',
    path: 'src/operations/tenant/explain.ts',
    reason: "explains an operator's statement, in a scope and by the extended protocol",
  },
  {
    rule: 'file-text',
    path: 'src/operations/tenant/sql.ts',
    reason: "runs an operator's statement, in a scope and by the extended protocol",
  },
]

const SIZE = 300

const PLANTED: readonly { readonly rule: NeverRule; readonly text: string; readonly path?: string }[] = [
  { rule: 'exit', text: 'process.exit(1)' },
  { rule: 'exit', text: `import { exit } from 'node:process'` },
  { rule: 'environment', text: 'const url = process.env.DATABASE_URL' },
  { rule: 'environment', text: `import { env as environment } from 'node:process'` },
  { rule: 'console', text: `console.log('here')` },
  { rule: 'console', text: 'run().catch(console.error)' },
  { rule: 'console', text: 'const { log } = console' },
  { rule: 'console', text: 'const say = { console }' },
  { rule: 'time', text: 'const start = Date.now()' },
  { rule: 'time', text: 'const now = new Date()' },
  { rule: 'time', text: 'const share = Math.random()' },
  { rule: 'time', text: 'const start = performance.now()' },
  { rule: 'plain-error', text: `throw new Error('no')` },
  { rule: 'plain-error', text: `reject(new RangeError('no'))` },
  { rule: 'prose', text: `if (error.message.includes('does not exist')) retry()` },
  { rule: 'prose', text: 'if (/deadlock/.test((error as Error).message)) retry()' },
  { rule: 'prose', text: `if (error.message === 'no') retry()` },
  { rule: 'default-export', text: 'export default function run() {}' },
  { rule: 'default-export', text: 'const a = 1\nexport default a' },
  { rule: 'default-export', text: 'const a = 1\nexport { a as default }' },
  { rule: 'file-name', text: '', path: 'src/engine/utils.ts' },
  { rule: 'file-name', text: '', path: 'src/engine/tenant-manager.ts' },
  { rule: 'file-name', text: '', path: 'src/engine/runOperation.ts' },
  { rule: 'barrel', text: '', path: 'src/engine/index.ts' },
  { rule: 'query-text', text: 'await client.query(`drop schema ${name}`)' },
  { rule: 'query-text', text: 'await client.query(text, values)' },
  { rule: 'file-text', text: 'await session.script(fileText(body.sql))' },
  { rule: 'session-state', text: 'await session.run(sql`set search_path = ${schema}`)' },
  { rule: 'session-state', text: 'await session.run(sql`reset role `)' },
  { rule: 'session-state', text: 'await session.run(sql`listen tenants`)' },
  { rule: 'session-state', text: `await client.query('discard all')` },
  { rule: 'session-state', text: 'await session.run(sql`select pg_advisory_lock(1)`)' },
  { rule: 'session-state', text: 'await session.run(sql`select set_config(${name}, ${value}, false)`)' },
  { rule: 'session-state', text: `const part = { text: 'set role tenant', values: [] }` },
  { rule: 'own-tables', text: 'const find = sql`select id from catalog.tenant where id = ${id}`' },
  { rule: 'own-tables', text: 'const move = sql`update tenantry.placement set epoch = 2`' },
  { rule: 'own-tables', text: `const part = { text: 'select 1 from tenantry.home', values: [] }` },
  { rule: 'own-tables', text: 'const find = sql`select 1 from catalog.home`', path: 'src/isolation/model.ts' },
  { rule: 'class', text: 'class Manager {}' },
  { rule: 'class', text: 'const make = class {}' },
]

const INNOCENT = [
  'const { url } = config.console',
  'const fields = { console: consoleSchema }',
  'const at = new Date(row.at)',
  'const at = clock.now()',
  `throw fault('INTERNAL')`,
  'say(error.message)',
  'const size = message.length',
  'export const run = 1',
  'createApp(platform, { console: options.console })',
  'await session.run(sql`select pg_advisory_xact_lock(1)`)',
  'await session.run(sql`set local role ${role}`)',
  'await session.run(sql`select set_config(${name}, ${value}, true)`)',
  'await session.run(sql`update pos.settings set reset = true -- set role none`)',
  'await client.query(sql`select 1`)',
  `await client.query('begin')`,
  'await tenantry.tenant(id).query(statement)',
  'await session.run(sql`select tenantry.fence(${a}, ${b})`)',
  'await session.run(sql`grant usage on schema catalog to ${role}`)',
  `const help = 'set the environment variable; see catalog.tenant'`,
  'const uptime = process.hrtime.bigint()',
]

const findingsIn = (text: string, path = 'src/engine/planted.ts') =>
  neverFindings(parseSource(path, text), OWN).map((finding) => finding.rule)

describe('nevers', () => {
  const sources = publishedSources()
  const findings = sources.flatMap((source) => neverFindings(source, OWN))
  const excuses = (finding: (typeof findings)[number]) =>
    EXCEPTIONS.filter(({ rule, path }) => rule === finding.rule && path === finding.path)

  test('what must never be is nowhere, save where a reason is given', () => {
    expect(findings.filter((finding) => excuses(finding).length === 0)).toEqual([])
  })

  test('no exception outlives its need', () => {
    const needed = new Set(findings.flatMap(excuses))
    expect(EXCEPTIONS.filter((exception) => !needed.has(exception))).toEqual([])
  })

  test.each(PLANTED)('$rule finds: $text $path', ({ rule, text, path }) => {
    expect(findingsIn(text, path)).toEqual([rule])
  })

  test.each(INNOCENT)('lets through: %s', (text) => {
    expect(findingsIn(text)).toEqual([])
  })

  test('the three classes of the house may be where they are, and nowhere else', () => {
    expect(findingsIn('class Fault {}', 'src/kernel/faults.ts')).toEqual([])
    expect(findingsIn('class Flight {}', 'src/postgres/flight.ts')).toEqual([])
    expect(findingsIn('class Statement {}', 'src/kernel/sql.ts')).toEqual([])
    expect(findingsIn('class Fault {}', 'src/engine/run.ts')).toEqual(['class'])
  })

  test('our own tables are known by name', () => {
    expect(OWN.catalog).toEqual(expect.arrayContaining(['tenant', 'placement', 'operation', 'migration']))
    expect(OWN.tenantry).toEqual(expect.arrayContaining(['placement', 'home', 'identity', 'installed']))
  })

  test('what destroys asks before', () => {
    const careless = (operations: readonly { name: string; effect: string; words: { confirm?: string } }[]) =>
      operations.filter(({ effect, words }) => effect === 'destroy' && !words.confirm).map(({ name }) => name)
    expect(careless(OPERATIONS)).toEqual([])
    expect(careless([{ name: 'tenant.purge', effect: 'destroy', words: {} }])).toEqual(['tenant.purge'])
  })

  test('a file that has grown long is told of', () => {
    for (const { path, tree } of sources) {
      const lines = tree.getLineStarts().length - 1
      if (lines > SIZE) console.warn(`${path} has ${lines} lines: which noun is it hiding?`)
    }
  })
})
