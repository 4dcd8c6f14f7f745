import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bindingOf } from '../../src/client/cursor.js'
import { ident, insertMany, join, type KeysetColumn, keysetPage, type Scope, sql, type TenantHandle } from '../../src/index.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { fleetOn } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'

const MIGRATIONS = {
  'tenant/20260101000000_item.sql': `-- migrate:up
create table item (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint not null,
  rank integer,
  name text,
  at timestamptz,
  primary key (tenant_id, id)
);
create index on item (tenant_id, at desc, id desc);
-- migrate:down
drop table item;
`,
}

let fleet: Fleet
let acme: TenantHandle
beforeAll(async () => {
  fleet = await fleetOn(testServer(), { migrations: MIGRATIONS, tenants: { acme: 'shared', other: 'shared' } })
  acme = fleet.app.tenant('acme')
})
afterAll(() => fleet?.stop())

interface Item {
  readonly id: number
  readonly rank: number | null
  readonly name: string | null
  readonly at: string | null
}

const LIST = sql<{ id: string }>`select id, rank, name, at from item`

// Few values, so that most rows are equal in most columns; times that differ by less than JavaScript can tell.
const items = fc
  .array(
    fc.record({
      rank: fc.constantFrom(null, 1, 2),
      name: fc.constantFrom(null, '', 'a', '"{,}\\', 'NULL', 'ü'),
      at: fc.constantFrom(null, '2026-01-01 00:00:00.000001Z', '2026-01-01 00:00:00.000002Z', '2026-06-01 00:00:00Z'),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map((rows) => rows.map((row, id): Item => ({ ...row, id })))

const column = (name: string) =>
  fc.record(
    {
      column: fc.constant(name),
      direction: fc.constantFrom('asc' as const, 'desc' as const),
      nulls: fc.constantFrom('first' as const, 'last' as const),
    },
    { requiredKeys: ['column'] },
  )
const order = fc.tuple(fc.shuffledSubarray(['rank', 'name', 'at'], { minLength: 0 }), fc.boolean()).chain(
  ([names, notNull]) =>
    fc.tuple(
      ...names.map(column),
      column('id').map((id) => ({ ...id, notNull })),
    ) as fc.Arbitrary<KeysetColumn[]>,
)

const WORDS = { asc: sql`asc`, desc: sql`desc`, first: sql`nulls first`, last: sql`nulls last` }
/** As PostgreSQL orders it when it is asked for everything. */
const whole = async (scope: Scope, by: readonly KeysetColumn[]): Promise<readonly string[]> => {
  const words = by.map((one) => join([ident(one.column), WORDS[one.direction ?? 'asc'], one.nulls ? WORDS[one.nulls] : sql``], ' '))
  return (await scope.rows(sql<{ id: string }>`${LIST} order by ${join(words)}`)).map(({ id }) => id)
}

async function paged(scope: Scope, by: readonly KeysetColumn[], limit: number, between = async (_seen: readonly string[]) => {}) {
  const ids: string[] = []
  let after: string | undefined
  do {
    const page = await keysetPage(scope, LIST, { order: by, limit, after })
    expect(page.rows.length).toBeLessThanOrEqual(limit)
    ids.push(...page.rows.map(({ id }) => id))
    after = page.next
    await between(ids)
  } while (after !== undefined)
  return ids
}

class Undo extends Error {}
/** In a transaction that leaves nothing. */
const rehearse = (body: (scope: Scope) => Promise<void>) =>
  acme
    .transaction(async (scope) => {
      await body(scope)
      throw new Undo()
    })
    .catch((error) => {
      if (!(error instanceof Undo)) throw error
    })

describe('keyset pages', () => {
  test('together are the whole list in its order, with many equal keys and nulls, in every mix of directions', async () => {
    await fc.assert(
      fc.asyncProperty(items, order, fc.integer({ min: 1, max: 7 }), (rows, by, limit) =>
        rehearse(async (scope) => {
          await insertMany(scope, 'item', rows)
          expect(await paged(scope, by, limit)).toEqual(await whole(scope, by))
        }),
      ),
      { numRuns: 60 },
    )
  })

  test('answer each row that stays exactly once, whatever comes and goes between them', async () => {
    await fc.assert(
      fc.asyncProperty(items, order, fc.integer({ min: 1, max: 5 }), fc.infiniteStream(fc.nat(39)), (rows, by, limit, dice) =>
        rehearse(async (scope) => {
          await insertMany(scope, 'item', rows)
          const stays = (await whole(scope, by)).filter((id) => Number(id) % 2 === 0)
          let next = 100
          const seen = await paged(scope, by, limit, async () => {
            if (next > 150) return
            const like = rows[dice.next().value! % rows.length]!
            await insertMany(scope, 'item', [{ ...like, id: next++ }])
            await scope.run(sql`delete from item where id % 2 = 1 and id <= ${dice.next().value!} and id >= ${dice.next().value!}`)
          })
          expect(seen.filter((id) => stays.includes(id))).toEqual(stays)
          expect(new Set(seen).size).toBe(seen.length)
        }),
      ),
      { numRuns: 30 },
    )
  })

  test('the controls: by a count, and by the dates of JavaScript, rows are seen to be left out or told twice', async () => {
    await rehearse(async (scope) => {
      const rows = Array.from({ length: 9 }, (_, id) => ({ id, at: `2026-01-01 00:00:00.00000${id}Z` }))
      await insertMany(scope, 'item', rows)
      const first = await scope.rows(sql<{ id: string }>`select id from item order by id limit 3`)
      await scope.run(sql`delete from item where id = 0`)
      const second = await scope.rows(sql<{ id: string }>`select id from item order by id limit 3 offset 3`)
      expect([...first, ...second].map(({ id }) => id)).not.toContain('3')

      const [last] = (await scope.rows(sql<{ at: Date }>`select at from item order by at limit 1 offset 3`)).slice(-1)
      const again = await scope.rows(sql<{ id: string }>`select id from item where at > ${last!.at} order by at limit 1`)
      expect(again).toEqual([{ id: '1' }])
      expect(await paged(scope, [{ column: 'at' }, { column: 'id' }], 3)).toEqual(['1', '2', '3', '4', '5', '6', '7', '8'])
    })
  })

  test('an order that is not unique is a fault at the first two rows that are equal in it', async () => {
    await rehearse(async (scope) => {
      await insertMany(
        scope,
        'item',
        [0, 1, 2].map((id) => ({ id, rank: 1 })),
      )
      const asked = keysetPage(scope, LIST, { order: ['rank'], limit: 1 })
      await expect(asked).rejects.toMatchObject({ code: 'ORDER_NOT_UNIQUE' })
    })
  })

  test.each([undefined, 'a secret of the application, of 32 bytes'])(
    'a cursor is refused by another tenant, another question, and when it was changed (%s)',
    async (secret) => {
      const other = fleet.app.tenant('other')
      for (const handle of [acme, other]) {
        await handle.transaction((scope) =>
          insertMany(
            scope,
            'item',
            [1, 2, 3].map((id) => ({ id, rank: id, name: 'hush' })),
          ),
        )
      }
      try {
        const options = { order: ['name', 'id'], limit: 1, ...(secret === undefined ? {} : { secret }) }
        const { next: after, rows } = await keysetPage(acme, LIST, options)
        expect(rows).toEqual([{ id: '1', rank: 1, name: 'hush', at: null }])
        // By slug or by id, in a scope or not, with another limit.
        const byId = fleet.app.tenant((await fleet.tenant('acme')).id)
        expect((await keysetPage(byId, LIST, { ...options, after, limit: 2 })).rows.map(({ id }) => id)).toEqual(['2', '3'])
        expect(await acme.transaction((scope) => keysetPage(scope, LIST, { ...options, after }))).toMatchObject({ rows: [{ id: '2' }] })

        const refused = { code: 'CURSOR_INVALID' }
        await expect(keysetPage(other, LIST, { ...options, after })).rejects.toMatchObject(refused)
        await expect(other.transaction((scope) => keysetPage(scope, LIST, { ...options, after }))).rejects.toMatchObject(refused)
        await expect(keysetPage(acme, sql`${LIST} where rank > ${0}`, { ...options, after })).rejects.toMatchObject(refused)
        await expect(keysetPage(acme, LIST, { ...options, order: ['id'], after })).rejects.toMatchObject(refused)
        const { next: five } = await keysetPage(acme, sql`${LIST} where rank < ${5}`, options)
        await expect(keysetPage(acme, sql`${LIST} where rank < ${6}`, { ...options, after: five })).rejects.toMatchObject(refused)
        await fc.assert(
          fc.asyncProperty(fc.nat(after!.length - 1), fc.constantFrom(...'Aaz09-_'), async (at, character) => {
            const changed = after!.slice(0, at) + character + after!.slice(at + 1)
            // The last character of base64 has bits that say nothing.
            if (Buffer.from(changed, 'base64url').equals(Buffer.from(after!, 'base64url'))) return
            await expect(keysetPage(acme, LIST, { ...options, after: changed })).rejects.toMatchObject(refused)
          }),
        )
        for (const none of ['', '%%', 'A', 'A'.repeat(9_000), 7 as never]) {
          await expect(keysetPage(acme, LIST, { ...options, after: none })).rejects.toMatchObject(refused)
        }
        const readable = Buffer.from(after!, 'base64url').toString('latin1').includes('hush')
        expect(readable).toBe(secret === undefined)
      } finally {
        for (const handle of [acme, other]) await handle.query(sql`delete from item`)
      }
    },
  )

  test('a secret that can be guessed is refused, on the first page already', async () => {
    for (const secret of ['', 'x'.repeat(31)]) {
      await expect(keysetPage(acme, LIST, { order: ['id'], limit: 1, secret })).rejects.toMatchObject({ code: 'INPUT_INVALID' })
    }
  })

  test('a cursor that was made by hand is a fault of whoever made it, whatever is in it', async () => {
    const { id: tenant } = await acme.identity()
    const forged = (body: string, column: string): string => {
      const [place, whole] = [Buffer.from(body), [{ column, direction: 'asc', nulls: 'last', notNull: false }]]
      const binding = bindingOf([tenant, LIST.text, LIST.values, whole])
      return Buffer.concat([createHash('sha256').update(binding).update(place).digest().subarray(0, 16), place]).toString('base64url')
    }
    const ask = (column: string, body: string) => keysetPage(acme, LIST, { order: [column], limit: 1, after: forged(body, column) })
    expect((await ask('id', '["0"]')).rows).toEqual([])
    for (const [column, body] of [
      ['id', ''],
      ['id', '["1"'],
      ['id', '["1", "2"]'],
      ['id', '[1]'],
      ['name', '["\\u0000"]'],
      ['id', '["one"]'],
      ['id', '["99999999999999999999"]'],
      ['at', '["then"]'],
      ['at', '["2026-13-45"]'],
      ['at', '["2026-01-01 00:00:00 Nowhere/City"]'],
    ] as const) {
      await expect(ask(column, body), body).rejects.toMatchObject({ code: 'CURSOR_INVALID' })
    }
    // On the first page it is the statement's own.
    await expect(keysetPage(acme, sql`select 'x'::int as id`, { order: ['id'], limit: 1 })).rejects.toMatchObject({ code: '22P02' })
  })

  test('finds the place of a cursor in an index when its columns are said to be never null', async () => {
    await acme.transaction(async (scope) => {
      await scope.run(sql`insert into item (id, at) select n, now() + n * interval '1 s' from generate_series(1, 2000) n`)
    })
    await (await fleet.witness('acme')).run(sql`select count(*) from pg_catalog.pg_class`)
    const order = [
      { column: 'at', direction: 'desc', notNull: true },
      { column: 'id', direction: 'desc', notNull: true },
    ] as const
    const { next } = await keysetPage(acme, LIST, { order, limit: 1_900 })
    const seen: string[] = []
    await acme.transaction(async (scope) => {
      const spy: Scope = {
        ...scope,
        tenant: { id: (await acme.identity()).id, slug: 'acme' },
        rows: async (statement) => {
          seen.push(JSON.stringify(await scope.explain(statement)))
          return scope.rows(statement)
        },
      }
      expect((await keysetPage(spy, LIST, { order, limit: 10, after: next })).rows).toHaveLength(10)
    })
    expect(seen.join()).toMatch(/Index Cond[^"]*":"[^"]*ROW\(/)
  })
})
