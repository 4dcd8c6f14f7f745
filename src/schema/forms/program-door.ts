import { stopwatch } from '../../kernel/clock.js'
import { fault } from '../../kernel/faults.js'
import type { MigrationDoor } from '../../kernel/migration-program.js'
import { checkStatement } from '../../kernel/row-statements.js'
import { fileText, ident, type Sql, sql } from '../../kernel/sql.js'
import { atMostOne, exactlyOne, type Session } from '../../postgres/session.js'

/** What a program is given, with what is known of how it uses it. */
export interface WatchedDoor {
  readonly door: MigrationDoor
  /** What its statements failed with, the first one first. */
  readonly failures: readonly unknown[]
  /** Milliseconds for which no statement has been under way. */
  readonly idleMs: () => number
  /** Ends what it may do, waits for what is under way, and answers how many calls that were: nobody has awaited them. */
  readonly close: () => Promise<number>
}

const BATCH = 1_000

export function openDoor(session: Session): WatchedDoor {
  let closed = false
  let underWay = 0
  let lastAt = 0
  let cursors = 0
  const elapsed = stopwatch()
  const failures: unknown[] = []
  const calls = new Set<Promise<unknown>>()
  // A call that nobody awaits must not end the process. After the end nobody is told any more, or an error would come out where somebody else's promise waits.
  const kept = <T>(call: Promise<T>): Promise<T> => {
    calls.add(call)
    const answer = new Promise<T>((resolve, reject) => {
      call.then(
        (value) => {
          calls.delete(call)
          resolve(value)
        },
        (error) => {
          calls.delete(call)
          if (!closed) reject(error)
        },
      )
    })
    answer.catch(() => {})
    return answer
  }
  const watched = async <T>(statement: () => Promise<T>): Promise<T> => {
    // Afterwards the connection is somebody else's, with an administrator's rights.
    if (closed) throw fault('SCOPE_CLOSED', { tenant: '(all of a home)' })
    underWay++
    try {
      return await statement()
    } catch (error) {
      failures.push(error)
      throw error
    } finally {
      underWay--
      lastAt = elapsed()
    }
  }
  const checked = <Row>(statement: Sql<Row>): Sql<Row> => {
    checkStatement(statement)
    return statement
  }
  const ask = async <Row>(statement: Sql<Row>): Promise<readonly Row[]> => {
    const wanted = checked(statement)
    return watched(() => session.rows(wanted))
  }
  const act = async (statement: Sql): Promise<number> => {
    const wanted = checked(statement)
    return watched(() => session.run(wanted))
  }
  async function* read<Row>(statement: Sql<Row>, size = BATCH): AsyncGenerator<readonly Row[]> {
    const wanted = checked(statement)
    if (!Number.isSafeInteger(size) || size < 1) throw fault('INPUT_INVALID', { issues: ['batches: the size is a whole number above 0'] })
    const cursor = ident(`tenantry_batches_${++cursors}`)
    await watched(() => session.run(sql`declare ${cursor} no scroll cursor for ${wanted}`))
    try {
      for (;;) {
        const batch = await watched(() => session.rows(sql<Row>`fetch ${fileText(String(size))} from ${cursor}`))
        if (batch.length > 0) yield batch
        if (batch.length < size) return
      }
    } finally {
      // A statement that failed has closed it, and closing it again would hide why.
      if (!closed && failures.length === 0) await watched(() => session.run(sql`close ${cursor}`))
    }
  }
  const batches: MigrationDoor['batches'] = (statement, size) => {
    const reading = read(statement, size)
    const next = reading.next.bind(reading)
    return Object.assign(reading, { next: () => kept(next()) })
  }
  const door: MigrationDoor = {
    rows: (statement) => kept(ask(statement)),
    run: (statement) => kept(act(statement)),
    one: (statement) => kept(ask(statement).then(exactlyOne)),
    maybe: (statement) => kept(ask(statement).then(atMostOne)),
    batches,
    sql,
  }
  return {
    door,
    failures,
    idleMs: () => (underWay > 0 ? 0 : elapsed() - lastAt),
    close: async () => {
      closed = true
      const left = [...calls]
      await Promise.allSettled(left)
      return left.length
    },
  }
}
