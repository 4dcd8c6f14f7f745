import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkPlatform, checkTenant } from './checker.js'
import { runKilledTogether, startChild, withWorkers } from './children.js'
import { bordersOf, type ISOLATIONS, type Rig, slugOf, startRig } from './rig.js'
import { seededRows, seedsFor, writeSeeds } from './seed-project.js'

const CREATE = bordersOf('tenant.create')
const SUSPEND = bordersOf('tenant.suspend')
const RESUME = bordersOf('tenant.resume')

/** Kills workers with SIGKILL at every border of every step, and looks at what others make of it. */
export function killSuite(isolation: (typeof ISOLATIONS)[number]): void {
  describe(`${isolation}: workers were killed with SIGKILL`, () => {
    let rig: Rig
    // One tenant for each point; the ones that are suspended and resumed at the same border of the same step share theirs.
    const created = (point: string): string => slugOf('c', point)
    const changed = (point: string): string => slugOf('s', point)
    const end = async (name: string, slugs: readonly string[]): Promise<number> => {
      const ends = await Promise.all(slugs.map((slug) => rig.end(name, slug)))
      expect(ends.map(({ state }) => state)).toEqual(slugs.map(() => 'succeeded'))
      return Math.max(...ends.map(({ attempts }) => attempts))
    }

    beforeAll(async () => {
      rig = await startRig(Object.fromEntries(['peace', ...SUSPEND.map(changed)].map((slug) => [slug, isolation])))
      if (isolation === 'shared') await writeSeeds(rig)
    })
    afterAll(() => rig?.stop())

    describe('in tenant.create and tenant.suspend; of those that took over, the first was killed as well, and then two raced', () => {
      beforeAll(async () => {
        await runKilledTogether(rig.fleet, [
          ...CREATE.map((killAt) => ({ run: 'tenant.create', input: { slug: created(killAt), isolation }, killAt })),
          ...SUSPEND.map((killAt) => ({ run: 'tenant.suspend', input: { tenant: changed(killAt), reason: 'unpaid' }, killAt })),
        ])
        const doomed = startChild(rig.fleet, { killAt: 'tenant.create/place:acted' })
        expect(await doomed.ended()).toEqual({ last: 'killed at tenant.create/place:acted', signal: 'SIGKILL' })
        await withWorkers(rig.fleet, 2, async () => {
          expect(await end('tenant.create', CREATE.map(created))).toBeGreaterThan(2)
          await end('tenant.suspend', SUSPEND.map(changed))
        })
      })

      test.for(CREATE)('%s: the tenant is there once, whole and usable', async (point) => {
        expect(await checkTenant(rig.subject, created(point), { state: 'active', isolation, like: 'peace' })).toEqual([])
        if (isolation === 'shared') expect(await seededRows(rig, created(point))).toEqual(seedsFor(created(point), [created(point)]))
      })

      test.for(SUSPEND)('%s: the tenant is suspended, in the catalog and in its database', async (point) => {
        expect(await checkTenant(rig.subject, changed(point), { state: 'suspended', isolation })).toEqual([])
      })
    })

    describe('in tenant.resume, and one was started again', () => {
      beforeAll(async () => {
        const input = (point: string) => ({ tenant: changed(point.replace('resume', 'suspend')) })
        await runKilledTogether(
          rig.fleet,
          RESUME.map((killAt) => ({ run: 'tenant.resume', input: input(killAt), killAt })),
        )
        await withWorkers(rig.fleet, 1, () => end('tenant.resume', SUSPEND.map(changed)))
      })

      test.for(SUSPEND)('%s, its tenant resumed: it is usable again', async (point) => {
        expect(await checkTenant(rig.subject, changed(point), { state: 'active', isolation, like: 'peace' })).toEqual([])
      })
    })

    test('afterwards the platform is in order', async () => {
      expect(await checkPlatform(rig.subject)).toEqual([])
    })
  })
}
