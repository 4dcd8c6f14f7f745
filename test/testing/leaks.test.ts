import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ident, sql } from '../../src/kernel/sql.js'
import { tenantPool } from '../../src/orm/pg.js'
import { CONTRACT_HIDDEN, CONTRACT_MIGRATIONS } from '../../src/testing/contract-project.js'
import { assertIsolated, assertOnlyTenant, expectNoLeak, type Fleet, watchLeaks } from '../../src/testing.js'
import { fleetOn, urlOf } from '../support/fleet.js'
import { gate } from '../support/gate.js'
import { describeOn } from '../support/servers-injected.js'

const LEAKED = { code: 'TEST_LEAKED' }

describeOn(['embedded-18'], 'leak assertions', (server) => {
  let fleet: Fleet
  beforeAll(async () => {
    fleet = await fleetOn(server, {
      migrations: CONTRACT_MIGRATIONS,
      config: { hidden: CONTRACT_HIDDEN },
      tenants: { acme: 'shared', globex: 'shared', initech: 'schema', umbrella: 'database' },
    })
    for (const slug of ['acme', 'globex', 'initech', 'umbrella']) {
      await fleet.app.tenant(slug).query(sql`insert into note (body) values ('there')`)
      await fleet.app.tenant(slug).query(sql`insert into event (kind) values ('there')`)
    }
  })
  afterAll(() => fleet?.stop())

  const note = sql`insert into note (body) values ('from a test')`

  /** The leak that a check must find, by its words. */
  const leaksOf = async (run: Promise<unknown>): Promise<string> => {
    const found = await run.then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(found).toMatchObject(LEAKED)
    return (found as { facts: { leaks: readonly string[] } }).facts.leaks.join('\n')
  }

  describe('expectNoLeak', () => {
    test('lets code through that ends what it begins, and answers what it answers; its own error stays its own', async () => {
      const answer = await expectNoLeak(
        async () => {
          await fleet.app.tenant('acme').query(note)
          await fleet.app.tenant('globex').transaction((scope) => scope.transaction((inner) => inner.run(note)))
          await expect(fleet.app.tenant('acme').transaction(() => Promise.reject(new Error('its own')))).rejects.toThrow('its own')
          return 42
        },
        { fleet },
      )
      expect(answer).toBe(42)
      await expect(expectNoLeak(() => Promise.reject(new Error('of the body')))).rejects.toThrow('of the body')
    })

    test('finds a scope that outlived its test, with the place where it was opened', async () => {
      let late: Promise<unknown> = Promise.resolve()
      const leaks = await leaksOf(
        expectNoLeak(async () => {
          late = fleet.app.tenant('acme').transaction(async (scope) => {
            await scope.run(note)
            await sleep(50)
          })
          await sleep(10)
        }),
      )
      expect(leaks).toMatch(/a scope of tenant "acme" is still open, opened at .*leaks\.test\.ts:\d+/)
      await late
    })

    test('finds a statement that nobody waited for and that came too late', async () => {
      const leaks = await leaksOf(
        expectNoLeak(async () => {
          await fleet.app.tenant('acme').transaction(async (scope) => {
            await scope.run(note)
            setTimeout(() => scope.run(note).catch(() => {}), 1)
          })
          await sleep(20)
        }),
      )
      expect(leaks).toMatch(/a statement for tenant "acme" came after the end of its scope, opened at .*leaks\.test\.ts/)
    })

    test('finds what an ORM asks of a scope that has ended, with a context that nobody has', async () => {
      const pool = tenantPool(fleet.app)
      const leaks = await leaksOf(
        expectNoLeak(async () => {
          let late: Promise<unknown> = Promise.resolve()
          await fleet.app.tenant('acme').transaction(async () => {
            await pool.query('select 1')
            late = sleep(20).then(() => pool.query('select 2').catch(() => {}))
          })
          await late
        }),
      )
      expect(leaks).toMatch(/a statement for tenant "acme" came after the end of its scope, opened at .*leaks\.test\.ts/)
    })

    test('of two tests at the same time only the one that leaks is told', async () => {
      let late: Promise<unknown> = Promise.resolve()
      const [clean, leaky] = await Promise.allSettled([
        expectNoLeak(async () => {
          await sleep(20)
          await fleet.app.tenant('acme').transaction((scope) => scope.run(note))
        }),
        expectNoLeak(async () => {
          late = fleet.app.tenant('globex').transaction(async (scope) => {
            await scope.run(note)
            await sleep(200)
          })
          await sleep(10)
        }),
      ])
      expect(clean.status).toBe('fulfilled')
      expect(leaky).toMatchObject({ status: 'rejected', reason: LEAKED })
      await late
    })

    test('finds a connection that is still in use', async () => {
      const { schema } = await fleet.tenant('acme')
      let late: Promise<unknown> = Promise.resolve()
      await (await fleet.witness('acme')).transaction(async (session) => {
        await session.run(sql`lock table ${ident(schema, 'note')}`)
        const leaking = async (): Promise<void> => {
          late = fleet.app.tenant('acme').query(note)
          await sleep(50)
        }
        expect(await leaksOf(expectNoLeak(leaking, { fleet, settleMs: 100 }))).toContain('1 connection is still in use')
      })
      await late
      await expectNoLeak(() => {}, { fleet })
    })

    test('finds a pool of the application that goes past the doors, and a transaction that somebody left open', async () => {
      const { database } = await fleet.tenant('acme')
      const raw = new pg.Client({ connectionString: urlOf(server, database) })
      const leaks = await leaksOf(
        expectNoLeak(
          async () => {
            await raw.connect()
          },
          { fleet, settleMs: 50 },
        ),
      )
      expect(leaks).toMatch(/a session of "postgres" in test_\w+_tenants .* was opened beside the fleet's doors/)
      await raw.end()
      const bare = await fleet.bare('acme')
      let leave = (): void => {}
      const { opened: inside, open: entered } = gate()
      const open = bare.transaction(async (session) => {
        await session.rows(sql`select 1`)
        entered()
        await new Promise<void>((resolve) => {
          leave = resolve
        })
      })
      await inside
      expect(await leaksOf(expectNoLeak(() => {}, { fleet, settleMs: 50 }))).toMatch(/has left a transaction open/)
      leave()
      await open
      await expectNoLeak(() => {}, { fleet })
    })
  })

  test('watchLeaks tells the leak of one test in its own hook, and not once more in the next', async () => {
    const leaks = watchLeaks()
    await fleet.app.tenant('acme').transaction((scope) => scope.run(note))
    await leaks.check()
    const late = fleet.app.tenant('acme').transaction(async (scope) => {
      await scope.run(note)
      await sleep(50)
    })
    await sleep(10)
    expect(await leaksOf(leaks.check())).toContain('tenant "acme" is still open')
    await late
    await leaks.check()
    leaks.end()
  })

  test('assertOnlyTenant lets no row of another pass, nor one that cannot be told, nor none at all', async () => {
    const acme = await fleet.tenant('acme')
    const rows = await fleet.app.tenant('acme').query(sql<object>`select tenant_id, body from note`)
    assertOnlyTenant(rows, acme)
    assertOnlyTenant([], acme, { atLeast: 0 })
    // The naive wiring: a superuser's connection and a forgotten where.
    const all = await (await fleet.witness('acme')).rows(sql<object>`select tenant_id, body from ${ident(acme.schema, 'note')}`)
    expect(() => assertOnlyTenant(all, acme)).toThrow(/is of tenant/)
    expect(() => assertOnlyTenant([{ body: 'x' }], acme)).toThrow(/has no "tenant_id"/)
    expect(() => assertOnlyTenant([], acme)).toThrow(/proves nothing/)
  })

  describe('assertIsolated', () => {
    for (const other of ['globex', 'initech', 'umbrella']) {
      test(`holds between acme and ${other}, on every table that has rows`, async () => {
        const { tried, empty } = await assertIsolated(fleet, { as: 'acme', other })
        expect(tried).toEqual(['event', 'note'])
        expect(empty).toEqual(['author', 'measure'])
      })
    }

    test('fails where the wall of one table is down, and where nothing would be proved', async () => {
      const { schema } = await fleet.tenant('acme')
      const witness = await fleet.witness('acme')
      await witness.run(sql`alter table ${ident(schema, 'note')} disable row level security`)
      const leaks = await leaksOf(assertIsolated(fleet, { as: 'acme', other: 'globex' }))
      await witness.run(sql`alter table ${ident(schema, 'note')} enable row level security`)
      expect(leaks.split('\n')).toEqual([
        'tenant "acme" reads rows of another tenant in note',
        'tenant "acme" deletes rows of another tenant in note',
        'tenant "acme" changes rows of another tenant in note',
      ])
      // What was tried is undone.
      expect((await fleet.app.tenant('globex').query(sql`select 1 from note`)).length).toBeGreaterThan(0)
      await fleet.run('tenant.create', { slug: 'empty', isolation: 'shared' })
      expect(await leaksOf(assertIsolated(fleet, { as: 'acme', other: 'empty' }))).toMatch(/proves nothing/)
    })
  })
})
