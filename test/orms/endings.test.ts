import { drizzle } from 'drizzle-orm/node-postgres'
import { integer, pgTable, text } from 'drizzle-orm/pg-core'
import type pg from 'pg'
import Cursor from 'pg-cursor'
import QueryStream from 'pg-query-stream'
import { type Scope, sql } from 'tenantry'
import { drizzleConfig } from 'tenantry/drizzle'
import { tenantPool } from 'tenantry/pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Fleet } from '../../src/testing/fleet.js'
import { answerOf } from '../../src/web/answer.js'
import { describeOn } from '../support/servers-injected.js'
import { openShops } from './shop.js'

const orders = pgTable('orders', { sku: text().notNull(), quantity: integer() })
const numbers = () => new Cursor('select n from generate_series(1, 1000) as n')
const later = () => new Promise((resolve) => setTimeout(resolve, 20))
const no = (): never => {
  throw new Error('no')
}

describeOn(['embedded-18'], 'how parts of a scope end', (server) => {
  let fleet: Fleet
  let pool: pg.Pool
  beforeAll(async () => {
    fleet = await openShops(server)
    pool = tenantPool(fleet.app)
  })
  afterAll(() => fleet?.stop())
  beforeEach(() => fleet.app.tenant('schema-1').query(sql`delete from orders`))
  const tenant = () => fleet.app.tenant('schema-1')
  const inside = <T>(body: (scope: Scope) => PromiseLike<T>): Promise<T> => tenant().transaction(body)
  const skus = async (): Promise<readonly string[]> =>
    (await tenant().query(sql<{ sku: string }>`select sku from orders order by sku`)).map(({ sku }) => sku)
  const add = (of: Pick<pg.PoolClient, 'query'>, sku: string) => of.query('insert into orders (sku) values ($1)', [sku])

  describe('with a stream that is left open', () => {
    let hasty: Fleet['app']
    let pool: pg.Pool
    beforeAll(() => {
      hasty = fleet.client({ acquireTimeoutMs: 500 })
      pool = tenantPool(hasty)
    })
    afterAll(() => hasty?.close())
    const inside = <T>(body: (scope: Scope) => PromiseLike<T>): Promise<T> => hasty.tenant('schema-1').transaction(body)
    const nothingHeld = () => {
      const { open, idle } = hasty.connections()
      expect(open).toBe(idle)
    }

    test('a nested transaction ends, and so does the scope', async () => {
      const left = async (inner: Scope): Promise<void> => {
        await inner.run(sql`insert into orders (sku) select 'sku ' || n from generate_series(1, 2000) as n`)
        await inner.copyTo('orders', ['sku']).next()
      }
      await expect(inside((scope) => scope.transaction(left))).rejects.toMatchObject({ code: 'SCOPE_NESTED' })
      await expect(inside((scope) => scope.transaction(left).catch(() => {}))).rejects.toMatchObject({ code: 'SCOPE_NESTED' })
      nothingHeld()
      expect(await skus()).toEqual([])
    })

    test('so does one that fails beside it, and who goes on is told', async () => {
      const failing = (scope: Scope) =>
        scope.transaction(async () => {
          await (await pool.connect()).query(numbers()).read(1)
          no()
        })
      await expect(inside(failing)).rejects.toThrow('no')
      const going = inside(async (scope) => {
        await failing(scope).catch(() => {})
        await scope.run(sql`insert into orders (sku) values ('after')`)
      })
      await expect(going).rejects.toMatchObject({ code: 'SCOPE_BUSY' })
      nothingHeld()
      expect(await skus()).toEqual([])
    })

    test('one that is closed by its reader costs nothing but its part', async () => {
      await inside(async (scope) => {
        const part = scope.transaction(async () => {
          await add(pool, 'undone')
          for await (const row of (await pool.connect()).query(new QueryStream('select generate_series(1, 1000)'))) if (row) no()
        })
        await expect(part).rejects.toThrow('no')
        await add(pool, 'after')
      })
      expect(await skus()).toEqual(['after'])
    })

    test('one that has not begun yet never begins', async () => {
      const first = inside(async () => [(await pool.connect()).query(new QueryStream('select 1').on('error', () => {}))])
      await expect(first).rejects.toMatchObject({ code: 'SCOPE_NESTED' })
      await inside(async (scope) => {
        const part = scope.transaction(async () => {
          ;(await pool.connect()).query(new QueryStream('select 1').on('error', () => {}))
          no()
        })
        await expect(part).rejects.toThrow('no')
        await add(pool, 'after')
      })
      nothingHeld()
      expect(await skus()).toEqual(['after'])
    })
  })

  describe('with a client that is given back', () => {
    test('before its rollback is answered, the level is not taken from those who come next', async () => {
      await inside(async () => {
        const [a, b, d] = [await pool.connect(), await pool.connect(), await pool.connect()]
        await a.query('begin')
        await add(a, 'a')
        const begun = b.query('begin')
        const rolledBack = a.query('rollback')
        a.release()
        await Promise.all([rolledBack, begun])
        await add(b, 'b')
        const others = [add(pool, 'c'), Promise.all([d.query('begin'), add(d, 'd'), d.query('commit')])]
        await later()
        await b.query('rollback')
        b.release()
        await Promise.all(others)
        d.release()
      })
      expect(await skus()).toEqual(['c', 'd'])
    })

    test('before its begin or its commit is answered, what it asked for is done first', async () => {
      await inside(async () => {
        const [a, b] = [await pool.connect(), await pool.connect()]
        const asked = [a.query('begin'), add(a, 'undone')]
        a.release()
        const kept = [b.query('begin'), add(b, 'kept'), b.query('commit')]
        b.release()
        await Promise.all([...asked, ...kept])
        await add(pool, 'after')
      })
      expect(await skus()).toEqual(['after', 'kept'])
    })

    test('in the middle of a transaction, as the last act of all, it has done nothing', async () => {
      const give = async (): Promise<void> => {
        const client = await pool.connect()
        await client.query('begin')
        await add(client, 'outer')
        await client.query('savepoint inner')
        await add(client, 'inner')
        client.release()
      }
      await inside(async (scope) => {
        await add(pool, 'before')
        await scope.transaction(give)
        await give()
      })
      expect(await skus()).toEqual(['before'])
    })

    test('a begin within a begin is the same transaction', async () => {
      await inside(async () => {
        const client = await pool.connect()
        await client.query('begin')
        await client.query('begin')
        await add(client, 'kept')
        expect(await client.query('commit')).toMatchObject({ command: 'COMMIT' })
        client.release()
      })
      expect(await skus()).toEqual(['kept'])
    })
  })

  test('beside the first statement of all a nested transaction begins', async () => {
    await inside(() => Promise.all([pool.query('select 1'), tenant().transaction(() => add(pool, 'a'))]))
    expect(await skus()).toEqual(['a'])
  })

  test('a query that joins waits for a transaction that joins', async () => {
    await inside(() =>
      Promise.all([tenant().transaction(() => add(pool, 'a').then(later)), tenant().query(sql`insert into orders (sku) values ('b')`)]),
    )
    expect(await skus()).toEqual(['a', 'b'])
  })

  test("what an ORM's transaction has undone has no hooks after the commit", async () => {
    const db = drizzle(drizzleConfig(fleet.app))
    const ran: string[] = []
    await inside(async (scope) => {
      const part = (name: string, fails: boolean) =>
        db.transaction(async (tx) => {
          await tx.insert(orders).values({ sku: name })
          ;(await tenant().scope())!.afterCommit(() => void ran.push(name))
          scope.afterCommit(() => void ran.push(`${name}, to be safe`), { orUnknown: true })
          if (fails) no()
        })
      await part('kept', false)
      await part('undone', true).catch(() => {})
    })
    expect(ran).toEqual(['kept, to be safe', 'kept', 'undone, to be safe'])
    expect(await skus()).toEqual(['kept'])
  })

  test("fields of an answer are the reader's own", async () => {
    const read = async () => (await inside(() => pool.query('select sku, quantity from orders'))).fields
    const fields = await read()
    fields.pop()
    fields[0]!.name = 'changed'
    expect((await read()).map(({ name }) => name)).toEqual(['sku', 'quantity'])
  })

  test('why a tenant was not let in is told, whatever an ORM makes of it', async () => {
    const db = drizzle(drizzleConfig(fleet.app))
    const ask = (after: (error: unknown) => never) =>
      fleet.app.tenant('schema-2').transaction(async () => {
        await db
          .select()
          .from(orders)
          .catch((error: unknown) => after(error))
      })
    await ask(no)
    await fleet.run('tenant.suspend', { tenant: 'schema-2', reason: 'unpaid' })
    const failed = await ask((error) => {
      throw error
    }).catch((error: unknown) => error)
    expect(failed).toMatchObject({ code: 'TENANT_SUSPENDED' })
    expect(answerOf(failed, { suspendedRetryAfterSeconds: 60, challenges: [] })?.status).toBe(503)
    // An error of a statement is nobody's fault but the statement's, and comes as the ORM made it.
    const wrong = inside(() => db.execute('select 1 / 0').then(() => {}))
    await expect(wrong).rejects.toMatchObject({ cause: { code: '22012' } })
  })
})
