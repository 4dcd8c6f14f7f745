import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkPlatform, checkTenant } from './checker.js'
import { runKilled, startChild, withWorkers } from './children.js'
import { atMost, type ISOLATIONS, pointsOf, type Rig, slugOf, startRig } from './rig.js'
import { seededRows, seedsFor, writeSeeds } from './seed-project.js'

const CREATE = pointsOf('tenant.create')
const SUSPEND = pointsOf('tenant.suspend')
const RESUME = pointsOf('tenant.resume')

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
        await atMost(6, [
          ...CREATE.map((point) => () => runKilled(rig.fleet, 'tenant.create', { slug: created(point), isolation }, point)),
          ...SUSPEND.map((point) => () => runKilled(rig.fleet, 'tenant.suspend', { tenant: changed(point), reason: 'unpaid' }, point)),
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
        await atMost(
          6,
          RESUME.map((point) => () => runKilled(rig.fleet, 'tenant.resume', input(point), point)),
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
