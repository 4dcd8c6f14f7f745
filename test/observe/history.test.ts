import { afterAll, beforeAll, expect, test } from 'vitest'
import type { WatchedServer } from '../../src/catalog/watchdog.js'
import { type Collector, collectServer } from '../../src/engine/collect/collect.js'
import { tidyHistory } from '../../src/engine/collect/keep.js'
import type { Platform } from '../../src/engine/platform.js'
import { systemClock } from '../../src/kernel/clock.js'
import { type Sql, sql } from '../../src/kernel/sql.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { keepSamples } from '../../src/worker/collector.js'
import { fleetOn } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'
import { newest, openCollector, type Shown, sample, serverOf } from './rig.js'

let fleet: Fleet
let collector: Collector
let server: WatchedServer
const catalog = () => fleet.platform.catalog
const show = (metric: string, more: Readonly<Record<string, unknown>> = {}) => fleet.run<Shown>('metric.show', { metric, ...more })

beforeAll(async () => {
  fleet = await fleetOn(testServer(), { migrations: {}, tenants: {} })
  collector = openCollector(fleet.platform)
  server = await serverOf(fleet.platform)
})
afterAll(async () => {
  await collector?.eyes.close()
  await fleet?.stop()
})

const forgetAll = async (): Promise<void> => {
  await catalog().run(sql`delete from catalog.sample`)
  await catalog().run(sql`delete from catalog.collecting`)
}

/** Samples from so many hours ago on: WAL grows by 30 bytes a second, and 2 or 4 sessions are active in turn. */
const past = (hoursAgo: number, samples: number): Sql => sql`
  insert into catalog.sample (cluster_id, source, step, at, facts)
  select c.id, 'server', 15, b.at + n * interval '15 s',
         jsonb_build_object('at', extract(epoch from b.at) + n * 15 + 1, 'of', jsonb_build_object('', jsonb_build_object('wal', n * 450, 'active', 2 + n % 2 * 2, 'waiting', n % 20)))
  from catalog.cluster c, generate_series(0, ${samples - 1}::int) n,
       (select date_bin('1 day', clock_timestamp() - make_interval(hours => ${hoursAgo}::int), timestamptz '2001-01-01 00:00:00+00') as at) b`

const kept = () =>
  catalog().rows(
    sql<{ step: number; samples: number }>`select step, count(*)::int as samples from catalog.sample group by step order by step`,
  )

test('samples that are over are rolled up before they are removed, and what is shown of that time goes on to be right', async () => {
  await forgetAll()
  // An hour, two days ago.
  await catalog().run(past(48, 240))
  await tidyHistory(fleet.platform)
  expect(await kept()).toEqual([
    { step: 300, samples: 12 },
    { step: 3_600, samples: 1 },
  ])
  const { times, everyS, series } = await show('wal,connections,waiting', { since: '3d', every: '5min' })
  expect(everyS).toBe(300)
  const valuesOf = (metric: string, kind: string | null = null) => {
    const { values } = series.find((one) => one.metric === metric && one.kind === kind)!
    expect(values.length).toBe(times.length)
    return values.filter((value) => value !== null)
  }
  expect(valuesOf('wal')).toEqual(Array(11).fill(30))
  expect(valuesOf('connections', 'active')).toEqual(Array(12).fill(3))
  expect(valuesOf('waiting')).toEqual(Array(12).fill(19))
  expect(new Set(times.map((time) => time % 300))).toEqual(new Set([0]))
  await tidyHistory(fleet.platform)
  expect(await kept()).toHaveLength(2)
})

test('of what is older than two weeks each hour is kept, and of what is older than 400 days nothing', async () => {
  await forgetAll()
  await catalog().run(past(24 * 20, 480))
  await catalog().run(past(24 * 410, 240))
  await tidyHistory(fleet.platform)
  expect(await kept()).toEqual([{ step: 3_600, samples: 2 }])
  const { everyS, series } = await show('connections', { since: '30d' })
  expect(everyS).toBe(21_600)
  expect(series.find(({ kind }) => kind === 'active')!.values.filter((value) => value !== null)).toEqual([3])
})

test('of many who look at once one does, in each step', async () => {
  await forgetAll()
  const others = Array.from({ length: 6 }, () => openCollector(fleet.platform))
  const [before] = await catalog().rows(steps)
  const turns = await Promise.all(others.map((one) => collectServer(one, server)))
  const [after] = await catalog().rows(steps)
  await Promise.all(others.map(({ eyes }) => eyes.close()))
  const taken = turns.filter((turn) => turn.taken).length
  expect(taken).toBeGreaterThanOrEqual(1)
  // Another step may have begun meanwhile.
  expect(taken).toBeLessThanOrEqual(1 + after!.n - before!.n)
})
const steps = sql<{ n: number }>`select (extract(epoch from clock_timestamp())::bigint / 15)::int as n`

test('a server that is away is down, delays nobody, and is told of once', async () => {
  await forgetAll()
  const told: string[] = []
  const platform: Platform = {
    ...fleet.platform,
    secrets: (reference) => (reference === 'env:AWAY' ? 'postgres://nobody:x@127.0.0.1:1/postgres' : fleet.platform.secrets(reference)),
    log: { ...fleet.platform.log, warn: (_, message) => void told.push(message) },
  }
  const away = openCollector(platform)
  const turn = await collectServer(away, { ...server, adminRef: 'env:AWAY' })
  await away.eyes.close()
  expect(turn.blind).toBeDefined()
  expect(await newest(platform, 'server')).toEqual({ '': { up: 0 } })
  const down = await show('up,connections,wal')
  expect(down.series.find(({ metric }) => metric === 'up')!.values.findLast((value) => value !== null)).toBe(0)
  expect(down.series.filter(({ metric }) => metric !== 'up').flatMap(({ values }) => values.filter((value) => value !== null))).toEqual([])

  // And the worker's loop: by the reference that leads nowhere.
  await forgetAll()
  const found = {
    ...platform,
    secrets: (reference: string) =>
      reference === server.adminRef ? 'postgres://nobody:x@127.0.0.1:1/postgres' : fleet.platform.secrets(reference),
  }
  const stop = new AbortController()
  const keeping = keepSamples(found, stop.signal)
  while (told.length === 0) await systemClock.sleep(20)
  stop.abort()
  await keeping
  expect(told).toEqual(['no samples can be taken of a cluster'])
})

test('a worker takes samples of what there is, unless the configuration says that none are wanted', async () => {
  await forgetAll()
  const kinds = async () =>
    (await catalog().rows(sql<{ source: string }>`select distinct source from catalog.sample order by 1`)).map(({ source }) => source)
  const off = new AbortController()
  await keepSamples({ ...fleet.platform, config: { ...fleet.platform.config, collect: { samples: 'off', topTenants: 0 } } }, off.signal)
  expect(await kinds()).toEqual([])
  const stop = new AbortController()
  const keeping = [keepSamples(fleet.platform, stop.signal), keepSamples(fleet.platform, stop.signal)]
  while (!(await kinds()).includes('server')) await systemClock.sleep(20)
  stop.abort()
  await Promise.all(keeping)
  expect((await newest(fleet.platform, 'server'))['']).toMatchObject({ up: 1 })
})

test('a replica that stands still is as old as the first position that it has not reached', async () => {
  await forgetAll()
  await sample(collector, server)
  const { id } = await catalog().one(sql<{ id: string }>`select id from catalog.cluster limit 1`)
  const at = await catalog().one(sql<{ at: number; wal: number }>`
    select (facts ->> 'at')::float8 as at, (facts #>> '{of,"",wal}')::float8 as wal from catalog.sample where source = 'server'`)
  const { passedAt } = await import('../../src/catalog/samples.js')
  expect(await catalog().one(passedAt(id, at.wal - 1))).toEqual({ at: at.at })
  expect(await catalog().one(passedAt(id, at.wal))).toEqual({ at: null })
})

test('what is asked for wrongly is told', async () => {
  const refused = { code: 'INPUT_INVALID' }
  await expect(show('connection')).rejects.toMatchObject(refused)
  await expect(show('wal,wal')).rejects.toMatchObject(refused)
  await expect(show('wal', { since: '5d', every: '5min', until: '2020-01-01T00:00:00Z' })).rejects.toMatchObject(refused)
  await expect(show('wal', { since: '400d', every: '1h' })).rejects.toMatchObject(refused)
  await expect(show('wal', { since: '6h', every: '15s' })).resolves.toMatchObject({ everyS: 15 })
  await expect(show('wal', { cluster: 'absent' })).rejects.toMatchObject({ code: 'CLUSTER_NOT_FOUND' })
  expect((await show('wal', { since: '300d', every: '15s' }).catch((error) => error)).code).toBe('INPUT_INVALID')
})
