import { afterAll, beforeAll, expect, test } from 'vitest'
import { listOperations } from '../../src/catalog/operations.js'
import { type Sql, sql } from '../../src/kernel/sql.js'
import { countOperations, endedOf } from '../../src/server/ended-operations.js'
import { countUnsucceeded, endedOperations } from '../../src/server/statements.js'
import { CONTRACT_MIGRATIONS } from '../../src/testing/contract-project.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { fleetOn } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'

const HISTORY = 10_000

let fleet: Fleet
const catalog = () => fleet.platform.catalog

/** Operations that ended so long ago, one second after they had begun. */
const ended = (count: number, name: string, state: string, ago: string): Sql => sql`
  insert into catalog.operation (id, name, input, state, actor, created_at, ended_at)
  select gen_random_uuid(), ${name}, '{}', ${state}, 'test', now() - ${ago}::interval - interval '1 s', now() - ${ago}::interval
  from generate_series(1, ${count}::int)`

beforeAll(async () => {
  fleet = await fleetOn(testServer(), { migrations: CONTRACT_MIGRATIONS })
  await catalog().transaction(async (tx) => {
    await tx.run(sql`set local session_replication_role = replica`)
    await tx.run(ended(HISTORY, 'past', 'succeeded', '3 days'))
    await tx.run(ended(20, 'past', 'failed', '2 days'))
  })
  await catalog().run(sql`analyze catalog.operation`)
})
afterAll(() => fleet?.stop())

const counted = async (operation: string) =>
  (await endedOf(fleet.platform))
    .filter((one) => one.operation === operation)
    .map(({ state, operations, seconds }) => [state, operations, Math.round(seconds)])
    .sort()

test('operations that ended are counted once each, whenever they ended, and also when they become visible late', async () => {
  const past = [
    ['failed', 20, 20],
    ['succeeded', HISTORY, HISTORY],
  ]
  expect(await counted('past')).toEqual(past)
  await catalog().run(ended(2, 'now', 'succeeded', '0 s'))
  // Its transaction took a while: it is written as ended before the look that did not see it.
  await catalog().run(ended(1, 'now', 'succeeded', '2 min'))
  const looks = await Promise.all([counted('now'), counted('now'), counted('past')])
  expect(looks).toEqual([[['succeeded', 3, 3]], [['succeeded', 3, 3]], past])
  expect(new Map((await countOperations(fleet.platform)).map(({ state, operations }) => [state, operations])).get('failed')).toBe(20)
})

interface Node {
  readonly 'Relation Name'?: string
  readonly 'Actual Rows': number
  readonly 'Rows Removed by Filter'?: number
  readonly Plans?: readonly Node[]
}

/** How many operations a statement reads. */
async function read(statement: Sql): Promise<number> {
  const found = await catalog().one(
    sql<Record<'QUERY PLAN', readonly [{ readonly Plan: Node }]>>`explain (analyze, format json) ${statement}`,
  )
  const of = (node: Node): number =>
    (node['Relation Name'] === 'operation' ? node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0) : 0) +
    (node.Plans ?? []).reduce((sum, one) => sum + of(one), 0)
  return of(found['QUERY PLAN'][0].Plan)
}

test('what looks again and again reads none of what was counted, and none of what has succeeded', async () => {
  const [{ after, until }] = (await catalog().rows(
    sql<{ after: string; until: string }>`select (now() - interval '1 day')::text as after, now()::text as until`,
  )) as [{ after: string; until: string }]
  expect(await read(endedOperations(after, until))).toBeLessThan(100)
  expect(await read(countUnsucceeded)).toBeLessThan(100)
  expect(await read(listOperations({ states: ['failed'] }, { after: null, limit: 51 }))).toBeLessThan(100)
})
