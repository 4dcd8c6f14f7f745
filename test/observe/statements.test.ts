import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { heaviestStatements } from '../../src/catalog/slow-statements.js'
import type { Collector } from '../../src/engine/collect/collect.js'
import { tidyHistory } from '../../src/engine/collect/keep.js'
import { collectStatements, gainedSince, heaviestOf } from '../../src/engine/collect/statements.js'
import { ident, sql } from '../../src/kernel/sql.js'
import { parseUrl } from '../../src/postgres/connection.js'
import { openDatabase } from '../../src/postgres/session.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { startFleet } from '../../src/testing/fleet.js'
import { type OwnServer, startOwnServer } from '../support/own-server.js'
import type { EngineName } from '../support/servers.js'
import { whyMissing } from '../support/servers-injected.js'
import { openCollector, serverOf } from './rig.js'

const MIGRATION = `-- migrate:up
create table note (tenant_id uuid not null default tenantry.tenant(), id bigint, body text, primary key (tenant_id, id));
-- migrate:down
drop table note;
`
interface Row {
  readonly slug: string | null
  readonly tenants: number
  readonly isolation: string | null
  readonly text: string
  readonly calls: number
  readonly queryId: string
  readonly toplevel: boolean
  readonly rows: number
}
interface Listed {
  readonly data: readonly Row[]
  readonly observed: readonly {
    readonly cluster: string
    readonly at: Date | null
    readonly since: Date | null
    readonly evicted: number | null
  }[]
}

const waits = sql<{ n: number }>`
  select count(*)::int as n from pg_catalog.pg_stat_activity where query like '%canary-of-a-tenant%' and wait_event_type = 'Lock'`

const ENGINES: readonly EngineName[] = ['embedded-18', 'embedded-16', 'debian-15']

describe.each(ENGINES)('statements of %s', (engine) => {
  const missing = whyMissing(engine)
  describe.skipIf(missing !== undefined)(missing ?? 'counted', () => {
    let server: OwnServer
    let fleet: Fleet
    let collector: Collector
    beforeAll(async () => {
      server = await startOwnServer({ shared_preload_libraries: 'pg_stat_statements', 'pg_stat_statements.track_utility': false }, engine)
      fleet = await startFleet({
        url: server.url(),
        migrations: { 'tenant/20260101000000_note.sql': MIGRATION },
        tenants: { acme: 'shared', other: 'shared', one: 'schema', two: 'schema', walled: 'database' },
      })
      collector = openCollector(fleet.platform)
    })
    afterAll(async () => {
      await collector?.eyes.close()
      await fleet?.stop()
      await server?.stop()
    })

    const list = (input: object = {}) => fleet.run<Listed>('statement.list', { sort: 'calls', ...input })
    const ask = async (slug: string, times: number): Promise<void> => {
      for (let n = 0; n < times; n++) await fleet.app.tenant(slug).query(sql`select body from note where id = ${n}`)
    }
    const reads = (rows: readonly Row[]) => rows.filter(({ text }) => /^select body from note/.test(text))
    /** As if a step had passed: what there is becomes older by that. */
    const collect = async (): Promise<void> => {
      const { catalog } = fleet.platform
      await catalog.run(sql`update catalog.slow_statement set at = at - interval '1000 days'`)
      await catalog.run(sql`update catalog.slow_statement set at = at + interval '1000 days' - interval '5 minutes'`)
      await catalog.run(sql`update catalog.statement_reading set at = at - interval '5 minutes'`)
      await catalog.run(sql`delete from catalog.collecting`)
      await collectStatements(collector, await serverOf(fleet.platform))
    }

    test('until the extension is made nothing is counted; then tenants with a home of their own are told apart, and a shared home is one', async () => {
      await collect()
      expect(await list()).toMatchObject({ data: [], observed: [{ cluster: 'main', at: null, since: null }] })
      expect(await fleet.run('cluster.observe', { cluster: 'main' })).toMatchObject({ database: 'postgres', schema: 'tenantry_statements' })
      // Again, and nothing more.
      expect(await fleet.run('cluster.observe', { cluster: 'main' })).toMatchObject({ schema: 'tenantry_statements' })

      await ask('one', 2)
      await collect()
      // What was before the first reading is nobody's 5 minutes.
      expect((await list()).data).toEqual([])
      for (const [slug, times] of [
        ['acme', 3],
        ['other', 4],
        ['one', 5],
        ['two', 6],
        ['walled', 8],
      ] as const)
        await ask(slug, times)
      await collect()
      const { data, observed } = await list()
      const told = reads(data).map(({ slug, tenants, isolation, calls }) => [slug, tenants, isolation, calls])
      expect(told).toEqual([
        ['walled', 1, 'database', 8],
        [null, 2, 'shared', 7],
        ['two', 1, 'schema', 6],
        ['one', 1, 'schema', 5],
      ])
      expect(observed).toMatchObject([{ cluster: 'main', at: expect.any(Date), since: expect.any(Date), evicted: 0 }])
      expect(reads((await list({ tenant: 'two' })).data)).toHaveLength(1)
      expect((await list({ cluster: 'absent' })).data).toEqual([])
      await expect(list({ tenant: 'absent' })).rejects.toMatchObject({ code: 'TENANT_NOT_FOUND' })
      // Nothing of the control plane, and no constants.
      expect(data.every(({ text }) => !/catalog\.|pg_stat/.test(text))).toBe(true)
      // Each text once, whoever ran it and however often.
      const { catalog } = fleet.platform
      const texts = await catalog.one(sql<{ all: number; apart: number }>`
        select count(*)::int as all, count(distinct text)::int as apart from catalog.statement_text`)
      expect(texts.all).toBe(texts.apart)
      const seconds = await catalog.rows(heaviestStatements(3_600))
      expect(seconds.find(({ calls }) => calls === 8)).toMatchObject({
        cluster: 'main',
        readSeconds: expect.any(Number),
        writeSeconds: expect.any(Number),
      })
    })

    test('an older process goes on writing as it knows it, and nobody reads its texts', async () => {
      const { catalog } = fleet.platform
      const before = (await list()).data.length
      const older = catalog.transaction(async (tx) => {
        const { n } = await tx.one(sql<{ n: number }>`
          with kept as (
            insert into catalog.slow_statement (cluster_id, at, database, role, query_id, text, calls, total_ms, rows, max_ms)
            select c.id, clock_timestamp(), 'd', 'r', 'q', 'select canary', 1000, 1000, 1, 1 from catalog.cluster c where c.name = 'main'
            on conflict do nothing
            returning 1
          )
          select count(*)::int as n from kept`)
        await tx.run(sql`
          insert into catalog.statement_reading (system_id, at, reset, evicted, counted)
          values ('an older one', clock_timestamp(), now(), 0, '{}')
          on conflict (system_id) do update set at = excluded.at, counted = excluded.counted`)
        return n
      })
      expect(await older).toBe(1)
      const { data } = await list()
      expect([data.length, data.some(({ text }) => text.includes('canary'))]).toEqual([before, false])
      await catalog.rows(heaviestStatements(3_600))
      await catalog.run(sql`delete from catalog.slow_statement where query_id = 'q'`)
      await catalog.run(sql`delete from catalog.statement_reading where system_id = 'an older one'`)
    })

    test('a statement inside of a function stands by itself, beside the same one that was sent', async () => {
      const witness = await fleet.witness('one')
      const { schema } = await fleet.tenant('one')
      const { role } = await fleet.platform.catalog.one(
        sql<{ role: string }>`select role_name as role from catalog.home where schema_name = ${schema}`,
      )
      await witness.script(sql`
        create function ${ident(schema, 'nested')}() returns int language sql as 'select 1 as nested_or_not; select 1 as nested_or_not';
        grant execute on function ${ident(schema, 'nested')}() to ${ident(role)}`)
      const run = () =>
        witness.transaction(async (tx) => {
          await tx.run(sql`set local pg_stat_statements.track = 'all'`)
          await tx.run(sql`set local role ${ident(role)}`)
          await tx.run(sql`select ${ident(schema, 'nested')}()`)
          await tx.run(sql`select 1 as nested_or_not`)
        })
      await collect()
      await run()
      await collect()
      const found = (await list()).data.filter(({ text }) => /nested_or_not/.test(text))
      expect(found.map(({ toplevel, calls }) => [toplevel, calls])).toEqual([
        [false, 2],
        [true, 1],
      ])
    })

    test('what came since is added up, and what the server has forgotten meanwhile begins anew', async () => {
      await ask('one', 10)
      await collect()
      const callsOf = async () => reads((await list({ tenant: 'one' })).data).map(({ calls }) => calls)
      expect(await callsOf()).toEqual([15])
      const admin = openDatabase(parseUrl(server.url(), 'it'), { applicationName: 'test', max: 1 })
      await admin.run(sql`select ${ident('tenantry_statements', 'pg_stat_statements_reset')}()`).finally(() => admin.end())
      await ask('one', 3)
      await collect()
      expect(await callsOf()).toEqual([18])
      // Two workers in one step are one.
      await collectStatements(collector, await serverOf(fleet.platform))
      expect(await callsOf()).toEqual([18])
      expect((await list({ since: '1s' })).data).toEqual([])
      await fleet.platform.catalog.run(sql`update catalog.slow_statement set at = at - interval '20 days'`)
      await tidyHistory(fleet.platform)
      expect((await list({ since: '300d' })).data).toEqual([])
    })

    test('of a statement that the server has forgotten while it ran no constant is kept', async () => {
      const admin = openDatabase(parseUrl(server.url(), 'it'), { applicationName: 'test', max: 1 })
      const app = fleet.client({ maxConnections: 1 })
      await app.tenant('one').query(sql`insert into note (id, body) values (1, 'held')`)
      const { schema } = await fleet.tenant('one')
      let running: Promise<unknown> | undefined
      // It takes its text when it ends, and there is none that is normalised any more.
      await (await fleet.witness('one')).transaction(async (holder) => {
        await holder.run(sql`select id from ${ident(schema, 'note')} for update`)
        running = app.tenant('one').query(sql`select 'canary-of-a-tenant' as forgotten from note for update`)
        await expect.poll(async () => (await admin.one(waits)).n).toBe(1)
        await admin.run(sql`select ${ident('tenantry_statements', 'pg_stat_statements_reset')}()`)
      })
      await running
      const raw = await admin.rows(sql`
        select from ${ident('tenantry_statements', 'pg_stat_statements')} s where s.query like 'select ''canary-of-a-tenant''%'`)
      await admin.end()
      // The trap is set.
      expect(raw).toHaveLength(1)
      await collect()
      const kept = await fleet.platform.catalog.rows(
        sql<{ text: string }>`select text from catalog.statement_text where text like '%forgotten%'`,
      )
      expect(kept).toEqual([{ text: 'select $1 as forgotten from note for update' }])
    })

    test('where others can read it, it is refused with what to do, and nothing that was counted is lost by that', async () => {
      const admin = openDatabase(parseUrl(server.url(), 'it'), { applicationName: 'test', max: 1 })
      try {
        await admin.run(sql`alter extension pg_stat_statements set schema public`)
        const refused = await fleet.run('cluster.observe', { cluster: 'main' }).catch((error: Error) => error)
        expect(refused).toMatchObject({
          code: 'CLUSTER_UNOBSERVABLE',
          message: expect.stringContaining('drop extension pg_stat_statements'),
        })
        const counts = sql<{ n: number }>`select count(*)::int as n from ${ident('public', 'pg_stat_statements')}`
        const before = (await admin.one(counts)).n
        await admin.run(sql`drop extension pg_stat_statements`)
        expect(await fleet.run('cluster.observe', { cluster: 'main' })).toMatchObject({ schema: 'tenantry_statements' })
        const after = await admin.one(
          sql<{ n: number }>`select count(*)::int as n from ${ident('tenantry_statements', 'pg_stat_statements')}`,
        )
        expect(after.n).toBeGreaterThanOrEqual(before)
      } finally {
        await admin.end()
      }
    })

    test('nobody sees it who is not the administrator: not in the tenants’ databases, and not in his', async () => {
      for (const slug of ['acme', 'walled']) {
        const found = await (await fleet.witness(slug)).one(sql<{ n: number }>`
          select count(*)::int as n from pg_catalog.pg_class where relname like 'pg\\_stat\\_statements%'`)
        expect(found).toEqual({ n: 0 })
      }
      const admin = openDatabase(parseUrl(server.url(), 'it'), { applicationName: 'test', max: 1 })
      const open = await admin
        .rows(sql`
          select r.rolname from pg_catalog.pg_roles r
          where has_schema_privilege(r.oid, 'tenantry_statements', 'usage') and not r.rolsuper and r.rolname !~ '^pg_'`)
        .finally(() => admin.end())
      expect(open).toEqual([])
    })
  })
})

test('a server that has not loaded the library, and one whose administrator lives where tenants do, are refused', async () => {
  const server = await startOwnServer()
  const fleet = await startFleet({
    url: server.url(),
    migrations: { 'tenant/20260101000000_note.sql': MIGRATION },
    tenants: { acme: 'shared' },
  })
  try {
    await expect(fleet.run('cluster.observe', { cluster: 'main' })).rejects.toMatchObject({
      code: 'CLUSTER_UNOBSERVABLE',
      message: expect.stringContaining('shared_preload_libraries'),
    })
    const { database } = await fleet.tenant('acme')
    await fleet.platform.catalog.run(sql`update catalog.database set name = 'postgres' where name = ${database}`)
    await expect(fleet.run('cluster.observe', { cluster: 'main' })).rejects.toMatchObject({
      code: 'CLUSTER_UNOBSERVABLE',
      message: expect.stringContaining('applications connect to postgres'),
    })
    await fleet.platform.catalog.run(sql`update catalog.database set name = ${database} where name = 'postgres'`)
    await expect(fleet.run('cluster.observe', { cluster: 'absent' })).rejects.toMatchObject({ code: 'CLUSTER_NOT_FOUND' })
  } finally {
    await fleet.stop()
    await server.stop()
  }
})

test('of what was counted less often than before, all is new; what nobody called is nobody’s', () => {
  const one = { database: 'd', role: 'r', queryId: 'q', toplevel: true, text: 't', rows: 4, maxMs: 9, readMs: 0, writeMs: 0 }
  expect(gainedSince([{ ...one, calls: 5, totalMs: 50 }], { 'd r q': [3, 20, 1] })).toMatchObject([{ calls: 2, totalMs: 30, rows: 3 }])
  expect(gainedSince([{ ...one, calls: 5, totalMs: 50 }], { 'd r q': [7, 90, 1] })).toMatchObject([{ calls: 5, totalMs: 50, rows: 4 }])
  expect(gainedSince([{ ...one, calls: 5, totalMs: 50 }], { 'd r q': [5, 50, 4] })).toEqual([])
  // Inside of a function it is another.
  const nested = { ...one, toplevel: false, calls: 5, totalMs: 50 }
  expect(gainedSince([nested], { 'd r q': [3, 20, 1] })).toMatchObject([{ calls: 5 }])
  expect(gainedSince([nested], { 'd r q nested': [3, 20, 1] })).toMatchObject([{ calls: 2 }])
})

test('what Prometheus is told is of all homes together, never twice the same time, and of no more than 50', () => {
  const one = {
    database: 'd',
    role: 'r',
    queryId: 'q',
    toplevel: true,
    text: 't',
    calls: 2,
    totalMs: 500,
    rows: 4,
    maxMs: 9,
    readMs: 20,
    writeMs: 0,
  }
  const sum = { database: 'd', queryId: 'q', calls: 5, seconds: 1.5, rows: 8, readSeconds: 0.04, writeSeconds: 0 }
  expect(heaviestOf([one, { ...one, role: 's', calls: 3, totalMs: 1_000 }, { ...one, toplevel: false }])).toEqual([sum])
  const many = Array.from({ length: 200 }, (_, n) => ({ ...one, queryId: `${n}`, totalMs: n }))
  expect(heaviestOf(many)).toHaveLength(50)
  expect(heaviestOf(many)[0]).toMatchObject({ queryId: '199' })
})
