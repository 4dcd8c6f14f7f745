import { afterAll, beforeAll, expect, test } from 'vitest'
import type { WatchedServer } from '../../src/catalog/watchdog.js'
import type { Collector } from '../../src/engine/collect/collect.js'
import { METRICS } from '../../src/engine/collect/metrics.js'
import { MAJORS, majorOf, WORDS } from '../../src/isolation/collect/versions.js'
import { sql } from '../../src/kernel/sql.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { fleetOn } from '../support/fleet.js'
import { describeOn } from '../support/servers-injected.js'
import { newest, openCollector, type Series, type Shown, sample, serverOf } from './rig.js'

const blocked = sql<{ n: number }>`
  select count(*)::int as n from pg_catalog.pg_locks where not granted and database = (select oid from pg_catalog.pg_database where datname = current_database())`

describeOn(['embedded-18', 'embedded-16', 'debian-15'], 'samples', (engine) => {
  let fleet: Fleet
  let collector: Collector
  let server: WatchedServer
  beforeAll(async () => {
    fleet = await fleetOn(engine, { migrations: {}, tenants: { acme: 'schema' } })
    collector = openCollector(fleet.platform)
    server = await serverOf(fleet.platform)
  })
  afterAll(async () => {
    await collector?.eyes.close()
    await fleet?.stop()
  })
  const show = (metric: string, more: Readonly<Record<string, unknown>> = {}) => fleet.run<Shown>('metric.show', { metric, ...more })
  const last = ({ series }: Shown, which: (one: Series) => boolean = () => true): number | null | undefined =>
    series.find(which)?.values.findLast((value) => value !== null)

  test('whatever a metric is made of is read from this version', async () => {
    await sample(collector, server)
    const witness = await fleet.witness('acme')
    const slot = `observed_${fleet.platform.id}`
    await witness.run(sql`select pg_create_physical_replication_slot(${slot}, true)`)
    try {
      await sample(collector, server)
      const keys = (source: string) =>
        new Set(METRICS.filter((one) => one.source === source).flatMap(({ of, rest }) => [...Object.values(of), ...(rest ? [rest] : [])]))
      const whole = (await newest(fleet.platform, 'server'))['']!
      for (const key of keys('server')) expect([key, typeof whole[key]]).toEqual([key, 'number'])
      const databases = await newest(fleet.platform, 'databases')
      const { database } = await fleet.tenant('acme')
      expect(Object.keys(databases)).toEqual([database])
      for (const key of keys('databases')) expect([key, typeof databases[database]![key]]).toEqual([key, 'number'])
      const slots = await newest(fleet.platform, 'slots')
      for (const key of keys('slots')) expect([key, typeof slots[slot]![key]]).toEqual([key, 'number'])
      expect(slots[slot]).toMatchObject({ kind: 'physical', active: 0, atRisk: 0, status: 'reserved', invalid: null })
      expect(last(await show('slot-active', { of: slot }))).toBe(0)
    } finally {
      await witness.run(sql`select pg_drop_replication_slot(${slot})`)
    }
  })

  test('what happens on the server is seen: a session that waits, for how long the oldest is open, what is written', async () => {
    const witness = await fleet.witness('acme')
    await witness.script(sql`create table public.observed (n int)`)
    let waiting: Promise<unknown> | undefined
    await witness.transaction(async (holder) => {
      await holder.run(sql`insert into public.observed select generate_series(1, 500)`)
      await holder.run(sql`lock table public.observed`)
      waiting = witness.transaction((session) => session.run(sql`lock table public.observed`))
      while ((await holder.one(blocked)).n === 0);
      await sample(collector, server)
      const shown = await show('waiting,oldest-transaction,connections')
      expect(last(shown, ({ metric }) => metric === 'waiting')).toBeGreaterThan(0)
      expect(last(shown, ({ metric }) => metric === 'oldest-transaction')).toBeGreaterThan(0)
      expect(last(shown, ({ metric, kind }) => metric === 'connections' && kind === 'active')).toBeGreaterThan(0)
    })
    await waiting
    await sample(collector, server)
    expect(last(await show('wal'))).toBeGreaterThan(0)
    await witness.script(sql`drop table public.observed`)
  })

  test('of a database whose counters were reset nothing is known over that, and then again', async () => {
    const { database } = await fleet.tenant('acme')
    const witness = await fleet.witness('acme')
    const known = async () =>
      (await show('database-transactions', { of: database })).series[0]!.values.filter((value) => value !== null).length
    await sample(collector, server)
    await sample(collector, server)
    const before = await known()
    await witness.run(sql`select pg_stat_reset()`)
    await sample(collector, server)
    expect(await known()).toBe(before)
    await sample(collector, server)
    expect(await known()).toBe(before + 1)
  })

  test('its connections change nothing, and wait for nobody', async () => {
    const eye = collector.eyes.on(server.adminRef)
    await expect(eye.script(sql`create table public.planted ()`)).rejects.toMatchObject({ code: '25006' })
    const settings = sql`select current_setting('lock_timeout') as lock, current_setting('statement_timeout') as statement`
    expect(await eye.one(settings)).toEqual({ lock: '50ms', statement: '2s' })
  })
})

test('every version has words of its own for what all of them count', () => {
  expect([150_000, 160_009, 170_000, 180_004, 190_000].map(majorOf)).toEqual([15, 16, 17, 18, 18])
  const words = (of: (major: (typeof MAJORS)[number]) => string) => Object.fromEntries(MAJORS.map((major) => [major, of(major)]))
  expect(words((major) => WORDS[major].checkpointer.text)).toEqual({
    15: 'pg_catalog.pg_stat_bgwriter',
    16: 'pg_catalog.pg_stat_bgwriter',
    17: 'pg_catalog.pg_stat_checkpointer',
    18: 'pg_catalog.pg_stat_checkpointer',
  })
  expect(words((major) => String(WORDS[major].walSyncs.text.includes('pg_stat_io')))).toEqual({
    15: 'false',
    16: 'false',
    17: 'false',
    18: 'true',
  })
  expect(words((major) => String(WORDS[major].slotInvalid.text.includes('invalidation_reason')))).toEqual({
    15: 'false',
    16: 'false',
    17: 'true',
    18: 'true',
  })
})
