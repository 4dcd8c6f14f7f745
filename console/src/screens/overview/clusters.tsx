import type { ReactNode } from 'react'
import { useRead } from '../../data/read.js'
import { Badge } from '../../parts/badge.js'
import { Trouble } from '../../parts/empty.js'
import { Count } from '../../parts/figures.js'
import { shortWords } from '../../parts/number-words.js'
import { Panel } from '../../parts/page.js'
import { Sparkline } from '../../parts/sparkline.js'
import { To } from '../../parts/to.js'
import { type Fleet, sumOf } from './attention.js'

// As often as samples are taken.
const EVERY_MS = 15_000

/** What servers there are, and what the last quarter of an hour was like for each: in steps in which samples are taken, so that one who has just begun sees it move. */
export function Clusters({ of }: { readonly of: Fleet['clusters'] }): ReactNode {
  const { output, fault, again } = useRead(
    'metric.show',
    { metric: 'transactions,connections', since: '15min', every: '15s' },
    { every: EVERY_MS },
  )
  const series = output?.series ?? []
  return (
    <Panel title="Clusters">
      {fault === undefined ? null : <Trouble again={again} error={fault} />}
      {of.length === 0 ? (
        <p className="text-soft">
          None yet: <code className="font-mono">tenantry cluster add main</code> makes the first.
        </p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is to be reached by the keyboard
        <section className="overflow-x-auto" tabIndex={0} aria-label="Table of clusters">
          <table className="w-full text-left tabular-nums">
            <thead className="text-soft">
              <tr>
                {['Cluster', 'PostgreSQL', 'State', 'Tenants', 'Homes', 'Transactions a second', 'Connections'].map((head) => (
                  <th key={head} scope="col" className="py-1 pr-4 font-normal whitespace-nowrap">
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {of.map(({ name, serverVersion, state, hardened, tenants, warm, homes }) => (
                <tr key={name} className="border-t border-line">
                  <th scope="row" className="py-1.5 pr-4 font-medium">
                    <To to="/clusters/$cluster" params={{ cluster: name }}>
                      {name}
                    </To>
                  </th>
                  <td className="pr-4">{serverVersion}</td>
                  <td className="pr-4 whitespace-nowrap">
                    <Badge tone={state === 'live' ? 'good' : 'warn'}>{state}</Badge> {!hardened && <Badge tone="bad">unhardened</Badge>}
                  </td>
                  <td className="pr-4">
                    <Count of={tenants - warm} />
                  </td>
                  <td className="pr-4">
                    <Count of={homes} />
                  </td>
                  {['transactions', 'connections'].map((metric) => {
                    const values = sumOf(series, metric, name)
                    const last = values.findLast((value) => value !== null)
                    return (
                      <td key={metric} className="pr-4">
                        <span className="flex items-center gap-2">
                          <Sparkline
                            label={`${metric === 'transactions' ? 'Transactions a second' : 'Connections'} of ${name} in the last quarter of an hour`}
                            values={values}
                            words={shortWords}
                          />
                          {typeof last === 'number' ? shortWords(last) : '–'}
                        </span>
                      </td>
                    )
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </Panel>
  )
}
