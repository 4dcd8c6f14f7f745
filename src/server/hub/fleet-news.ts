import { type EventRow, eventsAfter, newestEvent } from '../../catalog/events.js'
import { publishEvents } from '../../engine/events.js'
import { stopwatch } from '../../kernel/clock.js'
import type { Reader } from './audience.js'
import type { Message } from './message.js'
import { type Newsroom, REST_MS } from './newsroom.js'

const PAGE = 500
const RECENT = 2_000

export type Tell = (row: EventRow) => Message | undefined

/** What happens to the platform. */
export interface FleetNews {
  /** Publishes what was committed, and reads what is new, if anybody is to hear of it. */
  readonly look: () => Promise<void>
  readonly forget: () => void
  readonly stream: (reader: Reader, from: number | undefined, tell: Tell) => AsyncGenerator<Message>
}

export function fleetNews({ platform: { catalog }, join, bell, silentMs, read }: Newsroom): FleetNews {
  let readers = 0
  // The newest events, without gaps; whoever is further behind asks the catalog.
  let recent: readonly EventRow[] = []
  let newest: number | undefined

  const forget = (): void => {
    recent = []
    newest = undefined
  }

  const look = async (): Promise<void> => {
    if (readers === 0) return forget()
    await publishEvents(catalog)
    newest ??= Number((await catalog.one(newestEvent)).newest)
    for (let more = true; more; ) {
      const rows: readonly EventRow[] = await catalog.rows(eventsAfter(newest, PAGE))
      more = rows.length === PAGE
      if (rows.length === 0) return
      // What was removed in between is not among them.
      const follows = Number(rows[0]!.id) === newest + 1
      recent = (follows ? [...recent, ...rows] : rows).slice(-RECENT)
      newest = Number(rows.at(-1)!.id)
    }
  }

  /** The number of the newest event, those included that nobody had looked at. */
  const numberNow = async (signal: AbortSignal): Promise<number> => {
    while (!signal.aborted) {
      const found = await read(async () => {
        await publishEvents(catalog)
        return catalog.one(newestEvent)
      })
      if (found !== undefined) return Number(found.newest)
      await bell().wait(signal, REST_MS)
    }
    return 0
  }

  async function* stream(reader: Reader, from: number | undefined, tell: Tell): AsyncGenerator<Message> {
    const { signal } = reader.end
    readers++
    const leave = join(reader)
    let silent = stopwatch()
    let position = 0
    const reset = (to: number): Message => {
      position = to
      return { id: String(to), event: 'reset', data: { event: 'reset', newest: String(to) } }
    }
    try {
      const now = await numberNow(signal)
      if (from !== undefined && from > now) yield reset(now)
      else {
        position = from ?? now
        yield { id: String(position) }
      }
      while (!signal.aborted) {
        const [rung, at, known] = [bell(), position, newest]
        const first = recent[0] === undefined ? undefined : Number(recent[0].id)
        const kept = first !== undefined && first <= at + 1
        let rows: readonly EventRow[] | undefined = []
        if (kept) rows = recent.slice(at + 1 - first)
        else if (at !== known) rows = await read(() => catalog.rows(eventsAfter(at, PAGE)))
        for (const row of rows ?? []) {
          if (signal.aborted) return
          if (Number(row.id) !== position + 1) yield reset(Number(row.id) - 1)
          position = Number(row.id)
          const message = tell(row)
          if (message === undefined) continue
          yield message
          silent = stopwatch()
        }
        // All that was to come next is gone, and nothing came since.
        if (!kept && rows?.length === 0 && known !== undefined && at < known) yield reset(known)
        // Who catches up with much that is not for it says so meanwhile, too.
        if (rows === undefined || rows.length === 0) await rung.wait(signal, Math.max(0, silentMs - silent()))
        if (silent() < silentMs) continue
        yield { id: String(position) }
        silent = stopwatch()
      }
    } finally {
      readers--
      leave()
    }
  }

  return { look, forget, stream }
}
