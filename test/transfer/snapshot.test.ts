import { afterAll, beforeAll, expect, test } from 'vitest'
import { ident, sql } from '../../src/kernel/sql.js'
import { openLane } from '../../src/postgres/lane.js'
import type { Session } from '../../src/postgres/session.js'
import { fingerprintOf } from '../../src/schema/fingerprint.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { tablesToSum } from '../../src/transfer/fingerprint.js'
import type { Snapshot } from '../../src/transfer/model.js'
import { sequencesOf } from '../../src/transfer/sequences.js'
import { byIndexes, inOrder, tablesOf } from '../../src/transfer/tables.js'
import { until } from '../faults/rig.js'
import { fleetOn } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'
import { fill, type Place, placeOf } from './rig.js'

const TABLE = (name: string) =>
  `create table ${name} (tenant_id uuid not null default tenantry.tenant(), id bigint generated always as identity, n int not null, primary key (tenant_id, id));`

let fleet: Fleet
let shared: Place
let own: Place

beforeAll(async () => {
  fleet = await fleetOn(testServer(), {
    migrations: {
      'tenant/20260101000000_sums.sql': `-- migrate:up\n${TABLE('debit')}\n${TABLE('credit')}\n-- migrate:down\ndrop table debit, credit;\n`,
    },
    tenants: { 'one-shared': 'shared', 'two-shared': 'shared', 'one-own': 'schema' },
  })
  shared = await placeOf(fleet, 'one-shared')
  own = await placeOf(fleet, 'one-own')
  // What a server, a database or a role may say, and no snapshot may hear.
  await shared.witness.script(sql`do $$ begin
    execute format('alter database %I set idle_in_transaction_session_timeout = 50', current_database());
    execute format('alter database %I set statement_timeout = 5000', current_database());
    execute format('alter database %I set datestyle = German', current_database());
    execute format('alter database %I set extra_float_digits = -3', current_database()); end $$`)
})
afterAll(() => fleet?.stop())

/** The numbers of a table, as the stream has them. */
async function numbers(snapshot: Snapshot, name: string): Promise<readonly number[]> {
  const chunks: Buffer[] = []
  for await (const chunk of snapshot.read(snapshot.facts.tables.find((table) => table.name === name)!)) chunks.push(chunk)
  const lines = Buffer.concat(chunks).toString().split('\n').slice(0, -1)
  return lines.map((line) => Number(line.split('\t')[1]))
}
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)

const open = (place: Place) =>
  place.witness.rows(
    sql`select pid from pg_stat_activity where application_name like 'tenantry snapshot%' and datname = current_database()`,
  )

test.each(['one-shared', 'one-own'])(
  '%s: the sums that fifty writers keep hold in every snapshot, and nobody waits for one',
  async (slug) => {
    const place = await placeOf(fleet, slug)
    let [writing, written] = [true, 0]
    const writers = Array.from({ length: 50 }, async (_, i) => {
      while (writing) {
        await fleet.app.tenant(slug).transaction(async (tx) => {
          await tx.run(sql`insert into debit (n) values (${i + 1})`)
          await tx.run(sql`insert into credit (n) values (${-i - 1})`)
        })
        written++
      }
    })
    try {
      await until('the writers have begun', async () => written > 50 || undefined)
      for (let round = 0; round < 4; round++) {
        const snapshot = await place.snapshot({ lanes: 2 })
        const before = written
        await until('the writers go on', async () => written > before + 50 || undefined)
        const [debit, credit] = await Promise.all([numbers(snapshot, 'debit'), numbers(snapshot, 'credit')])
        const { tables } = await snapshot.fingerprint()
        await snapshot.close()
        expect(debit.length).toBeGreaterThan(0)
        expect(sum(debit) + sum(credit)).toBe(0)
        expect([tables['home.debit']!.rows, tables['home.credit']!.rows]).toEqual([String(debit.length), String(debit.length)])
      }
    } finally {
      writing = false
      await Promise.all(writers)
    }
    writing = false
    await Promise.all(writers)
    expect(await open(place)).toEqual([])
  },
)

test('whoever empties a table meanwhile is either seen with all that he did, or not at all', async () => {
  let taken: Promise<Snapshot> | undefined
  await own.witness.transaction(async (session) => {
    await session.run(sql`truncate ${ident(own.home.schema, 'debit')}`)
    await session.run(sql`insert into ${ident(own.home.schema, 'credit')} (tenant_id, n) values (${own.tenant}, 77)`)
    taken = own.snapshot()
    await until('the snapshot waits', () =>
      own.witness.maybe(sql`select 1 from pg_locks where not granted and relation = ${`${own.home.schema}.debit`}::regclass`),
    )
  })
  const snapshot = await taken!
  expect(await numbers(snapshot, 'debit')).toEqual([])
  expect(await numbers(snapshot, 'credit')).toContain(77)
  await snapshot.close()
})

test('a table that stays locked is told, and nothing is left open', async () => {
  await own.witness.transaction(async (session) => {
    await session.run(sql`lock table ${ident(own.home.schema, 'debit')} in access exclusive mode`)
    await expect(own.snapshot({ withinMs: 100 })).rejects.toMatchObject({ code: 'SNAPSHOT_BLOCKED' })
  })
  expect(await open(own)).toEqual([])
})

test('somebody who waits for a table in between does not stop its reading', async () => {
  const snapshot = await own.snapshot({ lanes: 2 })
  const table = (name: string) => snapshot.facts.tables.find((one) => one.name === name)!
  // The first to be read takes the connection that has all the locks.
  const first = snapshot.read(table('credit'))[Symbol.asyncIterator]()
  await first.next()
  const changing = own.witness.transaction((session) =>
    session.run(sql`lock table ${ident(own.home.schema, 'debit')} in access exclusive mode`),
  )
  await until('he waits', () => own.witness.maybe(sql`select 1 from pg_locks where not granted and mode = 'AccessExclusiveLock'`))
  const second = numbers(snapshot, 'debit')
  while ((await first.next()).done !== true);
  expect(await second).toEqual([])
  await snapshot.close()
  await changing
})

test('who stops reading early, or closes in the middle, leaves nothing behind', async () => {
  await fill(own, `insert into debit (tenant_id, n) select '$tenant', i from generate_series(1, 200000) i`)
  const snapshot = await own.snapshot({ lanes: 2 })
  const debit = snapshot.facts.tables.find(({ name }) => name === 'debit')!
  const reading = snapshot.read(debit)[Symbol.asyncIterator]()
  await reading.next()
  const other = snapshot.read(debit)
  for await (const _ of other) break
  await snapshot.close()
  await expect(
    (async () => {
      while ((await reading.next()).done !== true);
    })(),
  ).rejects.toMatchObject({ code: 'SNAPSHOT_LOST' })
  await expect(numbers(snapshot, 'debit')).rejects.toMatchObject({ code: 'SNAPSHOT_LOST' })
  expect(await until('the server has noticed', async () => (await open(own)).length === 0 || undefined)).toBe(true)
})

test('a snapshot that a slot has exported is looked through, at its own exact position', async () => {
  await shared.witness.transaction(
    async (session) => {
      const { slot, lsn } = await session.one(
        sql<{ slot: string; lsn: string }>`select pg_export_snapshot() as slot, pg_current_wal_lsn()::text as lsn`,
      )
      const before = await shared.snapshot()
      const rows = (await numbers(before, 'debit')).length
      expect(before.facts.wal.exact).toBe(false)
      await before.close()
      await fleet.app.tenant('one-shared').transaction((tx) => tx.run(sql`insert into debit (n) values (1)`))
      const snapshot = await shared.snapshot({ slot: { snapshot: slot, lsn } })
      expect(snapshot.facts.wal).toEqual({ lsn, exact: true })
      expect((await numbers(snapshot, 'debit')).length).toBe(rows)
      await snapshot.close()
    },
    { isolation: 'repeatable read' },
  )
})

test('what a snapshot asks the catalogs for, it finds by their indexes', async () => {
  const lane = await openLane(own.database.config, 'tenantry snapshot')
  const options = { names: fleet.platform.names, tenantColumn: 'tenant_id' }
  const asked: Readonly<Record<string, (session: Session) => Promise<unknown>>> = {
    tables: async (session) => inOrder(session, await tablesOf(session, own.home, options)),
    sequences: (session) => sequencesOf(session, own.home),
    shape: (session) => fingerprintOf(session, own.home.schema),
    sums: (session) => tablesToSum(session, own.home, options),
  }
  for (const [what, ask] of Object.entries(asked)) {
    await lane.session.script(sql`begin`)
    await lane.session.script(byIndexes)
    await ask(lane.session)
    const read = await lane.session.rows(sql`
      select relname::text as name, seq_scan from pg_stat_xact_sys_tables
      where schemaname = 'pg_catalog' and seq_scan > 0
        and relname in ('pg_class', 'pg_attribute', 'pg_depend', 'pg_constraint', 'pg_type', 'pg_attrdef', 'pg_index', 'pg_sequence', 'pg_proc', 'pg_trigger',
          'pg_policy', 'pg_rewrite', 'pg_inherits', 'pg_description', 'pg_statistic_ext', 'pg_shdepend')`)
    await lane.session.script(sql`rollback`)
    expect(read, what).toEqual([])
  }
  await lane.close()
})
