import type { OutputOf } from 'tenantry/api'
import { durationWords } from '../../parts/moment-words.js'
import { bytesWords, shortWords } from '../../parts/number-words.js'

export type Measured = OutputOf<'metric.show'>
export type Series = Measured['series'][number]

const seriesOf = (measured: Measured | undefined, metric: string, cluster: string): readonly Series[] =>
  (measured?.series ?? []).filter((one) => one.metric === metric && one.cluster === cluster)

const lastOf = ({ values }: Series): number | undefined => values.findLast((value) => value !== null) ?? undefined

/** How far back what is told as now may be: samples are taken every 15 s, homes are measured every five minutes. */
export const NOW = '5min'
export const NOW_OF_HOMES = '15min'

/** What was seen last; of several, such as replicas, the highest. Undefined where nothing is known. */
export function latest(measured: Measured | undefined, metric: string, cluster: string): number | undefined {
  const found = seriesOf(measured, metric, cluster).flatMap((one) => lastOf(one) ?? [])
  return found.length === 0 ? undefined : Math.max(...found)
}

// What is known of less than almost the whole time tells nothing of all of it.
const LATE_S = 24 * 3_600

/** By how much it has grown since the time before began. Undefined where it was not measured then. */
export function grown(before: Measured | undefined, now: Measured | undefined, metric: string, cluster: string): number | undefined {
  const values = seriesOf(before, metric, cluster)[0]?.values ?? []
  const at = values.findIndex((value) => value !== null)
  const [first, last] = [values[at], latest(now, metric, cluster)]
  if (first === null || first === undefined || last === undefined) return undefined
  return before!.times[at]! - before!.times[0]! > LATE_S ? undefined : last - first
}

/** How values of a unit are written. */
export function wordsOf(unit: string): (value: number) => string {
  if (unit === 'B') return bytesWords
  if (unit === 'B/s') return (value) => `${bytesWords(value)}/s`
  if (unit === '%') return (value) => `${Number(value.toFixed(1))} %`
  if (unit === 's') return (value) => durationWords(value * 1_000)
  return shortWords
}
