import { now } from './clock.js'
import { anew, refresh } from './fresh.js'
import type { Touch } from './keys.js'

/** What is heard of the platform, and since when. `none`: this reader may not hear it. */
export type Hearing = { readonly state: 'live' | 'lost'; readonly since: number } | { readonly state: 'none' }

/** What tabs of one browser tell each other. HTTP/1.1 gives a host six connections: one tab has the stream, the others hear of it. */
type Word =
  | { readonly kind: 'events'; readonly events: readonly Touch[] }
  | { readonly kind: 'hearing'; readonly hearing: Hearing }
  | { readonly kind: 'anew' }
  | { readonly kind: 'hello' }

const LOCK = 'tenantry.live'
const ADDRESS = '/v1/events'
// Events come in swarms (a bulk action writes two per tenant); what they touch is asked once for each swarm.
const GATHER_MS = 300
const AGAIN_MS = 3_000

/** Hears of what happens until the signal aborts, and has asked anew whatever that touches. */
export function hear(tell: (hearing: Hearing) => void, signal: AbortSignal): void {
  const channel = new BroadcastChannel(LOCK)
  let gathered: Touch[] = []
  let timer: ReturnType<typeof setTimeout> | undefined
  const take = (events: readonly Touch[]): void => {
    gathered.push(...events)
    timer ??= setTimeout(() => {
      const touches = gathered
      gathered = []
      timer = undefined
      refresh(touches)
    }, GATHER_MS)
  }
  let leads = false
  let latest: Hearing | undefined

  channel.onmessage = ({ data }: MessageEvent<Word>) => {
    if (data.kind === 'hello') {
      if (leads && latest !== undefined) channel.postMessage({ kind: 'hearing', hearing: latest } satisfies Word)
    } else if (data.kind === 'events') take(data.events)
    else if (data.kind === 'anew') anew()
    else tell(data.hearing)
  }
  const lead = (): Promise<void> => {
    leads = true
    const share = (word: Word): void => channel.postMessage(word)
    return stream(
      {
        take: (events) => {
          take(events)
          share({ kind: 'events', events })
        },
        anew: () => {
          anew()
          share({ kind: 'anew' })
        },
        tell: (hearing) => {
          latest = hearing
          tell(hearing)
          share({ kind: 'hearing', hearing })
        },
      },
      signal,
    )
  }
  signal.addEventListener('abort', () => {
    clearTimeout(timer)
    channel.close()
  })
  channel.postMessage({ kind: 'hello' } satisfies Word)
  // A page without TLS on another host than this one has no locks: then each tab has a stream of its own.
  if (navigator.locks === undefined) void lead()
  else void navigator.locks.request(LOCK, { signal }, lead).catch(() => {})
}

interface Ears {
  readonly take: (events: readonly Touch[]) => void
  readonly anew: () => void
  readonly tell: (hearing: Hearing) => void
}

/** Resolves when the signal aborts. A connection that is lost is made anew by the browser; one that was refused, after a while, by us. */
function stream({ take, anew, tell }: Ears, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    let source: EventSource | undefined
    let timer: ReturnType<typeof setTimeout> | undefined
    let lost = false
    const open = (): void => {
      const opened = new EventSource(ADDRESS)
      source = opened
      opened.onopen = () => {
        tell({ state: 'live', since: now() })
        // It tells what happens from now on: what is shown, here and in tabs that had another stream until now, may be of before.
        anew()
        lost = false
      }
      opened.onmessage = ({ data }: MessageEvent<string>) => take([JSON.parse(data) as Touch])
      opened.addEventListener('reset', anew)
      opened.onerror = () => {
        if (!lost) tell({ state: 'lost', since: now() })
        lost = true
        if (opened.readyState !== EventSource.CLOSED) return
        timer = setTimeout(open, AGAIN_MS)
      }
    }
    open()
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      source?.close()
      resolve()
    })
  })
}
