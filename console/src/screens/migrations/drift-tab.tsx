import { type ReactElement, useEffect } from 'react'
import type { OutputOf } from 'tenantry/api'
import { useRead } from '../../data/read.js'
import { Badge } from '../../parts/badge.js'
import { Button } from '../../parts/button.js'
import { Copy } from '../../parts/copy.js'
import { Empty } from '../../parts/empty.js'
import { EquivalentOf } from '../../parts/equivalent.js'
import { Moment } from '../../parts/moment.js'
import { countOf, countWords } from '../../parts/number-words.js'
import { Panel } from '../../parts/page.js'
import { Pending } from '../../parts/pending.js'
import { PlainTable } from '../../parts/plain-table.js'
import { versionWords } from '../../words/tenant-words.js'
import type { Tone } from '../../words/tone.js'
import type { Ask } from './deeds.js'

type Drift = OutputOf<'drift.show'>

const TONES: Readonly<Record<Drift['data'][number]['state'], Tone>> = { 'as expected': 'good', drifted: 'bad', unknown: 'quiet' }

export interface DriftTabProps {
  readonly chosen: string | undefined
  readonly onChoose: (name: string | undefined) => void
  /** The one that was chosen is no more: the way back leads past it. */
  readonly onGone: () => void
  readonly ask: Ask
}

/** Homes that are alike, against what the files make; of one class, the statements that would mend it. */
export function DriftTab({ chosen, onChoose, onGone, ask }: DriftTabProps): ReactElement {
  const { output, fault, refused, again } = useRead('drift.show', {})
  const shown = useRead('drift.show', { class: chosen ?? '' }, { enabled: chosen !== undefined, keep: false })
  // It was repaired, or another scan has put its homes into other classes.
  const gone = shown.fault?.code === 'DRIFT_CLASS_UNKNOWN'
  useEffect(() => {
    if (gone) onGone()
  }, [gone, onGone])
  if (output === undefined) return <Pending again={again} fault={fault} refused={refused} />
  const scan = (
    <Button icon="search" of="drift.scan" onClick={() => ask({ deed: 'scan' })}>
      Look at every home
    </Button>
  )
  if (output.data.length === 0)
    return (
      <Empty
        command="tenantry drift scan"
        icon="search"
        says="A scan looks whether each home is what the migrations make, and what was changed by hand."
        step={scan}
        title="No home was looked at yet"
      />
    )
  return (
    <div className="flex flex-col gap-4">
      <Panel actions={scan} title="Classes">
        <div className="flex flex-col gap-2">
          <p className="text-soft">
            {output.pending === 0 ? 'Every home that was looked at is as the files make it' : `${countOf(output.pending, 'home')} differ`}
            {output.unscanned === 0 ? '.' : `; ${countWords(output.unscanned)} were not looked at as they are now.`}
          </p>
          <PlainTable
            heads={['Class', 'State', 'Version', 'Isolation', '>Homes', '>Tenants', 'Such as', 'Looked at']}
            label="Classes of homes"
            rows={output.data.map((one) => ({
              key: one.class,
              cells: [
                <button
                  aria-pressed={one.class === chosen}
                  className="font-mono text-xs font-medium text-accent underline aria-pressed:underline"
                  key="class"
                  onClick={() => onChoose(one.class === chosen ? undefined : one.class)}
                  type="button"
                >
                  {one.class}
                </button>,
                <Badge key="state" tone={TONES[one.state]}>
                  {one.state}
                </Badge>,
                <span className="font-mono text-xs whitespace-nowrap" key="version">
                  {versionWords(one.version)}
                  {one.track === 'tenant' ? '' : ` ${one.track}`}
                </span>,
                one.isolation,
                countWords(one.homes),
                countWords(one.tenants),
                <span className="font-mono text-xs break-all" key="first">
                  {one.first.join(', ')}
                </span>,
                <Moment at={one.scannedAt} key="at" />,
              ],
            }))}
          />
        </div>
      </Panel>
      {chosen === undefined ? null : shown.output?.difference === undefined ? (
        <Pending again={shown.again} fault={gone ? undefined : shown.fault} />
      ) : (
        <Difference
          ask={() => ask({ deed: 'repair', class: chosen, homes: output.data.find((one) => one.class === chosen)?.homes ?? 0 })}
          chosen={chosen}
          difference={shown.output.difference}
        />
      )}
      <EquivalentOf input={chosen === undefined ? {} : { class: chosen }} name="drift.show" />
    </div>
  )
}

function Difference({
  chosen,
  difference: { home, statements, told, script },
  ask,
}: {
  readonly chosen: string
  readonly difference: NonNullable<Drift['difference']>
  readonly ask: () => void
}): ReactElement {
  return (
    <Panel
      actions={
        statements.length === 0 ? undefined : (
          <Button
            look="danger"
            of="drift.repair"
            onClick={ask}
            refused={told.length === 0 ? undefined : 'Part of it cannot be mended by statements'}
          >
            Repair …
          </Button>
        )
      }
      title={`Class ${chosen}, as ${home} is`}
    >
      <div className="flex flex-col gap-3">
        {statements.length + told.length === 0 ? <p>It is as the files make it.</p> : null}
        <ol className="flex flex-col gap-2">
          {statements.map(({ sql, loses }) => (
            <li key={sql}>
              <code className="block font-mono text-xs break-all whitespace-pre-wrap">{sql}</code>
              {loses === undefined ? null : <span className="text-bad">May lose: {loses}</span>}
            </li>
          ))}
        </ol>
        {told.map((one) => (
          <p className="text-warn" key={one}>
            {one}
          </p>
        ))}
        {statements.length === 0 ? null : (
          <div className="flex items-center gap-2">
            <Copy label="Copy the script" text={script} />
            <span className="text-soft">All of it as one transaction, for psql</span>
          </div>
        )}
      </div>
    </Panel>
  )
}
