import { desc, eq, relations } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { bigint, integer, pgTable, text } from 'drizzle-orm/pg-core'
import { type Generated, Kysely, PostgresDialect } from 'kysely'
import type pg from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import Cursor from 'pg-cursor'
import QueryStream from 'pg-query-stream'
import { drizzleConfig } from 'tenantry/drizzle'
import { tenantDialect } from 'tenantry/kysely'
import { tenantPool } from 'tenantry/pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { sql } from '../../src/kernel/sql.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { describeOn } from '../support/servers-injected.js'
import { openShops } from './shop.js'

interface Tables {
  readonly orders: { readonly id: Generated<string>; readonly sku: string; readonly quantity: Generated<number> }
}

const orders = pgTable('orders', { id: bigint({ mode: 'number' }).generatedAlwaysAsIdentity(), sku: text().notNull(), quantity: integer() })
const same = relations(orders, () => ({}))
const kept = sql<{ sku: string }>`select sku from orders order by sku`

describeOn(['embedded-18'], 'who speaks when in a scope', (server) => {
  let fleet: Fleet
  let pool: pg.Pool
  beforeAll(async () => {
    fleet = await openShops(server)
    pool = tenantPool(fleet.app)
  })
  afterAll(() => fleet?.stop())
  beforeEach(() => fleet.app.tenant('schema-1').query(sql`delete from orders`))
  const inside = <T>(body: () => PromiseLike<T>): Promise<T> => fleet.app.tenant('schema-1').transaction(body)
  const skus = async (): Promise<readonly string[]> => (await fleet.app.tenant('schema-1').query(kept)).map(({ sku }) => sku)
  const add = (of: Pick<pg.PoolClient, 'query'>, sku: string) => of.query('insert into orders (sku) values ($1)', [sku])

  describe('Kysely', () => {
    let db: Kysely<Tables>
    beforeAll(() => {
      db = new Kysely<Tables>({ dialect: tenantDialect(PostgresDialect, fleet.app, { cursor: Cursor }) })
    })

    test('streams, nests transactions and counts', async () => {
      await inside(async () => {
        const values = Array.from({ length: 30 }, (_, i) => ({ sku: `sku ${i + 10}` }))
        const [made] = await db.insertInto('orders').values(values).execute()
        expect(made!.numInsertedOrUpdatedRows).toBe(30n)
        let streamed = 0
        for await (const row of db.selectFrom('orders').select('sku').orderBy('sku').stream(7)) if (row.sku) streamed++
        for await (const row of db.selectFrom('orders').select('sku').stream(7)) if (row) break
        expect(streamed).toBe(30)
        const trx = await db.startTransaction().execute()
        await trx.deleteFrom('orders').execute()
        const inner = await trx.savepoint('inner').execute()
        await inner.insertInto('orders').values({ sku: 'lost' }).execute()
        await inner.rollbackToSavepoint('inner').execute()
        await trx.rollback().execute()
        await expect(
          db.transaction().execute(async (tx) => {
            await tx.deleteFrom('orders').execute()
            await tx
              .insertInto('orders')
              .values([{ sku: 'twice' }, { sku: 'twice' }])
              .execute()
          }),
        ).rejects.toMatchObject({ code: '23505' })
      })
      expect(await skus()).toHaveLength(30)
    })

    test('the root object in a transaction of its own is told of, and does not wait for ever', async () => {
      const whole = inside(() =>
        db.transaction().execute(async (tx) => {
          await tx.insertInto('orders').values({ sku: 'inside' }).execute()
          await db.insertInto('orders').values({ sku: 'past it' }).execute()
        }),
      )
      await expect(whole).rejects.toMatchObject({ code: 'SCOPE_BUSY' })
      expect(await skus()).toEqual([])
    })

    test('destroy ends Kysely and not the connections', async () => {
      const mine = new Kysely<Tables>({ dialect: tenantDialect(PostgresDialect, fleet.app) })
      await inside(() => mine.selectFrom('orders').selectAll().execute())
      await mine.destroy()
      await inside(() => add(pool, 'after'))
      expect(await skus()).toEqual(['after'])
    })
  })

  test('Drizzle: queries, relations, nested transactions, and one scope by its handle', async () => {
    const db = drizzle(drizzleConfig(fleet.app, { schema: { orders, same } }))
    await inside(async () => {
      await db.transaction(async (tx) => {
        await tx.insert(orders).values([{ sku: 'a', quantity: 2 }, { sku: 'b' }])
        await tx
          .transaction(async (inner) => {
            await inner.update(orders).set({ quantity: 9 })
            inner.rollback()
          })
          .catch(() => {})
      })
      expect(await db.query.orders.findMany({ orderBy: desc(orders.sku), columns: { sku: true, quantity: true } })).toEqual([
        { sku: 'b', quantity: 1 },
        { sku: 'a', quantity: 2 },
      ])
    })
    const count = await fleet.app
      .tenant('schema-1')
      .transaction((scope) => drizzle(drizzleConfig(scope)).$count(orders, eq(orders.sku, 'a')))
    expect(count).toBe(1)
  })

  test('a client that is given back in the middle of a transaction has done nothing', async () => {
    await inside(async () => {
      const client = await pool.connect()
      await client.query('begin')
      await add(client, 'forgotten')
      client.release()
      await add(pool, 'after')
    })
    expect(await skus()).toEqual(['after'])
  })

  test('what was asked for in one breath is done in that order', async () => {
    await inside(async () => {
      const client = await pool.connect()
      const all = [
        client.query('begin'),
        add(client, 'a'),
        client.query('rollback'),
        client.query('begin'),
        add(client, 'b'),
        client.query('commit'),
      ]
      await Promise.all(all)
      client.release()
    })
    expect(await skus()).toEqual(['b'])
  })

  test('a transaction that nobody waits for takes the scope with it', async () => {
    const whole = inside(async () => {
      await add(pool, 'outer')
      const client = await pool.connect()
      await client.query('begin')
      await add(client, 'inner')
    })
    await expect(whole).rejects.toMatchObject({ code: 'SCOPE_NESTED' })
    expect(await skus()).toEqual([])
  })

  test('a commit after a swallowed error is refused, and what was before it stays', async () => {
    await inside(async () => {
      await add(pool, 'before')
      const client = await pool.connect()
      await client.query('begin')
      await add(client, 'undone')
      await client.query('select 1 / 0').catch(() => {})
      await expect(client.query('commit')).rejects.toMatchObject({ code: 'SCOPE_ABORTED' })
      await client.query('rollback')
      client.release()
      await add(pool, 'after')
    })
    expect(await skus()).toEqual(['after', 'before'])
  })

  test('a stream has the connection until it ends; one that is left open takes the scope with it, at once', async () => {
    const one = fleet.client({ maxConnections: 1, acquireTimeoutMs: 500 })
    const mine = tenantPool(one)
    const numbers = () => new Cursor('select n from generate_series(1, 1000) as n')
    await one.tenant('schema-1').transaction(async () => {
      const client = await mine.connect()
      const cursor = client.query(numbers())
      await cursor.read(1)
      await expect(add(mine, 'meanwhile')).rejects.toMatchObject({ code: 'SCOPE_BUSY' })
      const waits = add(mine, 'after it')
      await cursor.close()
      await waits
      client.release()
    })
    const left = one.tenant('schema-1').transaction(async () => {
      const cursor = (await mine.connect()).query(numbers())
      await cursor.read(1)
    })
    await expect(left).rejects.toMatchObject({ code: 'SCOPE_NESTED' })
    expect(one.connections().open).toBe(0)
    expect(await one.tenant('schema-1').query(kept)).toEqual([{ sku: 'after it' }])
    await one.close()
  })

  test('a stream that fails, or is closed before it began, leaves the connection to others', async () => {
    await inside(async () => {
      const client = await pool.connect()
      client.query(new QueryStream('select 1')).destroy()
      const closed = client.query(new Cursor('select 1'))
      await closed.close()
      await client.query('begin')
      await expect(client.query(new Cursor('select 1 / 0')).read(1)).rejects.toMatchObject({ code: '22012' })
      await client.query('rollback')
      await expect(client.query(new Cursor('set role none')).read(1)).rejects.toMatchObject({ code: 'STATEMENT_REFUSED' })
      await expect(client.query(new Cursor('select 1; select 2')).read(1)).rejects.toMatchObject({ code: '42601' })
      client.release()
    }).catch((error) => expect(error).toMatchObject({ code: 'SCOPE_ABORTED' }))
    const refused = await inside(async () => {
      const client = await pool.connect()
      const errors = [copyFrom('copy orders (sku) from stdin'), copyTo('copy orders to stdout')].map(
        (stream) => new Promise<{ code: string }>((resolve) => client.query(stream).on('error', resolve)),
      )
      return Promise.all(errors)
    })
    expect(refused).toMatchObject([{ code: 'STATEMENT_REFUSED' }, { code: 'STATEMENT_REFUSED' }])
    const after = fleet.app.connections()
    expect(after.idle).toBe(after.open)
  })
})
