import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { sql } from '../../src/kernel/sql.js'
import { runKilled, startChild, withWorkers, writeConfig } from '../faults/children.js'
import { atMost, pointsOf, type Rig, rigOf, slugOf, undoPointsOf } from '../faults/rig.js'
import { fleetOn, urlOf } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'
import { complaints, FLAGS, openShop, type Shop } from './shop.js'
import { fingerprint, rowsOf, schemaOf } from './theirs.js'

vi.setConfig({ testTimeout: 90_000 })

describe('adopting, by workers that were killed with SIGKILL', () => {
  const POINTS = pointsOf('tenant.adopt')
  // Where the database itself is made tenant-bearing; the other schemas are in one that is.
  const FRESH = POINTS.filter((point) => /\/(database:|platform:acted)/.test(point))
  const BACK = undoPointsOf('tenant.adopt', 'home').filter((point) => /\/(database:before-undo|home:undone)/.test(point))
  const before = new Map<string, readonly string[]>()
  const places = new Map<string, { database: string; schema: string }>()
  const slug = (point: string): string => slugOf('k', point)
  let rig: Rig
  let common: string
  let bench: Shop

  beforeAll(async () => {
    bench = await openShop()
    const fleet = await fleetOn(testServer(), { migrations: {}, config: { tenantColumn: undefined, lease: '1s' } })
    await writeConfig(fleet)
    rig = rigOf(fleet, urlOf(testServer()))
    common = await bench.makeDatabase('common')
    const schemas = POINTS.filter((point) => !FRESH.includes(point)).map((point) => slug(point).replaceAll('-', '_'))
    await bench.eyes.see(common, [...schemas, 'peace'].map((schema) => schemaOf(schema, bench.theirs) + rowsOf(schema)).join('\n'))
    before.set(common, await fingerprint(bench.eyes, common))
    await fleet.run('tenant.adopt', { slug: 'peace', database: common, schema: 'peace', ...FLAGS })
    for (const point of POINTS) places.set(point, { database: common, schema: slug(point).replaceAll('-', '_') })
    for (const [n, point] of [...FRESH, ...BACK].entries()) {
      const database = await bench.makeDatabase(`fresh${n}`, schemaOf('app', bench.theirs) + rowsOf('app'))
      places.set(point, { database, schema: 'app' })
      before.set(database, await fingerprint(bench.eyes, database))
    }
    const adopt = (point: string, at: string) =>
      runKilled(fleet, 'tenant.adopt', { slug: slug(point), ...places.get(point)!, ...FLAGS }, at)
    await atMost(4, [
      ...POINTS.map((point) => () => adopt(point, point)),
      ...BACK.map((point) => async () => {
        await adopt(point, 'tenant.adopt/activate:before')
        await fleet.run('operation.cancel', { operation: (await rig.operation('tenant.adopt', slug(point))).id })
      }),
    ])
    for (const point of BACK) await startChild(fleet, { killAt: point }).ended()
    await withWorkers(fleet, 2, async () => {
      for (const point of POINTS) expect(await rig.end('tenant.adopt', slug(point))).toMatchObject({ state: 'succeeded' })
      for (const point of BACK) expect(await rig.end('tenant.adopt', slug(point))).toMatchObject({ state: 'cancelled' })
    })
  }, 240_000)
  afterAll(async () => {
    await rig?.stop()
    await bench?.close()
  })

  test('each is there once and usable, or was taken back as it was', async () => {
    for (const point of POINTS)
      expect(await rig.fleet.app.tenant(slug(point)).query(sql`select count(*)::int as n from purchase`)).toEqual([{ n: 20 }])
    for (const point of BACK) {
      const { database } = places.get(point)!
      expect(await fingerprint(bench.eyes, database)).toEqual(before.get(database))
    }
    expect(await complaints(rig.fleet)).toEqual([])
  })

  test('giving back can be cancelled until it begins, and the tenant is as it was', async () => {
    await rig.fleet.run('tenant.suspend', { tenant: 'peace', reason: 'unpaid', allowReads: true })
    const child = startChild(rig.fleet, { run: 'tenant.unadopt', input: { tenant: 'peace' }, waitAt: 'tenant.unadopt/begin:before' })
    await child.says('at tenant.unadopt/begin:before')
    await expect(rig.fleet.client().tenant('peace').query(sql`select 1`)).rejects.toMatchObject({ code: 'TENANT_NOT_FOUND' })
    await rig.fleet.run('operation.cancel', { operation: (await rig.operation('tenant.unadopt', 'peace')).id })
    child.goOn()
    expect(await child.ended()).toEqual({ last: 'fault OPERATION_CANCELLED', signal: null })
    expect(await rig.fleet.tenant('peace')).toMatchObject({ state: 'read_only', stateReason: 'unpaid' })
    const read = await rig.fleet.app.tenant('peace').query(sql`select count(*)::int as n from purchase`, { readOnly: true })
    expect(read).toEqual([{ n: 20 }])
    expect(await complaints(rig.fleet)).toEqual([])
  })

  test('a migration that the catalog does not know of yet stands against giving back, and the tenant stays', async () => {
    const version = (to: string) => bench.eyes.see(common, `update tenantry.home set version = '${to}' where schema_name = 'peace'`)
    const stays = async (): Promise<void> => {
      await version('')
      expect(await rig.fleet.tenant('peace')).toMatchObject({ state: 'read_only', stateReason: 'unpaid' })
      const read = await rig.fleet.client().tenant('peace').query(sql`select count(*)::int as n from purchase`, { readOnly: true })
      expect(read).toEqual([{ n: 20 }])
    }
    await version('20260101000000')
    await expect(rig.fleet.run('tenant.unadopt', { tenant: 'peace' })).rejects.toMatchObject({ code: 'TENANT_STATE' })
    await stays()
    const child = startChild(rig.fleet, { run: 'tenant.unadopt', input: { tenant: 'peace' }, waitAt: 'tenant.unadopt/restore:before' })
    await child.says('at tenant.unadopt/restore:before')
    await version('20260101000000')
    child.goOn()
    expect(await child.ended()).toEqual({ last: 'fault TENANT_STATE', signal: null })
    await stays()
  })

  test('and is given back as it was, by workers that were killed as well', async () => {
    const points = pointsOf('tenant.unadopt')
    const killed = POINTS.filter((point) => !FRESH.includes(point))
    await atMost(
      4,
      points.map((point, n) => () => runKilled(rig.fleet, 'tenant.unadopt', { tenant: slug(killed[n]!) }, point)),
    )
    await withWorkers(rig.fleet, 1, async () => {
      for (const n of points.keys()) expect(await rig.end('tenant.unadopt', slug(killed[n]!))).toMatchObject({ state: 'succeeded' })
    })
    for (const rest of [...killed.slice(points.length), ...FRESH].map(slug).concat('peace'))
      await rig.fleet.run('tenant.unadopt', { tenant: rest })
    for (const [database, was] of before) expect(await fingerprint(bench.eyes, database)).toEqual(was)
  })
})
