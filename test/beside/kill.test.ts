import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../src/kernel/sql.js'
import { checkPlatform, checkTenant } from '../faults/checker.js'
import { startChild } from '../faults/children.js'
import { atMost, pointsOf, type Rig, slugOf, startRig } from '../faults/rig.js'
import { withWork } from '../faults/with-work.js'
import { beside, bodiesIn, fill, letIn, type Made } from './rig.js'

// Between databases every border counts; elsewhere, those that differ from them.
const at = (name: string, borders: RegExp): readonly string[] => pointsOf(name).filter((point) => borders.test(point.replace(/^.*\//, '')))
const FAR = at('tenant.repoint', /^(leave:|arrive:(acted|after)|follow:)/)
const NEAR = at('tenant.repoint', /^(arrive|follow):acted$/)
const BACK = at('tenant.pointback', /^(leave|arrive|follow):acted$/)
const MAKE = at('tenant.beside', /^(database|tables|keep):acted$/)
const DROP = at('tenant.dropbeside', /^(inspect|destroy):acted$|^forget:before$/)
const UNDO = ['tenant.repoint/arrive:before', 'tenant.repoint/follow:before']

describe('of those who point tenants to homes beside, some were killed with SIGKILL', () => {
  let rig: Rig
  const made = new Map<string, Made>()
  const former = new Map<
    string,
    { readonly id: string; readonly database: string; readonly schema: string; readonly home: string; readonly epoch: number }
  >()
  const letInWhenKilled = new Map<string, readonly string[]>()
  const far = (point: string): string => slugOf('f', point)
  const near = (point: string): string => slugOf('n', point)
  const back = (point: string): string => slugOf('b', point)
  const make = (point: string): string => slugOf('m', point)
  const drop = (point: string): string => slugOf('d', point)
  const undo = (point: string): string => slugOf('u', point)
  const confirmed = (tenant: string) => ({ tenant, confirm: tenant })
  const homeOf = (tenant: string): string => made.get(tenant)!.home

  const prepare = async (tenant: string, cluster: 'main' | 'far'): Promise<void> => {
    await rig.fleet.app.tenant(tenant).query(sql`insert into note (body) values ('old')`)
    former.set(tenant, await rig.fleet.tenant(tenant))
    made.set(tenant, await beside(rig, tenant, { cluster }))
    await fill(rig, tenant, made.get(tenant)!, 'new')
  }
  const victims = () => [
    ...FAR.map((killAt) => ({ run: 'tenant.repoint', input: confirmed(far(killAt)), killAt })),
    ...NEAR.map((killAt) => ({ run: 'tenant.repoint', input: confirmed(near(killAt)), killAt })),
    ...BACK.map((killAt) => ({ run: 'tenant.pointback', input: { tenant: back(killAt) }, killAt })),
    ...MAKE.map((killAt) => ({ run: 'tenant.beside', input: { tenant: make(killAt), isolation: 'database' }, killAt })),
    ...DROP.map((killAt) => ({ run: 'tenant.dropbeside', input: { ...confirmed(drop(killAt)), home: homeOf(drop(killAt)) }, killAt })),
    // Taken back, and killed on the way.
    ...UNDO.map((waitAt) => ({
      run: 'tenant.repoint',
      input: confirmed(undo(waitAt)),
      waitAt,
      killAt: `tenant.repoint/${waitAt.includes('follow') ? 'arrive' : 'leave'}:undone`,
    })),
  ]

  beforeAll(async () => {
    const elsewhere = [...FAR.map(far), ...BACK.map(back), ...UNDO.map(undo)]
    const here = [...NEAR.map(near), ...DROP.map(drop)]
    rig = await startRig()
    await rig.fleet.run('cluster.add', { name: 'far', url: 'env:DATABASE_URL', database: `${rig.subject.prefix}far` })
    const create = (slug: string) => rig.fleet.run('tenant.create', { slug, isolation: 'schema', cluster: 'main' })
    await atMost(4, [
      ...elsewhere.map((slug) => () => create(slug).then(() => prepare(slug, 'far'))),
      ...here.map((slug) => () => create(slug).then(() => prepare(slug, 'main'))),
      ...MAKE.map((point) => () => create(make(point))),
    ])
    for (const point of BACK) {
      const tenant = back(point)
      await rig.fleet.run('tenant.repoint', confirmed(tenant))
    }
    const child = startChild(rig.fleet, { together: victims() })
    for (const point of UNDO) {
      await child.says(`at ${point}`)
      await rig.fleet.run('operation.cancel', { operation: (await rig.operation('tenant.repoint', undo(point))).id })
    }
    child.goOn()
    expect(await child.ended()).toMatchObject({ last: expect.stringContaining('killed at'), signal: 'SIGKILL' })
    for (const tenant of [...FAR.map(far), ...NEAR.map(near), ...BACK.map(back), ...UNDO.map(undo)])
      letInWhenKilled.set(tenant, await letIn(rig, former.get(tenant)!.id))
    await withWork(rig.fleet, async () => {
      const ends = [
        ...FAR.map((point) => ['tenant.repoint', far(point), 'succeeded'] as const),
        ...NEAR.map((point) => ['tenant.repoint', near(point), 'succeeded'] as const),
        ...BACK.map((point) => ['tenant.pointback', back(point), 'succeeded'] as const),
        ...MAKE.map((point) => ['tenant.beside', make(point), 'succeeded'] as const),
        ...DROP.map((point) => ['tenant.dropbeside', drop(point), 'succeeded'] as const),
        ...UNDO.map((point) => ['tenant.repoint', undo(point), 'cancelled'] as const),
      ]
      for (const [name, slug, state] of ends) expect(await rig.end(name, slug), `${name} of ${slug}`).toMatchObject({ state })
    })
  })
  afterAll(() => rig?.stop())

  const bodies = (tenant: string) => rig.fleet.app.tenant(tenant).query(sql`select body from note`)

  test('at no moment did two homes let a tenant in', () => {
    expect([...letInWhenKilled].filter(([, homes]) => homes.length > 1)).toEqual([])
    // Between databases there is a moment at which none does.
    expect(letInWhenKilled.get(far('tenant.repoint/leave:acted'))).toEqual([])
    expect(letInWhenKilled.get(far('tenant.repoint/arrive:acted'))).toEqual([
      expect.stringContaining(homeOf(far('tenant.repoint/arrive:acted'))),
    ])
  })

  test.for([...FAR.map(far), ...NEAR.map(near)])(
    '%s: the tenant lives in the other home, and the one before is as it was',
    async (tenant) => {
      const to = made.get(tenant)!
      expect(await checkTenant(rig.subject, tenant, { state: 'active', isolation: 'schema' })).toEqual([])
      expect(await bodies(tenant)).toEqual([{ body: 'new' }])
      const before = former.get(tenant)!
      expect(await bodiesIn(rig, before.id, before)).toEqual(['old'])
      expect(await letIn(rig, before.id)).toEqual([`${to.database} ${to.home}`])
    },
  )

  test.for(BACK.map(back))('%s: the tenant lives in its former home again', async (tenant) => {
    expect(await checkTenant(rig.subject, tenant, { state: 'active', isolation: 'schema' })).toEqual([])
    expect(await bodies(tenant)).toEqual([{ body: 'old' }])
  })

  test.for(UNDO.map(undo))('%s: what was cancelled on its way is taken back, and the tenant lives where it did', async (tenant) => {
    const { epoch, home, database } = former.get(tenant)!
    expect(await letIn(rig, former.get(tenant)!.id)).toEqual([`${database} ${home}`])
    expect((await rig.fleet.tenant(tenant)).epoch).toBeGreaterThan(epoch)
    expect(await checkTenant(rig.subject, tenant, { state: 'active', isolation: 'schema' })).toEqual([])
    expect(await bodies(tenant)).toEqual([{ body: 'old' }])
  })

  test('homes are made once, and what was dropped has left nothing', async () => {
    const kinds = async (tenant: string) =>
      (await rig.fleet.run<{ data: { kind: string }[] }>('tenant.homes', { tenant })).data.map(({ kind }) => kind)
    for (const point of MAKE) expect(await kinds(make(point))).toEqual(['live', 'restored'])
    for (const point of DROP) expect(await kinds(drop(point))).toEqual(['live'])
    expect(await checkPlatform(rig.subject)).toEqual([])
  })
})
