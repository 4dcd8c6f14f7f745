import { type AddressInfo, createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findTenant } from '../../src/catalog/tenants.js'
import { lookAtTables } from '../../src/engine/home-tables.js'
import { failWith } from '../../src/engine/operation.js'
import { placed } from '../../src/engine/repointing.js'
import { ident, sql } from '../../src/kernel/sql.js'
import { listTables } from '../../src/operations/tenant/tables.js'
import type { Database } from '../../src/postgres/session.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { fleetOn } from '../support/fleet.js'
import { describeOn } from '../support/servers-injected.js'

const MIGRATION = `-- migrate:up
create table "Order Line" (tenant_id uuid not null default tenantry.tenant(), id bigint, body text, primary key (tenant_id, id)) with (autovacuum_enabled = off);
create table note (tenant_id uuid not null default tenantry.tenant(), id bigint, body text, primary key (tenant_id, id)) with (autovacuum_enabled = off);
-- migrate:down
drop table note, "Order Line";
`
const ROWS = { acme: 30, other: 50, alone: 7, walled: 9 } as const
interface Listed {
  readonly schema: string
  readonly others: number | null
  readonly data: readonly {
    table: string
    rows: number | null
    dead: number | null
    bytes: number | null
    counted: number | null
    vacuumedAt: Date | null
  }[]
}

describeOn(['embedded-18', 'debian-15'], 'tables of a tenant', (server) => {
  let fleet: Fleet
  beforeAll(async () => {
    fleet = await fleetOn(server, {
      migrations: { 'tenant/20260101000000_note.sql': MIGRATION },
      tenants: { acme: 'shared', other: 'shared', alone: 'schema', walled: 'database' },
    })
    // A session tells of its rows when it ends, or else at any time in the next seconds, and they are counted twice when a vacuum was in between.
    const app = fleet.client()
    for (const [slug, rows] of Object.entries(ROWS))
      await app.tenant(slug).query(sql`insert into note (id, body) select n, 'x' from generate_series(1, ${rows}::int) n`)
    await app.close()
  })
  afterAll(() => fleet?.stop())

  const tables = (tenant: string, more: object = {}) => fleet.run<Listed>('tenant.tables', { tenant, ...more })
  const note = async (tenant: string, more: object = {}) => (await tables(tenant, more)).data.find(({ table }) => table === 'note')!
  const vacuum = (tenant: string, more: object = {}) => fleet.run<Record<string, unknown>>('tenant.vacuum', { tenant, ...more })

  /** Leaves dead rows behind, and has the statistics know of them. */
  const update = (witness: Database, schema: string): Promise<void> =>
    witness.transaction(async (session) => {
      await session.run(sql`update ${ident(schema, 'note')} set body = 'y'`)
      await session.run(sql`select pg_stat_force_next_flush()`)
    })

  test('many who ask at once are answered by one connection after the other', async () => {
    const witness = await fleet.witness('acme')
    const used = sql<{ n: number }>`
      select count(*)::int as n
      from pg_catalog.pg_stat_activity
      where application_name = 'tenantry control' and datname = current_database() and query ~ 'pg_total_relation_size|relname'`
    let [most, going] = [0, true]
    const watching = (async () => {
      while (going) most = Math.max(most, (await witness.one(used)).n)
    })()
    const answers = await Promise.all(Array.from({ length: 30 }, (_, n) => tables(n % 2 === 0 ? 'acme' : 'alone')))
    going = false
    await watching
    expect(answers.every(({ data }) => data.length === 2)).toBe(true)
    expect(most).toBeLessThanOrEqual(2)
  })

  test.each([
    ['acme', 80, 1],
    ['alone', 7, 0],
    ['walled', 9, 0],
  ] as const)(
    'of %s: its own rows are counted, those of its home estimated, and what is vacuumed is all of that home',
    async (slug, rows, others) => {
      const { schema } = await fleet.tenant(slug)
      await update(await fleet.witness(slug), schema)
      const before = await note(slug)
      expect(before).toMatchObject({ dead: rows, counted: null })
      expect(before.bytes).toBeGreaterThan(0)

      const { deadBefore, deadAfter, bytesAfter, ...done } = await vacuum(slug)
      expect(done).toMatchObject({ tenant: slug, tables: 2, others, sharers: others === 0 ? [] : ['other'] })
      expect([deadBefore, deadAfter]).toEqual([rows, 0])
      expect(bytesAfter).toBeGreaterThan(0)
      const after = await tables(slug, { count: true })
      expect(after).toMatchObject({ schema, others })
      expect(after.data).toMatchObject([
        { table: 'Order Line', rows: 0, counted: 0, dead: 0, vacuumedAt: expect.any(Date), analyzedAt: expect.any(Date) },
        { table: 'note', rows, counted: ROWS[slug], dead: 0, vacuumedAt: expect.any(Date), analyzedAt: expect.any(Date) },
      ])
    },
  )

  test('a table that is being altered has no size, nor has one whose index is: nobody waits for them, and the others have theirs', async () => {
    const witness = await fleet.witness('alone')
    const { schema } = await fleet.tenant('alone')
    for (const locks of [
      sql`lock table ${ident(schema, 'note')} in access exclusive mode`,
      sql`reindex index ${ident(schema, 'note_pkey')}`,
    ]) {
      await witness.transaction(async (session) => {
        await session.run(locks)
        expect((await tables('alone')).data.map(({ table, bytes }) => [table, bytes !== null])).toEqual([
          ['Order Line', true],
          ['note', false],
        ])
      })
    }
    expect((await note('alone')).bytes).toBeGreaterThan(0)
  })

  test('whoever may see one tenant is told nothing of those who share its tables', async () => {
    const asked = async (slug: string) => {
      const { id } = await fleet.tenant(slug)
      const context = { platform: fleet.platform, caller: { actor: 'test', source: 'http', onlyTenant: id }, fail: failWith } as const
      return listTables.kind === 'direct' ? listTables.call(context, { tenant: id, count: true, timeout: 30 }) : undefined
    }
    expect(await asked('acme')).toMatchObject({
      others: null,
      data: [
        { rows: null, dead: null, bytes: null },
        { rows: null, counted: ROWS.acme },
      ],
    })
    expect(await asked('walled')).toMatchObject({ others: null, data: [{}, { rows: ROWS.walled, counted: ROWS.walled }] })
  })

  test('a table that is locked is not waited for long, fails by itself, and is taken up again by a retry', async () => {
    const witness = await fleet.witness('alone')
    const { schema } = await fleet.tenant('alone')
    let operation = ''
    await witness.transaction(async (session) => {
      await session.run(sql`lock table ${ident(schema, 'note')} in share mode`)
      const failure = await vacuum('alone', { analyze: false }).catch((error: { code: string; facts: { operation: string } }) => error)
      expect(failure).toMatchObject({ code: 'FLEET_PARTIAL', facts: { failed: 1, total: 2, what: 'tables' } })
      expect((failure as { message: string }).message).toContain(`${schema}.note`)
      operation = (failure as { facts: { operation: string } }).facts.operation
    })
    expect(await fleet.run('operation.items', { operation })).toMatchObject({
      data: expect.arrayContaining([
        expect.objectContaining({ item: `${schema}.note`, state: 'failed', fault: expect.objectContaining({ code: 'TABLE_BUSY' }) }),
      ]),
    })
    await fleet.run('operation.retry', { operation })
    expect(await fleet.run('operation.show', { operation })).toMatchObject({ state: 'succeeded' })
  })

  test('of a server that says nothing only so many wait, and the next is told at once', async () => {
    const open = new Set<Socket>()
    const hole = createServer((socket) => void open.add(socket.on('error', () => {})))
    await new Promise<void>((done) => hole.listen(0, '127.0.0.1', done))
    const { port } = hole.address() as AddressInfo
    const left = new AbortController()
    const platform = { ...fleet.platform, secrets: () => `postgres://nobody@127.0.0.1:${port}/nothing` }
    const home = await placed(platform.catalog, (await platform.catalog.maybe(findTenant('acme')))!.home)
    const endOf = (look: Promise<unknown>) => look.catch((error: { code: string; message: string }) => `${error.code} ${error.message}`)
    const first = endOf(lookAtTables(platform, home))
    const ended: string[] = []
    const waiting = Array.from({ length: 60 }, () =>
      endOf(lookAtTables(platform, home, left.signal)).then((end) => void ended.push(String(end))),
    )
    try {
      await expect.poll(() => ended.length, { timeout: 15_000 }).toBeGreaterThanOrEqual(10)
      for (const end of ended.slice(0, 10)) expect(end).toMatch(/^SERVER_UNREACHABLE .*too many look/)
      // Whoever has left waits no longer, and looks at nothing.
      left.abort()
      for (const socket of open) socket.destroy()
      await Promise.all([first, ...waiting])
      expect(ended).toHaveLength(60)
    } finally {
      hole.close()
    }
  })

  test('of a tenant that there is not, or that nobody may enter', async () => {
    await expect(tables('absent')).rejects.toMatchObject({ code: 'TENANT_NOT_FOUND' })
    await expect(vacuum('absent')).rejects.toMatchObject({ code: 'TENANT_NOT_FOUND' })
    await fleet.run('tenant.suspend', { tenant: 'walled', reason: 'unpaid' })
    expect((await note('walled')).rows).toBe(ROWS.walled)
    await expect(tables('walled', { count: true })).rejects.toMatchObject({ code: 'TENANT_SUSPENDED' })
    await fleet.run('tenant.resume', { tenant: 'walled' })
  })
})
