import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../src/kernel/sql.js'
import { checkPlatform, checkTenant } from '../faults/checker.js'
import { startChild } from '../faults/children.js'
import { pointsOf, type Rig, slugOf, startRig } from '../faults/rig.js'
import { withWork } from '../faults/with-work.js'
import { fill, seen, where } from './rig.js'

const CHAIN = ['shared', 'schema', 'database', 'shared'] as const

interface Cloned {
  readonly from: string
  readonly tables: number
  readonly rows: number
  readonly id: string
  readonly state: string
}

let rig: Rig
let bystander: Readonly<Record<string, string>>

beforeAll(async () => {
  rig = await startRig({ origin: 'shared', bystander: 'shared' })
  await fill(rig, 'bystander', 'beware')
  await fill(rig, 'origin', 'one')
  bystander = await seen(rig, await where(rig, 'bystander'))
})
afterAll(() => rig?.stop())

const clone = (tenant: string, as: string, input: object = {}): Promise<Cloned> =>
  rig.fleet.run<Cloned>('tenant.clone', { tenant, as, ...input })

describe('clones', () => {
  test('have the same rows in every isolation, and are tenants of their own', async () => {
    const rows = await seen(rig, await where(rig, 'origin'))
    expect(Object.values(rows).map((told) => told.split(' ')[0])).toEqual(['3', '3', '2', '3', '1'])
    for (const [i, isolation] of CHAIN.entries()) {
      const made = await clone(i === 0 ? 'origin' : `clone-${i - 1}`, `clone-${i}`, { isolation })
      expect(made).toMatchObject({ rows: 12, state: 'active' })
      expect(await seen(rig, await where(rig, `clone-${i}`)), isolation).toEqual(rows)
      expect(await checkTenant(rig.subject, `clone-${i}`, { state: 'active', isolation })).toEqual([])
    }
    // What one of them writes, nobody else sees; and its sequence goes on where the other's stood.
    const written = await rig.fleet.app
      .tenant('clone-1')
      .query(sql<{ id: number }>`insert into note (body) values ('mine') returning id::int`)
    expect(written[0]!.id).toBeGreaterThan(Number(await lastNote('origin')))
    expect(await seen(rig, await where(rig, 'origin'))).toEqual(rows)
  })

  const lastNote = async (slug: string): Promise<string> => {
    const { tenant, database, schema } = await where(rig, slug)
    const text = `select max(id) as last from "${schema}".note where tenant_id = $1`
    return (await rig.eyes.see<{ last: string }>(database, text, [tenant]))[0]!.last
  }

  test('say why not: no such tenant, a name that is taken', async () => {
    await expect(clone('nobody', 'somebody')).rejects.toMatchObject({ code: 'TENANT_NOT_FOUND' })
    await expect(clone('origin', 'bystander')).rejects.toMatchObject({ code: 'TENANT_EXISTS' })
  })
})

describe('of those who clone tenants, some were killed with SIGKILL', () => {
  const FORWARD = pointsOf('tenant.clone').filter((point) => /(tables|fill|raise|place):acted$|settle:after$|fill:before$/.test(point))
  const UNDO = ['fill', 'place'].map((step) => `tenant.clone/${step}:undone`)
  const isolationAt = (point: string) => CHAIN[point.length % 3]!

  test('each is finished or taken back, and nothing is left over', async () => {
    const rows = await seen(rig, await where(rig, 'origin'))
    const victims = [
      ...FORWARD.map((killAt) => ({
        run: 'tenant.clone',
        input: { tenant: 'origin', as: slugOf('f', killAt), isolation: isolationAt(killAt) },
        killAt,
      })),
      ...UNDO.map((killAt, i) => ({
        run: 'tenant.clone',
        input: { tenant: 'origin', as: slugOf('u', killAt), isolation: (['shared', 'schema'] as const)[i]! },
        waitAt: 'tenant.clone/settle:before',
        killAt,
      })),
    ]
    const child = startChild(rig.fleet, { together: victims })
    await child.standing(UNDO.length)
    const undone = async () => {
      const text = `select id from catalog.operation where name = 'tenant.clone' and state = 'running' and input ->> 'as' like 'u-%'`
      return rig.eyes.see<{ id: string }>(rig.subject.catalog, text)
    }
    for (const { id } of await undone()) await rig.fleet.run('operation.cancel', { operation: id })
    child.goOn()
    expect(await child.ended()).toMatchObject({ last: expect.stringContaining('killed at'), signal: 'SIGKILL' })
    await withWork(rig.fleet, async () => {
      const open = `select id from catalog.operation where name = 'tenant.clone' and state in ('running', 'undoing')`
      while ((await rig.eyes.see(rig.subject.catalog, open)).length > 0) await new Promise((resolve) => setTimeout(resolve, 50))
    })
    for (const point of FORWARD) {
      expect(await seen(rig, await where(rig, slugOf('f', point))), point).toEqual(rows)
      expect(await checkTenant(rig.subject, slugOf('f', point), { state: 'active', isolation: isolationAt(point) })).toEqual([])
    }
    const slugs = await rig.eyes.see(rig.subject.catalog, `select slug from catalog.tenant where slug like 'u-%'`)
    expect(slugs).toEqual([])
    expect(await checkPlatform(rig.subject)).toEqual([])
    expect(await seen(rig, await where(rig, 'bystander'))).toEqual(bystander)
  })
})
