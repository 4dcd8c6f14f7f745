import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { HomeFact } from '../../src/catalog/sizes.js'
import type { WatchedServer } from '../../src/catalog/watchdog.js'
import { keepHistory } from '../../src/engine/collect/keep.js'
import { type Measured, measureHomes } from '../../src/engine/collect/sizes.js'
import { submit } from '../../src/engine/submit.js'
import { ident, sql } from '../../src/kernel/sql.js'
import { showGrowth } from '../../src/operations/tenant/growth.js'
import type { Database } from '../../src/postgres/session.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { fleetOn } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'
import { type Shown, serverOf } from './rig.js'

const MIGRATION = `-- migrate:up
create table note (tenant_id uuid not null default tenantry.tenant(), id bigint generated always as identity, body text, primary key (tenant_id, id)) with (autovacuum_enabled = off);
create table "no Te's" (tenant_id uuid not null default tenantry.tenant(), id bigint generated always as identity, primary key (tenant_id, id)) with (autovacuum_enabled = off);
-- migrate:down
drop table note, "no Te's";
`

let fleet: Fleet
let server: WatchedServer
let witness: Database
const catalog = () => fleet.platform.catalog
const schemaOf = async (slug: string): Promise<string> => (await fleet.tenant(slug)).schema

beforeAll(async () => {
  fleet = await fleetOn(testServer(), {
    migrations: { 'tenant/20260101000000_tables.sql': MIGRATION },
    tenants: { acme: 'schema', big: 'schema', whole: 'database', one: 'shared', two: 'shared' },
  })
  server = await serverOf(fleet.platform)
  witness = await fleet.witness('acme')
  await write('big', 2_000)
  // What tenants share is larger than all, and nobody's.
  await write('one', 4_000)
  // What PostgreSQL counts by itself, it tells a moment later.
  await witness.run(sql`analyze`)
})
afterAll(() => fleet?.stop())
beforeEach(async () => {
  await catalog().run(sql`update catalog.home_fact set tried_at = now() - interval '1 day'`)
})

const write = (slug: string, rows: number) =>
  fleet.app
    .tenant(slug)
    .transaction((tx) => tx.rows(sql`insert into note (body) select repeat('x', 500) from generate_series(1, ${rows}::int)`))

/** Turn after turn, without the rest in between, until nothing is due. */
async function measureAll(): Promise<readonly Measured[]> {
  const turns: Measured[] = []
  for (;;) {
    await catalog().run(sql`delete from catalog.collecting`)
    const turn = await measureHomes(fleet.platform, server)
    if (turn.homes === 0) return turns
    turns.push(turn)
  }
}

const factOf = async (slug: string): Promise<Pick<HomeFact, 'bytes' | 'rows' | 'held' | 'tenants'>> => {
  const { home } = await fleet.tenant(slug)
  return catalog().one(sql<Pick<HomeFact, 'bytes' | 'rows' | 'held' | 'tenants'>>`
    select bytes::float8 as bytes, rows::float8 as rows, held, tenants from catalog.home_fact where home_id = ${home}`)
}

/** As PostgreSQL says, table by table and by name. */
const bytesOf = async (slug: string): Promise<number> => {
  const schema = await schemaOf(slug)
  const found = await (await fleet.witness(slug)).one(sql<{ bytes: number }>`
    select sum(pg_total_relation_size(format('%I.%I', ${schema}::text, tablename)::regclass))::float8 as bytes from pg_tables where schemaname = ${schema}`)
  return found.bytes
}

test('every home is measured, whatever its tables are called, and the largest comes first', async () => {
  await measureAll()
  for (const slug of ['acme', 'big', 'whole', 'one']) expect([slug, (await factOf(slug)).bytes]).toEqual([slug, await bytesOf(slug)])
  expect((await factOf('one')).tenants).toBe(2)
  const { data } = await fleet.run<{ data: readonly { slug: string; bytes: number | null; homeTenants: number }[] }>('tenant.list', {
    sort: '-size',
  })
  expect(data[0]).toMatchObject({ slug: 'big', bytes: await bytesOf('big'), homeTenants: 1 })
  expect(data.slice(-2).map(({ bytes, homeTenants }) => [bytes, homeTenants])).toEqual([
    [null, 2],
    [null, 2],
  ])
  const larger = await fleet.run<typeof data extends readonly (infer R)[] ? { data: readonly R[] } : never>('tenant.list', {
    largerThan: 500_000,
  })
  expect(larger.data.map(({ slug }) => slug)).toEqual(['big'])
})

test('behind a lock, held or asked for, on a table or an index of its, nothing is waited for: the table counts as it is written down', async () => {
  await measureAll()
  const before = await factOf('acme')
  expect(before.held).toBe(0)
  const schema = await schemaOf('acme')
  const [note, index] = [ident(schema, 'note'), ident(schema, 'note_pkey')]
  const again = async () => {
    await catalog().run(sql`update catalog.home_fact set tried_at = now() - interval '1 day'`)
    await measureAll()
    return [(await factOf('acme')).held, (await factOf('big')).held]
  }
  for (const hold of [sql`lock table ${note} in access exclusive mode`, sql`reindex index ${index}`]) {
    await witness.transaction(async (holder) => {
      await holder.run(hold)
      expect(await again()).toEqual([1, 0])
    })
  }
  let waiting: Promise<unknown> | undefined
  await witness.transaction(async (reader) => {
    await reader.run(sql`select from ${note}`)
    waiting = witness.transaction((session) => session.run(sql`lock table ${note} in access exclusive mode`))
    const asked = sql<{ n: number }>`
      select count(*)::int as n from pg_locks
      where not granted and relation = format('%I.note', ${schema}::text)::regclass
        and database = (select oid from pg_database where datname = current_database())`
    while ((await reader.one(asked)).n === 0);
    expect(await again()).toEqual([1, 0])
  })
  await waiting
  expect(await again()).toEqual([0, 0])
  expect((await factOf('acme')).bytes).toBe(before.bytes)
})

test('of all time a twentieth is measured, by all workers together, and 50 homes at a time', async () => {
  await measureAll()
  const home = (await fleet.tenant('acme')).home
  await catalog().run(sql`
    insert into catalog.home (id, database_id, isolation, schema_name, role_name, login_name, state, track)
    select gen_random_uuid(), h.database_id, 'schema', 'planted_' || n, 'planted_' || n, h.login_name, 'live', h.track
    from catalog.home h, generate_series(1, 120) n
    where h.id = ${home}`)
  await catalog().run(sql`delete from catalog.collecting`)
  const [first, ...others] = await Promise.all(Array.from({ length: 4 }, () => measureHomes(fleet.platform, server)))
  expect([first!, ...others].filter(({ taken }) => taken).map(({ homes }) => homes)).toEqual([50])
  const taken = [first!, ...others].find((turn) => turn.taken)!
  expect(taken.restMs / taken.tookMs).toBeGreaterThanOrEqual(18.99)
  const { left } = await catalog().one(sql<{ left: number }>`
    select (extract(epoch from next_at - clock_timestamp()) * 1000)::float8 as left from catalog.collecting where source = 'sizes'`)
  expect(left).toBeLessThanOrEqual(taken.restMs)
  const rest = await measureAll()
  expect(rest.map(({ homes }) => homes)).toEqual([50, 20])
  await catalog().run(sql`delete from catalog.home where starts_with(schema_name, 'planted_')`)
})

test('growth is told day by day: a day without a change has no row of its own, and a week ago is a week ago', async () => {
  await measureAll()
  const { home } = await fleet.tenant('big')
  const past = await bytesOf('big')
  await catalog().run(sql`delete from catalog.home_size where home_id = ${home}`)
  await catalog().run(sql`
    insert into catalog.home_size (home_id, day, bytes, rows, dead)
    values (${home}, (now() at time zone 'UTC')::date - 9, ${past}, 10, 0), (${home}, (now() at time zone 'UTC')::date - 2, 123456, 20, 0)`)
  await write('big', 2_000)
  for (let turn = 0; turn < 2; turn++) {
    await catalog().run(sql`update catalog.home_fact set tried_at = now() - interval '1 day'`)
    await measureAll()
  }
  const now = await bytesOf('big')
  expect(now).toBeGreaterThan(past)
  const grown = await fleet.run<{ weekAgo: number; bytes: number; times: number[]; series: { metric: string; values: number[] }[] }>(
    'tenant.growth',
    { tenant: 'big', days: 30 },
  )
  expect(grown).toMatchObject({ weekAgo: past, bytes: now })
  expect(grown.times.length).toBe(10)
  expect(new Set(grown.times.map((time) => time % 86_400))).toEqual(new Set([0]))
  expect(grown.series[0]).toEqual({ metric: 'bytes', unit: 'B', values: [...Array(7).fill(past), 123_456, 123_456, now] })
  const kept = await catalog().one(sql<{ days: number }>`select count(*)::int as days from catalog.home_size where home_id = ${home}`)
  expect(kept.days).toBe(3)
})

test('a tenant-admin is told of its own home, and nothing of one that others live in too', async () => {
  await measureAll()
  const as = async (slug: string) => {
    const { id } = await fleet.tenant(slug)
    return (await submit(fleet.platform, showGrowth, { tenant: id }, { actor: 'key:x', source: 'http', onlyTenant: id })).output
  }
  expect(await as('acme')).toMatchObject({ bytes: await bytesOf('acme'), homeTenants: 1 })
  expect(await as('one')).toMatchObject({ bytes: null, rows: null, homeTenants: null, times: [] })
  expect(await fleet.run('tenant.growth', { tenant: 'one' })).toMatchObject({ bytes: await bytesOf('one'), homeTenants: 2 })
})

// Another step may have begun, of which there is nothing yet.
const latest = (values: readonly (number | null)[]) => values.findLast((value) => value !== null)

test('all homes together are kept as samples, every five minutes', async () => {
  await measureAll()
  await catalog().run(sql`delete from catalog.collecting`)
  await keepHistory(fleet.platform)
  const sum = await catalog().one(sql<{ bytes: number }>`select sum(bytes)::float8 as bytes from catalog.home_fact`)
  const { everyS, series } = await fleet.run<Shown>('metric.show', { metric: 'size,live-rows,dead-rows,dead-share' })
  expect(everyS).toBe(300)
  expect(series.map(({ metric, values }) => [metric, typeof latest(values)])).toEqual([
    ['size', 'number'],
    ['live-rows', 'number'],
    ['dead-rows', 'number'],
    ['dead-share', 'number'],
  ])
  expect(latest(series[0]!.values)).toBe(sum.bytes)
})

test('a home that is away keeps what was known of it, and the others have their turn', async () => {
  await measureAll()
  const before = await factOf('whole')
  const { databaseId } = await fleet.tenant('whole')
  await catalog().run(sql`update catalog.database set name = name || '_away' where id = ${databaseId}`)
  await catalog().run(sql`update catalog.home_fact set tried_at = now() - interval '1 day'`)
  const turns = await measureAll()
  expect(turns.reduce((sum, { homes }) => sum + homes, 0)).toBe(4)
  expect(await factOf('whole')).toEqual(before)
  await catalog().run(sql`update catalog.database set name = replace(name, '_away', '') where id = ${databaseId}`)
})
