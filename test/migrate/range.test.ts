import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rangesOf } from '../../src/client/ranges.js'
import type { Tenantry, TenantryOptions } from '../../src/client/tenantry.js'
import { sql } from '../../src/kernel/sql.js'
import { tenantPool } from '../../src/pool/tenant-pool.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { fleetOn } from '../support/fleet.js'
import { gate } from '../support/gate.js'
import { testServer, whyMissing } from '../support/servers-injected.js'
import { addFile, FIRST, fileOf, marks, note, outcome, V1, V2, V3, written } from './releases.js'

const TENANTS = { crowd: 'shared', own: 'schema', whole: 'database' } as const
// (Nobody but Tenantry may sleep in these databases.)
const SLOW =
  "do $$ declare until timestamptz := clock_timestamp() + '150ms'; begin while clock_timestamp() < until loop null; end loop; end $$;"
const SLUGS = Object.keys(TENANTS)

let fleet: Fleet
const app = (schema: TenantryOptions['schema']): Tenantry => fleet.client({ schema: { waitMs: 0, ...schema } })

/** Waits until a session of the control plane waits for a lock on a home. */
async function untilHeldUp(slug: string): Promise<void> {
  const witness = await fleet.witness(slug)
  for (;;) {
    const { held } = await witness.one(sql<{ held: boolean }>`
      select exists (
        select from pg_locks l join pg_stat_activity a using (pid)
        where l.locktype = 'advisory' and not l.granted and l.mode = 'ExclusiveLock' and a.datname = current_database()) as held`)
    if (held) return
    await sleep(10)
  }
}

beforeAll(async () => {
  fleet = await fleetOn(testServer(), {
    migrations: { [fileOf(V1)]: FIRST },
    tenants: TENANTS,
    // So that both ways in are taken: by the stamp, and with a token.
    config: { assurance: { shared: 'standard', database: 'strict' } },
    client: { maxConnections: 4 },
  })
})
afterAll(() => fleet?.stop())

describe('an application that says which homes it works with', () => {
  test.each(SLUGS)('is let into %s while the home is inside, and refused before any statement when it is outside', async (slug) => {
    const old = app({ to: V1 })
    const next = app({ from: V2 })
    expect(await old.tenant(slug).query(note('old'))).toEqual([{ mark: V1 }])
    const refused = [
      next.tenant(slug).query(note('next')),
      next.tenant(slug).query(note('next'), { isolation: 'serializable' }),
      next.tenant(slug).transaction((tx) => tx.rows(note('next'))),
    ]
    for (const one of await Promise.all(refused.map(outcome)))
      expect(one).toMatchObject({ code: 'SCHEMA_BEHIND', facts: { tenant: slug, version: V1, from: V2 }, kind: { http: 503, retry: true } })
    expect(await written(fleet, slug)).toEqual({ old: [V1] })
  })

  test('takes the word of the home, and not what it remembers or what the catalog says', async () => {
    const next = app({ from: V2 })
    const early = app({ to: V2 })
    for (const slug of SLUGS) {
      await outcome(next.tenant(slug).query(note('next')))
      await early.tenant(slug).query(note('early'))
    }
    await addFile(fleet, V2, marks(V2))
    await fleet.run('migrate.up')
    // The catalog is late; then it is early.
    await fleet.platform.catalog.run(sql`update catalog.home set version = ${V1}`)
    for (const slug of SLUGS) expect(await outcome(next.tenant(slug).query(note('next')))).toBe('let in')
    for (const slug of SLUGS) expect(await outcome(app({ from: V2 }).tenant(slug).query(note('next')))).toBe('let in')
    await fleet.platform.catalog.run(sql`update catalog.home set version = ${V3}`)
    for (const slug of SLUGS) expect(await outcome(app({ to: V2 }).tenant(slug).query(note('late')))).toBe('let in')
    await fleet.platform.catalog.run(sql`update catalog.home set version = ${V2}`)
    for (const slug of SLUGS) {
      expect(await outcome(app({ to: V1 }).tenant(slug).query(note('old')))).toMatchObject({
        code: 'SCHEMA_AHEAD',
        facts: { version: V2, to: V1 },
        kind: { retry: false },
      })
      expect(await written(fleet, slug)).toEqual({ old: [V1], early: [V1], next: [V2], late: [V2] })
    }
  })

  test('with an upper bound, holds the home at its version while a scope is open', async () => {
    await addFile(fleet, V3, marks(V3))
    const [begun, goOn] = [gate(), gate()]
    const bounded = app({ from: V1, to: V2 })
    const held = bounded.tenant('crowd').transaction(async (tx) => {
      // It touches nothing that the migration would have to wait for.
      await tx.rows(sql`select 1`)
      begun.open()
      await goOn.opened
      // Part of the same transaction, and later than the migration if that had not waited.
      await bounded.tenant('crowd').query(note('held'))
      await tx.rows(note('held'))
    })
    await begun.opened
    const run = fleet.run('migrate.up')
    await untilHeldUp('crowd')
    goOn.open()
    await held
    await run
    expect((await written(fleet, 'crowd')).held).toEqual([V2])
    expect(await outcome(bounded.tenant('crowd').query(note('held')))).toMatchObject({ code: 'SCHEMA_AHEAD' })
  })

  test.each(SLUGS)('is not let into %s by what it knew when the migration commits, whether clients were told or not', async (slug) => {
    const bounded = app({ to: V3 })
    for (let i = 0; i < 3; i++) await bounded.tenant(slug).query(note('bounded'))
    const { schema } = await fleet.tenant(slug)
    const witness = await fleet.witness(slug)
    const started = await witness.transaction(async (tx) => {
      await tx.run(sql`update tenantry.home set version = '20270101000000' where schema_name = ${schema}`)
      await tx.run(
        sql`update tenantry.placement set version = '20270101000000' where home_id = (select id from tenantry.home where schema_name = ${schema})`,
      )
      const entering = [bounded.tenant(slug).query(note('bounded')), app({ to: V3 }).tenant(slug).query(note('bounded'))].map(outcome)
      for (;;) {
        const { waiting } = await tx.one(sql<{ waiting: number }>`
          select count(*)::int as waiting from pg_locks where locktype = 'advisory' and not granted
          and database = (select oid from pg_database where datname = current_database())`)
        if (waiting === 2) return entering
        await sleep(10)
      }
    })
    for (const one of await Promise.all(started)) expect(one).toMatchObject({ code: 'SCHEMA_AHEAD', facts: { version: '20270101000000' } })
    await witness.run(sql`update tenantry.home set version = ${V3} where schema_name = ${schema}`)
    await witness.run(
      sql`update tenantry.placement set version = ${V3} where home_id = (select id from tenantry.home where schema_name = ${schema})`,
    )
    expect(await outcome(bounded.tenant(slug).query(note('bounded')))).toBe('let in')
  })

  test('without an upper bound, holds nothing up', async () => {
    const version = '20260302000000'
    await addFile(fleet, version, marks(version))
    await app({ from: V1 })
      .tenant('own')
      .transaction(async (tx) => {
        await tx.rows(sql`select 1`)
        await fleet.run('migrate.up')
        expect(await tx.rows(note('open'))).toEqual([{ mark: version }])
      })
  })
})

describe('a fleet run under working applications', () => {
  test('no statement of theirs meets a home outside of their range', async () => {
    const [before, after] = ['20260302000000', '20260303000000']
    await addFile(fleet, after, marks(after, SLOW))
    const apps = { leaving: app({ to: before }), coming: app({ from: after }) }
    const counts = new Map<string, number>()
    let over = false
    const work = async (name: keyof typeof apps, slug: string): Promise<void> => {
      while (!over) {
        const tenant = apps[name].tenant(slug)
        const heard = await outcome(
          Math.random() < 0.5
            ? tenant.query(note(name))
            : tenant.transaction(async (tx) => {
                await tx.rows(note(name))
                await sleep(5)
                await tx.rows(note(name))
              }),
        )
        const code = typeof heard === 'string' ? heard : (heard as { code: string }).code
        counts.set(`${name} ${slug} ${code}`, (counts.get(`${name} ${slug} ${code}`) ?? 0) + 1)
        if (heard !== 'let in') await sleep(10)
      }
    }
    const working = SLUGS.flatMap((slug) => [work('leaving', slug), work('leaving', slug), work('coming', slug), work('coming', slug)])
    await sleep(300)
    await fleet.run('migrate.up')
    await sleep(300)
    over = true
    await Promise.all(working)
    for (const slug of SLUGS) {
      expect(await written(fleet, slug)).toMatchObject({ leaving: [before], coming: [after] })
      expect(counts.get(`leaving ${slug} SCHEMA_AHEAD`)).toBeGreaterThan(0)
      expect(counts.get(`coming ${slug} SCHEMA_BEHIND`)).toBeGreaterThan(0)
    }
    expect([...counts.keys()].filter((key) => !/ (let in|SCHEMA_AHEAD|SCHEMA_BEHIND)$/.test(key))).toEqual([])
  })
})

describe('a range', () => {
  const at = (version: string, track?: string) => ({ version, ...(track === undefined ? {} : { track }) }) as never
  test('compares versions as numbers, and services have their own', () => {
    const ranges = rangesOf({ from: '9', to: '20', services: { billing: { from: '3' } } })!
    expect(['', '8', '9', '10', '20', '21', '100'].map((version) => ranges.isOutside(at(version)))).toEqual([
      true,
      true,
      false,
      false,
      false,
      true,
      true,
    ])
    expect(ranges.isOutside(at('2', 'billing'))).toBe(true)
    expect(ranges.isOutside(at('100', 'billing'))).toBe(false)
    expect(ranges.isOutside(at('1', 'orders'))).toBe(false)
    expect([ranges.holds(at('9')), ranges.holds(at('9', 'billing'))]).toEqual([true, false])
  })

  test('that cannot be one is refused at once', () => {
    for (const schema of [{ from: '1a' }, { to: '' }, { from: '2', to: '1' }, { waitMs: -1 }, { services: { billing: { from: 'x' } } }])
      expect(() => rangesOf(schema)).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }))
  })
})

const pooled = whyMissing('pgbouncer') === undefined ? describe : describe.skip
pooled('behind a pooler in transaction mode, and through the door for drivers', () => {
  test('ranges hold as they do elsewhere', async () => {
    await using other = await fleetOn(testServer(), { migrations: { [fileOf(V1)]: FIRST }, tenants: { own: 'schema' }, pooled: true })
    const [bounded, next] = [{ to: V1 }, { from: V2 }].map((schema) => other.client({ schema: { waitMs: 0, ...schema } })) as [
      Tenantry,
      Tenantry,
    ]
    const door = tenantPool(next)
    const through = () => next.tenant('own').transaction(() => door.query('insert into note (app) values ($1) returning mark', ['door']))
    expect(await bounded.tenant('own').query(note('bounded'))).toEqual([{ mark: V1 }])
    expect(await outcome(through())).toMatchObject({ code: 'SCHEMA_BEHIND' })
    await addFile(other, V2, marks(V2))
    await other.run('migrate.up')
    expect(await outcome(bounded.tenant('own').query(note('bounded')))).toMatchObject({ code: 'SCHEMA_AHEAD' })
    expect(await through()).toMatchObject({ rows: [{ mark: V2 }] })
    expect(await written(other, 'own')).toEqual({ bounded: [V1], door: [V2] })
  })
})
