import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkPlatform } from '../faults/checker.js'
import { runKilledTogether, startChild } from '../faults/children.js'
import { bordersOf, type Rig, slugOf, startRig, until } from '../faults/rig.js'
import { withWork } from '../faults/with-work.js'
import { archivesIn, backupsOf } from './rig.js'

const INSIDE = ['begun', 'written', 'copied', 'kept'].map((border) => `backup.create/archive:${border}`)
const CREATE = [...bordersOf('backup.create'), ...INSIDE]

describe('of those who make and remove backups, some were killed with SIGKILL', () => {
  let rig: Rig
  const slug = (point: string): string => slugOf('c', point)

  beforeAll(async () => {
    const tenants = Object.fromEntries(CREATE.map((point, n) => [slug(point), n % 2 === 0 ? 'shared' : 'schema'] as const))
    rig = await startRig({ ...tenants, old: 'shared', older: 'schema' }, { config: { archives: { copies: [{ folder: 'copies' }] } } })
    for (const point of CREATE) await backupsOf(rig).write(slug(point), point)
  })
  afterAll(() => rig?.stop())

  const inPlaces = async () => [await archivesIn(rig, 'archives'), await archivesIn(rig, 'copies')]
  const kept = async () => (await backupsOf(rig).list()).map(({ id }) => id).sort()

  test('at every border of making one: afterwards each tenant has one, right in every place, and nothing else is anywhere', async () => {
    const child = startChild(rig.fleet, {
      together: CREATE.map((killAt) => ({ run: 'backup.create', input: { tenant: slug(killAt), verify: true }, killAt })),
    })
    expect(await child.ended()).toMatchObject({ last: expect.stringContaining('killed at'), signal: 'SIGKILL' })
    await withWork(rig.fleet, async () => {
      for (const point of CREATE) expect(await rig.end('backup.create', slug(point)), point).toMatchObject({ state: 'succeeded' })
    })
    const found = await backupsOf(rig).list()
    expect(found.map(({ of }) => of).sort()).toEqual(CREATE.map(slug).sort())
    expect(found.filter(({ state, verifiedAt, damage }) => state !== 'kept' || verifiedAt === null || damage !== null)).toEqual([])
    expect(await inPlaces()).toEqual([await kept(), await kept()])
  })

  test('while one is removed, before its first object or after its last: it goes, and what is to stay stays', async () => {
    const { create } = backupsOf(rig)
    const removed = await Promise.all(
      Object.entries({ old: 'begun', older: 'removed' }).map(async ([tenant, border]) => ({
        tenant,
        border,
        old: await create(tenant, { keep: '1ms' }),
        young: await create(tenant, { verify: true }),
      })),
    )
    await runKilledTogether(
      rig.fleet,
      removed.map(({ tenant, border, old }) => ({
        run: 'backup.prune',
        input: { tenant },
        killAt: `backup.prune/remove[${tenant} ${old.id}]:${border}`,
      })),
    )
    await withWork(rig.fleet, async () => {
      for (const { tenant } of removed) expect(await rig.end('backup.prune', tenant)).toMatchObject({ state: 'succeeded' })
    })
    for (const { old, young } of removed) {
      expect(await kept()).not.toContain(old.id)
      expect(await kept()).toContain(young.id)
    }
    expect(await inPlaces()).toEqual([await kept(), await kept()])
  })

  test('one that was taken for dead and awakes leaves nothing, and takes nothing away', async () => {
    const at = 'backup.create/archive:written'
    const child = startChild(rig.fleet, { run: 'backup.create', input: { tenant: 'old' }, waitAt: at })
    try {
      await child.says(`at ${at}`)
      child.signal('SIGSTOP')
      await withWork(rig.fleet, async () => {
        expect(await rig.end('backup.create', 'old')).toMatchObject({ state: 'succeeded', attempts: 2 })
      })
      child.signal('SIGCONT')
      child.goOn()
      expect(await child.ended()).toMatchObject({ last: 'fault OPERATION_LOST' })
    } finally {
      await child.stop()
    }
    expect(await inPlaces()).toEqual([await kept(), await kept()])
  })

  test('what a process has left whose operation has ended is cleared away by workers', async () => {
    const { id } = await rig.fleet.tenant('old')
    const left = '019aa000-0000-7000-8000-000000000001'
    await rig.eyes.see(
      rig.subject.catalog,
      `insert into catalog.backup (id, tenant_id, slug, kind, state, operation_id, store)
       select $1, $2, 'old', 'demand', 'writing', (select id from catalog.operation where state = 'succeeded' limit 1),
              (select store from catalog.backup where state = 'kept' limit 1)`,
      [left, id],
    )
    await withWork(rig.fleet, () => until('it to go', async () => ((await kept()).includes(left) ? undefined : true)))
  })

  test('afterwards the platform is in order', async () => {
    expect(await checkPlatform(rig.subject)).toEqual([])
  })
})
