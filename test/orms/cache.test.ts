import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createCache, memoryStore, type TenantCache } from '../../src/cache.js'
import { type Scope, sql, type TenantHandle } from '../../src/index.js'
import { systemClock } from '../../src/kernel/clock.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { fleetOn } from '../support/fleet.js'
import { gate } from '../support/gate.js'
import { type RedisServer, startRedis, whyNoRedis } from '../support/redis.js'
import { testServer } from '../support/servers-injected.js'
import { MIGRATIONS, type Wired, wire } from './cache-rig.js'

let fleet: Fleet
let redis: RedisServer | undefined
let acme: TenantHandle
let other: TenantHandle
const opened: Wired[] = []

beforeAll(async () => {
  ;[fleet, redis] = await Promise.all([
    fleetOn(testServer(), { migrations: MIGRATIONS, tenants: { acme: 'shared', other: 'shared' } }),
    whyNoRedis === undefined ? startRedis() : undefined,
  ])
  acme = fleet.app.tenant('acme')
  other = fleet.app.tenant('other')
  for (const [handle, price] of [
    [acme, 1],
    [other, 2],
  ] as const) {
    await handle.query(sql`insert into product (sku, price) values ('tea', ${price})`)
  }
})
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()))
  await redis?.command('FLUSHALL')
})
afterAll(async () => {
  await redis?.stop()
  await fleet?.stop()
})

const TEA = sql<{ price: number }>`select price from product where sku = 'tea'`
const priceIn = async (scope: Scope): Promise<number> => (await scope.one(TEA)).price
const raise = (scope: Scope) => scope.run(sql`update product set price = price + 10 where sku = 'tea'`)
const price = (handle: TenantHandle) => handle.query(TEA).then(([row]) => row!.price)

type Open = (options?: Parameters<typeof wire>[1]) => Promise<Wired>

const keep = (one: Wired): Wired => {
  opened.push(one)
  return one
}
const inMemory: Open = async (options) => {
  const store = memoryStore()
  const cache = createCache({ store, ...options })
  return keep({ cache, store, close: () => cache.close() })
}
const onRedis =
  (library: 'redis' | 'ioredis'): Open =>
  async (options) =>
    keep(await wire(redis!.port, { library, ...options }))

const barrier = () => {
  const { opened: passed, open } = gate()
  return { open, passed }
}

describe.each([
  ['in memory', inMemory, undefined],
  ['redis', onRedis('redis'), whyNoRedis],
  ['ioredis', onRedis('ioredis'), whyNoRedis],
] as const)('a cache (%s)', (name, open, missing) => {
  const it = test.skipIf(missing !== undefined)

  it('two tenants ask the same text at the same tick, over and over: nobody is answered what is the other one’s', async () => {
    const { cache } = await open()
    const [a, b] = [cache.of(acme), cache.of(other)]
    const [mine, theirs] = [await price(acme), await price(other)]
    const answers = await Promise.all(Array.from({ length: 500 }, (_, i) => (i % 2 === 0 ? a : b).query(TEA, { tags: ['product'] })))
    expect(answers.filter(([row], i) => row!.price !== (i % 2 === 0 ? mine : theirs))).toEqual([])
    expect(await Promise.all([a, b].map((one) => one.get({ key: 'tea' }, priceIn)))).toEqual([mine, theirs])
    expect(await Promise.all([a, b].map((one) => one.get({ key: 'tea' }, () => Promise.reject(new Error('it is kept')))))).toEqual([
      mine,
      theirs,
    ])
    await a.drop()
    expect(await b.get({ key: 'tea' }, async () => -1)).toBe(theirs)
    expect(await a.get({ key: 'tea' }, async (scope) => priceIn(scope).then(() => -1))).toBe(-1)
  })

  it('the control: a cache by the text of the statement answers one tenant with the other’s row', async () => {
    const naive = new Map<string, Promise<readonly { price: number }[]>>()
    const ask = (handle: TenantHandle) => naive.get(TEA.text) ?? naive.set(TEA.text, handle.query(TEA)).get(TEA.text)!
    const [[a], [b]] = await Promise.all([ask(acme), ask(other)])
    expect(a).toEqual(b)
  })

  it('what is asked for one actor is not answered to another, also at once; said to be shared, it is loaded for nobody', async () => {
    const { cache } = await open()
    const as = (actor?: string) => cache.of(fleet.app.tenant('acme', actor === undefined ? undefined : { actor, request: `by ${actor}` }))
    const WHO = sql<{
      who: string
      request: string
    }>`select coalesce(tenantry.actor(), '') as who, coalesce(tenantry.request(), '') as request`
    const [ann, bob] = [as('ann'), as('bob')]
    const whoIs = (one: TenantCache, options = {}) => one.query(WHO, options).then(([row]) => row)
    // The request is not the answer's: the next one finds it.
    const [anns, bobs, nobodys] = ['ann', 'bob', ''].map((who) => ({ who, request: '' }))
    expect(await Promise.all([ann, bob, as()].map((one) => whoIs(one)))).toEqual([anns, bobs, nobodys])
    expect(await Promise.all([ann, bob, as()].map((one) => whoIs(one)))).toEqual([anns, bobs, nobodys])
    expect(cache.counts()).toMatchObject({ loads: 3, hits: 3 })
    expect([await whoIs(ann, { shared: true }), await whoIs(bob, { shared: true })]).toEqual([nobodys, nobodys])
    expect(cache.counts()).toMatchObject({ loads: 3, hits: 5 })
  })

  it('what is kept and cannot be read is loaded anew, and kept in its place', async () => {
    const { store } = await open()
    await createCache({ store, codec: { version: 'x', encode: JSON.stringify, decode: JSON.parse } })
      .of(acme)
      .get({ key: 'tea' }, priceIn)
    let loads = 0
    const torn = createCache({
      store,
      codec: {
        version: 'x',
        encode: (value) => `new ${JSON.stringify(value)}`,
        decode: (text) => {
          if (!text.startsWith('new ')) throw new SyntaxError('torn')
          return JSON.parse(text.slice(4)) as unknown
        },
      },
    })
    await systemClock.sleep(20)
    const ask = () => torn.of(acme).get({ key: 'tea' }, async (scope) => ++loads && priceIn(scope))
    const now = await price(acme)
    expect(await Promise.all([ask(), ask(), ask()])).toEqual([now, now, now])
    await systemClock.sleep(20)
    expect([await ask(), loads]).toEqual([now, 1])
    expect(torn.counts()).toMatchObject({ loads: 1, hits: 1 })
  })

  it('a write makes void what it names: not before its commit, not when it is rolled back, and surely after it', async () => {
    const { cache } = await open()
    const kept = cache.of(acme)
    const before = await kept.query(TEA, { tags: ['product'] })
    let loads = 0
    const asked = () => kept.get({ key: 'tea', tags: ['product'] }, async (scope) => ++loads && priceIn(scope))
    await asked()
    await acme
      .transaction(async (scope) => {
        await raise(scope)
        cache.invalidate(scope, ['product'])
        throw new Error('no')
      })
      .catch(() => {})
    await asked()
    expect(loads).toBe(1)
    const elsewhere = cache.of(fleet.client().tenant('acme'))
    await acme.transaction(async (scope) => {
      await scope.transaction(async (part) => {
        await raise(part)
        cache.invalidate(part, ['product'])
      })
      expect(await elsewhere.query(TEA, { tags: ['product'] })).toEqual(before)
    })
    expect(await asked()).toBe(before[0]!.price + 10)
    expect(await kept.query(TEA, { tags: ['product'] })).toEqual([{ price: before[0]!.price + 10 }])
    expect(loads).toBe(2)
    // What has another tag stays.
    await kept.invalidate(['other things'])
    await asked()
    expect(loads).toBe(2)
  })

  it('who has read before the commit and answers after it neither keeps what is stale nor hands it to those who come later', async () => {
    const { cache } = await open()
    const kept = cache.of(acme)
    const [hasRead, mayGoOn] = [barrier(), barrier()]
    const slow = kept.get({ key: 'tea', tags: ['product'] }, async (scope) => {
      const found = await priceIn(scope)
      hasRead.open()
      await mayGoOn.passed
      return found
    })
    await hasRead.passed
    const before = await price(acme)
    await acme.transaction(async (scope) => {
      await raise(scope)
      cache.invalidate(scope, ['product'])
    })
    // The load of before is still under way.
    expect(await kept.get({ key: 'tea', tags: ['product'] }, priceIn)).toBe(before + 10)
    mayGoOn.open()
    expect(await slow).toBe(before)
    await systemClock.sleep(20)
    expect(await kept.get({ key: 'tea', tags: ['product'] }, priceIn)).toBe(before + 10)
  })

  it('fifty ask at once: one loads; when that fails all are told, and the next one loads again', async () => {
    const { cache } = await open()
    const kept = cache.of(acme)
    let loads = 0
    const failing = () =>
      kept.get({ key: 'fails' }, async (scope) => {
        loads++
        // So that all have heard from the store by then that nothing is kept: whoever hears it after the failure loads again.
        await systemClock.sleep(300)
        await scope.rows(sql`select 1 / 0`)
      })
    const told = await Promise.allSettled(Array.from({ length: 50 }, failing))
    expect(new Set(told.map((one) => one.status === 'rejected' && (one.reason as { code?: string }).code))).toEqual(new Set(['22012']))
    expect(loads).toBe(1)
    const load = async (scope: Scope) => ({ n: ++loads, price: await priceIn(scope) })
    const answers = await Promise.all(Array.from({ length: 50 }, () => kept.get({ key: 'fails' }, load)))
    expect(loads).toBe(2)
    // Each has a copy of its own.
    expect(new Set(answers).size).toBe(50)
    expect(cache.counts()).toMatchObject({ bypasses: 0, pending: 0 })
  })

  it('answers the same whether it was kept or not: dates, bytes, bigint, and that there is nothing', async () => {
    const { cache } = await open()
    const kept = cache.of(acme)
    const row = sql`select now() as at, '\\x00ff'::bytea as raw, 2.50 as exact, null as none, array[1, 2] as list, '{"a": [1]}'::jsonb as doc`
    const [first, again] = [await kept.query(row), await kept.query(row)]
    expect(again).toStrictEqual(first)
    expect((first[0] as { at: Date }).at).toBeInstanceOf(Date)
    expect(cache.counts()).toMatchObject({ loads: 1, hits: 1 })
    let loads = 0
    const nothing = () => kept.get({ key: 'nobody' }, async (scope) => ++loads && scope.maybe(sql`select from product where sku = 'none'`))
    expect([await nothing(), await nothing(), loads]).toEqual([undefined, undefined, 1])
  })

  it('keeps only what was read in the scope that it opened: nothing from another scope, nothing that wrote, nothing too large', async () => {
    const { cache } = await open({ maxValueSize: 1_000 })
    const committed = await price(acme)
    // By its id, as which a scope is known before it has entered.
    const { id } = await acme.identity()
    const kept = cache.of(fleet.app.tenant(id))
    const elsewhere = fleet.client().tenant(id)
    await elsewhere
      .transaction(async (scope) => {
        await raise(scope)
        // What is not committed comes in from outside.
        expect(await kept.get({ key: 'outside' }, () => priceIn(scope))).toBe(committed + 10)
        throw new Error('no')
      })
      .catch(() => {})
    expect(await kept.get({ key: 'outside' }, priceIn)).toBe(committed)
    await expect(kept.get({ key: 'writes' }, raise)).rejects.toMatchObject({ code: '25006' })
    const large = () => kept.query(sql<{ text: string }>`select repeat('x', 2000) as text`)
    expect([(await large())[0]!.text.length, (await large())[0]!.text.length]).toEqual([2_000, 2_000])
    expect(cache.counts().hits).toBe(0)
  })

  it('in a scope, that scope is asked: it sees what it wrote, nobody else does, and what it makes void waits for its commit', async () => {
    const { cache } = await open()
    const kept = cache.of(acme)
    const ask = () => kept.get({ key: 'tea', tags: ['product'] }, priceIn)
    // Called from a scope, it would be in it.
    const committed = await ask()
    const outside = () => elsewhere.get({ key: 'tea', tags: ['product'] }, priceIn)
    const elsewhere = cache.of(fleet.client().tenant('acme'))
    for (const isolation of ['read committed', 'repeatable read'] as const) {
      await acme
        .transaction(
          async (scope) => {
            await raise(scope)
            await kept.invalidate(['product'])
            expect(await ask()).toBe(committed + 10)
            expect(await outside()).toBe(committed)
            await expect(cache.of(other).get({ key: 'tea' }, priceIn)).rejects.toMatchObject({ code: 'SCOPE_FOREIGN' })
            throw new Error('no')
          },
          { isolation },
        )
        .catch((error) => expect(error.message).toBe('no'))
    }
    expect([await ask(), cache.counts().loads]).toEqual([committed, 1])
    await acme.transaction(async (scope) => {
      await acme.transaction(raise)
      await kept.invalidate(['product'])
      expect(await outside()).toBe(committed)
      void scope
    })
    expect(await ask()).toBe(committed + 10)
    await acme.transaction(() => kept.drop())
    expect([await ask(), cache.counts().loads]).toEqual([committed + 10, 3])
  })

  it('a time to live ends what is kept; none keeps nothing', async () => {
    const { cache } = await open()
    const kept = cache.of(acme)
    let loads = 0
    const ask = (ttlMs: number) =>
      kept.get({ key: ['lives', ttlMs], ttlMs: () => ttlMs }, async (scope) => (await priceIn(scope)) * 0 + ++loads)
    expect([await ask(0), await ask(0), await ask(600_000), await ask(600_000)]).toEqual([1, 2, 3, 3])
    const first = await ask(100)
    expect(first).toBe(4)
    await expect.poll(() => ask(100)).toBeGreaterThan(first)
    expect(await ask(600_000)).toBe(3)
  })

  it('another life of the tenant finds nothing of the one before, also where the old one is still believed in', async () => {
    const late = await open()
    // One process has not heard yet; it never asks the database.
    const lateHandle = fleet.client({ placementTtlMs: 600_000 }).tenant('acme')
    const ask = () => late.cache.of(lateHandle).get({ key: 'life' }, async (scope) => (await priceIn(scope)) && 'loaded')
    await ask()
    await fleet.run('tenant.suspend', { tenant: 'acme', reason: 'drill' })
    const informed = name === 'in memory' ? late : await open()
    const fresh = fleet.client().tenant('acme')
    await expect(informed.cache.of(fresh).get({ key: 'life' }, priceIn)).rejects.toMatchObject({ code: 'TENANT_SUSPENDED' })
    await expect(ask()).rejects.toMatchObject({ code: 'TENANT_SUSPENDED' })
    await fleet.run('tenant.resume', { tenant: 'acme' })
    const back = fleet.client().tenant('acme')
    expect(await informed.cache.of(back).get({ key: 'life' }, async (scope) => (await priceIn(scope)) && 'anew')).toBe('anew')
    expect(await informed.cache.of(back).get({ key: 'life' }, async () => 'not kept')).toBe('anew')
  })
})

describe.skipIf(whyNoRedis !== undefined)('a cache in several processes (redis)', () => {
  test('one of them loads and the others wait for it; when it fails, or says nothing more, another one does', async () => {
    const [one, two] = [keep(await wire(redis!.port)), keep(await wire(redis!.port, { waitMs: 100 }))]
    let loads = 0
    const slow = async (scope: Scope) => {
      loads++
      const found = await priceIn(scope)
      await systemClock.sleep(50)
      return found
    }
    await Promise.all(Array.from({ length: 40 }, (_, i) => (i % 2 ? one : two).cache.of(acme).get({ key: 'slow' }, slow)))
    expect(loads).toBe(1)

    const fails = one.cache.of(acme).get({ key: 'fails' }, async () => {
      await systemClock.sleep(20)
      throw new Error('no')
    })
    const [, second] = await Promise.allSettled([fails, systemClock.sleep(5).then(() => two.cache.of(acme).get({ key: 'fails' }, priceIn))])
    expect(second).toMatchObject({ status: 'fulfilled' })

    const stuck = barrier()
    const loading = barrier()
    const silent = one.cache.of(acme).get({ key: 'stuck' }, async (scope) => {
      loading.open()
      await stuck.passed
      return priceIn(scope)
    })
    await loading.passed
    expect(await two.cache.of(acme).get({ key: 'stuck' }, priceIn)).toBe(await price(acme))
    stuck.open()
    await silent
  })

  test('what one writes, the others do not find any more; with reading, setting and deleting as such they do', async () => {
    const [one, two] = [keep(await wire(redis!.port)), keep(await wire(redis!.port))]
    const ask = (wired: Wired) => wired.cache.of(acme).get({ key: 'tea', tags: ['product'] }, priceIn)
    const before = await ask(one)
    expect(await ask(two)).toBe(before)
    expect(two.cache.counts()).toMatchObject({ hits: 1, loads: 0 })
    await acme.transaction(async (scope) => {
      await raise(scope)
      one.cache.invalidate(scope, ['product'])
    })
    expect(await ask(two)).toBe(before + 10)

    // The control: GET, load, SET; and DEL after the commit.
    const { hasRead, stale } = { hasRead: barrier(), stale: barrier() }
    const reader = (async () => {
      await redis!.command('GET', 'naive')
      const found = await price(acme)
      hasRead.open()
      await stale.passed
      await redis!.command('SET', 'naive', String(found))
    })()
    await hasRead.passed
    await acme.transaction(raise)
    await redis!.command('DEL', 'naive')
    stale.open()
    await reader
    expect(await redis!.command('GET', 'naive')).toContain(String(before + 10))
    expect(await price(acme)).toBe(before + 20)
  })

  test('Redis is told neither what was asked nor what the key was made from', async () => {
    const { cache } = keep(await wire(redis!.port))
    await cache.of(acme).get({ key: ['user', 'alice@example.com'], tags: ['secret-tag'] }, priceIn)
    await cache.of(acme).query(sql`select ${'hush-hush'}::text is null as none`, { tags: ['secret-tag'] })
    await systemClock.sleep(20)
    const keys = await redis!.command('KEYS', '*')
    expect(keys.match(/test:\{[0-9a-f-]{36}\}:(value:\d+:[\w-]{32}|tenant|tag:[\w-]{32})/g)).toHaveLength(4)
    expect(keys).not.toMatch(/alice|hush|secret|select/)
  })
})
