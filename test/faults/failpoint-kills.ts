import { runKilledTogether } from './children.js'
import { type Isolation, type OfLife, prepareDoing } from './doings.js'
import { pointsOf, type Rig, slugOf } from './rig.js'
import type { Tally } from './tally.js'
import { withWork } from './with-work.js'

/** Kills the process that does the operation with SIGKILL at every border of every step; then workers come. There must be a tenant `peace`, and no workers. */
export async function killAtPoints(
  rig: Rig,
  name: OfLife,
  isolation: Isolation,
  choose = (points: readonly string[]): readonly string[] => points,
): Promise<Tally> {
  const violations: string[] = []
  const convergedMs: number[] = []
  const points = choose(pointsOf(name))
  const ready = new Map(
    await Promise.all(
      points.map(
        async (point) => [point, await prepareDoing(rig, name, isolation, slugOf(`k-${name.slice(7)}`, point), { like: 'peace' })] as const,
      ),
    ),
  )
  await runKilledTogether(
    rig.fleet,
    points.map((killAt) => ({ run: name, input: ready.get(killAt)!.input, killAt })),
  )
  const startedAt = performance.now()
  await withWork(rig.fleet, () =>
    Promise.all(
      [...ready].map(async ([point, { slug }]) => {
        const { state } = await rig.end(name, slug)
        convergedMs.push(performance.now() - startedAt)
        if (state !== 'succeeded') violations.push(`killed at ${point}: ended as ${state}`)
      }),
    ),
  )
  for (const [point, { check }] of ready) violations.push(...(await check()).map((one) => `killed at ${point}: ${one}`))
  return { kills: convergedMs.length, violations: violations.map((one) => `${isolation}, ${one}`), convergedMs }
}
