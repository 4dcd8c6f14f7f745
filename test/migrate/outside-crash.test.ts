import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ident, sql } from '../../src/kernel/sql.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { startChild, withWorkers, writeConfig } from '../faults/children.js'
import { until } from '../faults/rig.js'
import { fleetOn } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'
import { type Eye, eyeOn, failureOf, HOMES, NOTE, put, TENANTS } from './project.js'

let fleet: Fleet
const eyes = new Map<string, Eye>()

beforeAll(async () => {
  fleet = await fleetOn(testServer(), { migrations: { 'tenant/20260101000000_note.sql': NOTE }, tenants: TENANTS, config: { lease: '1s' } })
  await writeConfig(fleet)
  for (const slug of HOMES) eyes.set(slug, await eyeOn(fleet, slug))
  for (const eye of eyes.values()) for (const id of [1, 2, 3]) await eye.insert(id, `${id}`)
})
afterAll(() => fleet?.stop())

/** Runs `body` while a writer keeps its transaction open in each home: no index can be finished meanwhile, and no scope waits for that. */
async function whileWriting<T>(slugs: readonly string[], body: () => Promise<T>): Promise<T> {
  const [slug, ...rest] = slugs
  if (slug === undefined) return body()
  const { database, schema } = eyes.get(slug)!
  return database.transaction(async (session) => {
    await session.run(sql`update ${ident(schema, 'note')} set kind = 'held' where id = 1`)
    return whileWriting(rest, body)
  })
}

const invalid = (name: string) =>
  until('an index that is being built', async () => {
    for (const slug of HOMES) if (!(await eyes.get(slug)!.indexes()).includes(`${name}!`)) return undefined
    return true
  })

/** How many sessions of the server build this index, in whichever database. */
const builders = async (index: string) =>
  (
    await eyes.get('one')!.database.rows(sql`
      select pid from pg_stat_activity
      where query ~ '^create index concurrently' and query ~ ${index} and state = 'active' and starts_with(datname, ${prefix()})`)
  ).length
const prefix = () => fleet.platform.config.catalog.database.replace(/catalog$/, '')

describe('a transaction:false file, interrupted', () => {
  test('of a worker that is killed while it builds, the next leaves no invalid index and repeats no finished statement', async () => {
    await put(
      fleet,
      'tenant/20260201000000_index.sql',
      `-- migrate:up transaction:false
create index concurrently if not exists note_first on note (tenant_id, kind) where kind = 'never';
create index concurrently if not exists note_second on note (tenant_id, body);
`,
    )
    const child = startChild(fleet, { run: 'migrate.up', input: { parallel: 8 } })
    try {
      await whileWriting(HOMES, async () => {
        await invalid('note_first')
        // Scopes go on meanwhile, each behind its own wall.
        expect(await fleet.app.tenant('two').query(sql`select id from note`)).toEqual([])
        expect(await fleet.app.tenant('one').query(sql`select id from note order by id`)).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }])
        await fleet.app.tenant('three').transaction((tx) => tx.run(sql`insert into note (id, body) values (9, 'meanwhile')`))
        child.signal('SIGKILL')
        await child.ended()
        // The server notices that nobody waits for it any more.
        await until('its statements to end', async () => ((await builders('note_first')) === 0 ? true : undefined))
      })
      for (const eye of eyes.values()) expect(await eye.ledger()).toEqual(['20260101000000'])
      await withWorkers(fleet, 1, () =>
        until('the operation to be gone on with', async () => {
          const [last] = await fleet.platform.catalog.rows(sql<{ state: string }>`
            select state from catalog.operation where name = 'migrate.up' order by created_at desc limit 1`)
          return last?.state === 'succeeded' ? true : undefined
        }),
      )
    } finally {
      await child.stop()
    }
    for (const eye of eyes.values()) {
      expect(await eye.indexes()).toEqual(['note_first', 'note_pkey', 'note_second'])
      expect(await eye.ledger()).toEqual(['20260101000000', '20260201000000'])
    }
  })

  test('of two migrators at once one builds, and the other finds it done', async () => {
    await put(
      fleet,
      'tenant/20260202000000_third.sql',
      '-- migrate:up transaction:false\ncreate index concurrently if not exists note_third on note (tenant_id, id, kind);\n',
    )
    const both = await whileWriting(HOMES, async () => {
      const running = Promise.allSettled([fleet.run('migrate.up'), fleet.run('migrate.up')])
      await invalid('note_third')
      await until('the other to ask for its turn', async () => {
        const asking = await eyes
          .get('one')!
          .database.rows(sql`select from pg_stat_activity where query ~ 'tenantry outside|pg_try_advisory_lock'
          and application_name = 'tenantry control' and pid <> pg_backend_pid()`)
        return asking.length > 0 ? true : undefined
      })
      expect(await builders('note_third')).toBe(HOMES.length)
      return { running }
    })
    expect((await both.running).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
    for (const eye of eyes.values()) {
      expect(await eye.indexes()).toContain('note_third')
      expect(await eye.ledger()).toEqual(['20260101000000', '20260201000000', '20260202000000'])
    }
  })

  test.each([
    ['an index', '20260203000000', 'create index concurrently if not exists note_busy on note (tenant_id, body, id);'],
    ['a constraint', '20260204000000', 'alter table note validate constraint note_checked;'],
  ])('whoever is in the way of %s is named, and nothing is wrong with the file', async (_, version, statement) => {
    await put(fleet, `tenant/${version}_busy.sql`, `-- migrate:up transaction:false budget:1s\n${statement}\n`)
    for (const { database, schema } of eyes.values())
      await database
        .run(sql`alter table ${ident(schema, 'note')} add constraint ${ident('note_checked')} check (id > 0) not valid`)
        .catch(() => {})
    const { database, schema } = eyes.get('three')!
    const failed = await database.transaction(async (held) => {
      const { pid } = await held.one(sql<{ pid: number }>`select pg_backend_pid() as pid`)
      await held.run(sql`lock table ${ident(schema, 'note')} in share update exclusive mode`)
      const told = await failureOf(fleet.run('migrate.up', { rounds: 0 }))
      expect(told).toMatchObject({ code: 'FLEET_PARTIAL' })
      return { ...told, pid }
    })
    // On a busy machine another home may run out of its budget as well; the held one always does.
    const items = await fleet.platform.catalog.rows<{ code: string; message: string }>(sql`
      select fault->>'code' as code, fault->>'message' as message from catalog.operation_item
      where operation_id = ${String(failed.facts.operation)} and state = 'failed'`)
    expect(new Set(items.map(({ code }) => code))).toEqual(new Set(['MIGRATION_BUSY']))
    expect(items.filter(({ message }) => message.includes(`in the way: process ${failed.pid}`))).toHaveLength(1)
    await fleet.run('migrate.up')
    for (const ledger of await Promise.all([...eyes.values()].map((eye) => eye.ledger()))) expect(ledger).toContain(version)
  })
})
