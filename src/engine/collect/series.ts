import type { Readings, SampleRow } from '../../catalog/samples.js'
import type { Metric } from './metrics.js'
import { rolledUp } from './rollup.js'

/** Values of one thing over time, each at the time of the same place; null: nothing is known of it. */
export interface Series {
  readonly metric: string
  readonly cluster: string
  /** What it is of: a database, a replica, a slot; null: the server itself. */
  readonly of: string | null
  /** Which of the series of the metric: a state, a mode; null: it has one. */
  readonly kind: string | null
  readonly values: readonly (number | null)[]
}

// In steps: a sample may be missing once or twice; what lies farther apart is a gap.
const BEFORE = [1, 2, 3]

export interface Sample {
  readonly readAt: number
  readonly readings: Readings
}

/** The series of a metric at these times, which are `everyS` apart. `rows` of one source may begin before: rates need what was before. */
export function seriesOf(metric: Metric, rows: readonly SampleRow[], times: readonly number[], everyS: number): readonly Series[] {
  return [...binned(metric.source, rows, everyS)].flatMap(([cluster, labels]) =>
    [...labels].flatMap(([label, samples]) =>
      Object.entries(metric.of).map(([kind, key]) => ({
        metric: metric.name,
        cluster,
        of: label === '' ? null : label,
        kind: kind === '' ? null : kind,
        values: times.map((time) => valueAt(metric, key, samples, time, everyS)),
      })),
    ),
  )
}

type Bins = ReadonlyMap<number, Sample>

/** By cluster, by what it is of, by time: one sample for each time. */
function binned(source: string, rows: readonly SampleRow[], everyS: number): ReadonlyMap<string, ReadonlyMap<string, Bins>> {
  const grouped = new Map<string, Map<number, SampleRow[]>>()
  for (const row of rows) {
    const time = Math.floor(row.at.getTime() / 1_000 / everyS) * everyS
    const times = grouped.get(row.cluster) ?? new Map<number, SampleRow[]>()
    times.set(time, [...(times.get(time) ?? []), row])
    grouped.set(row.cluster, times)
  }
  const found = new Map<string, Map<string, Map<number, Sample>>>()
  for (const [cluster, times] of grouped) {
    const labels = new Map<string, Map<number, Sample>>()
    for (const [time, group] of times) {
      const facts = rolledUp(
        source,
        group.map(({ readAt, of }) => ({ at: readAt, of })),
      )!
      for (const [label, readings] of Object.entries(facts.of)) {
        const bins = labels.get(label) ?? new Map<number, Sample>()
        bins.set(time, { readAt: facts.at, readings })
        labels.set(label, bins)
      }
    }
    found.set(cluster, labels)
  }
  return found
}

function valueAt(metric: Metric, key: string, samples: Bins, time: number, everyS: number): number | null {
  const sample = samples.get(time)
  if (sample === undefined) return null
  if (metric.kind === 'state') return numberOf(sample.readings[key])
  const before = BEFORE.map((steps) => samples.get(time - steps * everyS))
  return gained(
    metric,
    key,
    before.find((one) => one !== undefined),
    sample,
  )
}

/** What counters have gained between two samples; null where the server has begun to count anew in between. */
export function gained(metric: Metric, key: string, before: Sample | undefined, now: Sample): number | null {
  const { reset } = metric
  if (before === undefined || (reset !== undefined && before.readings[reset] !== now.readings[reset])) return null
  const more = differenceOf(before.readings[key], now.readings[key])
  const seconds = now.readAt - before.readAt
  if (more === null || more < 0 || seconds <= 0) return null
  if (metric.kind === 'rate') return (more / seconds) * (metric.perS ?? 1)
  const rest = differenceOf(before.readings[metric.rest!], now.readings[metric.rest!])
  return rest === null || rest < 0 || more + rest === 0 ? null : (more / (more + rest)) * 100
}

const numberOf = (reading: unknown): number | null => (typeof reading === 'number' ? reading : null)

function differenceOf(before: unknown, now: unknown): number | null {
  return typeof before === 'number' && typeof now === 'number' ? now - before : null
}

/** The readings that a metric is made of. */
export const keysOf = ({ of, rest, reset }: Metric): readonly string[] => [
  ...Object.values(of),
  ...(rest === undefined ? [] : [rest]),
  ...(reset === undefined ? [] : [reset]),
]
