import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Scope, sql, type TenantHandle } from '../../src/index.js'
import { stopwatch, systemClock } from '../../src/kernel/clock.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { fleetOn } from '../support/fleet.js'
import { type RedisServer, startRedis, whyNoRedis } from '../support/redis.js'
import { testServer } from '../support/servers-injected.js'
import { type Gate, MIGRATIONS, openGate, until, type Wired, wire } from './cache-rig.js'

let fleet: Fleet
let redis: RedisServer
let gate: Gate
let acme: TenantHandle
const opened: Wired[] = []

const CALL_MS = 150

beforeAll(async () => {
  if (whyNoRedis !== undefined) return
  ;[fleet, redis] = await Promise.all([fleetOn(testServer(), { migrations: MIGRATIONS, tenants: { acme: 'schema' } }), startRedis()])
  gate = await openGate(redis.port)
  acme = fleet.app.tenant('acme')
  await acme.query(sql`insert into product (sku, price) values ('tea', 1)`)
})
afterEach(async () => {
  redis?.thaw()
  gate?.reopen()
  gate?.late(() => 0)
  await Promise.all(opened.splice(0).map((one) => one.close()))
  await redis?.command('FLUSHALL')
})
afterAll(async () => {
  await gate?.close()
  await redis?.stop()
  await fleet?.stop()
})

const priceIn = async (scope: Scope): Promise<number> =>
  (await scope.one(sql<{ price: number }>`select price from product where sku = 'tea'`)).price
const open = async (port = redis.port, options: Parameters<typeof wire>[1] = {}): Promise<Wired> => {
  const wired = await wire(port, { callTimeoutMs: CALL_MS, ...options })
  opened.push(wired)
  return wired
}
const ask = (wired: Wired, key: unknown = 'tea') => wired.cache.of(acme).get({ key, tags: ['product'] }, priceIn)
const now = () => acme.transaction(priceIn)
const raise = (wired: Wired) =>
  acme.transaction(async (scope) => {
    await scope.run(sql`update product set price = price + 1 where sku = 'tea'`)
    wired.cache.invalidate(scope, ['product'])
  })

/** Readers and a writer, without a pause, while `meanwhile` runs: every answer is at least as new as the last commit before the question. */
async function busy(
  wired: readonly Wired[],
  meanwhile: () => Promise<void>,
): Promise<{ answers: number; wrong: number; failed: unknown[] }> {
  const failed: unknown[] = []
  let [answers, wrong, over] = [0, 0, false]
  let committed = await now()
  const reader = async (one: Wired, i: number): Promise<void> => {
    while (!over) {
      const least = committed
      const found = await ask(one, ['tea', i % 3]).catch((error: unknown) => failed.push(error))
      answers++
      if (found < least) wrong++
    }
  }
  const writer = async (): Promise<void> => {
    while (!over) {
      await raise(wired[0]!).catch((error: unknown) => failed.push(error))
      committed = await now()
      await systemClock.sleep(5)
    }
  }
  const all = Promise.all([...Array.from({ length: 6 }, (_, i) => reader(wired[i % wired.length]!, i)), writer()])
  await meanwhile()
  over = true
  await all
  return { answers, wrong, failed }
}

describe.skipIf(whyNoRedis !== undefined)('Redis in the middle of work', () => {
  test('is killed and comes back empty: no request fails, every answer is right, and it is used again', async () => {
    const wired = await open()
    const { answers, wrong, failed } = await busy([wired], async () => {
      expect(await until(() => wired.cache.counts().hits > 10)).toBe(true)
      await redis.kill()
      await systemClock.sleep(300)
      await redis.restart()
      await systemClock.sleep(300)
    })
    expect({ wrong, failed }).toEqual({ wrong: 0, failed: [] })
    expect(answers).toBeGreaterThan(100)
    expect(wired.cache.counts().bypasses).toBeGreaterThan(0)
    const { hits } = wired.cache.counts()
    expect(await until(async () => (await ask(wired)) > 0 && wired.cache.counts().hits > hits + 5)).toBe(true)
  })

  test('is flushed over and over, under two processes: no request fails and every answer is right', async () => {
    const wired = [await open(), await open(redis.port, { library: 'ioredis' })]
    const { wrong, failed } = await busy(wired, async () => {
      for (let i = 0; i < 20; i++) {
        await redis.command('FLUSHALL')
        await systemClock.sleep(15)
      }
    })
    expect({ wrong, failed }).toEqual({ wrong: 0, failed: [] })
    const { hits } = wired[0]!.cache.counts()
    expect(await until(async () => (await ask(wired[0]!)) > 0 && wired[0]!.cache.counts().hits > hits)).toBe(true)
  })

  test('answers nobody: the first few requests take the bound longer, the others nothing, and one in a while finds out', async () => {
    const wired = await open()
    await ask(wired)
    redis.freeze()
    const took: number[] = []
    for (let i = 0; i < 50; i++) {
      const watch = stopwatch()
      expect(await ask(wired)).toBe(await now())
      took.push(watch())
      await systemClock.sleep(5)
    }
    expect(Math.max(...took)).toBeLessThan(CALL_MS + 5_000)
    expect(took.filter((ms) => ms > CALL_MS * 0.9).length).toBeLessThanOrEqual(20)
    // A writer waits no longer either.
    const watch = stopwatch()
    await raise(wired)
    expect(watch()).toBeLessThan(CALL_MS + 5_000)
    redis.thaw()
    expect(await until(async () => (await ask(wired)) === (await now()) && wired.cache.counts().pending === 0)).toBe(true)
  })

  test('cannot be reached by a writer alone: the writer reads what it wrote at once, the others as soon as it is back', async () => {
    const [cut, other] = [await open(gate.port), await open()]
    const before = await ask(cut)
    expect(await ask(other)).toBe(before)
    gate.shut()
    await raise(cut)
    expect(await ask(cut)).toBe(before + 1)
    expect(cut.cache.counts().pending).toBe(1)
    // As the page says: they cannot know, and the time to live is the bound.
    expect(await ask(other)).toBe(before)
    gate.reopen()
    expect(await until(() => cut.cache.counts().pending === 0)).toBe(true)
    expect(await ask(other)).toBe(before + 1)
    expect(await ask(cut)).toBe(before + 1)
  })

  test('a writer dies while nobody reaches Redis: who noticed the outage does not believe what was kept before it', async () => {
    const [dies, notices] = [await open(gate.port), await open(gate.port)]
    const before = await ask(dies)
    expect(await ask(notices)).toBe(before)
    expect(notices.cache.counts().loads + dies.cache.counts().loads).toBe(1)
    gate.shut()
    await acme.transaction((scope) => scope.run(sql`update product set price = price + 1 where sku = 'tea'`))
    for (let i = 0; i < 4; i++) expect(await ask(notices)).toBe(before + 1)
    gate.reopen()
    const { hits } = notices.cache.counts()
    expect(
      await until(async () => {
        expect(await ask(notices)).toBe(before + 1)
        return notices.cache.counts().hits > hits
      }),
    ).toBe(true)
  })

  test('is killed and comes back as it was some writes ago: nobody is answered what it was then, who was away neither', async () => {
    const [writes, quiet] = [await open(), await open(redis.port, { library: 'ioredis' })]
    const before = await ask(writes)
    expect(await ask(quiet)).toBe(before)
    expect(await redis.command('SAVE')).toContain('OK')
    try {
      await raise(writes)
      expect(await ask(writes)).toBe(before + 1)
      await redis.kill()
      await redis.restart()
      // What was kept is there again, as a witness sees.
      expect(await redis.command('KEYS', '*:value:*')).toContain('test:')
      // One that has not seen Redis before.
      expect(await ask(await open())).toBe(before + 1)
      for (const one of [quiet, writes]) {
        const { hits } = one.cache.counts()
        expect(
          await until(async () => {
            expect(await ask(one)).toBe(before + 1)
            return one.cache.counts().hits > hits
          }),
        ).toBe(true)
      }
    } finally {
      await redis.command('FLUSHALL')
      await redis.command('SAVE')
    }
  })

  test.each(['redis', 'ioredis'] as const)('a writer dies in an outage that a quiet process (%s) only hears of', async (library) => {
    const quiet = await open(gate.port, { library })
    const before = await ask(quiet)
    expect(await until(async () => (await ask(quiet)) === before && quiet.cache.counts().hits > 0)).toBe(true)
    gate.shut()
    await acme.transaction((scope) => scope.run(sql`update product set price = price + 1 where sku = 'tea'`))
    await systemClock.sleep(50)
    gate.reopen()
    await systemClock.sleep(200)
    expect(await ask(quiet)).toBe(before + 1)
  })

  test('a single call is not answered, and a writer dies meanwhile: what was kept before is not believed', async () => {
    const wired = await open()
    const before = await ask(wired)
    expect(await until(async () => (await ask(wired)) === before && wired.cache.counts().hits > 0)).toBe(true)
    redis.freeze()
    await acme.transaction((scope) => scope.run(sql`update product set price = price + 1 where sku = 'tea'`))
    expect(await ask(wired)).toBe(before + 1)
    redis.thaw()
    expect(wired.cache.counts().bypasses).toBeGreaterThan(0)
    expect(await ask(wired)).toBe(before + 1)
  })

  test('answers late, around the bound: no request fails or waits long, every answer is right', async () => {
    const wired = [await open(gate.port, { waitMs: 100 }), await open(gate.port, { library: 'ioredis', waitMs: 100 })]
    await ask(wired[0]!)
    const took: number[] = []
    let calls = 0
    const { answers, wrong, failed } = await busy(wired, async () => {
      // Below the bound, at it and beyond it, in turns.
      gate.late(() => CALL_MS * [0.2, 0.9, 1, 1.1, 2][calls++ % 5]!)
      for (const end = stopwatch(); end() < 2_000; ) {
        const watch = stopwatch()
        await ask(wired[took.length % 2]!, ['tea', 'timed'])
        took.push(watch())
      }
    })
    expect({ wrong, failed }).toEqual({ wrong: 0, failed: [] })
    expect(answers).toBeGreaterThan(50)
    expect(calls).toBeGreaterThan(5)
    // Three calls and the wait between them at most, and what the database takes.
    expect(Math.max(...took)).toBeLessThan(3 * CALL_MS + 100 + 5_000)
    gate.late(() => 0)
    const { hits } = wired[0]!.cache.counts()
    expect(await until(async () => (await ask(wired[0]!)) === (await now()) && wired[0]!.cache.counts().hits > hits)).toBe(true)
  })

  test('refuses writes, being full: everything is loaded, nothing fails', async () => {
    const wired = await open()
    await redis.command('CONFIG', 'SET', 'maxmemory', '1')
    try {
      for (let i = 0; i < 5; i++) expect(await ask(wired, ['full', i])).toBe(await now())
      await raise(wired)
      expect(await ask(wired)).toBe(await now())
    } finally {
      await redis.command('CONFIG', 'SET', 'maxmemory', '0')
    }
    expect(await until(() => wired.cache.counts().pending === 0)).toBe(true)
  })
})
