import type { ReactElement } from 'react'
import { Icon } from '../../parts/icon.js'
import { countOf, countWords } from '../../parts/number-words.js'
import { Panel } from '../../parts/page.js'
import type { Detail } from './deeds.js'

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
