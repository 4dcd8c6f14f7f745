import type { Attack } from '../../isolation/attacks/attack.js'
import { HARMS, type Harm, RESIDUALS, type Residual } from '../../isolation/attacks/residuals.js'
import type { Attempt } from './attempt.js'
import type { Ground, Look } from './ground.js'

/**
 * `refused`: as was expected, by an error or since nothing came of it. `residual`: as it is published. `hole`: only a newer minor of PostgreSQL stops it.
 * `otherwise`: nothing came of it, for another reason than was expected. `breach`: a wall has not held. `skipped`: it means nothing here.
 */
export type Verdict = 'refused' | 'residual' | 'hole' | 'otherwise' | 'breach' | 'skipped'

export interface Judged {
  readonly attack: string
  readonly way: Attempt['way'] | 'none'
  readonly verdict: Verdict
  /** What was seen: a code, or the harm. */
  readonly saw: string
  /** Did the other tenant lose anything, beside the refusal that was expected? */
  readonly harmed: boolean
  /** The one that was published for it, whether or not it showed. */
  readonly residual?: Residual
}

export interface Evidence {
  readonly attempt: Attempt
  readonly before: Look
  readonly after: Look
  /** The other half of an oracle. */
  readonly instead?: Attempt | undefined
}

/** Everything that the attack has done, and how to say it. */
function harmsOf(ground: Ground, attack: Attack, { attempt, before, after, instead }: Evidence): ReadonlyMap<Harm, string> {
  const harms = new Map<Harm, string>()
  const never = attack.never
  if (never !== undefined && attempt.texts.some((text) => text.includes(never))) harms.set('reads', `"${never}" came to the attacker`)
  if (attempt.texts.some((text) => ground.isForeign(text))) harms.set('reads', HARMS.reads)
  if (after.victim !== before.victim) harms.set('writes', HARMS.writes)
  if (after.stolen > before.stolen) harms.set('takes', HARMS.takes)
  if (after.walls !== before.walls) harms.set('walls', HARMS.walls)
  if (instead !== undefined && (instead.code !== attempt.code || instead.count !== attempt.count))
    harms.set('tells', `${HARMS.tells}: ${attempt.code}, ${attempt.count} rows, and ${instead.code}, ${instead.count} rows`)
  return harms
}

/** Judges one attempt by what was heard and what an independent look has found. */
export function judge(ground: Ground, attack: Attack, evidence: Evidence): Judged {
  const { attempt } = evidence
  const { ending, way, code } = attempt
  const harms = harmsOf(ground, attack, evidence)
  const harm = [...harms.values()][0]
  const of = (verdict: Verdict, saw = code): Judged => ({
    ...{ attack: attack.id, way, verdict, saw, harmed: attempt.disturbed !== undefined || harm !== undefined },
    ...('residual' in ending ? { residual: ending.residual } : {}),
  })
  // Another answer for the victim is worse than whatever is published of a connection.
  if (attempt.disturbed !== undefined) return of('breach', attempt.disturbed)
  if ('residual' in ending) {
    const published: readonly Harm[] = RESIDUALS[ending.residual].harms
    const more = [...harms].find(([kind]) => !published.includes(kind))
    if (more !== undefined) return of('breach', `${more[1]}, which is more than is published of it`)
    return of(harm !== undefined || code === 'ok' || code.startsWith('then ') ? 'residual' : 'refused', harm ?? code)
  }
  const ran = code === 'ok' && !ending.includes('ok') ? 'it ran' : undefined
  if (harm === undefined && ran === undefined)
    return of(ending.includes(code) ? 'refused' : code.startsWith('then ') ? 'breach' : 'otherwise')
  return of(isHole(ground, attack) ? 'hole' : 'breach', harm ?? ran)
}

function isHole({ version }: Ground, { stoppedBy }: Attack): boolean {
  const safe = stoppedBy?.[Math.floor(version / 10_000)]
  return safe !== undefined && version % 10_000 < safe
}
