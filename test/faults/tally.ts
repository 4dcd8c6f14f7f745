/** What came of a number of injected faults. */
export interface Tally {
  readonly kills: number
  readonly violations: readonly string[]
  /** Of each fault: from it until everything that it had disturbed had come to its end. */
  readonly convergedMs: readonly number[]
}

/** What a look afterwards has found. */
export const found = (violations: readonly string[]): Tally => ({ kills: 0, violations, convergedMs: [] })

export const sum = (tallies: readonly Tally[]): Tally => ({
  kills: tallies.reduce((kills, tally) => kills + tally.kills, 0),
  violations: tallies.flatMap((tally) => tally.violations),
  convergedMs: tallies.flatMap((tally) => tally.convergedMs),
})

/** NaN, which meets no goal, of nothing. */
export function percentile95(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.ceil(0.95 * sorted.length) - 1] ?? Number.NaN
}
