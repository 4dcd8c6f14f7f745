import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../src/kernel/sql.js'
import { OPERATIONS } from '../../src/operations/registry.js'
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
})
