import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { batched } from '../../src/engine/item-journal.js'
import { type ItemContext, type ItemOptions, workThroughItems } from '../../src/engine/items.js'
import { createPace } from '../../src/engine/pace.js'
import { fault } from '../../src/kernel/faults.js'
import { type Sql, sql } from '../../src/kernel/sql.js'
import type { Session } from '../../src/postgres/session.js'
import type { Fleet } from '../../src/testing.js'
import { startWaves, thrown, until } from './waves-rig.js'

let fleet: Fleet
beforeAll(async () => {
  fleet = await startWaves({ only: 'schema' })
  await fleet.platform.catalog.run(sql`create table if not exists public.seen (item text primary key)`)
})
afterAll(() => fleet?.stop())

/** An operation that is nobody's but the test's, and how many transactions journaled it. */
async function anOperation(): Promise<{ readonly context: ItemContext; readonly id: string; readonly journaled: () => number }> {
  const id = randomUUID()
  const { catalog } = fleet.platform
  await catalog.run(
    sql`insert into catalog.operation (id, name, input, state, actor, token, lease_until) values (${id}, 'test.items', '{}', 'running', 'test', 1, now() + interval '1 hour')`,
  )
  let journaled = 0
  const journal: ItemContext['journal'] = (body) => {
    journaled++
    return catalog.transaction((tx) => body(tx))
  }
  return { context: { platform: fleet.platform, by: { operation: id, token: 1 }, journal, pausable: true }, id, journaled: () => journaled }
}

const keys = (count: number): ReadonlyMap<string, number> =>
  new Map(Array.from({ length: count }, (_, index) => [`i${String(index).padStart(4, '0')}`, index]))
const states = (id: string): Promise<readonly { state: string; items: number; attempts: number }[]> =>
  fleet.platform.catalog.rows(
    sql`select state, count(*)::int as items, max(attempts) as attempts from catalog.operation_item where operation_id = ${id} group by 1 order by 1`,
  )
const recordSeen = async (tx: Session, items: readonly string[]): Promise<void> => {
  await tx.run(sql`insert into public.seen select unnest(${items}::text[])`)
}
const work = (
  context: ItemContext,
  items: ReadonlyMap<string, number>,
  body: Parameters<typeof workThroughItems<number>>[2],
  options: Partial<ItemOptions> = {},
) => workThroughItems(context, items, body, { parallel: 4, ...options })

test('a thousand items cost some dozen transactions of the catalog, and each is recorded with what belongs to it', async () => {
  const { context, id, journaled } = await anOperation()
  expect(await work(context, keys(1_000), async (_, key) => batched(recordSeen, key))).toEqual({ done: 1_000, skipped: 0 })
  expect(await states(id)).toEqual([{ state: 'done', items: 1_000, attempts: 1 }])
  expect(await fleet.platform.catalog.one(sql`select count(*)::int as seen from public.seen`)).toEqual({ seen: 1_000 })
  expect(journaled()).toBeLessThan(40)
})

test('what cannot be recorded fails its own item, and no other of its batch', async () => {
  const { context, id } = await anOperation()
  const partial = await thrown(work(context, keys(60), async (index) => batched(recordSeen, index === 7 ? 'i0001' : `x${index}`)))
  expect(partial).toMatchObject({ code: 'FLEET_PARTIAL', facts: { failed: 1, total: 60 } })
  const failed = await fleet.platform.catalog.rows<{ item: string; fault: { facts: object } }>(
    sql<{
      item: string
      fault: { facts: object }
    }>`select item, fault from catalog.operation_item where operation_id = ${id} and state = 'failed'`,
  )
  expect(failed).toMatchObject([{ item: 'i0007', fault: { facts: { sqlstate: '23505' } } }])
})

test('an item that somebody is in the way of comes again at the end, so often and no oftener', async () => {
  const { context, id } = await anOperation()
  const order: string[] = []
  const busy = fault('TENANT_BUSY', { tenant: 'i0000', operation: 'x' } as never)
  const partial = await thrown(
    work(
      context,
      keys(4),
      async (index, key) => {
        order.push(key)
        if (index === 0 || (index === 1 && order.filter((one) => one === key).length === 1)) throw busy
        return async () => {}
      },
      { parallel: 1, rounds: 1 },
    ),
  )
  expect(order.slice(0, 4)).toEqual(['i0000', 'i0001', 'i0002', 'i0003'])
  expect(order.slice(4).sort()).toEqual(['i0000', 'i0001'])
  expect(partial).toMatchObject({ code: 'FLEET_PARTIAL', facts: { failed: 1, first: busy.message } })
  expect(await states(id)).toEqual([
    { state: 'done', items: 3, attempts: 2 },
    { state: 'failed', items: 1, attempts: 2 },
  ])
})

test('items of one kind go together, in no more than the share of one worker, and who does not get through goes alone', async () => {
  const { context, id } = await anOperation()
  const [packs, alone]: [string[][], string[]] = [[], []]
  const options = (failing: string): Partial<ItemOptions> => ({
    parallel: 2,
    pack: {
      kindOf: groupOf,
      sizeOf: async () => 4,
      work: async (together) => {
        packs.push([...together])
        if (packs.length === 1) throw new Error('all of them')
        return new Map(together.filter((key) => key !== failing).map((key) => [key, async () => {}]))
      },
    },
  })
  const single = async (_: number, key: string) => {
    alone.push(key)
    if (key === 'i0017') throw fault('TENANT_NOT_FOUND', { tenant: key })
    return async () => {}
  }
  expect(await thrown(work(context, keys(40), single, options('i0017')))).toMatchObject({ facts: { failed: 1, total: 40 } })
  for (const pack of packs) {
    expect(pack.length).toBeLessThanOrEqual(4)
    expect(new Set(pack.map(groupOf)).size).toBe(1)
  }
  // Each once, but for those of the first pack, and the one that did not get through.
  const begun = [...packs.slice(1).flat(), ...alone]
  expect(begun.filter((key, i) => begun.indexOf(key) !== i)).toEqual(packs[0]!.includes('i0017') ? [] : ['i0017'])
  expect(new Set(begun)).toEqual(new Set(keys(40).keys()))
  expect(alone).toEqual(expect.arrayContaining(packs[0]!))
  expect(await states(id)).toEqual([
    { state: 'done', items: 39, attempts: 1 },
    { state: 'failed', items: 1, attempts: 1 },
  ])
  const few = await anOperation()
  packs.length = 1
  await work(few.context, keys(3), async () => async () => {}, { ...options(''), parallel: 3 })
  expect(packs).toHaveLength(1)
})

test('parallel is of each group', async () => {
  const { context } = await anOperation()
  const inWork = new Map<string, number>()
  const most = new Map<string, number>()
  await work(
    context,
    keys(40),
    async (_, key) => {
      const group = groupOf(key)
      inWork.set(group, (inWork.get(group) ?? 0) + 1)
      most.set(group, Math.max(most.get(group) ?? 0, inWork.get(group)!))
      await new Promise((resolve) => setTimeout(resolve, 2))
      inWork.set(group, inWork.get(group)! - 1)
      return async () => {}
    },
    { parallel: 3, groupOf },
  )
  expect([...most.values()]).toEqual([3, 3])
})
const groupOf = (key: string): string => (Number(key.slice(1)) % 2 === 0 ? 'even' : 'odd')

test('what something else has done or taken away meanwhile is not waited for', async () => {
  const { context, id } = await anOperation()
  await fleet.platform.catalog.run(sql`insert into catalog.operation_item (operation_id, item, state) values (${id}, 'gone', 'waiting')`)
  const worked: string[] = []
  await work(context, keys(2), async (_, key) => {
    worked.push(key)
    return async () => {}
  })
  expect(worked.sort()).toEqual(['i0000', 'i0001'])
  expect(await states(id)).toEqual([
    { state: 'done', items: 2, attempts: 1 },
    { state: 'skipped', items: 1, attempts: 0 },
  ])
})

test('a worker whose lease is gone begins nothing more', async () => {
  const { context, id } = await anOperation()
  const begun: string[] = []
  const lost = await thrown(
    work(
      context,
      keys(5),
      async (_, key) => {
        begun.push(key)
        await fleet.platform.catalog.run(sql`update catalog.operation set token = 2 where id = ${id}`)
        await new Promise((resolve) => setTimeout(resolve, 300))
        return async () => {}
      },
      { parallel: 1 },
    ),
  )
  expect(lost.code).toBe('OPERATION_LOST')
  expect(begun).toEqual(['i0000'])
})

test('a cluster that writes too much, or has too few connections left, is waited for, and whoever looks on is told', async () => {
  const { adminRef, name } = await fleet.platform.catalog.one<{ adminRef: string; name: string }>(
    sql<{ adminRef: string; name: string }>`select admin_ref as "adminRef", name from catalog.cluster`,
  )
  const off = { replicaLagMs: undefined, walBytesPerS: undefined, commitMs: undefined, connections: 100 }
  expect(await createPace(fleet.platform, { ...off, commitMs: 60_000 }).holds({ name, adminRef })).toBeUndefined()
  expect(await createPace(fleet.platform, { ...off, connections: 0 }).holds({ name, adminRef })).toMatch(
    /connections in use; 0 are allowed/,
  )

  const writing = createPace(fleet.platform, { ...off, walBytesPerS: 1 })
  const witness = await fleet.witness('only')
  const emit: Sql = sql`select pg_logical_emit_message(false, 'test', repeat('x', 100000))`
  const why = await until(async () => {
    await witness.run(emit)
    return writing.holds({ name, adminRef })
  })
  expect(why).toMatch(/^main writes \d+\.\d MB of WAL a second/)

  const { context, id } = await anOperation()
  let held = true
  const working = work(context, keys(1), async () => async () => {}, { pace: async () => (held ? 'replica r1 is 40 s behind' : undefined) })
  const told = await until(async () => {
    const { waitsFor } = await fleet.run<{ waitsFor: string | null }>('operation.show', { operation: id })
    return waitsFor ?? undefined
  })
  held = false
  expect(told).toBe('replica r1 is 40 s behind')
  await working
  expect(await fleet.run('operation.show', { operation: id })).toMatchObject({ waitsFor: null })
})
