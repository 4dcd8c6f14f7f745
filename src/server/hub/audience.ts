import { usableAmong } from '../../catalog/keys.js'
import { usableSessionsAmong } from '../../catalog/sessions.js'
import type { Platform } from '../../engine/platform.js'
import { stopwatch, systemClock } from '../../kernel/clock.js'
import { fault } from '../../kernel/faults.js'
import type { Log } from '../../kernel/log.js'
import { type Asker, askerOfKey, askerOfSession } from '../policy.js'
import { type Bell, newBell } from './bell.js'

/** Whoever reads a stream, or waits for an answer in JSON. */
export interface Reader {
  readonly asker: Asker
  /** Aborted by the reader's leaving, and by the hub when the key or the session may be used no longer, or the server closes. */
  readonly end: AbortController
}

/** All readers of a process, for whom it looks as long as there are any. Until their end it also asks whether they may still. */
export interface Audience {
  /** Before a stream is opened, or waited for; it counts until the reader's end, which is at once when all were closed. Throws RATE_LIMITED for a key that has too many open. */
  readonly admit: (reader: Reader) => void
  /** From its first read on. Answers what is called when it reads no more. */
  readonly join: (reader: Reader) => () => void
  /** Rings after the next look. */
  readonly bell: () => Bell
  /** Ends the streams of these readers. */
  readonly dismiss: (whom: (reader: Reader) => boolean) => void
  /** Asks for readers' keys and sessions now: some may have ended. */
  readonly askAgain: () => void
  /** Ends every stream, and those that would be opened. */
  readonly close: () => void
}

export interface AudienceOptions {
  readonly platform: Platform
  readonly log: Log
  /** Between two looks. */
  readonly everyMs: number
  /** How often readers' keys and sessions are asked for again. */
  readonly keysMs: number
  /** Before all who wait are told. */
  readonly look: () => Promise<void>
  /** The last reader has gone: nobody looks any more, and whoever comes next begins anew. */
  readonly forget: () => void
}

const FAILING_REST_MS = 2_000
// Of one key or session; every one of them holds a socket, and a position of its own.
const MOST_STREAMS = 50
const ROOM_SECONDS = 5

export function audience({ platform, log, everyMs, keysMs, look, forget }: AudienceOptions): Audience {
  // Also those that nobody has read from yet, and whoever waits and reads nothing.
  const admitted = new Set<Reader>()
  const readers = new Set<Reader>()
  let sinceKeys = stopwatch()
  let due = false
  let bell = newBell()
  let nudge = new AbortController()
  let running = false
  let closed = false

  const ring = (): void => {
    const rung = bell
    bell = newBell()
    rung.ring()
  }

  const dismiss = (whom: (reader: Reader) => boolean): void => {
    for (const reader of [...admitted]) if (whom(reader)) reader.end.abort()
  }

  const lookForAll = async (): Promise<void> => {
    // Before anything is told: whose key was revoked hears nothing that happened since.
    if (due || sinceKeys() >= keysMs) {
      due = false
      const asked = new Set(admitted)
      const still = await rightsAmong(
        platform,
        [...asked].map(({ asker }) => asker),
      )
      // Who came meanwhile was not asked for.
      dismiss((reader) => asked.has(reader) && !still.has(rightOf(reader.asker)))
      sinceKeys = stopwatch()
    }
    if (readers.size > 0) await look()
    else forget()
  }

  const keepLooking = async (): Promise<void> => {
    let failing = false
    while (admitted.size > 0) {
      nudge = new AbortController()
      try {
        await lookForAll()
        failing = false
      } catch (error) {
        if (!failing) log.warn({ error: (error as Error).message }, 'the catalog could not be asked for events; streams wait')
        failing = true
        // Whatever it was that failed: nobody is told anything before it is known who may hear it.
        due = true
      }
      ring()
      await systemClock.sleep(failing ? FAILING_REST_MS : everyMs, nudge.signal)
    }
    running = false
    forget()
  }

  return {
    admit: (reader) => {
      const open = [...admitted].filter(({ asker }) => isFrom(asker, reader.asker)).length
      if (open >= MOST_STREAMS) {
        const what = reader.asker.keyId === undefined ? 'in this session' : 'with this API key'
        throw fault('RATE_LIMITED', { whose: `for streams ${what}, which has ${open} open`, seconds: ROOM_SECONDS })
      }
      if (closed) return reader.end.abort()
      if (admitted.size === 0) sinceKeys = stopwatch()
      admitted.add(reader)
      const leave = (): void => {
        admitted.delete(reader)
        if (admitted.size === 0) nudge.abort()
      }
      reader.end.signal.addEventListener('abort', leave, { once: true })
      if (running) return
      running = true
      void keepLooking()
    },
    join: (reader) => {
      readers.add(reader)
      reader.end.signal.addEventListener('abort', leave, { once: true })
      function leave(): void {
        readers.delete(reader)
        reader.end.signal.removeEventListener('abort', leave)
      }
      nudge.abort()
      return leave
    },
    bell: () => bell,
    dismiss,
    askAgain: () => {
      due = true
      nudge.abort()
    },
    close: () => {
      closed = true
      dismiss(() => true)
    },
  }
}

/** What those of these may do who may still ask: whose role has changed is not among them, and begins anew. */
async function rightsAmong({ catalog, config }: Platform, askers: readonly Asker[]): Promise<ReadonlySet<string>> {
  const keys = [...new Set(askers.flatMap(({ keyId }) => keyId ?? []))]
  const sessions = [...new Set(askers.flatMap(({ sessionId }) => sessionId ?? []))]
  const usable = keys.length === 0 ? [] : await catalog.rows(usableAmong(keys))
  const alive = sessions.length === 0 ? [] : await catalog.rows(usableSessionsAmong(sessions, config.console.idleMs))
  return new Set([...usable.map(askerOfKey), ...alive.map(askerOfSession)].map(rightOf))
}

const isFrom = (a: Asker, b: Asker): boolean => a.keyId === b.keyId && a.sessionId === b.sessionId

const rightOf = ({ keyId, sessionId, role, tenantId }: Asker): string => `${keyId ?? sessionId} ${role} ${tenantId}`
