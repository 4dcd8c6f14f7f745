import type { OutputOf } from 'tenantry/api'
import type { Tone } from './tone.js'

type Shown = OutputOf<'operation.show'>

/** What became of the attacks on one kind of wall of one cluster. */
export interface Ground {
  readonly cluster: string
  readonly isolation: string
  readonly assurance: string
  readonly server: string
  readonly refused: number
  readonly residual: number
  readonly hole: number
  readonly otherwise: number
  readonly skipped: number
  /** How many came through. */
  readonly breach: number
}

/** A run of the attacks, as far as it has got. */
export interface AttackRun {
  readonly id: string
  readonly state: Shown['state']
  readonly actor: string
  readonly at: string
  readonly grounds: readonly Ground[]
  /** Only some of the attacks were tried. */
  readonly partial: boolean
  /** What came through, each in a sentence; and how many more. */
  readonly breaches: readonly string[]
  readonly moreBreaches: number
  readonly residuals: readonly string[]
  readonly notes: readonly string[]
  /** Why nothing is known of it: it has failed before anything was judged. */
  readonly failed: string | undefined
}

const listOf = <T>(value: unknown): readonly T[] => (Array.isArray(value) ? (value as readonly T[]) : [])
const numberOf = (value: unknown): number => (typeof value === 'number' ? value : 0)

/** A breach ends the operation with a fault, whose facts have what the result would have had. */
export function runOf(shown: Shown): AttackRun {
  const breached = shown.fault?.code === 'ATTACK_BREACHED'
  const said = ((breached ? shown.fault.facts : shown.result) ?? {}) as Readonly<Record<string, unknown>>
  return {
    id: shown.id,
    state: shown.state,
    actor: shown.actor,
    at: shown.endedAt ?? shown.createdAt,
    grounds: listOf<Omit<Ground, 'breach'> & { readonly breach?: number }>(breached ? said.grounds : said.data).map((ground) => ({
      ...ground,
      breach: numberOf(ground.breach),
    })),
    partial: shown.input.only !== undefined,
    breaches: breached ? listOf(said.which) : [],
    moreBreaches: breached ? numberOf(said.more) : 0,
    residuals: listOf(said.residuals),
    notes: listOf(said.notes),
    failed: breached ? undefined : shown.fault?.message,
  }
}

export interface LastGround extends Ground {
  readonly run: AttackRun
}

/** How much a run tells of a wall: nothing, what some attacks have found, what all of them have. That something came through is always told. */
function weight({ run, ...ground }: LastGround): number {
  if (ground.breach > 0) return 2
  return tried(ground) === 0 ? 0 : run.partial ? 1 : 2
}

/**
 * Of each kind of wall of each cluster what the newest of these runs has found; the runs are given newest first. A run of some attacks only says nothing of
 * the others, so it stands for the wall only if something came through, or if no run had all of them.
 */
export function lastGrounds(runs: readonly AttackRun[]): readonly LastGround[] {
  const last = new Map<string, LastGround>()
  for (const run of runs)
    for (const ground of run.grounds) {
      const [key, found] = [`${ground.cluster}\n${ground.isolation}`, { ...ground, run }]
      const newer = last.get(key)
      if (newer === undefined || weight(found) > weight(newer)) last.set(key, found)
    }
  return [...last.values()].toSorted((a, b) => a.cluster.localeCompare(b.cluster) || a.isolation.localeCompare(b.isolation))
}

const tried = ({ refused, residual, hole, otherwise, breach }: Ground): number => refused + residual + hole + otherwise + breach

/** How the walls stand, in a word: the worst of it. */
export function groundWords(ground: Ground): { readonly words: string; readonly tone: Tone } {
  const { breach, hole, otherwise } = ground
  if (breach > 0) return { words: `${breach} came through`, tone: 'bad' }
  if (hole > 0) return { words: 'server to be upgraded', tone: 'warn' }
  if (otherwise > 0) return { words: 'stopped otherwise', tone: 'warn' }
  return tried(ground) === 0 ? { words: 'nothing tried', tone: 'quiet' } : { words: 'held', tone: 'good' }
}
