import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addMigration } from '../../src/testing/project-files.js'
import { checkGone, checkPlatform, checkTenant } from './checker.js'
import { type Child, runKilledTogether, startChild } from './children.js'
import { ISOLATIONS, pointsOf, type Rig, slugOf, startRig, undoPointsOf } from './rig.js'
import { withWork } from './with-work.js'

const LAST = 'tenant.create/activate:before'
const STEPS = pointsOf('tenant.create').filter((point) => point.endsWith(':before'))
const UNDO = undoPointsOf('tenant.create')
// A migration fails in the step `tables`, so only what came before is taken back.
const UNDO_OF_TABLES = undoPointsOf('tenant.create', 'tables')

/** Runs several at once in a process; an operator cancels each while it waits at its point, and then they go on. Answers what they were told, or how it was killed. */
async function cancelTogether(
  rig: Rig,
  name: string,
  doings: readonly { readonly slug: string; readonly input: object; readonly waitAt: string; readonly killAt?: string }[],
): Promise<readonly string[]> {
  const child = startChild(rig.fleet, { together: doings.map(({ slug: _, ...doing }) => ({ run: name, ...doing })) })
  await child.standing(doings.length)
  for (const { slug } of doings) await rig.fleet.run('operation.cancel', { operation: (await rig.operation(name, slug)).id })
  child.goOn()
  const { signal } = await child.ended()
  return signal === null ? child.said().filter((line) => /^(fault|succeeded)/.test(line)) : [signal]
}

/** An operator cancels what another process is doing, while that waits at a point. */
async function cancelAt(rig: Rig, child: Child, point: string, name: string, slug: string): Promise<void> {
  await child.says(`at ${point}`)
  await rig.fleet.run('operation.cancel', { operation: (await rig.operation(name, slug)).id })
  child.goOn()
}

for (const isolation of ISOLATIONS) {
  describe(`${isolation}: what was taken back`, () => {
    let rig: Rig
    beforeAll(async () => {
      rig = await startRig({ peace: isolation, busy: isolation })
    })
    afterAll(() => rig?.stop())

    describe('because an operator cancelled tenant.create between its steps', () => {
      const cancelled = (point: string): string => slugOf('n', point)
      const killed = (point: string): string => slugOf('k', point)
      beforeAll(async () => {
        const create = (slug: string) => ({ slug, input: { slug, isolation } })
        const [told, ended] = await Promise.all([
          cancelTogether(
            rig,
            'tenant.create',
            STEPS.map((waitAt) => ({ ...create(cancelled(waitAt)), waitAt })),
          ),
          cancelTogether(
            rig,
            'tenant.create',
            UNDO.map((killAt) => ({ ...create(killed(killAt)), waitAt: LAST, killAt })),
          ),
        ])
        expect(told).toEqual(STEPS.map(() => 'fault OPERATION_CANCELLED'))
        expect(ended).toEqual(['SIGKILL'])
        await withWork(rig.fleet, async () => {
          for (const point of UNDO) expect((await rig.end('tenant.create', killed(point))).state).toBe('cancelled')
        })
      })

      test.for(STEPS)('%s: nothing is left of it', async (point) => {
        expect(await checkGone(rig.subject, cancelled(point))).toEqual([])
      })

      test.for(UNDO)('and the worker was killed at %s: nothing is left of it', async (point) => {
        expect(await checkGone(rig.subject, killed(point))).toEqual([])
      })
    })

    test('when tenant.suspend is cancelled between its steps, the tenant is active', async () => {
      const point = 'tenant.suspend/record:before'
      const child = startChild(rig.fleet, { run: 'tenant.suspend', input: { tenant: 'busy', reason: 'unpaid' }, waitAt: point })
      await cancelAt(rig, child, point, 'tenant.suspend', 'busy')
      expect((await child.ended()).last).toBe('fault OPERATION_CANCELLED')
      expect(await checkTenant(rig.subject, 'busy', { state: 'active', isolation, like: 'peace' })).toEqual([])
    })

    test('after all that the slug is free again', async () => {
      const slug = slugOf('n', STEPS.at(-1)!)
      await rig.fleet.run('tenant.create', { slug, isolation })
      expect(await checkTenant(rig.subject, slug, { state: 'active', isolation, like: 'peace' })).toEqual([])
    })

    test('afterwards the platform is in order', async () => {
      expect(await checkPlatform(rig.subject)).toEqual([])
    })
  })
}

// In a shared home the tables are there before the tenant is.
for (const isolation of ['schema', 'database'] as const) {
  describe(`${isolation}: what was taken back because a migration failed in the new home`, () => {
    let rig: Rig
    afterAll(() => rig?.stop())
    const killed = (point: string): string => slugOf('b', point)
    beforeAll(async () => {
      rig = await startRig()
      await addMigration(rig.fleet, 'tenant/20260201000000_bad.sql', '-- migrate:up\ncreate table half (id int);\nselect 1 / 0;\n')
      await Promise.all([
        expect(rig.fleet.run('tenant.create', { slug: 'bad', isolation })).rejects.toMatchObject({ code: 'MIGRATION_FAILED' }),
        runKilledTogether(
          rig.fleet,
          UNDO_OF_TABLES.map((killAt) => ({ run: 'tenant.create', input: { slug: killed(killAt), isolation }, killAt })),
        ),
      ])
      await withWork(rig.fleet, async () => {
        for (const point of UNDO_OF_TABLES) {
          expect(await rig.end('tenant.create', killed(point))).toMatchObject({ state: 'failed', fault: 'MIGRATION_FAILED' })
        }
      })
    })

    test('nothing is left of it', async () => {
      expect(await checkGone(rig.subject, 'bad')).toEqual([])
    })

    test.for(UNDO_OF_TABLES)('and the worker was killed at %s: nothing is left of it', async (point) => {
      expect(await checkGone(rig.subject, killed(point))).toEqual([])
    })

    test('the platform is in order', async () => {
      expect(await checkPlatform(rig.subject)).toEqual([])
    })
  })
}

test('a cancel that comes when the last step has acted is too late: what is done is not called taken back', async () => {
  const rig = await startRig()
  try {
    const point = 'platform.upgrade/databases:acted'
    const child = startChild(rig.fleet, { run: 'platform.upgrade', input: {}, waitAt: point })
    await child.says(`at ${point}`)
    const upgrade = "select id, state from catalog.operation where name = 'platform.upgrade'"
    const [found] = await rig.eyes.see<{ id: string; state: string }>(rig.subject.catalog, upgrade)
    await rig.fleet.run('operation.cancel', { operation: found!.id })
    child.goOn()
    expect((await child.ended()).last).toBe('succeeded')
    expect(await rig.eyes.see(rig.subject.catalog, upgrade)).toEqual([{ id: found!.id, state: 'succeeded' }])
  } finally {
    await rig.stop()
  }
})

test('shared: when placing the tenant fails, nothing is left of it', async () => {
  const rig = await startRig({ peace: 'shared' })
  try {
    const { database } = await rig.fleet.tenant('peace')
    await rig.eyes.see(database, `alter table tenantry.placement add constraint full_up check (tenant_id <> tenant_id) not valid`)
    await expect(rig.fleet.run('tenant.create', { slug: 'bad', isolation: 'shared' })).rejects.toMatchObject({ code: 'OPERATION_FAILED' })
    expect(await checkGone(rig.subject, 'bad')).toEqual([])
    expect(await checkPlatform(rig.subject)).toEqual([])
  } finally {
    await rig.stop()
  }
})
