import { lazy, type ReactElement, Suspense } from 'react'
import { useRead } from '../../data/read.js'
import { ChoiceBar } from '../../parts/choice-bar.js'
import { Empty, Trouble } from '../../parts/empty.js'
import { EquivalentOf } from '../../parts/equivalent.js'
import { Loading } from '../../parts/pending.js'
import { type Measured, type Series, wordsOf } from './measured.js'

const Chart = lazy(async () => ({ default: (await import('../../parts/chart.js')).Chart }))

export const SINCE = ['1h', '6h', '24h', '7d', '30d'] as const
export type Since = (typeof SINCE)[number]

const EVERY_MS = 15_000
const TONES = ['accent', 'good', 'warn', 'bad', 'soft'] as const

// What is drawn together. Those of homes are measured further apart, and asked for by themselves.
const OFTEN = [
  { label: 'Connections', metrics: ['connections', 'connections-max'] },
  { label: 'Transactions a second', metrics: ['transactions'] },
  { label: 'Cache hit', metrics: ['cache-hit'] },
  { label: 'Sessions that wait for a lock', metrics: ['waiting'] },
  { label: 'Oldest transaction', metrics: ['oldest-transaction'] },
  { label: 'WAL', metrics: ['wal'] },
  { label: 'Written to disk by sorts and hashes', metrics: ['temp-bytes'] },
  { label: 'Replica lag', metrics: ['replica-lag'] },
  { label: 'WAL kept by slots', metrics: ['slot-retained'] },
] as const
const SELDOM = [
  { label: 'Size of all homes', metrics: ['size'] },
  { label: 'Dead rows', metrics: ['dead-share'] },
] as const
const POOLER = [
  { label: 'Pooler: clients', metrics: ['pooler-clients', 'pooler-waiting'] },
  { label: 'Pooler: longest wait', metrics: ['pooler-max-wait'] },
  { label: 'Pooler: transactions a second', metrics: ['pooler-transactions'] },
] as const

type Drawn = (typeof OFTEN | typeof SELDOM | typeof POOLER)[number]

const namesOf = (drawn: readonly Drawn[]): string => drawn.flatMap(({ metrics }) => [...metrics]).join(',')

/** How a server has gone over time. */
export function ChartsTab({
  cluster,
  pooler,
  since,
  onSince,
}: {
  readonly cluster: string
  /** There is one in front of it. */
  readonly pooler: boolean
  readonly since: Since
  readonly onSince: (since: Since) => void
}): ReactElement {
  const often = { metric: namesOf(OFTEN), cluster, since }
  const seldom = { metric: namesOf(SELDOM), cluster, since }
  const pooled = { metric: namesOf(POOLER), cluster, since }
  const [fast, slow] = [useRead('metric.show', often, { every: EVERY_MS }), useRead('metric.show', seldom, { every: EVERY_MS })]
  const between = useRead('metric.show', pooled, { every: EVERY_MS, enabled: pooler })
  const fault = fast.fault ?? slow.fault
  const known = [fast, slow].some(({ output }) => output?.series.some(({ values }) => values.some((value) => value !== null)))
  return (
    <div className="flex flex-col gap-4">
      <ChoiceBar at={since} label="How far back" of={SINCE.map((one) => [one, one] as const)} onGo={onSince} />
      {fault === undefined ? null : <Trouble again={fast.again} error={fault} />}
      {known ? (
        <Suspense fallback={<Loading />}>
          <div className="grid gap-x-6 gap-y-4 lg:grid-cols-2">
            {[...drawnOf(OFTEN, fast.output), ...drawnOf(SELDOM, slow.output), ...drawnOf(POOLER, between.output)].map((one) => (
              <div className="min-w-0 rounded-lg border border-line bg-card p-3" key={one.label}>
                <Chart {...one} />
              </div>
            ))}
          </div>
        </Suspense>
      ) : fast.loading || slow.loading || fault !== undefined ? null : (
        <Empty
          command="tenantry metric list"
          icon="activity"
          says="`tenantry serve` looks at each server every 15 seconds, unless the configuration says collect: { samples: 'off' }."
          title="Nothing was measured in that time"
        />
      )}
      {[often, seldom, ...(pooler ? [pooled] : [])].map((input) => (
        <EquivalentOf input={input} key={input.metric} name="metric.show" />
      ))}
    </div>
  )
}

/** Charts of what there is; what has been zero all the while is left out of those with several lines. */
const drawnOf = (drawn: readonly Drawn[], measured: Measured | undefined) =>
  measured === undefined
    ? []
    : drawn.flatMap(({ label, metrics }) => {
        const found = measured.series.filter(({ metric }) => (metrics as readonly string[]).includes(metric))
        const telling = found.filter(({ values }) => values.some((value) => value !== null && value !== 0))
        const shown = telling.length > 0 ? telling : found.slice(0, 1)
        if (!shown.some(({ values }) => values.some((value) => value !== null))) return []
        return [
          {
            label,
            times: measured.times.map((seconds) => seconds * 1_000),
            words: wordsOf(shown[0]!.unit),
            lines: shown.map((one, at) => ({ label: nameOf(one), values: one.values, tone: TONES[at % TONES.length]! })),
          },
        ]
      })

const nameOf = ({ metric, of, kind }: Series): string =>
  metric === 'connections-max' ? 'room' : [of, kind].filter((part) => part !== null).join(' ') || metric
