import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ident, sql } from '../../src/kernel/sql.js'
import { lockTimeout } from '../../src/postgres/session.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { runKilled, withWorkers, writeConfig } from '../faults/children.js'
import { until } from '../faults/rig.js'
import { fleetOn } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'
import { type Eye, eyeOn, failureOf, HOMES, NOTE, put, TENANTS, take } from './project.js'

let fleet: Fleet
const eyes = new Map<string, Eye>()
const each = <T>(ask: (eye: Eye) => Promise<T>): Promise<readonly T[]> => Promise.all(HOMES.map((slug) => ask(eyes.get(slug)!)))
const down = (input = {}) =>
  fleet.run<{ homes: number; tenants: number; version: string; files: readonly string[] }>('migrate.down', {
    waiveBackup: 'a test',
    ...input,
  })
const tables = ({ database, schema }: Eye) =>
  database
    .rows(
      sql<{ name: string }>`select relname as name from pg_class where relnamespace = ${schema}::regnamespace and relkind = 'r' order by 1`,
    )
    .then((rows) => rows.map(({ name }) => name))
const FIRST = '20260101000000'
const SECOND = '20260102000000'
const THIRD = '20260103000000'
const table = (name: string) =>
  `create table ${name} (tenant_id uuid not null default tenantry.tenant(), id int, primary key (tenant_id, id));`

beforeAll(async () => {
  fleet = await fleetOn(testServer(), {
    migrations: {
      [`tenant/${FIRST}_note.sql`]: NOTE,
      [`tenant/${SECOND}_second.sql`]: `-- migrate:up\n${table('second')}\n-- migrate:down\ndrop table second;\n`,
      [`tenant/${THIRD}_third.up.sql`]: `-- migrate:up budget:20s\n${table('third')}\n`,
      [`tenant/${THIRD}_third.down.sql`]: 'drop table third;\n',
      'tenant/R__notes.sql': 'create or replace view notes with (security_invoker = true) as select body from note;\n',
    },
    tenants: TENANTS,
    config: { lease: '1s' },
  })
  await writeConfig(fleet)
  for (const slug of HOMES) eyes.set(slug, await eyeOn(fleet, slug))
})
afterAll(() => fleet?.stop())

describe('migrate down and redo', () => {
  test('one step in every isolation: tables, ledger, what scopes are told; and up again', async () => {
    expect(await down()).toEqual({ dryRun: false, homes: 3, tenants: 4, version: SECOND, files: [`tenant/${THIRD}_third.up.sql`] })
    expect(await each(tables)).toEqual(HOMES.map(() => ['note', 'second']))
    expect(await each((eye) => eye.ledger())).toEqual(HOMES.map(() => [FIRST, SECOND]))
    expect(new Set((await each((eye) => eye.told())).flat())).toEqual(new Set([SECOND]))
    expect((await fleet.tenant('two')).version).toBe(SECOND)
    expect(await fleet.app.tenant('three').query(sql`select id from second`)).toEqual([])
    expect((await fleet.run<{ homes: number }>('migrate.up')).homes).toBe(3)
    expect(await each(tables)).toEqual(HOMES.map(() => ['note', 'second', 'third']))
    expect(await each((eye) => eye.ledger())).toEqual(HOMES.map(() => [FIRST, SECOND, THIRD, 'R__notes']))
  })

  test('a dry run of either tells files, homes and tenants, and changes nothing', async () => {
    const third = `tenant/${THIRD}_third.up.sql`
    const files = [third, `tenant/${SECOND}_second.sql`]
    expect(await down({ dryRun: true, steps: 2 })).toEqual({ dryRun: true, homes: 3, tenants: 4, version: FIRST, files })
    expect(await fleet.run('migrate.redo', { waiveBackup: 'a test', dryRun: true })).toEqual({
      dryRun: true,
      homes: 3,
      tenants: 4,
      file: third,
    })
    expect(await each((eye) => eye.ledger())).toEqual(HOMES.map(() => [FIRST, SECOND, THIRD, 'R__notes']))
  })

  test('while migrations are frozen, either is refused, but for an emergency', async () => {
    await fleet.run('migrate.freeze', { reason: 'a holiday' })
    for (const name of ['migrate.down', 'migrate.redo'])
      expect((await failureOf(fleet.run(name, { waiveBackup: 'a test' }))).code).toBe('MIGRATIONS_FROZEN')
    expect(await fleet.run('migrate.redo', { waiveBackup: 'a test', despiteFreeze: 'fire' })).toMatchObject({ homes: 3 })
    expect(await down({ despiteFreeze: 'fire' })).toMatchObject({ homes: 3 })
    await fleet.run('migrate.unfreeze')
    await fleet.run('migrate.up')
  })

  test('redo drops and makes the newest, and no other', async () => {
    const oids = () =>
      each(({ database, schema }) =>
        database.one(sql<{ second: string; third: string }>`
          select ${`${schema}.second`}::regclass::oid::text as second, ${`${schema}.third`}::regclass::oid::text as third`),
      )
    const before = await oids()
    expect(await fleet.run('migrate.redo', { waiveBackup: 'a test' })).toEqual({
      dryRun: false,
      homes: 3,
      tenants: 4,
      file: `tenant/${THIRD}_third.up.sql`,
    })
    const after = await oids()
    expect(after.map(({ second }) => second)).toEqual(before.map(({ second }) => second))
    for (const [index, { third }] of after.entries()) expect(third).not.toBe(before[index]!.third)
    expect((await fleet.run<{ homes: number }>('migrate.up')).homes).toBe(0)
  })

  test('while somebody holds one of its tables, it keeps nobody from the others, and says who it is', async () => {
    const path = 'tenant/20260104000000_both.sql'
    const columns = (words: string) => `alter table second ${words};\nalter table third ${words};\n`
    await put(fleet, path, `-- migrate:up\n${columns('add column a int')}-- migrate:down\n${columns('drop column a')}`)
    await fleet.run('migrate.up')
    const { database, schema } = eyes.get('three')!
    await database.transaction(async (held) => {
      const { pid } = await held.one(sql<{ pid: number }>`select pg_backend_pid() as pid, count(*) from ${ident(schema, 'third')}`)
      let over = false
      const failing = failureOf(down()).finally(() => {
        over = true
      })
      while (!over)
        await database.transaction(async (client) => {
          await client.run(lockTimeout(1_000))
          await client.run(sql`select from ${ident(schema, 'second')}`)
        })
      const failed = await failing
      expect(failed).toMatchObject({ code: 'FLEET_PARTIAL', facts: { failed: 1, total: 3 } })
      expect(failed.message).toContain(`in the way: process ${pid}`)
    })
    await down()
    await take(fleet, path)
    expect(await each((eye) => eye.ledger())).toEqual(HOMES.map(() => [FIRST, SECOND, THIRD]))
    await fleet.run('migrate.up')
  })

  test('a home that fails stops no other, stands as it was, and is gone on with by a retry', async () => {
    const { database, schema } = eyes.get('three')!
    await database.script(sql`create table ${ident(schema, 'uses')} (); alter table ${ident(schema, 'third')} add unique (id);
      alter table ${ident(schema, 'uses')} add column third int references ${ident(schema, 'third')} (id)`)
    const failed = await failureOf(down({ to: FIRST }))
    expect(failed).toMatchObject({ code: 'FLEET_PARTIAL', facts: { failed: 1, total: 3 } })
    expect(failed.message).toContain(`${THIRD}_third.up.sql`)
    expect(await eyes.get('three')!.ledger()).toEqual([FIRST, SECOND, THIRD, 'R__notes'])
    expect(await eyes.get('one')!.ledger()).toEqual([FIRST])
    await database.script(sql`drop table ${ident(schema, 'uses')}; alter table ${ident(schema, 'third')} drop constraint third_id_key`)
    await fleet.run('operation.retry', { operation: String(failed.facts.operation) })
    expect(await each((eye) => eye.ledger())).toEqual(HOMES.map(() => [FIRST]))
  })

  test('redo applies again wherever it was undone, and a retry takes up the home that failed', async () => {
    await fleet.run('migrate.up')
    const { database, schema } = eyes.get('three')!
    await database.script(sql`create view public.uses as select * from ${ident(schema, 'third')}`)
    const stuck = await failureOf(fleet.run('migrate.redo', { waiveBackup: 'a test' }))
    expect(stuck).toMatchObject({ code: 'FLEET_PARTIAL', facts: { failed: 1, total: 3 } })
    expect(await each((eye) => eye.ledger())).toEqual(HOMES.map(() => [FIRST, SECOND, THIRD, 'R__notes']))
    await database.script(sql`drop view public.uses`)
    await fleet.run('operation.retry', { operation: String(stuck.facts.operation) })

    // Undone, and not applied again: the retry does that, and undoes nothing more.
    await database.script(sql`create function public.refuse() returns event_trigger language plpgsql as $$ begin raise exception 'not here'; end $$;
      create event trigger refuse on ddl_command_start when tag in ('CREATE TABLE') execute function public.refuse()`)
    const half = await failureOf(fleet.run('migrate.redo', { waiveBackup: 'a test' }))
    expect(half.code).toBe('FLEET_PARTIAL')
    expect(await eyes.get('three')!.ledger()).toEqual([FIRST, SECOND])
    await database.script(sql`drop event trigger refuse; drop function public.refuse()`)
    await fleet.run('operation.retry', { operation: String(half.facts.operation) })
    expect(await each((eye) => eye.ledger())).toEqual(HOMES.map(() => [FIRST, SECOND, THIRD, 'R__notes']))
    expect(await each(tables)).toEqual(HOMES.map(() => ['note', 'second', 'third']))
  })

  test('everything, and from nothing again', async () => {
    // The view of the repeatable file stands in the way: it goes with the table.
    await fleet.run('migrate.up')
    expect(await failureOf(down({ to: '0' }))).toMatchObject({ code: 'FLEET_PARTIAL' })
    for (const { database, schema } of eyes.values()) await database.run(sql`drop view ${ident(schema, 'notes')}`)
    expect(await down({ to: '0' })).toMatchObject({ version: '', tenants: 4 })
    expect(await each(tables)).toEqual(HOMES.map(() => []))
    expect(await each((eye) => eye.ledger())).toEqual(HOMES.map(() => []))
    expect(await down()).toMatchObject({ files: [] })
    expect(await fleet.run('migrate.up')).toMatchObject({ version: THIRD, homes: 3 })
  })

  test.each([
    ['migrate.down', 'undo:acted', [FIRST, SECOND]],
    // Between down and up in the second home.
    ['migrate.redo', 'redo[THREE]:undone', [FIRST, SECOND, THIRD, 'R__notes']],
  ])('%s killed at %s is brought to its end by another worker', async (name, point, ledger) => {
    await fleet.run('migrate.up')
    const { schema, home } = eyes.get('three')!
    await runKilled(fleet, name, { waiveBackup: 'a test', parallel: 1 }, `${name}/${point.replace('THREE', `${schema} ${home}`)}`)
    await withWorkers(fleet, 1, () =>
      until('its end', async () => {
        const [last] = await fleet.platform.catalog.rows(sql<{ state: string }>`
          select state from catalog.operation where name = ${name} order by created_at desc limit 1`)
        return last?.state === 'succeeded' ? true : undefined
      }),
    )
    expect(await each((eye) => eye.ledger())).toEqual(HOMES.map(() => ledger))
  })

  test('redo tells of homes, not of its items', async () => {
    const path = 'tenant/20260103500000_once.sql'
    await put(
      fleet,
      path,
      '-- migrate:up\ncreate unique index once on note (tenant_id, body);\n-- migrate:down\ndrop index if exists once;\n',
    )
    await fleet.run('migrate.up')
    const { database, schema } = eyes.get('three')!
    const { id } = await fleet.tenant('three')
    const rows = sql`insert into ${ident(schema, 'note')} (tenant_id, id, body) values (${id}, 901, 'same'), (${id}, 902, 'same')`
    await database.script(sql`drop index ${ident(schema, 'once')}`)
    await database.run(rows)
    const failed = await failureOf(fleet.run('migrate.redo', { waiveBackup: 'a test' }))
    expect(failed).toMatchObject({ code: 'FLEET_PARTIAL', facts: { failed: 1, total: 3 } })
    await database.run(sql`delete from ${ident(schema, 'note')} where id > 900`)
    expect(await fleet.run('migrate.up')).toMatchObject({ homes: 1 })
    expect(await down()).toMatchObject({ homes: 3, files: [path] })
    await take(fleet, path)
  })

  test.each([
    ['no down section', '-- migrate:up\ncreate type t as enum ();\n', /has no down section/],
    ['an empty one', '-- migrate:up\ncreate type t as enum ();\n-- migrate:down\n\n', /holds no statement/],
    [
      'one outside of a transaction',
      '-- migrate:up\ncreate type t as enum ();\n-- migrate:down transaction:false\ndrop type t;\n',
      /transaction:false on its down/,
    ],
    [
      'one that a migration may not hold',
      '-- migrate:up\ncreate type t as enum ();\n-- migrate:down\n\ndrop schema x;\n',
      /:5: drops a schema/,
    ],
  ])('told before anything runs: %s', async (_, text, says) => {
    const [path, version] = ['tenant/20260104000000_fourth.sql', '20260104000000']
    await put(fleet, path, text)
    await fleet.run('migrate.up')
    const failed = await failureOf(down({ to: FIRST }))
    expect(failed.code).toBe('MIGRATION_NOT_UNDOABLE')
    expect(failed.remedy).toContain('write a new file')
    expect(failed.message).toMatch(says)
    expect((await each((eye) => eye.ledger())).every((ledger) => ledger.includes(version))).toBe(true)
    for (const { database, schema, home } of eyes.values())
      await database
        .script(sql`drop type ${ident(schema, 't')}`)
        .then(() => database.run(sql`delete from tenantry.migration where home_id = ${home} and version = ${version}`))
    await fleet.platform.catalog.run(sql`update catalog.home set digest = '', version = ${THIRD}`)
    await take(fleet, path)
    await fleet.run('migrate.up')
  })

  test('an edited file is refused before anything runs, with the homes that have the older text', async () => {
    const path = `tenant/${SECOND}_second.sql`
    await put(fleet, path, `-- migrate:up\n${table('second')}\n-- edited\n-- migrate:down\ndrop table second;\n`)
    for (const failed of [await failureOf(fleet.run('migrate.up')), await failureOf(down({ to: FIRST }))]) {
      expect(failed).toMatchObject({ code: 'MIGRATION_CHANGED', facts: { file: path, homes: 3 } })
      for (const { schema } of eyes.values()) expect(failed.message).toContain(schema)
    }
    expect(await fleet.platform.catalog.rows(sql`select from catalog.operation where state = 'running'`)).toEqual([])
  })
})
