import { insertInBatches } from '../client/bulk.js'
import type { SeedScope } from '../client/seed.js'
import { stopwatch } from '../kernel/clock.js'
import { fault } from '../kernel/faults.js'
import { checkStatement } from '../kernel/row-statements.js'
import type { Limits } from '../kernel/settled.js'
import type { Sql } from '../kernel/sql.js'
import { atMostOne, exactlyOne, type Session } from '../postgres/session.js'

export const SEED_LIMITS: Limits = { wholeMs: 60_000, idleMs: 15_000 }

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
