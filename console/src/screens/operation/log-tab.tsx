import type { ReactElement } from 'react'
import type { RowOf } from 'tenantry/api'
import { usePages } from '../../data/read.js'
import { Button } from '../../parts/button.js'
import { Empty, Trouble } from '../../parts/empty.js'
import { EquivalentOf } from '../../parts/equivalent.js'
import { exactWords } from '../../parts/moment-words.js'

const LOOK_MS = 1_000

const COLOURS: Readonly<Record<RowOf<'operation.log'>['level'], string>> = { info: 'text-soft', warn: 'text-warn', error: 'text-bad' }

/** What it has done, in words. */
export function LogTab({ operation, live }: { readonly operation: string; readonly live: boolean }): ReactElement {
  const list = usePages('operation.log', { operation, limit: 500 }, live ? { every: LOOK_MS } : {})
  return (
    <div className="flex flex-col gap-3">
      {list.fault === undefined ? null : <Trouble again={list.again} error={list.fault} />}
      {list.rows.length === 0 && !list.loading ? (
        <Empty
          icon="terminal"
          says="What is done in one transaction says nothing, and notes are kept for seven days."
          title="Nothing was written down"
        />
      ) : (
        <div
          aria-label="Log"
          className="max-h-[60vh] overflow-auto rounded-lg border border-line bg-card p-3 font-mono text-xs"
          role="log"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is to be reached by the keyboard
          tabIndex={0}
        >
          <ol>
            {list.rows.map(({ id, time, level, text }) => (
              <li className="flex gap-3 py-0.5" key={id}>
                {/* Not how long ago: what changes is read out again. */}
                <time className="shrink-0 text-soft" dateTime={time}>
                  {exactWords(Date.parse(time))}
                </time>
                <span className={`w-10 shrink-0 ${COLOURS[level]}`}>{level}</span>
                <span className="min-w-0 break-words">{text}</span>
              </li>
            ))}
          </ol>
        </div>
      )}
      {list.hasMore ? (
        <p>
          <Button onClick={list.more}>More of it</Button>
        </p>
      ) : null}
      <EquivalentOf input={{ operation }} name="operation.log" />
    </div>
  )
}
