import { afterAll, beforeAll, expect, test } from 'vitest'
import { takeOver } from '../../src/engine/run.js'
import { systemClock } from '../../src/kernel/clock.js'
import { ident, sql } from '../../src/kernel/sql.js'
import { type LeakFigures, sayFigures } from '../../src/operations/leak/figures.js'
import type { Database } from '../../src/postgres/session.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { fleetOn } from '../support/fleet.js'
import { describeOn, whyMissing } from '../support/servers-injected.js'

const NOTE = `-- migrate:up
create table note (tenant_id uuid not null default tenantry.tenant(), id bigint generated always as identity, primary key (tenant_id, id));
-- migrate:down
drop table note;
`

describeOn(['embedded-18'], 'leak measure', (server) => {
  let fleet: Fleet
  let witness: Database
  let failAt = ''
  beforeAll(async () => {
    fleet = await fleetOn(server, {
      pooled: true,
      migrations: { 'tenant/20260101000000_note.sql': NOTE },
      config: { lease: '500ms' },
      tenants: { mine: 'shared' },
      failpoint: async (name) => {
        if (name === failAt) throw new Error('the process is gone')
      },
    })
    witness = await fleet.witness('mine')
  })
  afterAll(() => fleet?.stop())

  const measure = (input: object) => fleet.run<LeakFigures>('leak.measure', { clients: 12, ...input })
  /** Everything that a measurement makes. */
  const left = async (): Promise<readonly string[]> => {
    const { data } = await fleet.run<{ data: readonly { slug: string }[] }>('tenant.list', { limit: 100 })
    const tables = await witness.rows(sql<{ name: string }>`
      select c.relname::text as name from pg_catalog.pg_class c where starts_with(c.relname, 'tny_leak_')
      union all
      select n.nspname::text from pg_catalog.pg_namespace n where starts_with(n.nspname, 'tny_leak_')`)
    return [...data.map(({ slug }) => slug), ...tables.map(({ name }) => name)]
  }

  if (whyMissing('pgbouncer') === undefined)
    test('through a pooler: nothing wrong, the control fails, and nothing is left behind', { timeout: 60_000 }, async () => {
      const figures = await measure({ tenants: 4, seconds: 1, cluster: 'main' })

      expect(figures).toMatchObject({ passed: true, wrong: 0, missing: 0, hung: 0, unexpected: [], pooler: true })
      expect(figures).toMatchObject({ tenants: { shared: 2, schema: 1, database: 1 }, leftOut: [] })
      for (const part of [figures.rowsRead, figures.rowsWritten, figures.cuts, figures.failures, figures.handovers])
        expect(part).toBeGreaterThan(0)
      expect(figures.control.map(({ pattern }) => pattern)).toEqual(['schemas', 'rows'])
      for (const { wrongRead, rowsRead } of figures.control) expect(wrongRead / rowsRead).toBeGreaterThan(0.1)
      expect(await left()).toEqual(['mine'])
    })

  test('without a pooler the control has nothing to show, and that is said', { timeout: 60_000 }, async () => {
    await fleet.run('cluster.add', { name: 'straight', database: `${(await fleet.tenant('mine')).database}_2` })

    const figures = await measure({ cluster: 'straight', tenants: 4, seconds: 1 })

    expect(figures).toMatchObject({ passed: true, wrong: 0, missing: 0, unexpected: [], pooler: false, leftOut: [] })
    expect(figures.tenants).toEqual({ shared: 2, schema: 1, database: 1 })
    expect(figures.handovers).toBeGreaterThan(0)
    expect(figures.control).toMatchObject([
      { pattern: 'schemas', wrongRead: 0, wrongStored: 0 },
      { pattern: 'rows', wrongRead: 0, wrongStored: 0 },
    ])
    expect(sayFigures(figures)).toContain('no pooler of transactions stands in front')
  })

  test('a wall that is down while it measures is a leak that it sees', { timeout: 60_000 }, async () => {
    const tearing = tearDown(witness, (await fleet.tenant('mine')).schema)

    const figures = await measure({ tenants: 4, seconds: 1, isolation: ['shared'], cluster: 'main' })

    await tearing
    expect(figures.wrong).toBeGreaterThan(0)
    expect(figures).toMatchObject({ passed: false, rateBelow: null })
    expect(sayFigures(figures)).toContain('tenants have been mixed up')
    expect(await left()).toEqual(['mine'])
  })

  test('what a killed measurement has made is taken away by the next worker', { timeout: 60_000 }, async () => {
    failAt = 'leak.measure/measure:before'
    await expect(measure({ tenants: 2, isolation: ['shared', 'schema'], cluster: 'main' })).rejects.toThrow('the process is gone')
    failAt = ''
    expect((await left()).length).toBeGreaterThan(3)
    const [{ id } = { id: '' }] = (
      await fleet.run<{ data: readonly { id: string; name: string }[] }>('operation.list', { name: 'leak.measure', state: 'running' })
    ).data

    await systemClock.sleep(600)
    expect(await takeOver(fleet.platform, [id])).toBe(1)

    expect(await fleet.run('operation.show', { operation: id })).toMatchObject({ state: 'cancelled' })
    expect(await left()).toEqual(['mine'])
  })
})

/** Takes row-level security from the meter's table as soon as it is there. */
async function tearDown(witness: Database, schema: string): Promise<void> {
  for (let i = 0; i < 2_000; i++) {
    const [found] = await witness.rows(sql<{ name: string }>`
      select tablename::text as name
      from pg_catalog.pg_tables
      where schemaname = ${schema} and starts_with(tablename, 'tny_leak_') and rowsecurity`)
    if (found !== undefined) {
      const table = ident(schema, found.name)
      await witness.script(sql`alter table ${table} no force row level security; alter table ${table} disable row level security`)
      return
    }
    await systemClock.sleep(10)
  }
}
