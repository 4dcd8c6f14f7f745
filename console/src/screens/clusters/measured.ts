import type { OutputOf } from 'tenantry/api'
import { durationWords } from '../../parts/moment-words.js'
import { bytesWords, shortWords } from '../../parts/number-words.js'

export type Measured = OutputOf<'metric.show'>
export type Series = Measured['series'][number]

const seriesOf = (measured: Measured | undefined, metric: string, cluster: string): readonly Series[] =>
  (measured?.series ?? []).filter((one) => one.metric === metric && one.cluster === cluster)

const lastOf = ({ values }: Series): number | undefined => values.findLast((value) => value !== null) ?? undefined

/** What was seen last; of several, such as replicas, the highest. Undefined where nothing is known. */
export function latest(measured: Measured | undefined, metric: string, cluster: string): number | undefined {
  const found = seriesOf(measured, metric, cluster).flatMap((one) => lastOf(one) ?? [])
  return found.length === 0 ? undefined : Math.max(...found)
}

/** By how much it has grown since the first that is known of the time before. */
export function grown(before: Measured | undefined, now: Measured | undefined, metric: string, cluster: string): number | undefined {
  const first = seriesOf(before, metric, cluster)[0]?.values.find((value) => value !== null)
  const last = latest(now, metric, cluster)
  return first === null || first === undefined || last === undefined ? undefined : last - first
}

/** How values of a unit are written. */
export function wordsOf(unit: string): (value: number) => string {
  if (unit === 'B') return bytesWords
  if (unit === 'B/s') return (value) => `${bytesWords(value)}/s`
  if (unit === '%') return (value) => `${Number(value.toFixed(1))} %`
  if (unit === 's') return (value) => durationWords(value * 1_000)
  return shortWords
}
