import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkPlatform } from '../faults/checker.js'
import { runKilledTogether } from '../faults/children.js'
import { type Rig, startRig } from '../faults/rig.js'
import { withWork } from '../faults/with-work.js'
import { backupsOf, codeOf, type Row } from './rig.js'

describe('drills of backups', () => {
  let rig: Rig
  const run = <T = Record<string, unknown>>(name: string, input: object = {}): Promise<T> => rig.fleet.run<T>(name, input)
  const kinds = async (tenant: string) => (await run<{ data: { kind: string }[] }>('tenant.homes', { tenant })).data.map(({ kind }) => kind)
  let killed: Row

  beforeAll(async () => {
    rig = await startRig({ one: 'shared', two: 'schema', three: 'schema' })
    for (const tenant of ['one', 'two', 'three']) await backupsOf(rig).write(tenant, `of ${tenant}`)
    await backupsOf(rig).create('one')
    killed = await backupsOf(rig).create('two')
  })
  afterAll(() => rig?.stop())

  test('one of a tenant that was chosen at random is restored, found equal, dropped again, and counts as proven', async () => {
    expect(await run('backup.status')).toMatchObject({
      tenants: 3,
      backedUp: 2,
      verified: 0,
      proven: 0,
      provenSince: null,
      without: ['three'],
    })
    expect(await run('backup.drill')).toMatchObject({ proven: 1, tenants: 3, provenTenants: 1 })
    expect(await run('backup.verify', { tenant: 'one', restore: true })).toMatchObject({ backups: 1 })
    expect(await kinds('one')).toEqual(['live'])
    expect((await backupsOf(rig).list({ tenant: 'one' }))[0]).toMatchObject({ provenAt: expect.any(Date) })
  })

  test('of a tenant that is held or gone nothing is restored, so that no home stays behind', async () => {
    const ofOne = (await backupsOf(rig).list({ tenant: 'one' }))[0]!
    const gone = await backupsOf(rig).create('three')
    const belongs = (tenant: string) =>
      rig.eyes.see(rig.subject.catalog, 'update catalog.backup set tenant_id = $2 where id = $1', [gone.id, tenant])
    await belongs('019aa000-0000-7000-8000-000000000001')
    await run('tenant.hold', { tenant: 'one', reason: 'a claim' })
    await rig.eyes.see(rig.subject.catalog, 'update catalog.backup set proven_at = null', [])
    expect(await run('backup.drill', { count: 3 })).toMatchObject({ proven: 1 })
    expect(await codeOf(run('backup.drill', { tenant: 'one' }))).toBe('TENANT_HELD')
    expect(await codeOf(run('backup.drill', { backup: ofOne.id }))).toBe('TENANT_HELD')
    expect(await codeOf(run('backup.verify', { backup: ofOne.id, restore: true }))).toBe('TENANT_HELD')
    expect(await codeOf(run('backup.drill', { backup: gone.id }))).toBe('TENANT_NOT_FOUND')
    expect(await run('backup.verify', { tenant: 'one', restore: true })).toMatchObject({ backups: 1 })
    expect(await backupsOf(rig).list({ tenant: 'one' })).toMatchObject([{ verifiedAt: expect.any(Date), provenAt: null }])
    expect([await kinds('one'), await kinds('two')]).toEqual([['live'], ['live']])
    await run('tenant.unhold', { tenant: 'one' })
    await belongs((await rig.fleet.tenant('three')).id)
  })

  test('one whose fingerprint is another is no proof, and counts as damaged', async () => {
    const made = await backupsOf(rig).create('three')
    await rig.eyes.see(rig.subject.catalog, 'update catalog.backup set fingerprint = $2 where id = $1', [made.id, 'f'.repeat(32)])
    expect(await codeOf(run('backup.drill', { backup: made.id }))).toBe('FLEET_PARTIAL')
    expect(await run('backup.status')).toMatchObject({ proven: expect.any(Number) })
    expect((await backupsOf(rig).list({ tenant: 'three' }))[0]).toMatchObject({ provenAt: null })
    expect(await kinds('three')).toEqual(['live'])
  })

  test('killed with SIGKILL over its restoring or its dropping, it ends, and leaves no home', async () => {
    const points = { two: 'backup.restore/fill:acted', three: 'tenant.dropbeside/destroy:acted' }
    const backups = { two: killed, three: await backupsOf(rig).create('three') }
    await runKilledTogether(
      rig.fleet,
      (['two', 'three'] as const).map((tenant) => ({
        run: 'backup.drill',
        input: { backup: backups[tenant].id },
        killAt: points[tenant],
      })),
    )
    const { data } = await run<{ data: { id: string }[] }>('operation.list', { name: 'backup.drill', limit: 2 })
    await withWork(rig.fleet, async () => {
      for (const { id } of data) expect(await rig.endOf(id)).toMatchObject({ state: 'succeeded' })
    })
    expect([await kinds('two'), await kinds('three')]).toEqual([['live'], ['live']])
  })

  test('afterwards the platform is in order', async () => {
    expect(await checkPlatform(rig.subject)).toEqual([])
  })
})
