// biome-ignore-all lint/suspicious/noTemplateCurlyInString: code is given to rules as text
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as parser from '@typescript-eslint/parser'
import { Linter, RuleTester } from 'eslint'
import { describe, expect, test } from 'vitest'
import { plugin, recommended } from '../../src/eslint.js'
import { diagnosticsOf } from './compile.js'

RuleTester.describe = describe
RuleTester.it = test
RuleTester.itOnly = test.only

const javascript = new RuleTester({ languageOptions: { ecmaVersion: 2024, sourceType: 'module' } })
const typescript = new RuleTester({ languageOptions: { parser } })

type Cases = Readonly<Record<'valid' | 'invalid', readonly (readonly [code: string, messageId?: string])[]>>

/** The same cases as JavaScript and as TypeScript, and those that only TypeScript has. */
function check(name: keyof typeof plugin.rules, both: Cases, more: Partial<Cases> = {}): void {
  const casesOf = ({ valid = [], invalid = [] }: Partial<Cases>) => ({
    valid: valid.map(([code]) => code),
    invalid: invalid.map(([code, messageId]) => ({ code, errors: [{ messageId: messageId! }] })),
  })
  const rule = plugin.rules[name]
  javascript.run(`${name} in JavaScript`, rule, casesOf(both))
  typescript.run(`${name} in TypeScript`, rule, {
    valid: [...casesOf(both).valid, ...casesOf(more).valid],
    invalid: [...casesOf(both).invalid, ...casesOf(more).invalid],
  })
}

check(
  'no-raw-pool',
  {
    valid: [
      ["import pg from 'pg'; pg.types.setTypeParser(20, BigInt)"],
      ["import { types, escapeIdentifier } from 'pg'"],
      ["import { createTenantry } from 'tenantry'; createTenantry({ catalogUrl })"],
      ["import { Pool } from './car-pool.js'; new Pool()"],
      ["import { Pool } from 'undici'; new Pool('http://localhost')"],
      ["import http from 'http'; http.Client"],
      ["knex({ client: 'pg', ...tenantryKnex(tenantry) })"],
      ["knex({ client: 'sqlite3', connection: { filename: ':memory:' } })"],
      ['drizzle(pool)'],
      ['drizzle({ client: tenantPool })'],
      ["new DataSource({ type: 'postgres', driver: tenantDriver, entities })"],
      ['new PrismaPg(tenantPool)'],
      ["export { types } from 'pg'"],
      ['const pg = pg.default; new pg.Pool()'],
    ],
    invalid: [
      ["import { Pool } from 'pg'", 'pg'],
      ["import { Client as Direct } from 'pg'", 'pg'],
      ["import pg from 'pg'; export const pool = new pg.Pool()", 'pg'],
      ["import * as pg from 'pg'; new pg.Client(url)", 'pg'],
      ["import pg from 'pg'; const { Pool: Other } = pg", 'pg'],
      ["const { Pool } = require('pg')", 'pg'],
      ["const pg = require('pg'); new pg.Pool()", 'pg'],
      ["new (require('pg').Pool)()", 'pg'],
      ["const { Client } = await import('pg')", 'pg'],
      ["export { Pool } from 'pg'", 'pg'],
      ["export { Client as Direct } from 'pg'", 'pg'],
      ["export { default } from 'pg'", 'pg'],
      ["export * from 'pg'", 'pg'],
      ["export * from 'postgres'", 'driver'],
      ["export { default as sql } from 'postgres'", 'driver'],
      ["import * as pg from 'pg'; new pg.default.Pool()", 'pg'],
      ["const { default: pg } = await import('pg'); new pg.Pool()", 'pg'],
      ["import pg from 'pg'; const other = pg; new other.Pool()", 'pg'],
      ["import postgres from 'postgres'", 'driver'],
      ["const postgres = require('postgres')", 'driver'],
      ["const neon = await import('@neondatabase/serverless')", 'driver'],
      ['drizzle(process.env.DATABASE_URL)', 'orm'],
      ["drizzle('postgres://localhost/app')", 'orm'],
      ['drizzle({ connection: url })', 'orm'],
      ["knex({ client: 'pg', connection: url })", 'orm'],
      ["const settings = { client: 'postgresql', connection: {} }; knex(settings)", 'orm'],
      ["new DataSource({ type: 'postgres', url, entities })", 'orm'],
      ['new PrismaPg({ connectionString: url })', 'orm'],
    ],
  },
  {
    valid: [
      ["import type { Pool } from 'pg'"],
      ["export type { Pool } from 'pg'"],
      ["export { type Client } from 'pg'"],
      ["import { type PoolClient, type Client, types } from 'pg'"],
    ],
    invalid: [
      ["import pg = require('pg'); new pg.Pool()", 'pg'],
      ['drizzle(process.env.DATABASE_URL!)', 'orm'],
      ["knex({ client: 'pg', connection: url } satisfies Knex.Config)", 'orm'],
    ],
  },
)

check(
  'no-session-state',
  {
    valid: [
      ['sql`update stock set on_hand = on_hand - ${n} where sku = ${sku}`'],
      ['const part = sql`set total = total + 1`; sql`update cart ${part}`'],
      ["sql`select set_config('app.note', ${note}, true)`"],
      ["pool.query('set local statement_timeout = 100')"],
      ["pool.query('set constraints all deferred')"],
      ["client.query('set transaction isolation level serializable')"],
      ["sql`insert into note (body) values ('set role x; reset all; select set_config(''a'', ''b'', false)')`"],
      ['sql`select $$ set role admin $$`'],
      ['sql`select 1 -- set role admin`'],
      ['sql`/* set role /* admin */ */ select reset from t`'],
      ['sql`select "set role" from t`'],
      ['sql`select pg_advisory_xact_lock(1)`'],
      ["cache.set('role', 'admin')"],
      ["map.get('set role admin')"],
      ['db.query(statement)'],
      ['html`set role admin`'],
      ["const a = a + 'x'; pool.query(a)"],
      ['const a = `${b}`; const b = `${a}`; pool.query(a)'],
    ],
    invalid: [
      ["client.query('set role admin')", 'role'],
      ['sql`SET LOCAL ROLE ${role}`', 'role'],
      ['sql`set session authorization postgres`', 'role'],
      ["client.query('reset role')", 'role'],
      ["client.query('SET statement_timeout = 100')", 'set'],
      ['client.query("set app.current_tenant = \'" + tenant + "\'")', 'set'],
      ['client.query(`set app.current_tenant = ${tenant}`)', 'set'],
      ["const text = 'set app.tenant to ' + id; await client.query(text)", 'set'],
      ["client.query({ text: 'set timezone to utc' })", 'set'],
      ["client.query('set flavour = 1')", 'set'],
      ['sql`set session characteristics as transaction read only`', 'set'],
      ["sql`set time zone 'UTC'`", 'set'],
      ['client.query(`select 1; set work_mem = 1000`)', 'set'],
      ["sql`select set_config('app.tenant', ${id}, false)`", 'config'],
      ["sql`select set_config('app.tenant', coalesce(${id}, f('a,b', 2)), FALSE), 1`", 'config'],
      ["client.query('reset all')", 'session'],
      ["client.query('discard all')", 'session'],
      ['sql`listen orders`', 'session'],
      ["/* Kysely */ sql.raw('set role admin').execute(db)", 'role'],
      ['/* Knex */ knex.raw(`set app.tenant = ${id}`)', 'set'],
      ["/* TypeORM */ dataSource.query('set role admin')", 'role'],
      ['/* Prisma */ prisma.$executeRawUnsafe(`set app.tenant = ${id}`)', 'set'],
      ["/* Prisma */ prisma.$executeRaw`select set_config('app.tenant', ${id}, false)`", 'config'],
      ['/* Drizzle */ db.execute(sql`set role admin`)', 'role'],
      ['/* scope.run */ scope.run(sql`reset all`)', 'session'],
      ['sql`select pg_advisory_lock(1)`', 'lock'],
      ['sql`select pg_try_advisory_lock_shared(${key})`', 'lock'],
      ["sql`select e'it\\\\'s'; set role admin`", 'role'],
    ],
  },
  {
    valid: [],
    invalid: [
      ['sql<Row>`set role admin`', 'role'],
      ["client.query('set role admin' as string)", 'role'],
      ["(client as Client)!.query?.('set role admin')", 'role'],
    ],
  },
)

check('no-search-path', {
  valid: [
    ["sql`select current_setting('search_path')`"],
    ["sql`insert into note (body) values ('set search_path = x')`"],
    ['url.searchParams'],
    ["new Pool({ options: '-c statement_timeout=100' })"],
    ["find({ options: ['search_path'] })"],
  ],
  invalid: [
    ['client.query(`set search_path to ${schema}`)', 'sql'],
    ["client.query('SET LOCAL search_path = ' + schema)", 'sql'],
    ['sql`set session search_path = public`', 'sql'],
    ["sql`select set_config('search_path', ${schema}, true)`", 'sql'],
    ['sql`reset search_path`', 'sql'],
    ['knex.raw(`alter role app set search_path = ${schema}`)', 'sql'],
    ["knex({ client: 'pg', searchPath: [schema] })", 'option'],
    ['new Pool({ options: `-c search_path=${schema}` })', 'option'],
  ],
})

check('no-transaction-words', {
  valid: [
    ['tenantry.tenant(id).transaction(async (scope) => scope.run(statement))'],
    ['sql`select case when a then b end`'],
    ['sql`case when a then b ${sql`end`}`'],
    ["sql`select 'begin; commit'`"],
    ['sql`select begin, commit from release`'],
    ["tour.query('beginners')"],
    ["connection.query('commitment')"],
    ['db.transaction().execute(async () => {})'],
  ],
  invalid: [
    ["client.query('begin')", 'word'],
    ["client.query('BEGIN ISOLATION LEVEL SERIALIZABLE')", 'word'],
    ["client.query('start transaction read only')", 'word'],
    ["await client.query('COMMIT')", 'word'],
    ["client.query('rollback to savepoint a')", 'word'],
    ["client.query('end')", 'word'],
    ['sql`savepoint ${name}`', 'word'],
    ["dataSource.query('release savepoint a')", 'word'],
    ["prisma.$executeRawUnsafe('begin')", 'word'],
    ['knex.raw(`update t set a = 1; commit`)', 'word'],
    ['sql`abort`', 'word'],
  ],
})

check(
  'no-tenant-from-request',
  {
    valid: [
      ['tenantry.tenant(session.tenant)'],
      ['tenantry.tenant(req.tenant)'],
      ["tenantry.tenant(await verified(req.headers['x-tenant']))"],
      ['tenantry.tenant(request.auth.tenant)'],
      ["tenantry.tenant(c.get('tenant'))"],
      ["tenantry.tenant('acme')"],
      ['tenant(req.params.tenant)'],
      ["find(req.headers['x-tenant'])"],
      ['const slug = slug; app.tenant(slug)'],
      ['const { slug } = await verified(req.params); app.tenant(slug)'],
      ['const { tenant } = await auth.verify(req.headers); app.tenant(tenant)'],
      ['const user = await req.jwtVerify(); app.tenant(user.tenant)'],
      ['const [row] = await ctx.db.query(statement); app.tenant(row.slug)'],
      ['({ session }) => app.tenant(session.tenant)'],
      ['const { tenant } = req; app.tenant(tenant)'],
      ['(slug) => app.tenant(slug)'],
    ],
    invalid: [
      ["tenantry.tenant(req.headers['x-tenant'])", 'straight'],
      ['app.tenant(req.params.tenant).query(statement)', 'straight'],
      ['tenantry.tenant(request.query.tenant)', 'straight'],
      ["tenantry.tenant(c.req.header('x-tenant'))", 'straight'],
      ["tenantry.tenant(request.headers.get('x-tenant') ?? 'acme')", 'straight'],
      ["tenantry.tenant(new URL(request.url).searchParams.get('tenant'))", 'straight'],
      ["const slug = req.headers['x-tenant']; tenantry.tenant(slug)", 'straight'],
      ['tenantry.tenant(String(1), ctx); tenantry.tenant(ctx.params.tenant)', 'straight'],
      ['const { slug } = req.params; app.tenant(slug)', 'straight'],
      ["const { params: { slug = 'acme' }, ...rest } = req; app.tenant(slug)", 'straight'],
      ['({ params }) => app.tenant(params.slug)', 'straight'],
      ['({ request }) => app.tenant(request.headers.get(name))', 'straight'],
      ['const params = req.params; app.tenant(params.slug)', 'straight'],
      ['const { params } = req; const { slug: name } = params; app.tenant(name)', 'straight'],
      ['async function Page({ params }) { const { slug } = await params; app.tenant(slug) }', 'straight'],
      ['const url = new URL(request.url); app.tenant(url.searchParams.get(name))', 'straight'],
      ['app.tenant(`${req.params.slug}`)', 'straight'],
      ["app.tenant('shop-' + req.params.slug)", 'straight'],
      ['app.tenant(session.tenant ?? String(req.query.tenant))', 'straight'],
      ['app.tenant(known ? req.params.slug : fallback)', 'straight'],
    ],
  },
  {
    valid: [],
    invalid: [
      ["tenantry.tenant(req.headers['x-tenant'] as string)", 'straight'],
      ['tenantry.tenant(req.params.tenant!)', 'straight'],
    ],
  },
)

/** Into installed packages, which are thousands, and what tools have written it does not look. */
async function typescriptIn(folder: string): Promise<readonly string[]> {
  const entries = (await readdir(folder, { withFileTypes: true })).filter(({ name }) => !['node_modules', 'generated'].includes(name))
  const files = entries.filter((one) => one.isFile() && one.name.endsWith('.ts')).map(({ name }) => join(folder, name))
  const inside = await Promise.all(entries.filter((one) => one.isDirectory()).map(({ name }) => typescriptIn(join(folder, name))))
  return [...files, ...inside.flat()]
}

describe('the recommended configuration', () => {
  const lint = (code: string): readonly string[] =>
    new Linter().verify(code, [{ files: ['**/*.js'], ...recommended }], 'app.js').map(({ ruleId, message }) => `${ruleId}: ${message}`)

  test('knows every rule, and its messages name what was found and what to do', () => {
    expect(Object.keys(recommended.rules)).toEqual(Object.keys(plugin.rules).map((name) => `tenantry/${name}`))
    const code = "import { Pool } from 'pg'\nnew Pool().query('begin')\n"
    expect(lint(code)).toEqual([
      expect.stringMatching(/^tenantry\/no-raw-pool: `Pool` of `pg` .* Use `createTenantry`/),
      expect.stringMatching(/^tenantry\/no-transaction-words: `begin` .* Use `tenantry\.tenant/),
    ])
    expect(lint("import { createTenantry } from 'tenantry'\n")).toEqual([])
  })

  test('finds nothing in the examples, nor in what the pages recommend', async () => {
    const linter = new Linter()
    const found = (code: string, name: string): readonly string[] =>
      linter
        .verify(code, [{ files: ['**/*.ts'], languageOptions: { parser }, ...recommended }], 'page.ts')
        .map(({ message, line }) => `${name}:${line} ${message}`)
    const findings: string[] = []
    const pages = ['orms', 'scopes', 'seeds', 'tenant-sql', 'testing', 'types'].map((name) => join('docs', `${name}.md`))
    for (const page of pages) {
      const blocks = [...(await readFile(page, 'utf8')).matchAll(/```[jt]s\n([\s\S]*?)```/g)]
      for (const [, code] of blocks) findings.push(...found(code!, page))
    }
    const examples = await typescriptIn('examples')
    for (const name of examples) findings.push(...found(await readFile(name, 'utf8'), name))
    expect(examples.length).toBeGreaterThan(20)
    expect(findings).toEqual([])
  })

  test("is what ESLint's own types want", () => {
    const uses = (what: string): string =>
      `import { defineConfig } from 'eslint/config'
       import type { ESLint, Linter, Rule } from 'eslint'
       import { plugin, recommended } from '../../../src/eslint.js'
       export const rule: Rule.RuleModule = plugin.rules['no-raw-pool']
       export const whole: ESLint.Plugin = plugin
       export const config: Linter.Config = { files: ['src/**'], ...recommended }
       export default defineConfig([recommended, { plugins: { tenantry: plugin }, rules: { 'tenantry/no-raw-pool': ${what} } }])`
    expect(diagnosticsOf({ 'eslint.config.ts': uses("'warn'") })).toEqual([])
    expect(diagnosticsOf({ 'eslint.config.ts': uses("'often'") })).not.toEqual([])
  })
})
