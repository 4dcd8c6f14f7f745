import { type ReactElement, useState } from 'react'
import type { InputOf, RowOf } from 'tenantry/api'
import { usePages } from '../../data/read.js'
import { Badge } from '../../parts/badge.js'
import { Button } from '../../parts/button.js'
import { ChoiceBar } from '../../parts/choice-bar.js'
import { Empty } from '../../parts/empty.js'
import { EquivalentOf } from '../../parts/equivalent.js'
import { Moment } from '../../parts/moment.js'
import { PagedTable } from '../../parts/paged-table.js'
import type { Column } from '../../parts/table.js'
import type { Tone } from '../../words/tone.js'
import type { Detail } from './deeds.js'

type Item = RowOf<'operation.items'>
type ItemState = Item['state']

const STATES = ['waiting', 'done', 'failed', 'skipped'] as const satisfies readonly ItemState[]
const TONES: Readonly<Record<ItemState, Tone>> = { waiting: 'quiet', done: 'good', failed: 'bad', skipped: 'warn' }
const LOOK_MS = 2_000

export interface ItemsTabProps {
  readonly operation: Detail
  readonly live: boolean
  readonly state: string | undefined
  readonly onState: (state: string | undefined) => void
  /** Undefined where none may be left out now. */
  readonly onSkip: ((item: string) => void) | undefined
}

/** What it works through, in the order of the work, and what became of each. */
export function ItemsTab({ operation: { id, items }, live, state, onState, onSkip }: ItemsTabProps): ReactElement {
  const [opened, setOpened] = useState<Item>()
  const wanted = STATES.find((one) => one === state)
  const input: InputOf<'operation.items'> = { operation: id, ...(wanted === undefined ? {} : { state: wanted }) }
  const list = usePages('operation.items', { ...input, limit: 200 }, live ? { every: LOOK_MS } : {})
  // As it is now; where the list has it no more, as it was last.
  const open = opened === undefined ? undefined : (list.rows.find(({ item }) => item === opened.item) ?? opened)
  if (open !== opened) setOpened(open)
  const show = (one: string | undefined): void => {
    setOpened(undefined)
    onState(one)
  }
  const counts: Readonly<Record<ItemState, number>> = {
    waiting: items.waiting,
    done: items.done,
    failed: items.failedCount,
    skipped: items.skippedCount,
  }
  const columns: readonly Column<Item>[] = [
    { id: 'item', head: 'Item', cell: ({ item, tenant }) => <span title={item}>{tenant === null ? item : `${tenant} (${item})`}</span> },
    { id: 'state', head: 'State', cell: (item) => <Badge tone={TONES[item.state]}>{item.state}</Badge> },
    { id: 'attempts', head: 'Tries', align: 'right', cell: ({ attempts }) => attempts },
    { id: 'why', head: 'Why', cell: ({ fault, reason }) => <Why fault={fault} reason={reason} /> },
    { id: 'ended', head: 'Ended', cell: ({ endedAt }) => <Moment at={endedAt} /> },
  ]
  return (
    <div className="flex flex-col gap-3">
      <ChoiceBar
        at={wanted}
        label="States of items"
        of={[undefined, ...STATES].map((one) => [one, `${one ?? 'all'} ${one === undefined ? items.total : counts[one]}`] as const)}
        onGo={show}
      />
      <PagedTable
        height="most"
        columns={columns}
        empty={<Empty icon="list" says="It works in steps alone, or nothing is in this state." title="No items" />}
        keyOf={({ item }) => item}
        label="Items"
        nameOf={({ item }) => item}
        onOpen={setOpened}
        list={list}
      />
      {open === undefined ? null : (
        <section aria-label="The item" className="flex flex-col gap-2 rounded-lg border border-line bg-card p-3">
          <p className="font-mono text-xs break-all">{open.item}</p>
          <p>
            <Badge tone={TONES[open.state]}>{open.state}</Badge> <Why fault={open.fault} reason={open.reason} />
          </p>
          {open.state !== 'failed' && open.state !== 'waiting' ? null : (
            <p>
              <Button
                of="operation.skip"
                onClick={() => onSkip?.(open.item)}
                refused={onSkip === undefined ? 'Only while the operation is paused, or after it has failed' : undefined}
              >
                Leave it out …
              </Button>
            </p>
          )}
        </section>
      )}
      <EquivalentOf input={input} name="operation.items" />
    </div>
  )
}

const Why = ({ fault, reason }: Pick<Item, 'fault' | 'reason'>): ReactElement => {
  if (fault !== null)
    return (
      <span title={fault.message}>
        <code className="font-mono text-xs">{fault.code}</code> {fault.message}
      </span>
    )
  return reason === null ? <span className="text-soft">–</span> : <span title={reason}>{reason}</span>
}
