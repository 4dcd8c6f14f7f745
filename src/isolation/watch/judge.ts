import { humanDuration } from '../../kernel/durations.js'
import type { BlockingLock, Offence, TablePlace, WatchedSession } from './look.js'

export interface WatchLimits {
  readonly statementMs: number
  readonly idleMs: number
  readonly lockMs: number
}

export interface Verdict {
  readonly offence: Offence
  readonly forMs: number
  readonly limitMs: number
  /** What it is about, without what the session itself says. */
  readonly reason: string
  /** The session does nothing that could be cancelled. */
  readonly idle: boolean
  readonly lock?: { readonly table: string; readonly mode: string; readonly waiters: number }
}

// The server ends what is over its limit itself; whoever is still there a moment later has taken the limit away.
export const MARGIN_MS = 1_000

/**
 * What a session is to be stopped for, if for anything: the worst first. `held` says for how long others wait because of a lock of its, in milliseconds.
 */
export function judge(
  session: WatchedSession,
  limits: WatchLimits,
  places: readonly TablePlace[],
  held: (lock: BlockingLock) => number,
): Verdict | undefined {
  const idle = session.state.startsWith('idle in transaction')
  for (const lock of session.locks) {
    const place = places.find(({ relation }) => relation === lock.relation)
    // In a home of one tenant, that tenant is in nobody's way but its own.
    if (place === undefined || place.isolation === 'schema' || place.isolation === 'database') continue
    const forMs = held(lock)
    if (forMs <= limits.lockMs) continue
    const [table, mode] = [`${place.schema}.${place.table}`, modeName(lock.mode)]
    const waiters = lock.waiters === 1 ? '1 session waits' : `${lock.waiters} sessions wait`
    const reason = `${waiters} behind its ${mode} lock on ${table} for ${over(forMs, limits.lockMs)}`
    return { offence: 'lock', forMs, limitMs: limits.lockMs, idle, reason, lock: { table, mode, waiters: lock.waiters } }
  }
  const [forMs, limitMs] = idle ? [session.stateMs, limits.idleMs] : [session.queryMs, limits.statementMs]
  if (forMs <= limitMs + MARGIN_MS) return undefined
  const reason = `${idle ? 'its transaction waits for the application' : 'its statement runs'} for ${over(forMs, limitMs)}`
  return { offence: idle ? 'idle' : 'statement', forMs, limitMs, idle, reason }
}

const over = (forMs: number, limitMs: number): string => `${humanDuration(forMs)}; the limit is ${humanDuration(limitMs)}`

/** `AccessExclusiveLock` as SQL writes it. */
const modeName = (mode: string): string =>
  mode
    .replace(/Lock$/, '')
    .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toUpperCase()
