import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { z } from 'zod'
import { sql } from '../../src/kernel/sql.js'
import { OPERATIONS } from '../../src/operations/registry.js'
import { type planTree, readTree } from '../../src/operations/tenant/explain-tree.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { fleetOn } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'

const MIGRATIONS = {
  'tenant/20260101000000_part.sql': `-- migrate:up
create table part (
  tenant_id uuid not null default tenantry.tenant(),
  id integer not null,
  name text,
  price numeric,
  primary key (tenant_id, id)
);
create index part_price on part (tenant_id, price);
create index part_name on part (tenant_id, name);
-- migrate:down
drop table part;
`,
}

interface Explained {
  readonly tenant: string
  readonly plan: readonly string[]
  readonly tree: z.output<typeof planTree> | null
  readonly notes: readonly string[]
  readonly analyzed: boolean
}

let fleet: Fleet
beforeAll(async () => {
  fleet = await fleetOn(testServer(), { migrations: MIGRATIONS, tenants: { acme: 'shared', other: 'shared' } })
  for (const [slug, n] of [
    ['acme', 3],
    ['other', 500],
  ] as const)
    await fleet.app.tenant(slug).query(sql`insert into part select tenantry.tenant(), n, 'p' || n, n from generate_series(1, ${n}::int) n`)
})
afterAll(() => fleet?.stop())

const explain = (statement: string, more: object = {}) => fleet.run<Explained>('tenant.explain', { tenant: 'acme', statement, ...more })
const count = async () => (await fleet.app.tenant('acme').query(sql<{ n: string }>`select count(*) as n from part`))[0]!.n

describe('tenant.explain', () => {
  test('shows the plan with the tenant’s policy in it, and runs nothing', async () => {
    const { plan, notes } = await explain('select * from part where id = 7')
    expect(plan.join('\n')).toMatch(/Index Cond: .*tenantry\.tenant\(\)|InitPlan/)
    expect(plan.join('\n')).not.toContain('actual')
    expect(notes).toEqual([])
    await explain("insert into part values (default, 900, 'x', 1)")
    expect(await count()).toBe('3')
    const says = OPERATIONS.find(({ name }) => name === 'tenant.explain')!.words.says
    expect(says({ plan: ['a\u001b[2J'], notes: ['b'] })).toBe('a [2J\n→ b')
  })

  test('runs the statement when asked to, as the tenant, and takes it back', async () => {
    const { plan, analyzed } = await explain('select * from part', { analyze: true })
    expect(analyzed).toBe(true)
    expect(plan.join('\n')).toMatch(/actual .*rows=3[ .]/)
    const change = 'update part set price = price + 1 returning id'
    await expect(explain(change, { analyze: true })).rejects.toMatchObject({ code: 'SQL_READ_ONLY' })
    expect((await explain(change, { analyze: true, write: true })).plan.join('\n')).toMatch(/Update on .*actual/s)
    expect(await fleet.app.tenant('acme').query(sql`select sum(price) as sum from part`)).toEqual([{ sum: '6' }])
  })

  test('says which index a condition cannot use because of row-level security, and says nothing where it can', async () => {
    const { plan, notes } = await explain('select * from part where price > 2')
    expect(plan.join('\n')).toMatch(/Filter: .*price > /)
    expect(notes).toEqual([expect.stringContaining('">" on part.price from the index part_price')])
    expect((await explain("select * from part where name > 'p2'")).notes).toEqual([])
  })

  test('takes one statement of those that a scope runs, points at what is wrong, and is audited', async () => {
    for (const refused of ['commit', 'explain select 1', 'create table x ()', 'set role postgres']) {
      await expect(explain(refused)).rejects.toMatchObject({ code: 'STATEMENT_REFUSED' })
    }
    await expect(explain('select 1; select 2')).rejects.toMatchObject({ code: 'SQL_FAILED' })
    await expect(explain('select nothing')).rejects.toMatchObject({
      code: 'SQL_FAILED',
      facts: { shows: ['LINE 1: explain (format json) select nothing', expect.stringMatching(/^ {37}\^$/)] },
    })
    await explain('select 1', { analyze: true })
    const audit = sql`select operation, outcome, fault from catalog.audit where operation like 'tenant.explain%' order by id desc limit 3`
    expect(await fleet.platform.catalog.rows(audit)).toEqual([
      { operation: 'tenant.explain --analyze', outcome: 'succeeded', fault: null },
      { operation: 'tenant.explain --analyze', outcome: 'accepted', fault: null },
      { operation: 'tenant.explain', outcome: 'failed', fault: 'SQL_FAILED' },
    ])
  })

  test('as a tree: node by node, children behind their parent, and what it took where it was run', async () => {
    const joined = 'select a.name from part a join part b on b.id = a.id where a.price > 1 order by a.name'
    const planned = await explain(joined, { tree: true })
    expect([planned.plan, planned.analyzed]).toEqual([[], false])
    const { nodes, executionMs } = planned.tree!
    expect([executionMs, nodes[0]!.depth, nodes.every(({ actual, buffers }) => actual === null && buffers === null)]).toEqual([
      null,
      0,
      true,
    ])
    for (const [at, { depth }] of nodes.entries()) if (at > 0) expect(depth).toBeLessThanOrEqual(nodes[at - 1]!.depth + 1)
    expect(
      nodes
        .filter(({ relation }) => relation?.endsWith('.part'))
        .map(({ alias }) => alias)
        .sort(),
    ).toEqual(['a', 'b'])
    expect(nodes.flatMap(({ details }) => details).find(({ name }) => name === 'Sort Key')?.text).toBe('a.name')

    const run = (await explain(joined, { tree: true, analyze: true })).tree!
    expect(run.executionMs).toBeGreaterThan(0)
    expect(run.nodes[0]).toMatchObject({ actual: { rows: 2, loops: 1 }, buffers: { hit: expect.any(Number), read: expect.any(Number) } })
    const own = run.nodes.reduce((sum, { actual }) => sum + actual!.ownMs!, 0)
    expect(own).toBeLessThanOrEqual(run.nodes[0]!.actual!.totalMs! * 1.01 + 0.01)
  })

  test('as a tree: what a CTE or a value took counts where it was made, and not once more where it is read', async () => {
    const slow = '(select count(*) from generate_series(1, 200000))'
    for (const statement of [
      `with a as materialized (select ${slow} as n), b as materialized (select n from a) select x.n from b x join b y on x.n = y.n order by 1`,
      `select count(*) from (select id from part where id > ${slow} - 200000 offset 0) kept`,
    ]) {
      const { nodes } = (await explain(statement, { tree: true, analyze: true })).tree!
      const own = nodes.reduce((sum, { actual }) => sum + actual!.ownMs!, 0)
      expect(own, statement).toBeLessThanOrEqual(nodes[0]!.actual!.totalMs! * 1.01 + 0.1)
    }
  })

  test('a tree knows which scan has waited for a CTE, and which node for a value', () => {
    const took = (type: string, ms: number, more: object = {}) => ({
      ...{ 'Node Type': type, 'Actual Total Time': ms, 'Actual Loops': 1 },
      ...more,
    })
    const own = (plan: object) => readTree([{ Plan: plan }])!.nodes.map(({ type, actual }) => [type, actual!.ownMs])
    const made = took('Seq Scan', 80, { 'Parent Relationship': 'InitPlan', 'Subplan Name': 'CTE "a b"' })
    const scan = (ms: number, name = '"a b"') => took('CTE Scan', ms, { 'CTE Name': name })
    expect(own(took('Hash Join', 100, { Plans: [made, scan(85), scan(3), scan(2, 'other')] }))).toEqual([
      ['Hash Join', 10],
      ['Seq Scan', 80],
      ['CTE Scan', 5],
      ['CTE Scan', 3],
      ['CTE Scan', 2],
    ])
    for (const [name, sign, other] of [
      ['InitPlan 1', '(id > (InitPlan 1).col1)', '(id > (InitPlan 10).col1)'],
      ['InitPlan 1 (returns $0,$1)', '(id > $1)', '(id > $10)'],
    ]) {
      const value = took('Limit', 30, { 'Parent Relationship': 'InitPlan', 'Subplan Name': name })
      const below = [took('Seq Scan', 40, { Filter: sign }), took('Index Scan', 50, { 'Index Cond': other })]
      expect(own(took('Append', 95, { Plans: [value, ...below] }))).toEqual([
        ['Append', 5],
        ['Limit', 30],
        ['Seq Scan', 10],
        ['Index Scan', 50],
      ])
      expect(own(took('Result', 35, { Plans: [value] }))).toEqual([
        ['Result', 5],
        ['Limit', 30],
      ])
    }
  })

  test('as a tree: a statement is run once, and nothing of it is kept', async () => {
    const before = await count()
    const written = await explain(`insert into part values (tenantry.tenant(), 901, 'x', 1)`, { tree: true, analyze: true, write: true })
    expect(written.tree!.nodes[0]!.type).toBe('ModifyTable')
    expect(await count()).toBe(before)
    const says = OPERATIONS.find(({ name }) => name === 'tenant.explain')!.words.says
    expect(says(written)).toMatch(/^ModifyTable on .*part .*\n {2}Result /)
  })

  test('a tree of what is none is none; rows that were left out are added up', () => {
    for (const none of [undefined, null, [], [{}], [{ Plan: null }], 'Seq Scan']) expect(readTree(none)).toBeUndefined()
    const inner = {
      'Node Type': 'Seq Scan',
      'Actual Total Time': 2,
      'Actual Loops': 3,
      'Rows Removed by Filter': 4,
      'Rows Removed by Index Recheck': 1,
    }
    const outer = {
      'Node Type': 'Nested Loop',
      'Actual Total Time': 10,
      'Actual Loops': 1,
      'Parallel Aware': false,
      Output: ['a', 'b'],
      Plans: [inner],
    }
    const { nodes, settings } = readTree([{ Plan: outer, Settings: { work_mem: '4MB' } }])!
    expect(settings).toEqual({ work_mem: '4MB' })
    expect(nodes.map(({ depth, removed, actual }) => [depth, removed, actual!.ownMs])).toEqual([
      [0, null, 4],
      [1, 5, 6],
    ])
    expect(nodes[0]!.details).toEqual([{ name: 'Output', text: 'a, b' }])
  })
})
