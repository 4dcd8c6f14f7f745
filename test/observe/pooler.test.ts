import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pooledClusters } from '../../src/catalog/clusters.js'
import { tidyHistory } from '../../src/engine/collect/keep.js'
import { METRICS } from '../../src/engine/collect/metrics.js'
import { collectPooler, readingsOf } from '../../src/engine/collect/pooler.js'
import type { Platform } from '../../src/engine/platform.js'
import { lookAtPoolers } from '../../src/engine/poolers.js'
import { sql } from '../../src/kernel/sql.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { keepSamples } from '../../src/worker/collector.js'
import { fleetOn } from '../support/fleet.js'
import { behindPooler, type PooledServer } from '../support/pooler.js'
import { testServer, whyMissing } from '../support/servers-injected.js'
import { newest, type Shown } from './rig.js'

const missing = whyMissing('pgbouncer')

describe.skipIf(missing !== undefined)(missing ?? 'poolers', () => {
  let server: PooledServer
  let fleet: Fleet
  let platform: Platform
  let id: string
  const told: string[] = []
  beforeAll(async () => {
    server = await behindPooler(testServer(), { poolSize: 1 })
    fleet = await fleetOn(server, { pooled: true, migrations: {}, tenants: { acme: 'schema' } })
    const { adminUser, adminPassword } = server.pooler!
    await fleet.platform.catalog.run(sql`update catalog.cluster set pooler_secret_ref = 'env:POOLER'`)
    platform = {
      ...fleet.platform,
      names: { ...fleet.platform.names, pooler: adminUser },
      secrets: (reference) => (reference === 'env:POOLER' ? adminPassword : fleet.platform.secrets(reference)),
      log: { ...fleet.platform.log, warn: (_, message) => void told.push(message) },
    }
    id = (await catalog().one(pooledClusters)).id
  })
  afterAll(async () => {
    await fleet?.stop()
    await server?.stopPooler()
  })
  const catalog = () => fleet.platform.catalog
  /** A connection of the pooler's clients. */
  const through = async (database: string): Promise<pg.Client> => {
    const { host, superuser: user, password } = server
    const client = new pg.Client({ host, port: server.pooler!.port, database, user, password })
    await client.connect()
    return client
  }
  const show = (metric: string, more: object = {}) => fleet.run<Shown>('metric.show', { metric, ...more })
  /** As if a step had passed: what there is becomes older by that. */
  const sample = async (of: Platform = platform) => {
    await catalog().run(sql`update catalog.sample set at = at - interval '1000 days' where step = 15`)
    await catalog().run(sql`update catalog.sample set at = at + interval '1000 days' - interval '15 s' where step = 15`)
    await catalog().run(sql`delete from catalog.collecting`)
    return collectPooler(of, id)
  }
  const last = async (metric: string, more: object = {}, kind: string | null = null) =>
    (await show(metric, more)).series.find((one) => one.kind === kind)?.values.findLast((value) => value !== null)
  const most = async (metric: string, more: object = {}) =>
    Math.max(...(await show(metric, more)).series.flatMap(({ values }) => values.map((value) => value ?? 0)))

  test('however many ask, its console has one connection for them in a second', async () => {
    const { app_host: host, app_port: port } = await catalog().one(
      sql<{ app_host: string; app_port: number }>`select app_host, app_port from catalog.cluster`,
    )
    let connections = 0
    const between = createServer((near) => {
      connections++
      const far = connect(port, host)
      near.pipe(far).pipe(near)
      for (const socket of [near, far])
        socket.on('error', () => {
          near.destroy()
          far.destroy()
        })
    }).listen(0, '127.0.0.1')
    try {
      await once(between, 'listening')
      await catalog().run(sql`update catalog.cluster set app_host = '127.0.0.1', app_port = ${(between.address() as AddressInfo).port}`)
      const seen = await Promise.all(Array.from({ length: 20 }, (_, at) => lookAtPoolers(platform, at % 2 === 0 ? undefined : 'main')))
      expect(new Set(seen.map(({ poolers, unseen }) => `${poolers.length} ${unseen.length}`))).toEqual(new Set(['1 0']))
      // One, and another where this machine is so slow that a second has passed.
      expect(connections).toBeLessThan(5)
    } finally {
      await catalog().run(sql`update catalog.cluster set app_host = ${host}, app_port = ${port}`)
      between.close()
    }
  })

  test('whatever a metric is made of is read from this version, and who waits is seen, by pool and of all', async () => {
    const { database } = await fleet.tenant('acme')
    const app = fleet.client({ maxConnections: 2 })
    const [other, rival] = [await through(database), await through(database)]
    try {
      await other.query('begin')
      const waiting = rival.query('select 1')
      await app.tenant('acme').query(sql`select 1`)
      await expect
        .poll(async () => {
          await sample()
          return last('pool-waiting', { of: `${server.superuser}@${database}` })
        })
        .toBe(1)
      expect(await last('pooler-waiting')).toBe(1)
      expect(await last('pooler-servers', {}, 'active')).toBe(1)
      await sample()
      expect(await last('pooler-max-wait')).toBeGreaterThan(0)
      await other.query('commit')
      await waiting
    } finally {
      await other.end()
      await rival.end()
    }
    await sample()
    expect(await last('pool-waiting', { of: `${server.superuser}@${database}` })).toBe(0)
    // It counts a transaction when it has looked at the answer, which may be after we have.
    await expect
      .poll(async () => {
        await app.tenant('acme').query(sql`select 1`)
        await sample()
        return most('pooler-transactions')
      })
      .toBeGreaterThan(0)
    expect(await most('pooled-database-bytes', { of: database })).toBeGreaterThan(0)
    for (const source of ['pooler', 'pools', 'pooled-databases']) {
      const all = await newest(platform, source)
      const one = all[source === 'pooler' ? '' : source === 'pools' ? `${server.superuser}@${database}` : database]!
      for (const { of } of METRICS.filter((metric) => metric.source === source))
        for (const key of Object.values(of)) expect([source, key, typeof one[key]]).toEqual([source, key, 'number'])
    }
    expect((await newest(platform, 'pooler'))['']).toMatchObject({ up: 1, version: server.pooler!.version })
  })

  test('of many who look at once one does, in each step', async () => {
    await sample()
    const steps = sql<{ n: number }>`select (extract(epoch from clock_timestamp())::bigint / 15)::int as n`
    await catalog().run(sql`delete from catalog.collecting`)
    const before = await catalog().one(steps)
    const turns = await Promise.all(Array.from({ length: 6 }, () => collectPooler(platform, id)))
    const after = await catalog().one(steps)
    const taken = turns.filter((turn) => turn.taken).length
    expect(taken).toBeGreaterThanOrEqual(1)
    expect(taken).toBeLessThanOrEqual(1 + after.n - before.n)
  })

  test('one that is away is a gap and no error, and is told of once', async () => {
    const away: Platform = { ...platform, secrets: (reference) => (reference === 'env:POOLER' ? 'another' : platform.secrets(reference)) }
    const { taken, blind } = await sample(away)
    expect([taken, blind]).toEqual([true, expect.any(String)])
    expect(await newest(platform, 'pooler')).toEqual({ '': { up: 0 } })
    expect((await show('pooler-up')).series[0]!.values.findLast((value) => value !== null)).toBe(0)

    told.length = 0
    const stop = new AbortController()
    const keeping = keepSamples(away, stop.signal)
    await catalog().run(sql`delete from catalog.collecting`)
    await expect.poll(() => told).toContain('no samples can be taken of the pooler of a cluster')
    stop.abort()
    await keeping
    expect(told).toEqual(['no samples can be taken of the pooler of a cluster'])
    // And one that is there, by the loop of a worker.
    await catalog().run(sql`delete from catalog.collecting`)
    await catalog().run(sql`delete from catalog.sample`)
    const goes = new AbortController()
    const going = [keepSamples(platform, goes.signal), keepSamples(platform, goes.signal)]
    await expect.poll(async () => (await newest(platform, 'pooler'))['']?.up, { timeout: 30_000 }).toBe(1)
    goes.abort()
    await Promise.all(going)
  })

  test('what is over is rolled up: of who waits the most, of what was counted the last', async () => {
    await catalog().run(sql`delete from catalog.sample`)
    await catalog().run(sql`
      insert into catalog.sample (cluster_id, source, step, at, facts)
      select ${id}, 'pooler', 15, b.at + n * interval '15 s',
             jsonb_build_object('at', extract(epoch from b.at) + n * 15, 'of', jsonb_build_object('',
               jsonb_build_object('clientsWaiting', n % 20, 'transactions', n * 30, 'version', '1.18.0')))
      from generate_series(0, 239) n,
           (select date_bin('1 day', clock_timestamp() - interval '48 hours', timestamptz '2001-01-01 00:00:00+00') as at) b`)
    await tidyHistory(platform)
    const values = async (metric: string) =>
      (await show(metric, { since: '3d', every: '5min' })).series[0]!.values.filter((value) => value !== null)
    expect(await values('pooler-waiting')).toEqual(Array(12).fill(19))
    expect(await values('pooler-transactions')).toEqual(Array(11).fill(2))
  })
})

test('what a version does not say is not known, and no zero; of thousands of pools those stand there that wait longest, and the sum of all', () => {
  const pool = (n: number, more: object = {}) => ({
    database: `d${n}`,
    user: 'u',
    cl_active: '1',
    cl_waiting: '0',
    maxwait: '0',
    maxwait_us: '0',
    ...more,
  })
  const pools = [...Array.from({ length: 2_000 }, (_, n) => pool(n)), pool(9_999, { maxwait: '3', maxwait_us: '500000', cl_waiting: '2' })]
  const of = readingsOf({ version: '1.12.0', pools, stats: [{ database: 'a b', total_xact_count: '7', total_wait_time: '2500000' }] })
  expect(Object.keys(of.pools!)).toHaveLength(50)
  expect(Object.keys(of.pools!)[0]).toBe('u@d9999')
  expect(of.pools!['u@d9999']).toMatchObject({ maxWaitS: 3.5, clientsWaiting: 2, serversActiveCancel: null, serversIdle: null })
  expect(of.pooler!['']).toMatchObject({
    pools: 2_001,
    clientsActive: 2_001,
    clientsWaiting: 2,
    maxWaitS: 3.5,
    serversIdle: null,
    transactions: 7,
  })
  expect(of['pooled-databases']).toMatchObject({ 'a b': { transactions: 7, waitS: 2.5, queries: null } })
})
