import { whileStopped } from '../support/zombie.js'
import { startChild } from './children.js'
import { type Isolation, type OfLife, prepareDoing } from './doings.js'
import { pointsOf, type Rig, slugOf } from './rig.js'
import type { Tally } from './tally.js'
import { withWork } from './with-work.js'

const AT_ONCE = 5

/**
 * Stops the processes that do the operation, one at each of these points, until workers have brought all to their end; then they wake up. They must
 * change nothing. There must be a tenant `peace`, and no workers.
 */
export async function wakeZombies(
  rig: Rig,
  name: OfLife,
  isolation: Isolation,
  choose = (points: readonly string[]): readonly string[] => points,
): Promise<Tally> {
  const violations: string[] = []
  const convergedMs: number[] = []
  const points = choose(pointsOf(name))
  for (let from = 0; from < points.length; from += AT_ONCE) {
    const zombies = await Promise.all(
      points.slice(from, from + AT_ONCE).map(async (point) => {
        const doing = await prepareDoing(rig, name, isolation, slugOf(`z-${name.slice(7)}`, point), { like: 'peace' })
        return { point, ...doing, child: startChild(rig.fleet, { run: name, input: doing.input, waitAt: point }) }
      }),
    )
    try {
      for (const { point, child } of zombies) await child.says(`at ${point}`)
      const all = {
        signal: (signal: NodeJS.Signals) => {
          for (const { child } of zombies) child.signal(signal)
        },
      }
      await whileStopped(all, () =>
        withWork(rig.fleet, async () => {
          const stoppedAt = performance.now()
          for (const { point, slug } of zombies) {
            const { state } = await rig.end(name, slug)
            convergedMs.push(performance.now() - stoppedAt)
            if (state !== 'succeeded') violations.push(`${point}: ended as ${state}`)
          }
        }),
      )
      for (const { point, child, check } of zombies) {
        child.goOn()
        const { last } = await child.ended()
        // One that has nothing left to do but to look how it ended may say so.
        const mayKnow = point === pointsOf(name).at(-1)
        if (last !== 'fault OPERATION_LOST' && !(mayKnow && last === 'succeeded'))
          violations.push(`${point}: the zombie ended with "${last}"`)
        violations.push(...(await check()))
      }
    } finally {
      for (const { child } of zombies) await child.stop()
    }
  }
  return { kills: convergedMs.length, violations: violations.map((one) => `zombie, ${isolation}: ${one}`), convergedMs }
}
