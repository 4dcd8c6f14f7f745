import type { ReactElement } from 'react'
import { useRead } from '../../data/read.js'
import { Badge } from '../../parts/badge.js'
import { Button } from '../../parts/button.js'
import { Trouble } from '../../parts/empty.js'
import { EquivalentOf } from '../../parts/equivalent.js'
import { countWords } from '../../parts/number-words.js'
import { DetailPanel } from '../../parts/page.js'
import { PlainTable } from '../../parts/plain-table.js'

export interface ComparisonProps {
  readonly tenant: string
  readonly home: string
  readonly onClose: () => void
}

/** What one home has and the other has not, table by table. Both are read whole, so that it may take a while. */
export function Comparison({ tenant, home, onClose }: ComparisonProps): ReactElement {
  const { output, fault, asking, again } = useRead('tenant.compare', { tenant, home }, { byHand: true })
  return (
    <DetailPanel
      actions={
        <Button icon="refresh" look="bare" onClick={again} refused={asking ? 'Both are read' : undefined}>
          Compare again
        </Button>
      }
      closes="Close the comparison"
      onClose={onClose}
      title="Compared with the home that it lives in"
    >
      {output === undefined || asking ? (
        fault === undefined || asking ? (
          <p className="text-soft" role="status">
            Both are read …
          </p>
        ) : (
          <Trouble again={again} error={fault} />
        )
      ) : (
        <div className="flex flex-col gap-3">
          <p className="flex flex-wrap items-center gap-2">
            <Badge tone={output.equal ? 'good' : 'warn'}>{output.equal ? 'equal' : 'different'}</Badge>
            {output.versions.live === output.versions.beside ? null : (
              <span>
                It lives at version {output.versions.live || 'none'}, and this home is at {output.versions.beside || 'none'}.
              </span>
            )}
          </p>
          <PlainTable
            heads={['Table', '>Lives with', '>In this home', '>Only where it lives', '>Only here', '>Changed', 'Such as']}
            label="Differences by table"
            rows={output.data.map((one) => ({
              key: one.table,
              cells: [
                <span className="font-mono text-xs" key="table">
                  {one.table}
                </span>,
                countWords(one.live),
                countWords(one.beside),
                countWords(one.onlyLive),
                countWords(one.onlyBeside),
                countWords(one.changed),
                <span className="font-mono text-xs break-all" key="examples">
                  {[
                    ...one.examples.map(({ change, key }) => `${change} ${key.join(', ')}`),
                    ...one.columns.map((column) => `column ${column}`),
                  ].join('; ')}
                </span>,
              ],
            }))}
          />
          <EquivalentOf input={{ tenant, home }} name="tenant.compare" />
        </div>
      )}
    </DetailPanel>
  )
}
