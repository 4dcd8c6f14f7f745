import { jitter, stopwatch, systemClock } from '../../kernel/clock.js'
import { fault } from '../../kernel/faults.js'
import { isContention, sqlstate } from '../../postgres/errors.js'
import type { Database } from '../../postgres/session.js'
import { type InTheWay, inTheWay, named } from './blockers.js'
import type { WantedLock } from './needs.js'
import { sendAway } from './vacuums.js'

/** How long a file of a used home may wait for its locks and hold them, unless it says otherwise. */
export const BUDGET_MS = 500
/** While a request for a lock waits, whoever comes after it waits as well. */
export const ONE_WAIT_MS = 200
/** Where nobody queues behind: for another migrator, for a row, for homes that nobody is at work in. */
export const LONG_WAIT_MS = 5_000
const PATIENCE_MS = 2_500
const LONGEST_REST_MS = 800
// The machine may have been busy. A file that is slow by itself stays so, and makes others wait with each attempt.
const MOST_OVERDUE = 3
const MOST_NAMED = 5

export interface Attempts {
  readonly database: Database
  readonly schema: string
  readonly file: string
  readonly home: string
  readonly locks: readonly WantedLock[]
  /** Undefined where nobody is made to wait. */
  readonly budgetMs: number | undefined
}

export type Attempt<T> = (locks: readonly WantedLock[], budgetMs: number | undefined) => Promise<T>

const NOBODY: InTheWay = { blockers: [], vacuums: [] }

/**
 * Tries until the locks of a file are to be had: while a transaction that has been open for a while holds one of them, it does not even ask, since all who
 * come later would wait behind the request. Throws MIGRATION_BUSY, and MIGRATION_SLOW when it was the file itself that took too long; nothing was changed.
 */
export async function patiently<T>(attempts: Attempts, attempt: Attempt<T>): Promise<T> {
  const { database, schema, file, home, locks, budgetMs } = attempts
  let [reason, overdue, waitedMs, outwaited] = [undefined as unknown, 0, 0, false]
  for (let rest = 100; ; rest = Math.min(rest * 2, LONGEST_REST_MS)) {
    const found = locks.length === 0 ? NOBODY : await inTheWay(database, schema, locks)
    const vacuumMs = found.blockers.length > 0 || found.vacuums.length === 0 ? 0 : await sendAway(database, found.vacuums)
    // Who has waited for an autovacuum once, and in vain, waits for it as for anybody else.
    const blockers = vacuumMs === 0 || (vacuumMs !== undefined && !outwaited) ? found.blockers : named(found)
    if (blockers.length === 0) {
      const begun = stopwatch()
      try {
        if (!vacuumMs) return await attempt(locks, budgetMs)
        outwaited = true
        return await attempt(outwaiting(schema, locks, found, vacuumMs), budgetMs && budgetMs + vacuumMs)
      } catch (error) {
        if (!isPassing(error)) throw error
        reason = error
        if (isOverdue(error)) overdue++
        // A data step has worked before it had to wait.
        waitedMs += isLockWait(error) ? Math.min(begun(), LONG_WAIT_MS) : begun()
      }
    }
    if (waitedMs + rest > PATIENCE_MS || overdue >= MOST_OVERDUE) {
      const last = blockers.length > 0 ? blockers : named(await inTheWay(database, schema, locks, 0))
      if (last.length === 0 && isOverdue(reason)) throw fault('MIGRATION_SLOW', { file, home, budgetMs: budgetMs ?? 0 }, { cause: reason })
      if (last.length === 0 && !isLockWait(reason)) throw reason
      throw fault('MIGRATION_BUSY', { file, home, waitedMs: Math.round(waitedMs), blockers: last.slice(0, MOST_NAMED) }, { cause: reason })
    }
    const resting = stopwatch()
    await systemClock.sleep(rest * jitter(0.5))
    waitedMs += resting()
  }
}

const outwaiting = (schema: string, locks: readonly WantedLock[], { vacuums }: InTheWay, waitMs: number): readonly WantedLock[] =>
  locks.map((lock) =>
    vacuums.some((held) => held.schema === (lock.schema ?? schema) && held.table === lock.table) ? { ...lock, waitMs } : lock,
  )

const isOverdue = (error: unknown): boolean => sqlstate(error) === '57014'

const isLockWait = (error: unknown): boolean => ['55P03', '40P01'].includes(sqlstate(error) ?? '')

/** Somebody was in the way, or the watch over the budget has cancelled it. */
export const isPassing = (error: unknown): boolean => isContention(error) || isOverdue(error)
