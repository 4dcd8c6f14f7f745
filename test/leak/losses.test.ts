import pg from 'pg'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { systemClock } from '../../src/kernel/clock.js'
import { sql } from '../../src/kernel/sql.js'
import { type Fleet, startFleet } from '../../src/testing/fleet.js'
import { LEAK_MIGRATIONS } from '../../src/testing/leak-meter.js'
import { openWire, type Wire } from '../../src/testing/leak-meter-wire.js'
import { urlOf } from '../support/fleet.js'
import { addPoolerUser } from '../support/servers.js'
import { describeOn, whyMissing } from '../support/servers-injected.js'
import { fill, neighbours } from './neighbours.js'

const SLUGS = ['shared-1', 'shared-2', 'schema-1']
const owners = sql<{ owner: string }>`select distinct owner from parcel`
const backend = sql<{ pid: number }>`select pg_backend_pid() as pid`

if (whyMissing('pgbouncer') === undefined) {
  describeOn(['embedded-18', 'debian-15'], 'a transaction that ends behind the back of its scope', (server) => {
    let wire: Wire
    let fleet: Fleet
    beforeAll(async () => {
      wire = await openWire({ host: server.host, port: server.pooler!.port })
      fleet = await startFleet({
        url: urlOf(server),
        pooler: { host: wire.host, port: wire.port, admit: (login, password) => addPoolerUser(server, login, password) },
        migrations: LEAK_MIGRATIONS,
        tenants: { 'shared-1': 'shared', 'shared-2': 'shared', 'schema-1': 'schema' },
      })
      await fill(fleet, SLUGS)
    })
    afterAll(async () => {
      await fleet?.stop()
      await wire?.close()
    })

    /** A client with one connection, and the way to say something on that connection without the scope. */
    const single = () => {
      const connects = vi.spyOn(pg.Client.prototype, 'connect')
      const app = fleet.client({ maxConnections: 1 })
      return {
        app,
        behindItsBack: async (text: string): Promise<void> => {
          const client = connects.mock.contexts.at(-1) as pg.Client
          connects.mockRestore()
          await client.query(text)
        },
      }
    }
    const aloneAfterwards = async (): Promise<void> => expect((await neighbours(fleet, SLUGS, 30)).found).toEqual({ 'own rows': 30 })

    for (const text of ['commit', 'rollback']) {
      test(`${text}, then a statement: the statement is refused and the connection destroyed`, async () => {
        const { app, behindItsBack } = single()

        const scope = app.tenant('shared-1').transaction(async (tx) => {
          await tx.rows(owners)
          await behindItsBack(text)
          await expect(tx.rows(owners)).rejects.toMatchObject({ code: 'SCOPE_ESCAPED' })
          await expect(tx.rows(owners)).rejects.toMatchObject({ code: 'SCOPE_ESCAPED' })
        })

        await expect(scope).rejects.toMatchObject({ code: 'SCOPE_ESCAPED' })
        expect(app.connections()).toMatchObject({ open: 0, idle: 0 })
        expect(await app.tenant('shared-2').query(owners)).toEqual([{ owner: (await fleet.tenant('shared-2')).id }])
        await aloneAfterwards()
      })
    }

    test('commit, and nothing after it: the scope does not say that it committed', async () => {
      const { app, behindItsBack } = single()

      const scope = app.tenant('shared-1').transaction(async (tx) => {
        await tx.rows(owners)
        await behindItsBack('commit')
      })

      await expect(scope).rejects.toMatchObject({ code: 'SCOPE_ESCAPED' })
      expect(app.connections()).toMatchObject({ open: 0, idle: 0 })
    })

    test('commit and chain: what follows has no tenant and no table', async () => {
      const { app, behindItsBack } = single()

      const scope = app.tenant('shared-1').transaction(async (tx) => {
        await tx.rows(owners)
        await behindItsBack('commit and chain')
        return tx.rows(owners)
      })

      await expect(scope).rejects.toMatchObject({ code: '42P01' })
      await aloneAfterwards()
    })

    test('a backend that is terminated: the scope fails, its connection is destroyed, the next scope is fine', async () => {
      const witness = await fleet.witness('shared-1')
      const app = fleet.client({ maxConnections: 1 })
      let pid = 0

      const scope = app.tenant('shared-1').transaction(async (tx) => {
        pid = (await tx.one(backend)).pid
        await witness.run(sql`select pg_terminate_backend(${pid}, 5000)`)
        return tx.rows(owners)
      })

      await expect(scope).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
      expect(app.connections()).toMatchObject({ open: 0, idle: 0 })
      expect((await app.tenant('shared-2').query(backend))[0]?.pid).not.toBe(pid)
      await aloneAfterwards()
    })

    test('a backend that is terminated under a statement: whoever waits for the connection gets another one', async () => {
      const witness = await fleet.witness('shared-1')
      const app = fleet.client({ maxConnections: 1 })
      await app.tenant('shared-1').query(owners)
      const outcomes = Promise.allSettled([
        app.tenant('shared-1').query(sql`select count(*) as slow from generate_series(1, 1000000000)`),
        app.tenant('shared-2').query(owners),
      ])

      const killed = await untilSome(() =>
        witness.rows(sql`
          select pg_terminate_backend(pid, 5000)
          from pg_catalog.pg_stat_activity
          where datname = current_database() and state = 'active' and query like '%as slow%' and pid <> pg_backend_pid()`),
      )

      expect(killed).toHaveLength(1)
      expect(await outcomes).toMatchObject([
        { status: 'rejected', reason: { code: 'CONNECTION_LOST' } },
        { status: 'fulfilled', value: [{ owner: (await fleet.tenant('shared-2')).id }] },
      ])
    })

    test('a connection that is lost between an error and the end of its flight: the statement fails, nobody waits for ever', async () => {
      const app = fleet.client({ maxConnections: 1 })
      await app.tenant('shared-1').query(owners)
      wire.cutWhen((moment) => moment === 'idle')
      try {
        for (let i = 0; i < 20; i++) {
          const failing = app.tenant('shared-1').query(sql`select owner from no_such_parcel`)
          const late = systemClock.sleep(3_000).then(() => 'still waiting')
          expect(await Promise.race([failing.catch(() => 'failed'), late])).toBe('failed')
        }
      } finally {
        wire.cutWhen(undefined)
      }
      await aloneAfterwards()
    })
  })
} else {
  test.skip(`a transaction that ends behind the back of its scope: ${whyMissing('pgbouncer')}`)
}

async function untilSome<T>(ask: () => Promise<readonly T[]>): Promise<readonly T[]> {
  for (let i = 0; i < 100; i++) {
    const found = await ask()
    if (found.length > 0) return found
    await systemClock.sleep(20)
  }
  return []
}
