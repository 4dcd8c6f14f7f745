import type { ReactElement } from 'react'
import type { OutputOf } from 'tenantry/api'
import { countWords } from '../../parts/number-words.js'

// From here on a burst of work finds no room.
const [MUCH, FULL] = [0.75, 0.9]

/** How many of the connections that a server has room for are used. */
export function Use({ of }: { readonly of: OutputOf<'fleet.overview'>['clusters'][number]['connections'] }): ReactElement {
  if (of === null) return <span className="text-soft">not seen lately</span>
  const { used, room } = of
  const share = room === 0 ? 1 : used / room
  return (
    <span className="inline-flex items-center gap-2 whitespace-nowrap">
      <span aria-hidden="true" className="h-1.5 w-16 overflow-hidden rounded-full bg-hover">
        <span
          className={`block h-full ${share >= FULL ? 'bg-bad' : share >= MUCH ? 'bg-warn' : 'bg-accent'}`}
          style={{ width: `${Math.min(100, 100 * share)}%` }}
        />
      </span>
      {countWords(used)} of {countWords(room)}
    </span>
  )
}
