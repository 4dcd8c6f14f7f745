import { AsyncResource } from 'node:async_hooks'
import { EventEmitter } from 'node:events'
import { Cache } from 'drizzle-orm/cache/core'
import { drizzle } from 'drizzle-orm/node-postgres'
import type pg from 'pg'
import { drizzleConfig } from 'tenantry/drizzle'
import { poolOf, tenantPool } from 'tenantry/pg'
import { DataSource } from 'typeorm'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { ident, sql } from '../../src/kernel/sql.js'
import { typeormDriver } from '../../src/orms/typeorm-pool.js'
import { describeOn } from '../support/servers-injected.js'
import { type LeakRig, OWNERS, openLeakRig, orders, SLUGS } from './leak-rig.js'

const outside = new AsyncResource('outside')

describeOn(['embedded-18'], 'leaks that the doors close', (server) => {
  let rig: LeakRig
  beforeAll(async () => {
    rig = await openLeakRig(server)
  })
  afterAll(() => rig?.stop())
  beforeEach(() => rig.refill())

  test('a query that starts when it is awaited starts in its scope, also when the callback only returns it', async () => {
    const lazy = (of: pg.Pool) => drizzle(of).select({ owner: orders.owner }).from(orders)
    const wrong = await rig.naive.inside('schema-2', async () => {
      const asOther = AsyncResource.bind(() => rig.naive.pool.query('select 1'))
      // As a request of its own, which knows nothing of the one that is open.
      return outside.runInAsyncScope(() =>
        rig.naive.inside('schema-1', () => {
          asOther().catch(() => {})
          return lazy(rig.naive.pool)
        }),
      )
    })
    expect(wrong).toEqual([{ owner: rig.ids.get('schema-2') }])

    const db = drizzle(drizzleConfig(rig.fleet.app))
    const read = (slug: string) => rig.fleet.app.tenant(slug).transaction(() => db.select({ owner: orders.owner }).from(orders) as never)
    const asked = Array.from({ length: 40 }, (_, i) => SLUGS[i % 4]!)
    expect(await Promise.all(asked.map(read))).toEqual(asked.map((slug) => [{ owner: rig.ids.get(slug) }]))
  })

  test('a handle that has leaked out of its scope reads nothing, where by hand it reads the next tenant', async () => {
    const leaked = await rig.naive.inside('schema-1', async (client) => client)
    expect(await rig.naive.inside('schema-2', async () => rig.seen(await leaked.query(OWNERS)))).toEqual(['schema-2'])
    const byHand = { type: 'postgres', driver: typeormDriver(rig.naive.pool as never), installExtensions: false } as const
    const source = await rig.naive.inside('schema-1', () => new DataSource(byHand).initialize())
    const runner = source.createQueryRunner()
    await rig.naive.inside('schema-1', () => runner.query('select 1'))
    const kept = () => rig.naive.inside('schema-2', async () => rig.seen({ rows: await runner.query(OWNERS) }))
    expect(await kept()).toEqual(['schema-2'])
    await runner.release()
    await source.destroy()

    for (const [slug, other] of [
      ['schema-1', 'schema-2'],
      ['shared-1', 'shared-2'],
    ] as const) {
      const client = await rig.fleet.app.tenant(slug).transaction(() => rig.pool.connect())
      const pinned = await rig.fleet.app.tenant(slug).transaction(async (scope) => poolOf(scope))
      await rig.fleet.app.tenant(other).transaction(async () => {
        await expect(client.query(OWNERS)).rejects.toMatchObject({ code: 'SCOPE_CLOSED' })
        await expect(pinned.query(OWNERS)).rejects.toMatchObject({ code: 'SCOPE_CLOSED' })
      })
    }
  })

  test('a scope of another tenant inside of one is refused, where by hand the outer one goes on as the other', async () => {
    const inner = async (): Promise<unknown> => rig.naive.goOnAs('schema-2')
    expect(await rig.naive.inside('schema-1', async (client) => inner().then(async () => rig.seen(await client.query(OWNERS))))).toEqual([
      'schema-2',
    ])

    const { tenant } = rig.fleet.app
    const nested = await tenant('schema-1').transaction(async () => {
      await expect(tenant('schema-2').transaction(() => rig.pool.query(OWNERS))).rejects.toMatchObject({ code: 'SCOPE_FOREIGN' })
      await expect(tenant('shared-1').query(sql`select 1`)).rejects.toMatchObject({ code: 'SCOPE_FOREIGN' })
      return rig.seen(await rig.pool.query(OWNERS))
    })
    expect(nested).toEqual(['schema-1'])
  })

  test('a scope of the same tenant inside of one is a part of it, by whatever name', async () => {
    const { tenant } = rig.fleet.app
    const one = rig.fleet.client({ maxConnections: 1 })
    await tenant('schema-1').transaction(async () => {
      await rig.pool.query("insert into orders (sku) values ('outer')")
      await tenant(rig.ids.get('schema-1')!).transaction(() => rig.pool.query("insert into orders (sku) values ('inner')"))
      await expect(
        tenant('schema-1').transaction(async () => {
          await rig.pool.query("insert into orders (sku) values ('undone')")
          throw new Error('undone')
        }),
      ).rejects.toThrow('undone')
      expect(await tenant('schema-1').query(sql`select sku from orders order by id`)).toHaveLength(3)
      await expect(tenant('schema-1').transaction(async () => {}, { readOnly: true })).rejects.toMatchObject({ code: 'SCOPE_OPTIONS' })
      await expect(tenant('schema-1').query(sql`select 1`, { actor: 'somebody' })).rejects.toMatchObject({ code: 'SCOPE_OPTIONS' })
    })
    expect(await rig.skus('schema-1')).toEqual(['outer', 'inner'])
    await one.tenant('schema-1').transaction(async () => {
      const parts = ['a', 'b', 'c'].map((sku) =>
        one.tenant('schema-1').transaction((scope) => scope.run(sql`insert into orders (sku) values (${sku})`)),
      )
      expect(await Promise.all(parts)).toEqual([1, 1, 1])
    })
    await one.close()
  })

  test('plans are kept apart where homes have different columns, where by hand the second tenant gets the plan of the first', async () => {
    const { schema } = await rig.fleet.tenant('schema-2')
    const witness = await rig.fleet.witness('schema-2')
    const all = { name: 'all', text: 'select * from orders' }
    const columns = (result: pg.QueryResult): number => result.fields.length
    await witness.run(sql`alter table ${ident(schema, 'orders')} add column more text`)
    try {
      await rig.naive.inside('schema-1', (client) => client.query(all))
      await expect(rig.naive.inside('schema-2', (client) => client.query(all))).rejects.toMatchObject({ code: '0A000' })

      const one = rig.fleet.client({ maxConnections: 1 })
      const few = tenantPool(one)
      const answers: number[] = []
      for (const slug of ['schema-1', 'schema-2', 'schema-1', 'schema-2']) {
        // Not as the first statement of its scope, which would be tried again.
        const asked = one.tenant(slug).transaction(async () => {
          await few.query('select 1')
          return columns(await few.query(all))
        })
        answers.push(await asked)
      }
      expect(answers).toEqual([6, 7, 6, 7])
      await one.close()
    } finally {
      await witness.run(sql`alter table ${ident(schema, 'orders')} drop column more`)
    }
  })

  test('work that outlives its scope is refused, where by hand it goes on as the next tenant', async () => {
    const begin = new EventEmitter()
    const begun = () => new Promise((resolve) => begin.once('begin', resolve))
    const late = { work: Promise.resolve<unknown>(undefined) }
    await rig.naive.inside('schema-1', async () => {
      late.work = begun().then(async () => rig.seen(await rig.naive.pool.query(OWNERS)))
    })
    await rig.naive.inside('schema-2', async () => {
      begin.emit('begin')
      expect(await late.work).toEqual(['schema-2'])
    })

    const db = drizzle(drizzleConfig(rig.fleet.app))
    for (const [slug, other] of [
      ['schema-1', 'schema-2'],
      ['shared-1', 'shared-2'],
    ] as const) {
      await rig.fleet.app.tenant(slug).transaction(async () => {
        late.work = begun().then(() => Promise.allSettled([rig.pool.query(OWNERS), db.select().from(orders)]))
      })
      await rig.fleet.app.tenant(other).transaction(async () => {
        begin.emit('begin')
        expect(await late.work).toMatchObject([{ reason: { code: 'SCOPE_CLOSED' } }, { reason: { cause: { code: 'SCOPE_CLOSED' } } }])
      })
    }
  })

  test('a lost context is refused, where by hand it is the last tenant', async () => {
    const queue = new EventEmitter()
    const answers: Promise<unknown>[] = []
    const wake = new EventEmitter()
    // A worker that was started outside of every scope, as the queues of libraries are.
    const worker = (async () => {
      for await (const [of] of (await import('node:events')).on(wake, 'job', { close: ['stop'] })) {
        answers.push((of as pg.Pool).query(OWNERS).then(rig.seen as never, (error) => error.code))
        queue.emit('taken')
      }
    })()
    const hand = async (of: pg.Pool): Promise<void> => {
      const taken = new Promise((resolve) => queue.once('taken', resolve))
      wake.emit('job', of)
      await taken
      await answers.at(-1)
    }
    await rig.naive.inside('schema-2', () => hand(rig.naive.pool))
    for (const slug of ['schema-1', 'shared-1']) await rig.fleet.app.tenant(slug).transaction(() => hand(rig.pool))
    wake.emit('stop')
    await worker
    expect(await Promise.all(answers)).toEqual([['schema-2'], 'SCOPE_MISSING', 'SCOPE_MISSING'])
    await expect(rig.pool.query(OWNERS)).rejects.toMatchObject({ code: 'SCOPE_MISSING' })
    await expect(rig.pool.connect()).rejects.toMatchObject({ code: 'SCOPE_MISSING' })
  })

  test("Drizzle's cache of results is refused: by hand the second tenant gets what the first one asked", async () => {
    class Kept extends Cache {
      readonly kept = new Map<string, unknown[]>()
      override strategy() {
        return 'all' as const
      }
      override async get(key: string): Promise<unknown[] | undefined> {
        return this.kept.get(key)
      }
      override async put(key: string, answer: unknown): Promise<void> {
        this.kept.set(key, answer as unknown[])
      }
      override async onMutate(): Promise<void> {}
    }
    const db = drizzle(rig.naive.pool, { cache: new Kept() })
    const read = async () => rig.seen({ rows: (await db.select({ owner: orders.owner }).from(orders)) as { owner: string }[] })
    expect(await rig.naive.inside('schema-1', read)).toEqual(['schema-1'])
    expect(await rig.naive.inside('schema-2', read)).toEqual(['schema-1'])

    expect(() => drizzleConfig(rig.fleet.app, { cache: new Kept() } as never)).toThrow(expect.objectContaining({ code: 'ORM_OPTION' }))
  })
})
