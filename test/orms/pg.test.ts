import pg from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import Cursor from 'pg-cursor'
import QueryStream from 'pg-query-stream'
import { poolOf, tenantPool } from 'tenantry/pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { sql } from '../../src/kernel/sql.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { describeOn } from '../support/servers-injected.js'
import { openShops } from './shop.js'

const SLUGS = ['shared-1', 'shared-2', 'schema-1', 'schema-2']
const skus = (fleet: Fleet, slug: string): Promise<readonly string[]> =>
  fleet.app
    .tenant(slug)
    .query(sql<{ sku: string }>`select sku from orders order by sku`)
    .then((rows) => rows.map((row) => row.sku))

describeOn(['embedded-18', 'debian-15'], 'the door for pg', (server) => {
  for (const pooled of [false, true]) {
    describe(pooled ? 'through PgBouncer' : 'direct', () => {
      let fleet: Fleet
      let pool: pg.Pool
      const ids = new Map<string, string>()
      beforeAll(async () => {
        fleet = await openShops(server, { pooled })
        pool = tenantPool(fleet.app)
        for (const slug of SLUGS) ids.set(slug, (await fleet.tenant(slug)).id)
      })
      afterAll(() => fleet?.stop())
      beforeEach(async () => {
        for (const slug of SLUGS) await fleet.app.tenant(slug).query(sql`delete from orders`)
      })
      const inside = <T>(slug: string, body: () => Promise<T>): Promise<T> => fleet.app.tenant(slug).transaction(body)

      test('one pool for the whole process finds the scope of each caller', async () => {
        expect(pool).toBeInstanceOf(pg.Pool)
        await Promise.all(SLUGS.map((slug) => inside(slug, () => pool.query('insert into orders (sku) values ($1)', [slug]))))
        const read = (slug: string) =>
          inside(slug, async () => {
            await new Promise((resolve) => setImmediate(resolve))
            return (await pool.query<{ sku: string; owner: string }>('select sku, owner from orders')).rows
          })
        const asked = Array.from({ length: 100 }, (_, i) => SLUGS[i % SLUGS.length]!)
        const answers = await Promise.all(asked.map(read))
        expect(answers).toEqual(asked.map((slug) => [{ sku: slug, owner: ids.get(slug) }]))
      })

      test('answers as pg does: fields, counts, commands, arrays, parsers, callbacks', async () => {
        await inside('schema-1', async () => {
          const client = await pool.connect()
          const made = await client.query({
            text: 'insert into orders (sku, quantity) values ($1, $2), ($3, $4)',
            values: ['a', 1, 'b', 2],
          })
          expect(made).toMatchObject({ command: 'INSERT', rowCount: 2, rows: [], fields: [] })
          const read = await client.query({ text: 'select sku, quantity, placed_at from orders order by sku', rowMode: 'array' })
          expect(read.fields.map(({ name, dataTypeID }) => [name, dataTypeID])).toEqual([
            ['sku', 25],
            ['quantity', 23],
            ['placed_at', 1184],
          ])
          expect(read.rows).toEqual([
            ['a', 1, expect.any(Date)],
            ['b', 2, expect.any(Date)],
          ])
          const types = { getTypeParser: () => (text: string) => `text ${text}` }
          expect((await client.query({ text: 'select 7 as n', types } as pg.QueryConfig)).rows).toEqual([{ n: 'text 7' }])
          expect(await new Promise((resolve) => client.query('select $1::int as n', [1], (_, result) => resolve(result.rows)))).toEqual([
            { n: 1 },
          ])
          await expect(new Promise((_, reject) => client.query('select 1 / 0', (error: Error) => reject(error)))).rejects.toBeInstanceOf(
            pg.DatabaseError,
          )
          client.release()
        }).catch((error) => expect(error).toMatchObject({ code: 'SCOPE_ABORTED' }))
      })

      test("a transaction of a driver is a part of the scope's own, also nested in another", async () => {
        await inside('shared-1', async () => {
          const client = await pool.connect()
          await client.query('begin')
          await client.query("insert into orders (sku) values ('undone')")
          await client.query('rollback')
          await client.query('BEGIN;')
          await client.query("insert into orders (sku) values ('kept')")
          await client.query('savepoint "sp 1"')
          await expect(client.query("insert into orders (sku) values ('kept')")).rejects.toMatchObject({ code: '23505' })
          await client.query('rollback to savepoint "sp 1"')
          await client.query('release savepoint "sp 1"')
          await client.query('COMMIT')
          client.release()
        })
        expect(await skus(fleet, 'shared-1')).toEqual(['kept'])
        await expect(
          inside('shared-1', async () => {
            const client = await pool.connect()
            await client.query('begin')
            await client.query("insert into orders (sku) values ('with the scope')")
            await client.query('commit')
            throw new Error('after the commit')
          }),
        ).rejects.toThrow('after the commit')
        expect(await skus(fleet, 'shared-1')).toEqual(['kept'])
      })

      test('the first statement of all fails inside of a transaction: only that is undone', async () => {
        await inside('schema-2', async () => {
          const client = await pool.connect()
          await client.query('begin')
          await expect(client.query('select 1 / 0')).rejects.toMatchObject({ code: '22012' })
          await client.query('rollback')
          client.release()
          await pool.query("insert into orders (sku) values ('after')")
        })
        expect(await skus(fleet, 'schema-2')).toEqual(['after'])
      })

      test('siblings take turns, and none is undone with another', async () => {
        await inside('shared-2', async () => {
          const part = async (sku: string, fails: boolean): Promise<void> => {
            const client = await pool.connect()
            try {
              await client.query('begin')
              await client.query('insert into orders (sku) values ($1)', [sku])
              await new Promise((resolve) => setTimeout(resolve, 5))
              await client.query(fails ? 'rollback' : 'commit')
            } finally {
              client.release()
            }
          }
          await Promise.all([
            ...Array.from({ length: 6 }, (_, i) => part(`part ${i}`, i % 2 === 0)),
            ...Array.from({ length: 3 }, (_, i) => pool.query('insert into orders (sku) values ($1)', [`single ${i}`])),
          ])
        })
        expect(await skus(fleet, 'shared-2')).toEqual(['part 1', 'part 3', 'part 5', 'single 0', 'single 1', 'single 2'])
      })

      test('cursors, streams of rows and COPY TO run in the scope', async () => {
        await inside('schema-1', async () => {
          await pool.query("insert into orders (sku) select 'sku ' || n from generate_series(101, 350) as n")
          const client = await pool.connect()
          const cursor = client.query(new Cursor('select sku from orders order by sku'))
          expect((await cursor.read(2)).map((row) => row.sku)).toEqual(['sku 101', 'sku 102'])
          await cursor.close()
          let count = 0
          for await (const row of client.query(new QueryStream('select owner from orders', [], { batchSize: 50 }))) {
            expect(row.owner).toBe(ids.get('schema-1'))
            count++
          }
          for await (const row of client.query(new QueryStream('select owner from orders', [], { batchSize: 50 }))) if (row) break
          expect(count).toBe(250)
          let csv = ''
          for await (const chunk of client.query(copyTo('copy (select sku from orders where sku < $$sku 103$$ order by 1) to stdout')))
            csv += chunk
          expect(csv).toBe('sku 101\nsku 102\n')
          client.release()
        })
        expect(await skus(fleet, 'schema-1')).toHaveLength(250)
      })

      test('a handle that is passed on needs no context', async () => {
        const outside = await fleet.app.tenant('shared-1').transaction(async (scope) => {
          const mine = poolOf(scope)
          await mine.query("insert into orders (sku) values ('handed on')")
          return mine
        })
        await expect(outside.query('select 1')).rejects.toMatchObject({ code: 'SCOPE_CLOSED' })
        expect(await skus(fleet, 'shared-1')).toEqual(['handed on'])
      })
    })
  }
})

void copyFrom
