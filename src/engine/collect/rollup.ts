import type { Reading, Readings, SampleFacts } from '../../catalog/samples.js'
import { rollOf } from './metrics.js'

/** One sample of several, in the order of time. Counters stay as they were read last. Readings of nobody stay nobody's: a gap is no zero. */
export function rolledUp(source: string, samples: readonly SampleFacts[]): SampleFacts | undefined {
  const last = samples.at(-1)
  if (last === undefined) return undefined
  const labels = new Set(samples.flatMap(({ of }) => Object.keys(of)))
  return {
    at: last.at,
    of: Object.fromEntries(
      [...labels].map((label) => [
        label,
        together(
          source,
          samples.flatMap(({ of }) => (of[label] === undefined ? [] : [of[label]])),
        ),
      ]),
    ),
  }
}

function together(source: string, readings: readonly Readings[]): Readings {
  const keys = new Set(readings.flatMap((one) => Object.keys(one)))
  return Object.fromEntries(
    [...keys].map((key) => [
      key,
      one(
        rollOf(source, key),
        readings.map((reading) => reading[key] ?? null),
      ),
    ]),
  )
}

function one(roll: 'mean' | 'most' | 'last', values: readonly Reading[]): Reading {
  const known = values.filter((value) => value !== null)
  const numbers = known.filter((value) => typeof value === 'number')
  if (roll === 'last' || numbers.length < known.length) return known.at(-1) ?? null
  if (numbers.length === 0) return null
  return roll === 'most' ? Math.max(...numbers) : numbers.reduce((sum, value) => sum + value, 0) / numbers.length
}
