import { type Figure, figure } from '../../../bench/measuring/figures.js'
import { percentile95, type Tally } from '../../faults/tally.js'

/** One thing that was disturbed in one way, and what came of it. */
export interface Scenario {
  readonly name: string
  readonly tally: Tally
  /** How many faults must have happened, or nothing was shown. */
  readonly atLeast: number
}

// From a fault to everything that it had disturbed being at its end.
const GOAL_MS = 10_000

export const figuresOf = ({ name, tally, atLeast }: Scenario): readonly Figure[] => [
  figure(`${name}: faults`, tally.kills, '', 'higher', atLeast),
  figure(`${name}: violations`, tally.violations.length, '', 'lower', 0),
  ...(tally.convergedMs.length === 0
    ? []
    : [figure(`${name}: time to converge, p95`, percentile95(tally.convergedMs), 'ms', 'lower', GOAL_MS)]),
]

export const summaryOf = ({ kills, violations, convergedMs }: Tally): readonly Figure[] => [
  figure('kills', kills, '', 'higher', 1),
  figure('violations', violations.length, '', 'lower', 0),
  figure('time to converge, p95', percentile95(convergedMs), 'ms', 'lower', GOAL_MS),
  figure('time to converge, longest', convergedMs.length === 0 ? Number.NaN : Math.max(...convergedMs), 'ms', 'lower'),
]

/** Every n-th, the n-th first, and one at least. */
export const everyNth =
  (n: number) =>
  <T>(all: readonly T[]): readonly T[] =>
    all.filter((_, i) => (i + 1) % Math.min(n, all.length) === 0)
