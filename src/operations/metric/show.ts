import { z } from 'zod'
import { findCluster } from '../../catalog/clusters.js'
import { rangeOf, readSamples, type SampleStep, STEPS } from '../../catalog/samples.js'
import { KEPT_MS } from '../../engine/collect/keep.js'
import { METRICS, type Metric, STEP_OF } from '../../engine/collect/metrics.js'
import { keysOf, seriesOf } from '../../engine/collect/series.js'
import { operation } from '../../engine/operation.js'
import { sinceInput, sinceOf } from '../../engine/since.js'

const EVERY_S = { '15s': 15, '1min': 60, '5min': 300, '15min': 900, '1h': 3_600, '6h': 21_600, '1d': 86_400 } as const
type Every = keyof typeof EVERY_S
const EVERIES = Object.keys(EVERY_S) as [Every, ...Every[]]

// What a screen can show; and what an answer can bear.
const POINTS = 400
const MOST_POINTS = 2_000
const MOST_METRICS = 10
// A rate at the first time needs what was before.
const STEPS_BEFORE = 3

const names = z
  .string()
  .max(400)
  .transform((text) => text.split(','))
  .refine((list) => list.length <= MOST_METRICS, `must not name more than ${MOST_METRICS}`)
  .refine((list) => new Set(list).size === list.length, 'must not name one twice')
  .refine(
    (list) => list.every((name) => METRICS.some((metric) => metric.name === name)),
    'must be what `tenantry metric list` lists, with commas between',
  )

const series = z.object({
  metric: z.string(),
  unit: z.string(),
  cluster: z.string(),
  of: z.string().nullable().describe('The database, replica or slot; null: the server'),
  kind: z.string().nullable().describe('Which of several, such as a state or a mode; null: there is one'),
  values: z.array(z.number().nullable()).describe('One for each of `times`; null: it was not seen, or had begun to be counted anew'),
})

export const showMetric = operation({
  kind: 'direct',
  name: 'metric.show',
  summary: 'Show how something that is measured of servers has gone over time.',
  effect: 'read',
  input: z.strictObject({
    metric: names.describe('What `tenantry metric list` lists; several with commas between'),
    cluster: z.string().min(1).max(63).optional().describe('Only of this cluster; otherwise of all'),
    of: z.string().min(1).max(200).optional().describe('Only of this database, replica or slot'),
    since: sinceInput.default('1h').describe('How far back, such as 1h or 14d, or from when on'),
    until: z.iso.datetime({ offset: true }).optional().describe('Up to when; default: now'),
    every: z.enum(EVERIES).optional().describe('How far apart the values are; default: as close as a screen can show'),
  }),
  output: z.object({
    everyS: z.number().describe('How far apart `times` are'),
    times: z.array(z.number()).describe('In seconds since 1970: each is the beginning of the time that its values are of'),
    series: z.array(series),
  }),
  faults: ['CLUSTER_NOT_FOUND', 'INPUT_INVALID'],
  access: { roles: ['viewer', 'operator', 'fleet-admin', 'security-auditor'] },
  http: 'GET /v1/metrics/{metric}',
  words: { positionals: ['metric'], says: (output) => sayLatest(output) },
  async call({ platform: { catalog }, fail }, { metric, cluster, of, since, until, every }) {
    if (cluster !== undefined && (await catalog.maybe(findCluster(cluster))) === undefined) throw fail('CLUSTER_NOT_FOUND', { cluster })
    const range = await catalog.one(rangeOf(sinceOf(since)!, until ?? null))
    if (range.since > range.until) throw fail('INPUT_INVALID', { issues: ['since: must not be after until'] })
    const wanted = metric.map((name): Metric => METRICS.find((one) => one.name === name)!)
    const closest = Math.max(closestFor(range.now - range.since), ...wanted.map(({ source }) => STEP_OF[source])) as SampleStep
    const everyS = Math.max(closest, every === undefined ? fitting(range.until - range.since) : EVERY_S[every])
    const [first, last] = [floor(range.since, everyS), floor(range.until, everyS)]
    const times = Array.from({ length: Math.min((last - first) / everyS, MOST_POINTS) + 1 }, (_, place) => first + place * everyS)
    if (times.length > MOST_POINTS)
      throw fail('INPUT_INVALID', { issues: [`every: makes more than ${MOST_POINTS} values of that time; take a longer one`] })
    const samples = { step: stepFor(everyS, closest), since: first - STEPS_BEFORE * everyS, until: last + everyS - 1 }
    const found = await Promise.all(
      wanted.map(async (one) => {
        const rows = await catalog.rows(
          readSamples({ ...samples, source: one.source, keys: keysOf(one), cluster: cluster ?? null, label: of ?? null }),
        )
        return seriesOf(one, rows, times, everyS).map((series) => ({ ...series, values: [...series.values], unit: one.unit }))
      }),
    )
    return { everyS, times, series: found.flat() }
  },
})

const floor = (seconds: number, step: number): number => Math.floor(seconds / step) * step

const fitting = (rangeS: number): number => Object.values(EVERY_S).find((seconds) => rangeS / seconds <= POINTS) ?? EVERY_S['1d']

/** Samples of which step are kept for so long. */
const closestFor = (ageS: number): SampleStep => STEPS.find((step) => KEPT_MS[step] / 1_000 >= ageS) ?? STEPS[2]

/** The fewest samples that say it. */
const stepFor = (everyS: number, closest: SampleStep): SampleStep =>
  STEPS.findLast((step) => step >= closest && everyS % step === 0) ?? closest

/** The last value of each, for people. */
function sayLatest({ series: all }: { readonly series: readonly z.output<typeof series>[] }): string {
  if (all.length === 0) return 'nothing is known of that time; `tenantry serve` takes a sample of each server every 15 s'
  return all
    .map(({ metric, unit, cluster, of, kind, values }) => {
      const last = values.findLast((value) => value !== null)
      const what = [cluster, of, metric, kind].filter((part) => part !== null).join(' ')
      return `${what}: ${last === undefined || last === null ? 'not known' : `${Number(last.toPrecision(6))} ${unit}`.trimEnd()}`
    })
    .join('\n')
}
