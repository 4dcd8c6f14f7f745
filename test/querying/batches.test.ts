import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { insertMany, type Scope, sql, type TenantHandle, upsertMany } from '../../src/index.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { fleetOn } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'

const MIGRATIONS = {
  'tenant/20260101000000_stock.sql': `-- migrate:up
create table stock (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  sku text not null,
  place text,
  on_hand integer not null default 7,
  price numeric,
  doc jsonb,
  raw bytea,
  at timestamptz,
  tags text[],
  primary key (tenant_id, id),
  unique (tenant_id, sku, place)
);
create unique index on stock (tenant_id, sku) where place = 'only here';
-- migrate:down
drop table stock;
`,
}

let fleet: Fleet
let acme: TenantHandle
let other: TenantHandle
beforeAll(async () => {
  fleet = await fleetOn(testServer(), { migrations: MIGRATIONS, tenants: { acme: 'shared', other: 'shared' } })
  acme = fleet.app.tenant('acme')
  other = fleet.app.tenant('other')
})
afterAll(() => fleet?.stop())

class Undo extends Error {}
const rehearse = async (body: (scope: Scope) => Promise<unknown>) => {
  const ended = acme.transaction(async (scope) => {
    await body(scope)
    throw new Undo()
  })
  await expect(ended).rejects.toBeInstanceOf(Undo)
}
const all = (scope: Scope) =>
  scope.rows(sql<{ sku: string; on_hand: number }>`select sku, place, on_hand from stock order by sku, place, on_hand`)
const ON = { on: ['sku', 'place'] } as const

describe('insertMany', () => {
  test('writes any number of rows in statements of bounded size, each value as its column has it, and the defaults of the others', async () => {
    await rehearse(async (scope) => {
      const sizes: number[] = []
      const spy = {
        run: (statement: Parameters<Scope['run']>[0]) => {
          sizes.push(String(statement.values[0]).length)
          return scope.run(statement)
        },
      }
      async function* many() {
        for (let i = 0; i < 2_500; i++) yield { sku: `s${i}`, place: 'here' }
      }
      expect(await insertMany(spy, 'stock', many())).toBe(2_500)
      expect(sizes).toHaveLength(3)
      const large = Array.from({ length: 5 }, (_, i) => ({ sku: `l${i}`, doc: { text: 'x'.repeat(1_500_000) } }))
      sizes.length = 0
      expect(await insertMany(spy, 'stock', large)).toBe(5)
      expect(sizes.length).toBe(3)
      expect(Math.max(...sizes)).toBeLessThan(4_100_000)

      const at = new Date('2026-03-04T05:06:07.089Z')
      await insertMany(scope, 'stock', [
        { sku: 'all', price: '0.10', doc: ['a', { b: null }], raw: Buffer.from([0, 255]), at, tags: ['a,"', ''] },
      ])
      expect(await scope.one(sql`select price, doc, raw, at, tags, on_hand, place from stock where sku = 'all'`)).toEqual({
        price: '0.10',
        doc: ['a', { b: null }],
        raw: Buffer.from([0, 255]),
        at,
        tags: ['a,"', ''],
        on_hand: 7,
        place: null,
      })
      expect(await insertMany(scope, 'stock', [])).toBe(0)
    })
  })

  test('refuses rows that have other columns than the first one, and undefined: nothing is taken for null', async () => {
    for (const rows of [
      [{ sku: 'a' }, { sku: 'b', place: 'x' }],
      [
        { sku: 'a', place: 'x' },
        { sku: 'b', on_hand: 1 },
      ],
      [{ sku: 'a', place: undefined }],
      [{}],
    ]) {
      await rehearse((scope) => expect(insertMany(scope, 'stock', rows)).rejects.toMatchObject({ code: 'BATCH_INVALID' }))
    }
  })
})

describe('upsertMany', () => {
  test('updates what is there and inserts what is not, of this tenant only; its column need not be named', async () => {
    await other.transaction((scope) => insertMany(scope, 'stock', [{ sku: 'a', place: 'x', on_hand: 1 }]))
    await rehearse(async (scope) => {
      await insertMany(scope, 'stock', [{ sku: 'a', place: 'x', on_hand: 1 }])
      const rows = [
        { sku: 'a', place: 'x', on_hand: 2 },
        { sku: 'b', place: 'x', on_hand: 3 },
      ]
      expect(await upsertMany(scope, 'stock', rows, ON)).toBe(2)
      expect(await all(scope)).toMatchObject([
        { sku: 'a', on_hand: 2 },
        { sku: 'b', on_hand: 3 },
      ])
      expect(
        await upsertMany(scope, 'stock', rows, { on: ['tenant_id', 'place', 'sku'].filter((c) => c !== 'tenant_id'), update: 'nothing' }),
      ).toBe(0)
      await upsertMany(scope, 'stock', [{ sku: 'a', place: 'x', on_hand: 9, price: 1 }], { ...ON, update: ['price'] })
      expect(await scope.one(sql`select on_hand, price from stock where sku = 'a'`)).toEqual({ on_hand: 2, price: '1' })
    })
    expect(await other.query(sql`select on_hand from stock`)).toEqual([{ on_hand: 1 }])
  })

  test('two rows with one key: refused with a fault of their own, or the later one wins; a null in the key is like no other', async () => {
    const rows = [
      { sku: 'a', place: 'x', on_hand: 1 },
      { sku: 'a', place: 'x', on_hand: 2 },
      { sku: 'n', place: null, on_hand: 1 },
      { sku: 'n', place: null, on_hand: 2 },
      { sku: 'a', place: 'x', on_hand: 3 },
    ]
    await rehearse((scope) =>
      expect(upsertMany(scope, 'stock', rows, ON)).rejects.toMatchObject({
        code: 'BATCH_DUPLICATE',
        facts: { table: 'stock', on: ['sku', 'place'] },
      }),
    )
    await rehearse(async (scope) => {
      expect(await upsertMany(scope, 'stock', rows, { ...ON, duplicates: 'last' })).toBe(3)
      expect(await all(scope)).toEqual([
        { sku: 'a', place: 'x', on_hand: 3 },
        { sku: 'n', place: null, on_hand: 1 },
        { sku: 'n', place: null, on_hand: 2 },
      ])
    })
  })

  test('a key that no unique index has is a fault that names those that there are; a partial index is none', async () => {
    for (const on of [['sku'], ['sku', 'nothing'], []]) {
      await rehearse((scope) =>
        expect(upsertMany(scope, 'stock', [{ sku: 'a', nothing: 1 }], { on })).rejects.toMatchObject({
          code: 'BATCH_INVALID',
          message: expect.stringContaining('(tenant_id, sku, place)'),
        }),
      )
    }
    await rehearse((scope) =>
      expect(upsertMany(scope, 'stock', [{ sku: 'a', place: 'x' }], { ...ON, update: ['price'] })).rejects.toMatchObject({
        code: 'BATCH_INVALID',
      }),
    )
  })
})
