import { type Clock, jitter, systemClock } from '../kernel/clock.js'
import { isContention } from './errors.js'
import { type Database, lockTimeout, type Session } from './session.js'

export interface Patience {
  /** How long to go on trying. */
  readonly withinMs: number
  /** The fault to throw afterwards; nothing was changed. */
  readonly busy: (waitedMs: number) => Error
  readonly clock?: Clock
}

// Whoever waits for a strong lock makes all others wait behind it: so each wait is short, and the others pass in between.
const ONE_WAIT_MS = 200
const LONGEST_REST_MS = 2_000

/** A transaction that never holds others up for long: it waits a moment for each lock, gives everything back, and tries again after a rest. */
export async function patientTransaction<T>(database: Database, body: (session: Session) => Promise<T>, patience: Patience): Promise<T> {
  const clock = patience.clock ?? systemClock
  const start = clock.now()
  for (let rest = 100; ; rest = Math.min(rest * 2, LONGEST_REST_MS)) {
    try {
      return await database.transaction(async (session) => {
        await session.run(lockTimeout(ONE_WAIT_MS))
        return body(session)
      })
    } catch (error) {
      if (!isContention(error)) throw error
      const waitedMs = clock.now() - start
      if (waitedMs + rest > patience.withinMs) throw patience.busy(waitedMs)
    }
    await clock.sleep(rest * jitter(0.5))
  }
}
