import { runKilled } from './children.js'
import { type Isolation, type OfLife, prepareDoing } from './doings.js'
import { atMost, pointsOf, type Rig, slugOf } from './rig.js'
import type { Tally } from './tally.js'

/** Kills the process that does the operation with SIGKILL at every border of every step. There must be workers, and a tenant `peace`. */
export async function killAtPoints(
  rig: Rig,
  name: OfLife,
  isolation: Isolation,
  choose = (points: readonly string[]): readonly string[] => points,
): Promise<Tally> {
  const violations: string[] = []
  const convergedMs: number[] = []
  await atMost(
    3,
    choose(pointsOf(name)).map((point) => async () => {
      const { slug, input, check } = await prepareDoing(rig, name, isolation, slugOf(`k-${name.slice(7)}`, point), { like: 'peace' })
      await runKilled(rig.fleet, name, input, point)
      const killedAt = performance.now()
      const { state } = await rig.end(name, slug)
      convergedMs.push(performance.now() - killedAt)
      if (state !== 'succeeded') violations.push(`killed at ${point}: ended as ${state}`)
      violations.push(...(await check()).map((one) => `killed at ${point}: ${one}`))
    }),
  )
  return { kills: convergedMs.length, violations: violations.map((one) => `${isolation}, ${one}`), convergedMs }
}
