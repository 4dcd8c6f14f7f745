import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { SeedLimits } from '../../src/engine/seed-scope.js'
import { seedTenant } from '../../src/engine/seeding.js'
import { newId } from '../../src/kernel/clock.js'
import { checkGone } from './checker.js'
import { type Rig, startRig } from './rig.js'
import { dropSeed, putSeed } from './seed-project.js'

const step = (body: string) => `import { sql } from 'tenantry'\nexport default async ({ tx }) => { ${body} }\n`

describe('seeds that go wrong', () => {
  let rig: Rig
  let put: string[] = []
  const seed = async (name: string, text: string) => {
    put.push(name)
    await putSeed(rig, name, text)
  }
  const create = (slug: string) => rig.fleet.run<{ id: string }>('tenant.create', { slug, isolation: 'shared' })
  /** The same for a tenant that is there, within other bounds. */
  const within = async (limits: SeedLimits) => {
    const { id, databaseId } = await rig.fleet.tenant('peace')
    const { database } = await rig.fleet.platform.tenantDatabase(databaseId)
    await seedTenant(rig.fleet.platform, database, id, { operation: newId(), token: 1 }, false, limits)
  }
  const failed = (file: string, reason: string) => ({ code: 'SEED_FAILED', facts: { file, reason: expect.stringMatching(reason) } })

  beforeAll(async () => {
    rig = await startRig({ peace: 'shared' })
    await mkdir(join(rig.fleet.folder, 'seeds'))
    const { database, schema } = await rig.fleet.tenant('peace')
    const see = (text: string) => rig.eyes.see(database, text)
    const raising = (errcode: string) => `language plpgsql as $$ begin raise exception 'raised' using errcode = '${errcode}'; end $$`
    await see(`create function ext.full() returns int ${raising('53100')}`)
    await see(`create function ext.full_too() returns trigger ${raising('53100')}`)
    await see(`create function ext.late() returns trigger ${raising('23514')}`)
    await see(`create constraint trigger late after insert on "${schema}".author deferrable initially deferred for each row
               when (new.name = 'late') execute function ext.late()`)
    await see('create sequence ext.lost')
    // Once: what a sequence has counted is not rolled back.
    await see(`create function ext.lose() returns int language plpgsql security definer as $$ begin
                 if nextval('ext.lost') = 1 then perform pg_terminate_backend(pg_backend_pid()); end if; return 1; end $$`)
  })
  afterEach(async () => {
    for (const name of put) await dropSeed(rig, name)
    put = []
  })
  afterAll(() => rig?.stop())

  test.for([
    ['that only waits', step('await new Promise(() => {})'), { wholeMs: 20_000, idleMs: 200 }, 'no statement for 0.2 s'],
    ['that goes on for ever', step('for (;;) await tx.rows(sql`select 1`)'), { wholeMs: 300, idleMs: 200 }, 'within 0.3 s'],
    [
      'whose statement goes on for ever',
      step('await tx.rows(sql`select count(*) from generate_series(1, 1e15::bigint)`)'),
      { wholeMs: 300, idleMs: 200 },
      'within 0.3 s|statement timeout',
    ],
    ['that is never loaded', `await new Promise(() => {})\n${step('')}`, { wholeMs: 300, idleMs: 200 }, 'within 0.3 s'],
  ] as const)('a program %s is given up', async ([, text, limits, reason]) => {
    await seed('100_never.ts', text)
    await expect(within(limits)).rejects.toMatchObject(failed('100_never.ts', reason))
    const { database } = await rig.fleet.tenant('peace')
    expect(await rig.eyes.see(database, 'select from tenantry.seed')).toEqual([])
    const open = `select from pg_stat_activity where datname = current_database() and state like 'idle in%' or query like '%generate_series%' and pid <> pg_backend_pid() and state = 'active'`
    expect(await rig.eyes.see(database, open)).toEqual([])
  })

  test("an error of the program's own network is the program's", async () => {
    const call = step(`await new Promise((_, no) => import('node:http').then(({ get }) => get('http://127.0.0.1:1/').on('error', no)))`)
    await seed('200_calls.ts', call)
    await expect(create('calls')).rejects.toMatchObject(failed('200_calls.ts', 'ECONNREFUSED'))
    expect(await checkGone(rig.subject, 'calls')).toEqual([])
  })

  test('a connection that is lost is not, whatever the program makes of it: it is run again', async () => {
    await seed('300_lost.ts', step('await tx.rows(sql`select ext.lose()`).catch(() => { throw new Error("mine") })'))
    expect(await create('lost')).toMatchObject({ state: 'active' })
  })

  test.for(['400_late.sql', '400_late.ts'])('what only the commit finds wrong names the file: %s', async (name) => {
    const statement = "insert into author (name) values ('late')"
    await seed(name, name.endsWith('.sql') ? statement : step(`await tx.run(sql\`${statement}\`)`))
    await expect(create(`late-${name.slice(-2)}`)).rejects.toMatchObject({
      ...failed(name, 'raised'),
      facts: { file: name, sqlstate: '23514' },
    })
  })

  test.for(['500_full.sql', '500_full.ts'])('a full disk is no fault of the file: %s', async (name) => {
    await seed(name, name.endsWith('.sql') ? 'select ext.full()' : step('await tx.rows(sql`select ext.full()`)'))
    const slug = `full-${name.slice(-2)}`
    await expect(create(slug)).rejects.toMatchObject({ code: 'DISK_FULL' })
    expect(await checkGone(rig.subject, slug)).toEqual([])
  })

  test('a home that a migration finds no room in says so', async () => {
    const { database } = await rig.fleet.tenant('peace')
    await rig.eyes.see(database, 'create trigger full_too before insert on tenantry.migration execute function ext.full_too()')
    const file = join(rig.fleet.folder, 'migrations', 'tenant', '29990101000000_more.sql')
    await writeFile(file, '-- migrate:up\ncomment on table author is $$who writes$$;\n-- migrate:down\ncomment on table author is null;\n')
    await expect(rig.fleet.run('migrate.up')).rejects.toMatchObject({ code: 'FLEET_PARTIAL' })
    expect(
      await rig.eyes.see(rig.subject.catalog, "select fault ->> 'code' as code from catalog.operation_item where state = 'failed'"),
    ).toEqual([{ code: 'DISK_FULL' }])
  })
})
