import { type EventRow, eventsAfter, newestEvent } from '../catalog/events.js'
import { newestFailure } from '../catalog/items.js'
import { usableAmong } from '../catalog/keys.js'
import { usableSessionsAmong } from '../catalog/sessions.js'
import { publishEvents } from '../engine/events.js'
import type { Platform } from '../engine/platform.js'
import { BEFORE_ALL, type FailurePosition, failuresAfter, type Look, lookAt, MOST_FAILURES } from '../engine/progress.js'
import { mayReadOf, WITHHELD, withheldFault } from '../engine/withheld.js'
import { stopwatch, systemClock } from '../kernel/clock.js'
import { fault, isFault } from '../kernel/faults.js'
import type { Log } from '../kernel/log.js'
import { turns } from '../postgres/turns.js'
import { type Asker, askerOfKey, askerOfSession } from './policy.js'

/** One thing that a reader is told. */
export interface Message {
  /** Where a reader goes on that was cut off behind it. */
  readonly id?: string
  /** Without one it is an event of the fleet. */
  readonly event?: string
  /** Without any it only says that the stream is alive, and where it is. */
  readonly data?: unknown
}

export interface StreamTimes {
  /** Between two looks. Default 500. */
  readonly everyMs: number
  /** A stream that has told nothing for so long says that it is alive. Default 15 s. */
  readonly silentMs: number
  /** How often readers' keys and sessions are asked for again. Default 5 s. */
  readonly keysMs: number
}

/** Whoever reads a stream. */
export interface Reader {
  readonly asker: Asker
  /** Aborted by the reader's leaving, and by the hub when the key or the session may be used no longer, or the server closes. */
  readonly end: AbortController
}

/** What all streams of a process read from: one look at a time for all of them, and none while nobody reads. */
export interface EventHub {
  /** Before a stream is opened; it counts until the reader's end. Throws RATE_LIMITED for a key that has too many open. */
  readonly admit: (reader: Reader) => void
  /**
   * What happens to the platform, behind the event of this number, or from now on: of each event what this reader is told, if anything. `reset` where what
   * was to come next is not kept any more.
   */
  readonly fleet: (reader: Reader, from: number | undefined, tell: (row: EventRow) => Message | undefined) => AsyncGenerator<Message>
  /** What happens to an operation: failures of items behind this one, and how far it is. Ends with `ended`. */
  readonly operation: (reader: Reader, id: string, from: FailurePosition | undefined) => AsyncGenerator<Message>
  /** Ends the streams of a session that has just ended; another process notices within `keysMs`. */
  readonly endSession: (id: string) => void
  /** Ends every stream. */
  readonly end: () => void
}

const TIMES: StreamTimes = { everyMs: 500, silentMs: 15_000, keysMs: 5_000 }
const PAGE = 500
const RECENT = 2_000
const REST_MS = 2_000
// Of the catalog's eight connections.
const READERS_AT_ONCE = 2
const PATIENCE_MS = 60_000
// Of one key or session; every one of them holds a socket, and a position of its own.
const MOST_STREAMS = 50
const ROOM_SECONDS = 5
// Over a large fleet, asking how far an operation is costs something: it takes a small part of the time.
const SHARE = 20

interface Watched {
  readonly look: () => Promise<Look>
  readers: number
  latest: (Look & { readonly newest: FailurePosition }) | undefined
  gone: boolean
  /** Since it was looked at, and how long that took. */
  since: () => number
  tookMs: number
}

export function eventHub(platform: Platform, log: Log, times: Partial<StreamTimes> = {}): EventHub {
  const { catalog } = platform
  const { everyMs, silentMs, keysMs } = { ...TIMES, ...times }
  // Also those that nobody has read from yet.
  const admitted = new Set<Reader>()
  const readers = new Set<Reader>()
  const watched = new Map<string, Watched>()
  const takeTurn = turns(READERS_AT_ONCE, PATIENCE_MS)
  let fleetReaders = 0
  // The newest events, without gaps; whoever is further behind asks the catalog.
  let recent: readonly EventRow[] = []
  let newest: number | undefined
  let sinceKeys = stopwatch()
  let bell = newBell()
  let nudge = new AbortController()
  let running = false
  let closed = false

  const ring = (): void => {
    const rung = bell
    bell = newBell()
    rung.ring()
  }

  const lookAtFleet = async (): Promise<void> => {
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

  /** Which of these may still ask, with the role that they had: whose role has changed begins anew. */
  const stillOf = async (askers: readonly Asker[]): Promise<ReadonlySet<string>> => {
    const keys = [...new Set(askers.flatMap(({ keyId }) => keyId ?? []))]
    const sessions = [...new Set(askers.flatMap(({ sessionId }) => sessionId ?? []))]
    const usable = keys.length === 0 ? [] : await catalog.rows(usableAmong(keys))
    const alive = sessions.length === 0 ? [] : await catalog.rows(usableSessionsAmong(sessions, platform.config.console.idleMs))
    const found = [...usable.map(askerOfKey), ...alive.map(askerOfSession)]
    return new Set(found.map(rightOf))
  }

  const lookAtOperation = async (id: string, one: Watched): Promise<void> => {
    const elapsed = stopwatch()
    try {
      const found = await one.look()
      const last = found.progress.failed === 0 ? undefined : await catalog.maybe(newestFailure(id))
      one.latest = { ...found, newest: last ?? BEFORE_ALL }
    } catch (error) {
      if (!isFault(error, 'OPERATION_NOT_FOUND')) throw error
      one.gone = true
    } finally {
      one.tookMs = elapsed()
      one.since = stopwatch()
    }
  }

  const look = async (): Promise<void> => {
    // Before anything is told: whose key was revoked hears nothing that happened since.
    if (sinceKeys() >= keysMs) {
      const still = await stillOf([...readers].map(({ asker }) => asker))
      for (const { asker, end } of readers) if (!still.has(rightOf(asker))) end.abort()
      sinceKeys = stopwatch()
    }
    // What fails for one is told when all others have had their look.
    const errors: unknown[] = []
    const attempt = (body: Promise<void>): Promise<void> => body.catch((error: unknown) => void errors.push(error))
    if (fleetReaders > 0) await attempt(lookAtFleet())
    for (const [id, one] of watched) {
      if (one.latest?.ended === undefined && one.since() >= Math.max(one.latest === undefined ? 0 : everyMs, one.tookMs * SHARE))
        await attempt(lookAtOperation(id, one))
    }
    if (errors.length > 0) throw errors[0]
  }

  const keepLooking = async (): Promise<void> => {
    let failing = false
    while (readers.size > 0) {
      nudge = new AbortController()
      try {
        await look()
        failing = false
      } catch (error) {
        if (!failing) log.warn({ error: (error as Error).message }, 'the catalog could not be asked for events; streams wait')
        failing = true
      }
      ring()
      await systemClock.sleep(failing ? REST_MS : everyMs, nudge.signal)
    }
    // Whoever comes next begins anew: nobody has looked in between.
    running = false
    recent = []
    newest = undefined
  }

  const admit = (reader: Reader): void => {
    const open = [...admitted].filter(({ asker }) => isFrom(asker, reader.asker)).length
    if (open >= MOST_STREAMS) {
      const what = reader.asker.keyId === undefined ? 'in this session' : 'with this API key'
      throw fault('RATE_LIMITED', { whose: `for streams ${what}, which has ${open} open`, seconds: ROOM_SECONDS })
    }
    admitted.add(reader)
    reader.end.signal.addEventListener('abort', () => admitted.delete(reader), { once: true })
  }

  const join = (reader: Reader): (() => void) => {
    if (closed) reader.end.abort()
    if (readers.size === 0) sinceKeys = stopwatch()
    readers.add(reader)
    reader.end.signal.addEventListener('abort', leave, { once: true })
    function leave(): void {
      readers.delete(reader)
      reader.end.signal.removeEventListener('abort', leave)
      if (readers.size === 0) nudge.abort()
    }
    if (running) nudge.abort()
    else {
      running = true
      void keepLooking()
    }
    return leave
  }

  /** By a reader for itself: of many that are behind, few ask at once. */
  const read = async <T>(body: () => Promise<T>): Promise<T | undefined> => {
    const giveBack = await takeTurn()
    try {
      return giveBack === undefined ? undefined : await body()
    } catch (error) {
      log.info({ error: (error as Error).message }, 'a stream could not be read on; it waits')
      return undefined
    } finally {
      giveBack?.()
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
      await bell.wait(signal, REST_MS)
    }
    return 0
  }

  async function* fleet(reader: Reader, from: number | undefined, tell: (row: EventRow) => Message | undefined): AsyncGenerator<Message> {
    const { signal } = reader.end
    fleetReaders++
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
        const [rung, at, known] = [bell, position, newest]
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
      fleetReaders--
      leave()
    }
  }

  const watch = (id: string): Watched => {
    const known = watched.get(id) ?? {
      look: lookAt(platform, id),
      readers: 0,
      latest: undefined,
      gone: false,
      since: stopwatch(),
      tookMs: 0,
    }
    // It may have been taken up again.
    if (known.latest?.ended !== undefined) known.latest = undefined
    known.readers++
    watched.set(id, known)
    return known
  }

  async function* operation(reader: Reader, id: string, from: FailurePosition | undefined): AsyncGenerator<Message> {
    const { signal } = reader.end
    const one = watch(id)
    const leave = join(reader)
    let last = from ?? BEFORE_ALL
    let shown: Watched['latest']
    let told = ''
    let silent = stopwatch()
    try {
      while (!signal.aborted && !one.gone) {
        const rung = bell
        const latest = one.latest
        let unread = false
        const withheld = latest !== undefined && !mayReadOf(platform, { name: latest.progress.name, actor: latest.actor }, reader.asker)
        if (latest !== undefined && latest !== shown) {
          for (let more = latest.progress.failed > 0 && !isSame(latest.newest, last); more && !signal.aborted; ) {
            const behind: FailurePosition = last
            const failures = await read(() => failuresAfter(platform, id, behind))
            if (failures === undefined) {
              unread = true
              break
            }
            for (const { failed, position } of failures) {
              last = position
              yield {
                id: writePosition(position),
                event: failed.event,
                data: withheld ? { ...failed, message: WITHHELD, sqlstate: null } : failed,
              }
            }
            more = failures.length === MOST_FAILURES
          }
        }
        // Nothing is told before what failed: what could not be read is asked for once more.
        if (latest !== undefined && latest !== shown && !unread) {
          const text = JSON.stringify(latest.progress)
          if (text !== told || latest.ended !== undefined) {
            yield { event: 'progress', data: latest.progress }
            silent = stopwatch()
          }
          told = text
          shown = latest
          if (latest.ended !== undefined) {
            const { ended } = latest
            yield { event: 'ended', data: withheld ? { ...ended, fault: withheldFault(ended.fault) } : ended }
            return
          }
        }
        await rung.wait(signal, Math.min(unread ? REST_MS : silentMs, Math.max(0, silentMs - silent())))
        if (silent() < silentMs) continue
        yield {}
        silent = stopwatch()
      }
    } finally {
      leave()
      if (--one.readers === 0) watched.delete(id)
    }
  }

  return {
    admit,
    fleet,
    operation,
    endSession: (id) => {
      for (const reader of [...admitted, ...readers]) if (reader.asker.sessionId === id) reader.end.abort()
    },
    end: () => {
      closed = true
      for (const reader of [...admitted, ...readers]) reader.end.abort()
    },
  }
}

const isFrom = (a: Asker, b: Asker): boolean => a.keyId === b.keyId && a.sessionId === b.sessionId

const rightOf = ({ keyId, sessionId, role, tenantId }: Asker): string => `${keyId ?? sessionId} ${role} ${tenantId}`

const isSame = (a: FailurePosition, b: FailurePosition): boolean => a.item === b.item && a.at?.getTime() === b.at?.getTime()

export const writePosition = ({ at, item }: FailurePosition): string =>
  `${at?.getTime() ?? 0}-${Buffer.from(item, 'utf8').toString('base64url')}`

/** Undefined for anything that no stream of an operation has handed out. */
export function readPosition(text: string): FailurePosition | undefined {
  const [, ms = '', item = ''] = /^(\d{1,15})-([\w-]{1,2000})$/.exec(text) ?? []
  const found = { at: new Date(Number(ms)), item: Buffer.from(item, 'base64url').toString('utf8') }
  return item !== '' && !found.item.includes('\0') && writePosition(found) === text ? found : undefined
}

/** Rings once; whoever waits for it leaves nothing behind. */
function newBell(): { readonly ring: () => void; readonly wait: (signal: AbortSignal, mostMs: number) => Promise<void> } {
  const waiting = new Set<() => void>()
  let rung = false
  return {
    ring: () => {
      rung = true
      for (const wake of [...waiting]) wake()
    },
    wait: (signal, mostMs) =>
      new Promise((resolve) => {
        if (rung || signal.aborted) return resolve()
        const wake = (): void => {
          clearTimeout(timer)
          waiting.delete(wake)
          signal.removeEventListener('abort', wake)
          resolve()
        }
        const timer = setTimeout(wake, mostMs)
        waiting.add(wake)
        signal.addEventListener('abort', wake, { once: true })
      }),
  }
}
