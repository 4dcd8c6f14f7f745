import { whileStopped } from '../support/zombie.js'
import { startChild } from './children.js'
import { type Isolation, type OfLife, prepareDoing } from './doings.js'
import { atMost, pointsOf, type Rig, slugOf } from './rig.js'
import type { Tally } from './tally.js'

/**
 * Stops the process that does the operation at each of these points, until another worker has brought it to its end; then it wakes up. It must change
 * nothing. There must be workers, and a tenant `peace`.
 */
export async function wakeZombies(
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
      const { slug, input, check } = await prepareDoing(rig, name, isolation, slugOf(`z-${name.slice(7)}`, point), { like: 'peace' })
      const zombie = startChild(rig.fleet, { run: name, input, waitAt: point })
      try {
        await zombie.says(`at ${point}`)
        const stoppedAt = performance.now()
        const { state } = await whileStopped(zombie, () => rig.end(name, slug))
        convergedMs.push(performance.now() - stoppedAt)
        if (state !== 'succeeded') violations.push(`${point}: ended as ${state}`)
        zombie.goOn()
        const { last } = await zombie.ended()
        // One that has nothing left to do but to look how it ended may say so.
        const mayKnow = point === pointsOf(name).at(-1)
        if (last !== 'fault OPERATION_LOST' && !(mayKnow && last === 'succeeded'))
          violations.push(`${point}: the zombie ended with "${last}"`)
        violations.push(...(await check()))
      } finally {
        await zombie.stop()
      }
    }),
  )
  return { kills: convergedMs.length, violations: violations.map((one) => `zombie, ${isolation}: ${one}`), convergedMs }
}
