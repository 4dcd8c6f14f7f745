import type { Attack } from '../../isolation/attacks/attack.js'
import { ATTACKS } from '../../isolation/attacks/catalogue.js'
import { keepLine, waysOf } from './attempt.js'
import type { Ground, Look } from './ground.js'
import { type Judged, judge, type Verdict } from './judge.js'

export interface Tally {
  readonly judged: readonly Judged[]
  readonly count: Readonly<Record<Verdict, number>>
}

/** Why an attack means nothing on this ground, if so. */
function whyNot(ground: Ground, attack: Attack): string | undefined {
  if (attack.from === 'api') return 'it asks the HTTP API, which is the same for every cluster'
  if (attack.isolations?.includes(ground.isolation) === false) return `it is about other isolations than ${ground.isolation}`
  if (attack.assurances?.includes(ground.assurance) === false) return `it is about other levels than ${ground.assurance}`
  return attack.needs === undefined || ground.has.has(attack.needs) ? undefined : `it needs: ${attack.needs}`
}

/**
 * Tries every attack, each on its own, and judges it by a look from outside. What has changed is put back before the next.
 */
export async function runSuite(ground: Ground, attacks: readonly Attack[] = ATTACKS): Promise<Tally> {
  const lines = keepLine(ground)
  const judged: Judged[] = []
  let before = await ground.look()
  try {
    for (const attack of attacks) {
      const reason = whyNot(ground, attack)
      if (reason !== undefined) {
        judged.push({ attack: attack.id, way: 'none', verdict: 'skipped', saw: reason, harmed: false })
        continue
      }
      for (const tryIt of waysOf(ground, lines, attack)) {
        const tried = await tryIt()
        // What was rolled back is seen by nobody, whatever it was; and whatever else it may have left is seen in the end.
        const after = isUndone(attack) ? before : await ground.look()
        if (!isSame(before, after)) await ground.mend()
        const instead = attack.instead === undefined ? undefined : await tryIt(true)
        judged.push(judge(ground, attack, { attempt: tried, before, after, instead }))
        if (isSame(before, after) && (instead === undefined || isUndone(attack))) continue
        await ground.mend()
        before = await ground.look()
      }
    }
    const left = isSame(before, await ground.look()) ? [] : [LEFT_OVER]
    judged.push(...left)
  } finally {
    await lines.end()
  }
  return { judged, count: countOf(judged) }
}

const LEFT_OVER: Judged = {
  attack: 'all together',
  way: 'plain',
  verdict: 'breach',
  saw: 'something has changed, and nobody knows by which',
  harmed: true,
}

/** Was it rolled back as a whole? */
const isUndone = ({ from, keeps, does }: Attack): boolean =>
  (from === 'transaction' || from === 'scope') && keeps !== true && !does.some((text) => /^(commit|rollback)\b/.test(text))

const isSame = (one: Look, other: Look): boolean =>
  (['victim', 'walls', 'own', 'stolen'] as const).every((part) => one[part] === other[part])

const countOf = (judged: readonly Judged[]): Readonly<Record<Verdict, number>> => {
  const count: Record<Verdict, number> = { refused: 0, residual: 0, hole: 0, otherwise: 0, breach: 0, skipped: 0 }
  for (const { verdict } of judged) count[verdict]++
  return count
}
