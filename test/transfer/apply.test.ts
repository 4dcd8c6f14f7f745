import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ident, sql } from '../../src/kernel/sql.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { differencesOf } from '../../src/transfer/compare.js'
import type { TransferSource } from '../../src/transfer/model.js'
import { until } from '../faults/rig.js'
import { fleetOn } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'
import { carry, fill, type Place, placeOf, seen } from './rig.js'

const MIGRATION = `-- migrate:up
create table customer (tenant_id uuid not null default tenantry.tenant(), id bigint generated always as identity, name text not null check (name <> 'secret'),
  by text default tenantry.actor(), of uuid default tenantry.tenant(), primary key (tenant_id, id), unique (tenant_id, name) deferrable);
create table invoice (tenant_id uuid not null default tenantry.tenant(), id bigint generated always as identity, customer bigint not null, total numeric not null,
  primary key (tenant_id, id), foreign key (tenant_id, customer) references customer (tenant_id, id));
-- migrate:down
drop table invoice, customer;
`
const ROWS = `insert into customer (tenant_id, name, by, of) select '$tenant', 'c' || i, 'me', '$tenant' from generate_series(1, 50) i;
  insert into invoice (tenant_id, customer, total) select '$tenant', c.id, 10 from customer c, generate_series(1, 40) where c.tenant_id = '$tenant';`

let fleet: Fleet
let from: Place
const targets = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight']
const places = new Map<string, Place>()

beforeAll(async () => {
  const homes = targets.flatMap((name, i) => [[name, i % 2 === 0 ? 'shared' : 'schema']])
  fleet = await fleetOn(testServer(), {
    migrations: { 'tenant/20260101000000_shop.sql': MIGRATION },
    tenants: { from: 'shared', by: 'shared', ...Object.fromEntries(homes) },
  })
  from = await placeOf(fleet, 'from')
  await fill(from, ROWS)
  for (const name of ['by', ...targets]) places.set(name, await placeOf(fleet, name))
  await fill(places.get('by')!, ROWS)
})
afterAll(() => fleet?.stop())

const operation = (token = 1) => ({ operation: randomUUID(), token })

/** A source whose stream of one table is another. */
const with_ = (source: TransferSource, table: string, read: () => AsyncIterable<Buffer>): TransferSource => ({
  facts: source.facts,
  read: (one) => (one.name === table ? read() : source.read(one)),
})
async function* text(...lines: readonly string[]): AsyncGenerator<Buffer> {
  for (const line of lines) yield Buffer.from(line)
}

async function whileOpen<T>(body: (source: TransferSource) => Promise<T>): Promise<T> {
  const snapshot = await from.snapshot()
  try {
    return await body(snapshot)
  } finally {
    await snapshot.close()
  }
}

test.each(['one', 'two'])('%s: what an attempt has left is emptied by the next of the same operation, and by no other', async (slug) => {
  const [to, by] = [places.get(slug)!, operation()]
  const others = await seen(places.get('by')!)
  await whileOpen(async (snapshot) => {
    const broken = with_(snapshot, 'customer', async function* () {
      yield* text('1\tc1\tme\t\\N\n')
      throw new Error('the store is gone')
    })
    await expect(to.apply(broken, { by, lanes: 1 })).rejects.toThrow('the store is gone')
    expect((await to.fingerprint()).tables['home.invoice']).toMatchObject({ rows: '2000' })
    await expect(to.apply(snapshot)).rejects.toMatchObject({ code: 'LOAD_OCCUPIED', facts: { tables: ['invoice'] } })
    const rows: [string, number][] = []
    await to.apply(snapshot, { by, onRows: ({ name }, n) => rows.push([name, n]) })
    expect(rows.sort()).toEqual([
      ['customer', 50],
      ['invoice', 2000],
    ])
    expect(await to.fingerprint()).toEqual(await from.fingerprint())
    // Once it has come to its end it is not done again: the rows are somebody's by then.
    await fleet.app.tenant(slug).transaction((tx) => tx.run(sql`delete from invoice`))
    await to.apply(snapshot, { by })
    expect((await to.fingerprint()).tables['home.invoice']).toMatchObject({ rows: '0' })
    await expect(to.apply(snapshot)).rejects.toMatchObject({ code: 'LOAD_OCCUPIED' })
    // Unless what it is loaded from may have changed since.
    await to.apply(snapshot, { by, anew: true })
    expect(await to.fingerprint()).toEqual(await from.fingerprint())
  })
  expect(await seen(places.get('by')!)).toEqual(others)
})

test.each(['three', 'four'])('%s: a worker that was taken for dead commits nothing, and nobody waits for it', async (slug) => {
  const [to, dead] = [places.get(slug)!, operation(1)]
  await whileOpen(async (snapshot) => {
    const asleep = to
      .apply(
        with_(snapshot, 'customer', async function* () {
          yield* text('1\tc1\tme\t\\N\n')
          await until('the successor is done', async () => done || undefined)
        }),
        { by: dead },
      )
      .then(
        () => 'committed',
        (error: { code?: string }) => error.code,
      )
    let done = false
    await until('it has begun', () =>
      to.witness.maybe(
        sql`select 1 from pg_stat_progress_copy where command = 'COPY FROM' and relid = ${`${to.home.schema}.customer`}::regclass`,
      ),
    )
    await to.apply(snapshot, { by: { ...dead, token: 2 } })
    done = true
    expect(await asleep).not.toBe('committed')
    expect(await to.fingerprint()).toEqual(await from.fingerprint())
    await expect(to.apply(snapshot, { by: dead })).rejects.toMatchObject({ code: 'TN010' })
  })
})

test('what the server refuses is told by its constraint and never by its text, and nothing of the table is kept', async () => {
  const to = places.get('five')!
  const by = operation()
  // A snapshot for each: whoever is refused leaves off in the middle of other tables, and closes what they were read from.
  const refused = (...lines: readonly string[]) =>
    whileOpen(async (snapshot) => {
      const failed = await to
        .apply(
          with_(snapshot, 'customer', () => text(...lines)),
          { by },
        )
        .catch((error: Error & { code: string }) => error)
      expect(`${failed?.message}`).not.toMatch(/secret|12x/)
      return failed
    })
  expect(await refused('1\tc1\tme\t\\N\n', '2\tsecret\tme\t\\N\n')).toMatchObject({
    code: 'LOAD_REFUSED',
    facts: { table: 'customer', reason: 'customer_name_check (SQLSTATE 23514)' },
  })
  expect(await refused('12x\tc1\tme\t\\N\n')).toMatchObject({ code: 'LOAD_REFUSED' })
  expect(await refused('1\tc\0\tme\t\\N\n')).toMatchObject({ code: 'LOAD_TEXT', facts: { table: 'customer' } })
  expect(await refused('1\tc1\tme\t\\N\n')).toMatchObject({
    code: 'LOAD_ORPHANS',
    facts: { constraints: ['invoice.invoice_tenant_id_customer_fkey'] },
  })
  expect((await to.fingerprint()).tables['home.customer']).toMatchObject({ rows: '1' })
})

test('a column that only the home has takes its default, with the tenant entered; what the home lacks is named', async () => {
  const [to, other] = [places.get('six')!, places.get('eight')!]
  await whileOpen(async (snapshot) => {
    const [customer, invoice] = ['customer', 'invoice'].map((name) => snapshot.facts.tables.find((table) => table.name === name)!)
    const older = { ...customer!, columns: customer!.columns.filter(({ name }) => name === 'id' || name === 'name') }
    await to.apply({ facts: { ...snapshot.facts, tables: [older] }, read: () => text('7\tseven\n', '8\teight\n') })
    expect(await to.witness.rows(sql`select id, name, by, of from ${ident(to.home.schema, 'customer')} order by id`)).toEqual([
      { id: '7', name: 'seven', by: 'tenantry', of: to.tenant },
      { id: '8', name: 'eight', by: 'tenantry', of: to.tenant },
    ])
    const newer = {
      ...snapshot.facts,
      tables: [
        { ...customer!, name: 'gone' },
        {
          ...invoice!,
          columns: [
            { name: 'total', type: 'integer' },
            { name: 'vat', type: 'numeric' },
          ],
        },
      ],
      sequences: [{ name: 'gone_seq', last: '1', called: true }],
    }
    await expect(other.apply({ facts: newer, read: snapshot.read })).rejects.toMatchObject({
      code: 'LOAD_UNFIT',
      facts: {
        differences: [
          'it has no sequence gone_seq',
          'it has no table gone',
          'its column invoice.total is numeric where integer comes',
          'its table invoice has no column vat, or makes it itself',
        ],
      },
    })
  })
})

test('sequences of a home of many are only moved on, and go on behind all numbers that came', async () => {
  const to = places.get('seven')!
  const sequence = `${to.home.schema}.customer_id_seq`
  const last = async () =>
    (await to.witness.one(sql<{ n: string }>`select last_value::text as n from ${ident(to.home.schema, 'customer_id_seq')}`)).n
  const before = await last()
  await whileOpen(async (snapshot) => {
    const low = snapshot.facts.sequences.map((one) => ({ ...one, last: '2' }))
    await to.apply({ ...snapshot, facts: { ...snapshot.facts, sequences: low } })
    expect(await last()).toBe(before)
  })
  await to.witness.run(sql`select setval(${sequence}::regclass, 5000)`)
  const own = await placeOf(fleet, 'six')
  await own.witness.run(sql`select setval(${`${own.home.schema}.customer_id_seq`}::regclass, 9000)`)
  await own.witness.run(sql`delete from ${ident(own.home.schema, 'customer')}`)
  await fleet.run('tenant.create', { slug: 'later', isolation: 'shared' })
  await carry(own, await placeOf(fleet, 'later'))
  expect(await last()).toBe('9000')
  await fleet.app.tenant('seven').transaction((tx) => tx.run(sql`insert into customer (name) values ('next')`))
  expect(await last()).toBe('9001')
})

test('differences of a table without a key are told in pages, and none is lost between them', async () => {
  const [left, right] = [places.get('two')!, places.get('four')!]
  const { names, config } = fleet.platform
  for (const place of [left, right])
    await fill(place, `create table mark (word text); alter table mark owner to ${ident(names.owner).text}`)
  await fill(right, `insert into mark select w from unnest(array['a', 'b', 'c']) w, generate_series(1, 5)`)
  const options = { names, tenantColumn: config.tenantColumn }
  const words: string[] = []
  for (let after = ''; ; ) {
    const found = await differencesOf([left, right], left.tenant, 'mark', options, { after, limit: 2 })
    words.push(...found!.rows.map((row) => row.right!.word!))
    if (found!.rows.length < 2) break
    after = found!.rows.at(-1)!.place
  }
  expect(words.sort().join('')).toBe('aaaaabbbbbccccc')
})
