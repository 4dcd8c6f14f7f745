import type { Reading, Readings, SampleFacts } from '../../catalog/samples.js'
import { rollOf } from './metrics.js'

/**
 * One sample of several, in the order of time. Counters are those of the last sample that has any, and so is its time: what was gained is divided by the time
 * between two readings. Readings of nobody stay nobody's: a gap is no zero.
 */
export function rolledUp(source: string, samples: readonly SampleFacts[]): SampleFacts | undefined {
  const last = samples.findLast(({ of }) => Object.values(of).some((readings) => isCounted(source, readings))) ?? samples.at(-1)
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
          last.of[label] ?? {},
        ),
      ]),
    ),
  }
}

/** A server that is away has counted nothing that anybody knows of. */
const isCounted = (source: string, readings: Readings): boolean =>
  Object.entries(readings).some(([key, value]) => value !== null && rollOf(source, key) === 'last')

function together(source: string, readings: readonly Readings[], last: Readings): Readings {
  const keys = new Set(readings.flatMap((one) => Object.keys(one)))
  return Object.fromEntries(
    [...keys].map((key) => {
      const roll = rollOf(source, key)
      if (roll === 'last') return [key, last[key] ?? null]
      return [
        key,
        one(
          roll,
          readings.map((reading) => reading[key] ?? null),
        ),
      ]
    }),
  )
}

function one(roll: 'mean' | 'most', values: readonly Reading[]): Reading {
  const known = values.filter((value) => value !== null)
  const numbers = known.filter((value) => typeof value === 'number')
  if (numbers.length < known.length) return known.at(-1) ?? null
  if (numbers.length === 0) return null
  return roll === 'most' ? Math.max(...numbers) : numbers.reduce((sum, value) => sum + value, 0) / numbers.length
}
