import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fileText, ident, sql } from '../../src/kernel/sql.js'
import { shapesOf } from '../../src/schema/typescript/fields.js'
import { createNaming } from '../../src/schema/typescript/names.js'
import { readRelations } from '../../src/schema/typescript/relations.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { addMigration } from '../../src/testing/project-files.js'
import { expectCommitted } from '../house/committed.js'
import { fleetOn } from '../support/fleet.js'
import { describeOn } from '../support/servers-injected.js'
import { diagnosticsOf } from './compile.js'
import { EVERY_TYPE, EVERY_TYPE_MIGRATION } from './every-type.js'

const PLATFORM = `-- migrate:up
create table plan (code text primary key, price numeric(12,2) not null);
create table account (
  tenant_id uuid not null default tenantry.tenant(), id bigint generated always as identity, email text not null, password_hash text, primary key (tenant_id, id)
);
`

const TENANTS = ['acme', 'globex', 'initech']

interface Written {
  readonly file: string
  readonly state: string
  readonly from: string
}

describeOn(['embedded-18'], 'tenantry types', (server) => {
  let fleet: Fleet
  beforeAll(async () => {
    fleet = await fleetOn(server, {
      migrations: { 'tenant/20260101000000_all.sql': EVERY_TYPE_MIGRATION, 'platform/20260101000000_platform.sql': PLATFORM },
      config: { hidden: { account: ['password_hash'] } },
      tenants: { acme: 'schema', globex: 'shared', initech: 'database' },
    })
  })
  afterAll(() => fleet?.stop())

  const write = async (input: object): Promise<Written & { readonly text: string }> => {
    const written = await fleet.run<Written>('types.run', input)
    return { ...written, text: await readFile(join(fleet.folder, written.file), 'utf8') }
  }

  test('a migration that is not applied yet is told of, and a home of any isolation gives the same file', async () => {
    expect(await write({ kysely: true })).toMatchObject({
      file: 'tenant-tables.ts',
      state: 'written',
      from: 'a home at the newest migration',
    })
    await addMigration(fleet, 'tenant/20260101000001_newest.sql', '-- migrate:up\nalter table date add newest smallint;\n')
    const scratch = await write({ kysely: true })
    expect(scratch).toMatchObject({ state: 'written', from: 'the migrations' })
    expect(scratch.text).toContain('newest: number | null')
    await fleet.run('migrate.up')
    for (const slug of TENANTS) {
      expect(await write({ kysely: true, tenant: slug })).toMatchObject({ state: 'unchanged', from: `the home of tenant "${slug}"` })
    }
    expect(await write({ kysely: true })).toMatchObject({ state: 'unchanged', from: 'a home at the newest migration' })
    const plain = await write({ out: 'plain/tables.ts' })
    expect(plain).toMatchObject({ file: join('plain', 'tables.ts'), state: 'written' })
    await expectCommitted('test/orms/tables-kysely.snap.txt', scratch.text)
    await expectCommitted('test/orms/tables-plain.snap.txt', plain.text)
    // Nothing of the scratch home is left.
    const left = await (await fleet.witness('acme')).rows(
      sql`select from pg_catalog.pg_namespace where starts_with(nspname, 'tenantry_scratch')`,
    )
    expect(left).toEqual([])
  })

  test('--check writes nothing, and fails when the file is not what it should be', async () => {
    const { text } = await write({ out: 'checked.ts' })
    const path = join(fleet.folder, 'checked.ts')
    await writeFile(path, text.replaceAll('\n', '\r\n'))
    expect(await fleet.run('types.run', { out: 'checked.ts', check: true })).toMatchObject({ state: 'unchanged' })
    await writeFile(path, `${text} `)
    expect(await fleet.run('types.run', { out: 'checked.ts', check: true })).toMatchObject({ state: 'differs' })
    expect(await readFile(path, 'utf8')).toBe(`${text} `)
    expect(fleet.platform.find('types.run')?.words.passes?.({ state: 'differs' } as never)).toBe(false)
    expect(await fleet.run('types.run', { out: 'none.ts', check: true })).toMatchObject({ state: 'differs' })
    await expect(fleet.run('types.run', { out: '/proc/tenantry/x.ts' })).rejects.toMatchObject({ code: 'INPUT_INVALID' })
  })

  test('what was written compiles in strict mode, and lets through what PostgreSQL takes and nothing else', async () => {
    const kysely = await write({ kysely: true })
    const plain = await write({ out: 'plain.ts' })
    const [uses, usesPlain] = await Promise.all(
      ['uses-of-tables.ts.txt', 'uses-of-plain-tables.ts.txt'].map((name) => readFile(join(import.meta.dirname, name), 'utf8')),
    )
    expect(diagnosticsOf({ 'tables.ts': kysely.text, 'uses.ts': uses!, 'plain.ts': plain.text, 'uses-plain.ts': usesPlain! })).toEqual([])
    // The control: the compiler was given the types of Kysely.
    expect(diagnosticsOf({ 'tables.ts': kysely.text.replaceAll('GeneratedAlways', 'Generated'), 'uses.ts': uses! })).not.toEqual([])
  })

  test('values of every type are read as the file says', async () => {
    const { schema } = await fleet.tenant('acme')
    const names = Object.keys(EVERY_TYPE)
    const values = names.map((type, i) => `(one_${i}, '${EVERY_TYPE[type]}')`)
    expect(values.length).toBe(names.length)
    const literals = names.map((type) =>
      fileText(`'${EVERY_TYPE[type]}'::${type}, array['${EVERY_TYPE[type]}', '${EVERY_TYPE[type]}']::${type}[]`),
    )
    const columns = names.flatMap((_, i) => [ident(`one_${i}`), ident(`many_${i}`)])
    const list = (parts: readonly { readonly text: string }[]): string => parts.map(({ text }) => text).join(', ')
    const row = await fleet.app.tenant('acme').transaction(async (scope) => {
      await scope.run(fileText(`insert into everything (${list(columns)}) select ${list(literals)}`))
      return scope.one(sql<Readonly<Record<string, unknown>>>`select * from everything`)
    })
    const relations = await (await fleet.witness('acme')).transaction((session) => readRelations(session, [schema]))
    const naming = createNaming()
    const options = { schema, platformSchema: 'platform', tenantColumn: 'tenant_id', hidden: {}, derived: (one: string) => [one] }
    const { tables } = shapesOf(relations, naming, options)
    const { fields } = tables.find(({ name }) => name === 'everything')!
    expect(fields.length).toBe(2 + 2 * names.length)
    const wrong = fields.flatMap(({ name, read }) => {
      const said = read.replace(' | null', '')
      const type = /_(\d+)$/.exec(name)
      return fits(row[name], said)
        ? []
        : [`${type === null ? name : `${name} ${names[Number(type[1])]}`} says ${said} and is ${JSON.stringify(row[name])}`]
    })
    expect(wrong).toEqual([])
    // The control: the check tells a string from what else there is.
    expect(fields.filter(({ name }) => fits(row[name], 'string')).length).toBeLessThan(fields.length)
  })

  test('values are written as the file says', async () => {
    const tenant = fleet.app.tenant('globex')
    const [interval] = await tenant.query(sql<{ one: object }>`select '1 day 02:00'::interval as one`)
    const given = {
      int8: 9_007_199_254_740_993n,
      numeric: 1.5,
      timestamptz: new Date(0),
      date: '2026-02-28',
      interval: interval!.one,
      jsonb: { a: [1] },
      bytea: new Uint8Array([0, 255]),
      bool: true,
      point: '(1,2)',
    }
    const at = (type: string): number => Object.keys(EVERY_TYPE).indexOf(type)
    const columns = Object.keys(given)
      .map((type) => ident(`one_${at(type)}`).text)
      .join(', ')
    const values = Object.values(given)
    const row = await tenant.transaction(async (scope) => {
      const marks = sql`${values[0]}, ${values[1]}, ${values[2]}, ${values[3]}, ${values[4]}, ${values[5]}, ${values[6]}, ${values[7]}, ${values[8]}`
      await scope.run(sql`insert into everything (${fileText(columns)}) values (${marks})`)
      await scope.run(
        sql`insert into everything (${ident(`many_${at('int4')}`)}, ${ident(`many_${at('mood')}`)}) values (${[1, 2]}, ${['sad']})`,
      )
      return scope.one(sql<object>`select ${fileText(columns)} from everything where ${ident(`one_${at('bool')}`)}`)
    })
    expect(Object.values(row)).toEqual([
      '9007199254740993',
      '1.5',
      new Date(0),
      new Date(2026, 1, 28),
      interval!.one,
      { a: [1] },
      Buffer.from([0, 255]),
      true,
      { x: 1, y: 2 },
    ])
  })

  test('a migration that cannot be run is told by its file, and an unknown tenant as such', async () => {
    await expect(fleet.run('types.run', { tenant: 'nobody' })).rejects.toMatchObject({ code: 'TENANT_NOT_FOUND' })
    await addMigration(fleet, 'tenant/20260102000000_broken.sql', '-- migrate:up\nselect 1/0;\n')
    await expect(fleet.run('types.run', {})).rejects.toMatchObject({
      code: 'MIGRATION_FAILED',
      facts: { file: 'tenant/20260102000000_broken.sql' },
    })
  })
})

/** Is the value of the type that TypeScript calls so? */
function fits(value: unknown, type: string): boolean {
  if (type.endsWith('[]')) return Array.isArray(value) && value.every((one) => fits(one, type.slice(0, -2)))
  if (['string', 'number', 'boolean'].includes(type)) return typeof value === type && !Number.isNaN(value)
  if (type === 'Date') return value instanceof Date
  if (type === 'Buffer') return Buffer.isBuffer(value)
  if (type === 'Interval') return typeof (value as { toPostgres?: unknown }).toPostgres === 'function'
  if (type === 'JsonValue') return typeof value === 'object'
  if (type === 'Point' || type === 'Circle') return Object.keys(value as object).join() === (type === 'Point' ? 'x,y' : 'x,y,radius')
  if (type === 'Mood') return value === 'it\'s "fine"'
  return false
}
