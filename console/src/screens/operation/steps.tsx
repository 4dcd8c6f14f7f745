import type { ReactElement } from 'react'
import { Icon } from '../../parts/icon.js'
import { Took } from '../../parts/moment.js'
import { countOf, countWords } from '../../parts/number-words.js'
import { Panel } from '../../parts/page.js'
import { isUnderWay } from '../../words/operation-words.js'
import type { Detail } from './deeds.js'

/** What it has done, step by step, and what it is at. */
export function Steps({ operation: { steps, state, waitsFor } }: { readonly operation: Detail }): ReactElement {
  const working = isUnderWay(state)
  return (
    <Panel title="Steps">
      <ol className="flex flex-col gap-1.5">
        {steps.map((step) => (
          <li className="flex items-center gap-2" key={step.position}>
            <Icon className={step.state === 'done' ? 'text-good' : 'text-soft'} name={step.state === 'done' ? 'check' : 'back'} />
            {step.name}
            {step.state === 'done' ? null : <span className="text-soft">taken back</span>}
            <span className="ml-auto text-soft">
              <Took from={step.startedAt} to={step.endedAt} />
            </span>
          </li>
        ))}
        {working || state === 'paused' ? (
          <li className="flex items-center gap-2 text-soft">
            <span aria-hidden="true" className="grid size-4 place-items-center">
              <span className={`size-2 rounded-full ${working ? 'animate-pulse bg-accent' : 'bg-warn'}`} />
            </span>
            {state === 'paused'
              ? 'Standing still'
              : waitsFor !== null
                ? `Waiting for ${waitsFor}`
                : state === 'undoing'
                  ? 'Taking back …'
                  : 'Working …'}
          </li>
        ) : null}
      </ol>
    </Panel>
  )
}

const SHARES = [
  ['done', 'bg-good'],
  ['failed', 'bg-bad'],
  ['skipped', 'bg-edge'],
] as const

/** How far it is through its items, and through its waves where it goes in waves. */
export function Progress({ operation: { items, waves } }: { readonly operation: Detail }): ReactElement | null {
  if (items.total === 0) return null
  const counts = { done: items.done, failed: items.failedCount, skipped: items.skippedCount }
  const over = counts.done + counts.failed + counts.skipped
  return (
    <Panel title="Items">
      <div
        aria-label={`${over} of ${items.total} items are over`}
        aria-valuemax={items.total}
        aria-valuemin={0}
        aria-valuenow={over}
        className="flex h-2 overflow-hidden rounded bg-hover"
        role="progressbar"
      >
        {SHARES.map(([name, colour]) => (
          <span className={colour} key={name} style={{ width: `${(counts[name] * 100) / items.total}%` }} />
        ))}
      </div>
      <p className="mt-2 tabular-nums">
        {countWords(items.done)} of {countOf(items.total, 'item')} done
        {items.failedCount === 0 ? null : <span className="text-bad"> · {countWords(items.failedCount)} failed</span>}
        {items.skippedCount === 0 ? null : <span> · {countWords(items.skippedCount)} left out</span>}
        {items.waiting === 0 ? null : <span className="text-soft"> · {countWords(items.waiting)} waiting</span>}
      </p>
      {waves.length === 0 ? null : (
        <ol className="mt-2 flex flex-col gap-1">
          {waves.map((wave) => (
            <li className="flex items-center gap-2" key={wave.wave}>
              <Icon className={wave.endedAt === null ? 'text-soft' : 'text-good'} name={wave.endedAt === null ? 'forward' : 'check'} />
              wave {wave.wave}: {wave.name}
              <span className="ml-auto text-soft tabular-nums">
                {countWords(wave.done)} of {countWords(wave.total)}
              </span>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  )
}
