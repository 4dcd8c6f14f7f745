import { type ReactElement, useSyncExternalStore } from 'react'
import { now } from '../data/clock.js'
import { durationWords, exactWords, relativeWords } from './moment-words.js'

const EVERY_MS = 5_000

let [shown, timer] = [now(), undefined as ReturnType<typeof setInterval> | undefined]
const listeners = new Set<() => void>()

function tick(): void {
  if (globalThis.document?.hidden === true) return
  shown = now()
  for (const listener of listeners) listener()
}

// One clock for the whole page, which stands still while nobody looks.
function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  if (timer === undefined) {
    shown = now()
    timer = setInterval(tick, EVERY_MS)
    document.addEventListener('visibilitychange', tick)
  }
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
    document.removeEventListener('visibilitychange', tick)
  }
}

/** The time by this browser's clock, anew every few seconds. */
export const useNow = (): number => useSyncExternalStore(subscribe, () => shown)

/** When, in relation to now; the exact moment in UTC stands in it, and is shown to whoever points at it. */
export function Moment({ at, className = '' }: { readonly at: string | null | undefined; readonly className?: string }): ReactElement {
  const present = useNow()
  if (at === null || at === undefined) return <span className="text-soft">–</span>
  const moment = Date.parse(at)
  if (Number.isNaN(moment)) return <span>{at}</span>
  return (
    <time className={`whitespace-nowrap ${className}`} dateTime={at} title={exactWords(moment)}>
      {relativeWords(moment, present)}
    </time>
  )
}

/** From one moment to another; to now where there is no other yet. */
export function Took({ from, to }: { readonly from: string; readonly to: string | null }): ReactElement {
  const present = useNow()
  const until = to === null ? present : Date.parse(to)
  return <span className="whitespace-nowrap">{durationWords(Math.max(0, until - Date.parse(from)))}</span>
}
