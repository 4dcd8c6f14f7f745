import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../src/kernel/sql.js'
import { CONTRACT_HIDDEN, CONTRACT_MIGRATIONS } from '../../src/testing/contract-project.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { fleetOn } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'

describe('a cluster is drained', () => {
  let fleet: Fleet
  const create = (slug: string, more: object = {}) =>
    fleet.run<{ cluster: string }>('tenant.create', { slug, isolation: 'schema', ...more })
  beforeAll(async () => {
    fleet = await fleetOn(testServer(), {
      migrations: CONTRACT_MIGRATIONS,
      config: { hidden: CONTRACT_HIDDEN },
      tenants: { old: 'schema' },
    })
    expect(await fleet.run('cluster.drain', { cluster: 'main' })).toMatchObject({ state: 'draining', draining: true, tenants: 1 })
  })
  afterAll(() => fleet?.stop())

  test('it refuses new tenants, by its name or by default, and says how to go on', async () => {
    for (const named of [{}, { cluster: 'main' }]) {
      await expect(create('new', named)).rejects.toMatchObject({
        code: 'CLUSTER_DRAINING',
        remedy: expect.stringContaining('tenantry cluster undrain main'),
      })
    }
  })

  test('its tenants keep working, and can be changed', async () => {
    await fleet.app.tenant('old').query(sql`insert into note (body) values ('still here')`)
    await fleet.run('tenant.suspend', { tenant: 'old', reason: 'unpaid' })
    await fleet.run('tenant.resume', { tenant: 'old' })
  })

  test('it is told by show and list, and draining twice is no error', async () => {
    await fleet.run('cluster.drain', { cluster: 'main' })
    expect(await fleet.run('cluster.show', { cluster: 'main' })).toMatchObject({ state: 'draining' })
    expect(await fleet.run('cluster.list')).toMatchObject({ data: [{ name: 'main', state: 'draining' }] })
    await expect(fleet.run('cluster.drain', { cluster: 'none' })).rejects.toMatchObject({ code: 'CLUSTER_NOT_FOUND' })
  })

  test('another cluster is chosen by default', async () => {
    const database = fleet.platform.config.catalog.database.replace(/catalog$/, 'second')
    await fleet.run('cluster.add', { name: 'second', database })
    expect(await create('new')).toMatchObject({ cluster: 'second' })
  })

  test('undrained, it takes tenants again', async () => {
    expect(await fleet.run('cluster.undrain', { cluster: 'main' })).toMatchObject({ state: 'live', draining: false })
    expect(await create('newer', { cluster: 'main' })).toMatchObject({ cluster: 'main' })
  })

  test('a tenant that is being accepted is either there before, or refused', async () => {
    const witness = fleet.platform.catalog
    const [created, drained] = await Promise.allSettled([
      create('racer', { cluster: 'main' }),
      fleet.run('cluster.drain', { cluster: 'main' }),
    ])
    expect(drained.status).toBe('fulfilled')
    const { found } = await witness.one(sql<{ found: boolean }>`select exists (select from catalog.tenant where slug = 'racer') as found`)
    expect(found).toBe(created.status === 'fulfilled')
  })
})
