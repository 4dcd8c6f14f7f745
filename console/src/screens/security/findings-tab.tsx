import { type ReactElement, useMemo } from 'react'
import type { OutputOf } from 'tenantry/api'
import { useRead } from '../../data/read.js'
import { Badge } from '../../parts/badge.js'
import { Button } from '../../parts/button.js'
import { Chips } from '../../parts/chips.js'
import { Copy } from '../../parts/copy.js'
import { Empty, Trouble } from '../../parts/empty.js'
import { EquivalentOf } from '../../parts/equivalent.js'
import { type Filter, readFilters, writeFilters } from '../../parts/filters.js'
import { JsonFold } from '../../parts/json-view.js'
import { Moment } from '../../parts/moment.js'
import { Refusal } from '../../parts/refusal.js'
import { type Search, useAddress } from '../../shell/address.js'
import { databaseOf, type Finding, fixOf, SEVERITIES, severityTone } from '../../words/finding-words.js'
import type { TabProps } from './security.js'

const filtersOf = (clusters: readonly string[]): readonly Filter[] => [
  { name: 'severity', label: 'Severity', kind: 'choice', choices: SEVERITIES },
  { name: 'cluster', label: 'Cluster', kind: 'choice', choices: clusters, open: true },
]
const read = (search: Search) => readFilters(filtersOf([]), search)

/** What the doctor and the advisor find wrong, each with what mends it. */
export function FindingsTab({ ask }: TabProps): ReactElement {
  const { filter: values, set } = useAddress(read)
  const clusters = useRead('cluster.list', {}).output?.data.map(({ name }) => name)
  const filters = useMemo(() => filtersOf(clusters ?? []), [clusters])
  const cluster = typeof values.cluster === 'string' ? values.cluster : undefined
  const input = cluster === undefined ? {} : { cluster }
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center gap-2">
        <Chips filters={filters} onChange={(next) => set(writeFilters(filters, next))} values={values} />
      </div>
      <Refusal name="doctor.run">
        <Found ask={ask} input={input} severity={values.severity} />
      </Refusal>
      <EquivalentOf input={input} name="doctor.run" />
    </div>
  )
}

interface FoundProps extends TabProps {
  readonly input: { readonly cluster?: string }
  readonly severity: unknown
}

function Found({ ask, input, severity }: FoundProps): ReactElement {
  const { output, fault, again, previous, asking, answeredAt } = useRead('doctor.run', input)
  const repairs = output?.data.some(({ repairable }) => repairable) ?? false
  const actions = (
    <div className="flex flex-wrap items-center gap-2">
      {answeredAt === undefined || previous ? null : (
        <span className="text-soft">
          {/* Without the time that goes on: it would be read out every few seconds. */}
          <span role="status">{asking ? 'It is looked again …' : 'Looked'}</span>{' '}
          {asking ? null : <Moment at={new Date(answeredAt).toISOString()} />}
        </span>
      )}
      <Button icon="refresh" onClick={again} refused={asking ? 'Every cluster is being looked at' : undefined}>
        Look again
      </Button>
      <Button
        icon="check"
        of="doctor.fix"
        onClick={() => ask({ deed: 'fix', cluster: input.cluster })}
        refused={repairs ? undefined : 'Nothing that was found can be repaired by itself'}
      >
        Repair what is safe …
      </Button>
    </div>
  )
  if (fault !== undefined) return <Trouble again={again} error={fault} />
  if (output === undefined)
    return (
      <p className="text-soft" role="status">
        Looking at every cluster …
      </p>
    )
  const rows = output.data.filter((one) => severity === undefined || one.severity === severity)
  return (
    <div aria-busy={previous || asking} className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <Counts verdict={output} />
        {actions}
      </div>
      {rows.length === 0 ? (
        <Empty
          icon="check"
          says={
            output.data.length === 0
              ? 'Every check was made, and every rule of the advisor is kept.'
              : 'What was found is of another severity.'
          }
          title={output.data.length === 0 ? 'Nothing is wrong' : 'Nothing of this severity'}
        />
      ) : (
        <ul aria-label="Findings" className="flex flex-col gap-2">
          {rows.map((finding) => (
            <FindingLine finding={finding} key={`${finding.check} ${finding.where} ${finding.reason} ${finding.fix}`} />
          ))}
        </ul>
      )}
      <JsonFold label="Findings as JSON" value={output} />
    </div>
  )
}

const Counts = ({ verdict: { healthy, errors, warnings, advice } }: { readonly verdict: OutputOf<'doctor.run'> }): ReactElement => (
  <p className="flex flex-wrap items-center gap-2">
    <Badge tone={healthy ? 'good' : 'bad'}>{healthy ? 'healthy' : 'not healthy'}</Badge>
    <span className="text-soft">
      errors {errors}, warnings {warnings}, advice {advice}
    </span>
  </p>
)

function FindingLine({ finding: { severity, check, lint, where, reason, fix, repairable } }: { readonly finding: Finding }): ReactElement {
  const { kind, line, says } = fixOf(fix)
  return (
    <li className="flex flex-col gap-1.5 rounded-lg border border-line bg-card p-3">
      <div className="flex flex-wrap items-center gap-2">
        <Badge tone={severityTone(severity)}>{severity}</Badge>
        <code className="font-mono text-xs">{check}</code>
        {lint === undefined ? null : <code className="font-mono text-xs text-soft">{lint}</code>}
        <span className="min-w-0 font-medium break-all">{where}</span>
        {repairable ? <Badge tone="accent">repairable</Badge> : null}
      </div>
      <p className="break-words">{reason}</p>
      {kind === 'sql' ? <p className="text-soft">Run in {databaseOf(where)}:</p> : null}
      {kind === 'command' && says !== `run \`${line}\`` ? <p className="break-words text-soft">To mend it: {says}</p> : null}
      {line === undefined ? (
        <p className="break-words text-soft">To mend it: {says}</p>
      ) : (
        <div className="flex items-start gap-1 rounded-md border border-line bg-hover py-1 pr-1 pl-2">
          <code className="min-w-0 flex-1 self-center font-mono text-xs break-all whitespace-pre-wrap">{line}</code>
          <Copy label={kind === 'sql' ? 'Copy the statement' : 'Copy the line'} text={line} />
        </div>
      )}
    </li>
  )
}
