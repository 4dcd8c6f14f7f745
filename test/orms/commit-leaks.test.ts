import { drizzle } from 'drizzle-orm/node-postgres'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import { tenantDialect } from 'tenantry/kysely'
import { poolOf } from 'tenantry/pg'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { describeOn } from '../support/servers-injected.js'
import { type LeakRig, openLeakRig, orders } from './leak-rig.js'

interface Tables {
  readonly orders: { readonly tenant_id?: string; readonly owner?: string; readonly sku: string }
}

describeOn(['embedded-18'], 'a commit that is hidden', (server) => {
  let rig: LeakRig
  beforeAll(async () => {
    rig = await openLeakRig(server)
  })
  afterAll(() => rig?.stop())
  beforeEach(() => rig.refill())
  const row = (slug: string, sku: string) => ({ tenantId: rig.ids.get(slug)!, owner: rig.ids.get(slug)!, sku })
  const failing = (way: Promise<unknown>) => expect(way).rejects.toThrow('no')
  const no = (): never => {
    throw new Error('no')
  }
  const kyselyOn = (dialect: PostgresDialect) => new Kysely<Tables>({ dialect })

  test("in an ORM's transaction commits what stands around it; in a scope it commits nothing", async () => {
    const { tenantId, owner, sku } = row('schema-1', 'Kysely')
    const whole = kyselyOn(new PostgresDialect({ pool: rig.naive.pool }))
    await failing(
      rig.naive.inside('schema-1', async (client) => {
        await drizzle(client).transaction((tx) => tx.insert(orders).values(row('schema-1', 'Drizzle')))
        return no()
      }),
    )
    await failing(
      rig.naive.inside('schema-1', async () => {
        await whole.transaction().execute((tx) => tx.insertInto('orders').values({ tenant_id: tenantId, owner, sku }).execute())
        return no()
      }),
    )
    expect(await rig.skus('schema-1')).toEqual(['Drizzle', 'Kysely'])

    const scoped = kyselyOn(tenantDialect(PostgresDialect, rig.fleet.app))
    for (const slug of ['schema-2', 'shared-1']) {
      await failing(
        rig.fleet.app.tenant(slug).transaction(async (scope) => {
          const client = await poolOf(scope).connect()
          await drizzle(client).transaction((tx) => tx.insert(orders).values({ sku: 'Drizzle' }))
          await scoped.transaction().execute((tx) => tx.insertInto('orders').values({ sku: 'Kysely' }).execute())
          expect((await client.query('select 1 from orders')).rowCount).toBe(3)
          return no()
        }),
      )
      expect(await rig.skus(slug)).toEqual([])
    }
  })

  test('behind another statement commits as well; in a scope a text is one statement', async () => {
    const insert = `insert into orders (tenant_id, owner, sku) values ('${rig.ids.get('schema-1')}', '${rig.ids.get('schema-1')}', `
    await failing(rig.naive.inside('schema-1', (client) => client.query(`${insert} 'text'); commit`).then(no)))
    await failing(
      rig.naive.inside('schema-1', async (client) => {
        await client.query(`${insert} 'copy')`)
        client.query(copyTo('copy (select 1) to stdout; commit')).resume()
        await client.query('select 1').catch(() => {})
        return no()
      }),
    )
    expect(await rig.skus('schema-1')).toEqual(['text', 'copy'])

    for (const slug of ['schema-2', 'shared-1']) {
      const scope = rig.fleet.app.tenant(slug).transaction(() => rig.pool.query("insert into orders (sku) values ('text'); commit"))
      await expect(scope).rejects.toMatchObject({ code: '42601' })
      const copied = rig.fleet.app.tenant(slug).transaction(async () => {
        const client = await rig.pool.connect()
        await client.query("insert into orders (sku) values ('copy')")
        for await (const _ of client.query(copyTo('copy (select 1) to stdout; commit')));
      })
      await expect(copied).rejects.toMatchObject({ code: '42601' })
      const told = rig.fleet.app.tenant(slug).transaction(async () => {
        const client = await rig.pool.connect()
        return new Promise((_, reject) => client.query(new pg.Query("insert into orders (sku) values ('object'); commit", reject as never)))
      })
      await expect(told).rejects.toMatchObject({ code: '42601' })
      expect(await rig.skus(slug)).toEqual([])
    }
  })

  test('nothing else that ends or changes the transaction is let through', async () => {
    for (const text of [
      'commit',
      'rollback',
      'commit and chain',
      'prepare transaction $$x$$',
      'set role none',
      'set search_path = public',
      'reset all',
      'discard all',
      'listen x',
      'copy orders from stdin',
      'do $$begin end$$',
      'call x()',
      'lock table orders',
    ]) {
      const scope = rig.fleet.app.tenant('shared-1').transaction(() => rig.pool.query(text))
      await expect(scope, text).rejects.toMatchObject({ code: 'STATEMENT_REFUSED' })
    }
    const copyIn = rig.fleet.app.tenant('shared-1').transaction(async () => {
      const client = await rig.pool.connect()
      for await (const _ of client.query(copyTo('copy orders to stdout')));
    })
    await expect(copyIn).rejects.toMatchObject({ code: 'STATEMENT_REFUSED' })
  })

  test('a level of isolation is given to the scope, or refused', async () => {
    const kysely = kyselyOn(tenantDialect(PostgresDialect, rig.fleet.app))
    const strict = () =>
      kysely
        .transaction()
        .setIsolationLevel('serializable')
        .execute((tx) => tx.selectFrom('orders').select('sku').execute())
    await expect(rig.fleet.app.tenant('shared-1').transaction(strict)).rejects.toMatchObject({ code: 'SCOPE_OPTIONS' })
    expect(await rig.fleet.app.tenant('shared-1').transaction(strict, { isolation: 'serializable' })).toEqual([{ sku: 'shared-1' }])
  })
})
