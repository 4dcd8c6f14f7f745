import type { ReactElement } from 'react'
import type { OutputOf } from 'tenantry/api'
import { useRead } from '../../data/read.js'
import { Button } from '../../parts/button.js'
import { ChoiceBar } from '../../parts/choice-bar.js'
import { Copy } from '../../parts/copy.js'
import { Empty, Trouble } from '../../parts/empty.js'
import { EquivalentOf } from '../../parts/equivalent.js'
import { Moment } from '../../parts/moment.js'
import { countOf, countWords } from '../../parts/number-words.js'
import { Loading } from '../../parts/pending.js'
import { PlainTable } from '../../parts/plain-table.js'
import { Refusal } from '../../parts/refusal.js'
import { To } from '../../parts/to.js'
import type { Since } from './charts-tab.js'

type Statement = OutputOf<'statement.list'>['data'][number]

export const STATEMENTS_SINCE = ['1h', '6h', '24h', '7d'] as const satisfies readonly Since[]
export const STATEMENT_SORTS = ['total', 'mean', 'longest', 'calls'] as const
export type StatementSort = (typeof STATEMENT_SORTS)[number]

const SORT_WORDS: Readonly<Record<StatementSort, string>> = {
  total: 'All its time',
  mean: 'Time of one call',
  longest: 'The longest call',
  calls: 'Calls',
}

// They are counted every 5 minutes, and no event tells of it.
const EVERY_MS = 60_000

export interface StatementsTabProps {
  readonly cluster: string
  readonly since: (typeof STATEMENTS_SINCE)[number]
  readonly sort: StatementSort
  readonly onSet: (changes: { readonly since?: string; readonly sort?: string }) => void
  /** Asks whether its server shall count. */
  readonly onObserve: () => void
}

/** Which statements have taken the time of a server, and whose they were. */
export const StatementsTab = (props: StatementsTabProps): ReactElement => (
  <Refusal name="statement.list">
    <Statements {...props} />
  </Refusal>
)

function Statements({ cluster, since, sort, onSet, onObserve }: StatementsTabProps): ReactElement {
  const input = { cluster, since, sort }
  const { output, fault, again } = useRead('statement.list', input, { every: EVERY_MS })
  const observed = output?.observed.find((one) => one.cluster === cluster)
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center gap-4">
        <ChoiceBar
          at={since}
          label="How far back"
          of={STATEMENTS_SINCE.map((one) => [one, one] as const)}
          onGo={(one) => onSet({ since: one })}
        />
        <ChoiceBar
          at={sort}
          label="What took most of"
          of={STATEMENT_SORTS.map((one) => [one, SORT_WORDS[one]] as const)}
          onGo={(one) => onSet({ sort: one })}
        />
        {observed?.at == null ? null : (
          <span className="text-soft">
            counted <Moment at={observed.at} />
            {observed.evicted ? `; the server has forgotten some ${countOf(observed.evicted, 'time')}, for want of room` : ''}
          </span>
        )}
      </div>
      {fault === undefined ? null : <Trouble again={again} error={fault} />}
      {output === undefined ? (
        fault === undefined ? (
          <Loading />
        ) : null
      ) : output.data.length > 0 ? (
        <PlainTable
          heads={['Statement', 'Whose', '>Calls', '>All its time', '>Of one call', '>The longest', '>Rows']}
          label={`Statements of ${cluster}`}
          rows={output.data.map((row) => ({
            key: `${row.database} ${row.role} ${row.queryId} ${row.toplevel}`,
            cells: [
              <Text key="text" row={row} />,
              <Whose key="whose" row={row} />,
              countWords(row.calls),
              took(row.totalMs),
              took(row.meanMs),
              took(row.maxMs),
              countWords(row.rows),
            ],
          }))}
        />
      ) : observed?.at == null ? (
        <Empty
          command={`tenantry cluster observe ${cluster}`}
          icon="activity"
          says="It counts them once its administrator's own database has the extension pg_stat_statements, where no tenant sees it."
          step={
            <Button of="cluster.observe" onClick={onObserve}>
              Let it count
            </Button>
          }
          title="Its server counts no statements yet"
        />
      ) : (
        <Empty icon="check" says="They are counted every 5 minutes." title="No statement took any time since then" />
      )}
      <EquivalentOf input={input} name="statement.list" />
    </div>
  )
}

const Text = ({ row: { text, toplevel } }: { readonly row: Statement }): ReactElement => (
  <span className="flex max-w-2xl min-w-64 items-start gap-1">
    <code className="line-clamp-3 flex-1 font-mono text-xs break-words whitespace-pre-wrap" title={text}>
      {text}
    </code>
    {toplevel ? null : <span className="text-xs text-soft">in a function</span>}
    <Copy label="Copy the statement" text={text} />
  </span>
)

const Whose = ({ row: { slug, tenants, role } }: { readonly row: Statement }): ReactElement =>
  slug === null ? (
    <span className="text-soft">{tenants > 0 ? `shared by ${countOf(tenants, 'tenant')}` : role}</span>
  ) : (
    <To className="font-medium hover:text-accent hover:underline" params={{ tenant: slug }} to="/tenants/$tenant">
      {slug}
    </To>
  )

/** Statements are told apart by parts of a millisecond, and add up to hours. */
export function took(ms: number): string {
  if (ms < 1_000) return `${Number(ms.toPrecision(3))} ms`
  const seconds = ms / 1_000
  return seconds < 600 ? `${Number(seconds.toPrecision(3))} s` : `${countWords(seconds / 60)} min`
}
