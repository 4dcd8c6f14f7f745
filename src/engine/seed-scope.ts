import { insertInBatches } from '../client/bulk.js'
import type { SeedScope } from '../client/seed.js'
import { checkStatement } from '../client/statements.js'
import { stopwatch, systemClock } from '../kernel/clock.js'
import { fault } from '../kernel/faults.js'
import type { Sql } from '../kernel/sql.js'
import { atMostOne, exactlyOne, type Session } from '../postgres/session.js'

export interface SeedLimits {
  /** How long a program may take. */
  readonly wholeMs: number
  /** How long it may leave its transaction waiting: the server ends one that waits for longer. */
  readonly idleMs: number
}

export const SEED_LIMITS: SeedLimits = { wholeMs: 60_000, idleMs: 15_000 }

/** The scope of a seed's program, with what is known of it. */
export interface WatchedScope {
  readonly scope: SeedScope
  /** What its own statements failed with, the first one first; whatever else the program throws is the program's own. */
  readonly failures: readonly unknown[]
  /** Milliseconds for which no statement has been under way. */
  readonly idleMs: () => number
  readonly close: () => void
}

export function scopeOver(session: Session, tenant: string): WatchedScope {
  let closed = false
  let underWay = 0
  let lastAt = 0
  const elapsed = stopwatch()
  const failures: unknown[] = []
  const checked = <Row>(statement: Sql<Row>): Sql<Row> => {
    // Afterwards the connection is somebody else's, with an administrator's rights.
    if (closed) throw fault('SCOPE_CLOSED', { tenant })
    checkStatement(statement)
    return statement
  }
  const watched = async <T>(statement: Promise<T>): Promise<T> => {
    underWay++
    try {
      return await statement
    } catch (error) {
      failures.push(error)
      throw error
    } finally {
      underWay--
      lastAt = elapsed()
    }
  }
  const rows: SeedScope['rows'] = async (statement) => watched(session.rows(checked(statement)))
  const run: SeedScope['run'] = async (statement) => watched(session.run(checked(statement)))
  return {
    scope: {
      rows,
      run,
      one: async (statement) => exactlyOne(await rows(statement)),
      maybe: async (statement) => atMostOne(await rows(statement)),
      copyFrom: (table, columns, source) => insertInBatches(run, table, columns, source),
    },
    failures,
    idleMs: () => (underWay > 0 ? 0 : elapsed() - lastAt),
    close: () => {
      closed = true
    },
  }
}

const seconds = (milliseconds: number): string => `${milliseconds / 1_000} s`

/**
 * Waits for a program, but not for ever: nobody can stop one that never settles, and whoever waits for it ends nothing else. Answers why it was given
 * up, or undefined when it has settled; throws what it throws.
 */
export async function settled(program: Promise<unknown>, limits: SeedLimits, idleMs: () => number): Promise<string | undefined> {
  const elapsed = stopwatch()
  const over = new AbortController()
  const watch = async (): Promise<string | undefined> => {
    while (!over.signal.aborted) {
      const [left, leftIdle] = [limits.wholeMs - elapsed(), limits.idleMs - idleMs()]
      if (left <= 0) return `it has not ended within ${seconds(limits.wholeMs)}`
      if (leftIdle <= 0) return `it sent no statement for ${seconds(limits.idleMs)} and has not ended: its transaction is given up then`
      await systemClock.sleep(Math.min(left, leftIdle), over.signal)
    }
    return undefined
  }
  try {
    return await Promise.race([program.then(() => undefined), watch()])
  } finally {
    over.abort()
  }
}
