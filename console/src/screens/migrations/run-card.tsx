import type { ReactElement } from 'react'
import type { OutputOf } from 'tenantry/api'
import { useRead } from '../../data/read.js'
import { Badge } from '../../parts/badge.js'
import { Button } from '../../parts/button.js'
import { Moment } from '../../parts/moment.js'
import { Panel } from '../../parts/page.js'
import { Pending } from '../../parts/pending.js'
import { PlainTable } from '../../parts/plain-table.js'
import { ProgressBar } from '../../parts/progress-bar.js'
import { To } from '../../parts/to.js'
import { itemWords } from '../../words/migration-words.js'
import { isUnderWay, operationTone } from '../../words/operation-words.js'
import type { Ask } from './deeds.js'

type Operation = OutputOf<'operation.show'>

const LOOK_MS = 1_500

/** A run over the fleet: wave by wave how far it is, what has failed, and what can be done about that. */
export function RunCard({ operation: id, ask }: { readonly operation: string; readonly ask: Ask }): ReactElement {
  // What has ended may be tried again from elsewhere.
  const { output, fault, refused, again } = useRead('operation.show', { operation: id }, { every: LOOK_MS })
  if (output === undefined) return <Pending again={again} fault={fault} refused={refused} />
  const { items, waves } = output
  return (
    <Panel actions={<Actions ask={ask} operation={output} />} title={`${output.name} of ${output.actor}`}>
      <div className="flex flex-col gap-3">
        <p className="flex flex-wrap items-center gap-2">
          <Badge live={isUnderWay(output.state)} tone={operationTone(output.state)}>
            {output.state}
          </Badge>
          <span className="text-soft">
            begun <Moment at={output.createdAt} />
            {output.waitsFor === null ? '' : `; waits for ${output.waitsFor}`}
          </span>
          <To className="text-accent underline" params={{ operation: id }} to="/operations/$operation">
            The operation
          </To>
        </p>
        {output.fault === null ? null : (
          <p>
            <code className="font-mono text-xs">{output.fault.code}</code> {output.fault.message}
          </p>
        )}
        {waves.length < 2 ? (
          <ProgressBar done={items.done} failed={items.failedCount} label="Homes" skipped={items.skippedCount} total={items.total} />
        ) : (
          <ul aria-label="Waves" className="flex flex-col gap-1.5">
            {waves.map((wave) => (
              <li className="grid grid-cols-[minmax(6rem,12rem)_1fr] items-center gap-3" key={wave.wave}>
                <span className="truncate" title={wave.name}>
                  {wave.wave}. {wave.name}
                </span>
                <ProgressBar done={wave.done} failed={wave.failed} label={wave.name} skipped={wave.skipped} total={wave.total} />
              </li>
            ))}
          </ul>
        )}
        <Troubled ask={ask} operation={output} />
      </div>
    </Panel>
  )
}

function Actions({ operation: { id, state, abandoned, items }, ask }: { readonly operation: Operation; readonly ask: Ask }): ReactElement {
  const button = (deed: 'retry' | 'resume' | 'pause' | 'cancel', words: string) => (
    <Button of={`operation.${deed}`} onClick={() => ask({ deed, operation: id })}>
      {words}
    </Button>
  )
  return (
    <span className="flex gap-2">
      {state === 'running' && !abandoned ? button('pause', 'Pause') : null}
      {state === 'paused' ? button('resume', 'Go on') : null}
      {(state === 'paused' || state === 'failed') && items.failedCount > 0 ? button('retry', 'Try again') : null}
      {abandoned ? button('retry', 'Take it up') : null}
      {state === 'running' || state === 'paused' ? button('cancel', 'Cancel') : null}
    </span>
  )
}

function Troubled({ operation, ask }: { readonly operation: Operation; readonly ask: Ask }): ReactElement | null {
  const { failed, failedCount, skipped } = operation.items
  const maySkip = operation.state === 'paused' || operation.state === 'failed'
  const rows = [
    ...failed.map((one) => ({
      key: one.item,
      cells: [
        <Home item={one.item} key="home" tenant={one.tenant} />,
        <Badge key="state" tone="bad">
          failed
        </Badge>,
        <span className="break-words" key="why">
          {one.fault?.message}
        </span>,
        maySkip ? (
          <Button key="skip" of="operation.skip" onClick={() => ask({ deed: 'skip', operation: operation.id, item: one.item })}>
            Leave out
          </Button>
        ) : null,
      ],
    })),
    ...skipped.map((one) => ({
      key: one.item,
      cells: [
        <Home item={one.item} key="home" tenant={one.tenant} />,
        <Badge key="state" tone="warn">
          left out
        </Badge>,
        one.reason,
        null,
      ],
    })),
  ]
  if (rows.length === 0) return null
  return (
    <>
      <PlainTable heads={['Home', 'State', 'Why', '']} label="Homes in trouble" rows={rows} />
      {failedCount <= failed.length ? null : (
        <p className="text-soft">
          These are the first {failed.length} of {failedCount}.
        </p>
      )}
    </>
  )
}

const Home = ({ item, tenant }: { readonly item: string; readonly tenant: string | null }): ReactElement =>
  tenant === null ? (
    <span className="font-mono text-xs break-all">{itemWords(item)}</span>
  ) : (
    <To className="font-medium hover:underline" params={{ tenant }} to="/tenants/$tenant">
      {tenant}
    </To>
  )
