import type { Resolved } from '../catalog/resolve.js'
import { fault } from '../kernel/faults.js'
import { ident, join, type Sql, sql } from '../kernel/sql.js'
import { cancelStatement } from '../postgres/cancel.js'
import { copyOut } from '../postgres/copy.js'
import { type FlightResult, fly, type Part, type WireConnection } from '../postgres/flight.js'
import { atMostOne, exactlyOne } from '../postgres/session.js'
import { insertInBatches } from './bulk.js'
import type { Known } from './entrance.js'
import { answerTimeoutOf, beginPart, entryParts, timeoutPart } from './entry.js'
import type { ScopeOptions } from './options.js'
import { type Page, type PageOptions, pageOf } from './page.js'
import { checkPageable, checkStatement } from './statements.js'
import type { Tokens } from './tokens.js'

/** A transaction bound to one tenant. It ends with its callback; used afterwards, every call is refused with SCOPE_CLOSED. */
export interface Scope {
  readonly tenant: { readonly id: string; readonly slug: string }
  readonly rows: <Row>(statement: Sql<Row>) => Promise<readonly Row[]>
  /** Exactly one row, or the fault ROW_COUNT. */
  readonly one: <Row>(statement: Sql<Row>) => Promise<Row>
  /** One row or undefined; more are the fault ROW_COUNT. */
  readonly maybe: <Row>(statement: Sql<Row>) => Promise<Row | undefined>
  /** Runs a statement for its effect; answers how many rows it touched. */
  readonly run: (statement: Sql) => Promise<number>
  /**
   * A part that may fail without taking the whole with it: rolled back to where it began when `body` throws. Until it is over, only the handle that
   * `body` is given may be used; every other is refused with SCOPE_NESTED.
   */
  readonly transaction: <T>(body: (scope: Scope) => Promise<T>) => Promise<T>
  /**
   * Loads many rows in batches, each one statement: COPY FROM itself knows no row-level security. Values are given as JavaScript has them; dates,
   * numbers, bytes and objects arrive as the columns' types. `rows` may come from this scope's own statements. Answers how many rows were written.
   */
  readonly copyFrom: (
    table: string,
    columns: readonly string[],
    rows: Iterable<readonly unknown[]> | AsyncIterable<readonly unknown[]>,
  ) => Promise<number>
  /** Streams a table's rows of this tenant as CSV with a header. Finish or break the loop before the next statement. */
  readonly copyTo: (table: string, columns: readonly string[]) => AsyncGenerator<Buffer, void>
  /** The first rows of a statement, or of its EXPLAIN, for people and exports: as PostgreSQL writes them, with their columns. */
  readonly page: (statement: Sql, options: PageOptions) => Promise<Page>
  /** The plan of a statement as PostgreSQL's JSON; `analyze` runs it. */
  readonly explain: (statement: Sql, options?: { readonly analyze?: boolean }) => Promise<unknown>
}

/** Opens a scope lazily: begin, identity and the first statement leave in one flight. */
export interface ScopeHandle {
  readonly scope: Scope
  /** Ends it: COMMIT, or the fault that stands in its way. */
  readonly commit: () => Promise<void>
  readonly rollback: () => Promise<void>
  /** Did a statement end the transaction behind our back? */
  readonly escaped: () => boolean
}

export interface ScopeEntry {
  readonly resolved: Resolved
  readonly connection: WireConnection
}

/**
 * @param enter obtains a connection to where the tenant lives and sends the opening flight there, again if the placement was stale. It is called with
 *   the first statement only.
 */
export function openScope(
  tenantRef: string,
  options: ScopeOptions,
  tokens: Tokens,
  enter: (flight: (entry: ScopeEntry, entrance: Known) => Promise<FlightResult>) => Promise<{ entry: ScopeEntry; result: FlightResult }>,
): ScopeHandle {
  const answerWithin = answerTimeoutOf(options)
  let entry: ScopeEntry | undefined
  let closed = false
  let escaped = false
  let aborted = false
  let savepoints = 0
  const root: Level = { parent: undefined, nested: false, over: false }
  // One connection takes one statement after the other; siblings started together take turns.
  let turn: Promise<unknown> = Promise.resolve()

  const inTurn = <T>(body: () => Promise<T>): Promise<T> => {
    const mine = turn.then(body, body)
    turn = mine.catch(() => {})
    return mine
  }

  const assertOpen = (): void => {
    if (escaped) throw fault('SCOPE_ESCAPED', { tenant: tenantRef })
    if (closed) throw fault('SCOPE_CLOSED', { tenant: tenantRef })
    if (aborted) throw fault('SCOPE_ABORTED', { tenant: tenantRef })
  }

  const assertTurn = (level: Level): void => {
    if (isOver(level)) throw fault('SCOPE_CLOSED', { tenant: tenantRef })
    if (level.nested) throw fault('SCOPE_NESTED', { tenant: tenantRef })
  }

  /** After every statement the transaction must still be there; otherwise whatever follows would run without a tenant. */
  const assertInside = (): void => {
    if (entry !== undefined && entry.connection.client.getTransactionStatus() === 'I') {
      escaped = true
      throw fault('SCOPE_ESCAPED', { tenant: tenantRef })
    }
  }

  const send = async (statement: Pick<Sql, 'text' | 'values'>, page?: Part['page']): Promise<FlightResult> => {
    assertOpen()
    if (entry === undefined) {
      // If this flight fails, the transaction went with it: a scope never begins twice.
      aborted = true
      const entered = await enter(({ connection, resolved }, entrance) =>
        fly(
          connection,
          [
            beginPart(options),
            ...timeoutPart(options, resolved),
            ...entryParts(resolved, options, entrance, tokens),
            partOf(resolved, statement, page),
          ],
          answerWithin,
        ),
      )
      aborted = false
      entry = entered.entry
      assertInside()
      return entered.result
    }
    try {
      return await fly(entry.connection, [partOf(entry.resolved, statement, page)], answerWithin)
    } finally {
      assertInside()
    }
  }

  const entered = async (): Promise<ScopeEntry> => {
    assertOpen()
    if (entry === undefined) await send(sql`select`)
    return entry!
  }

  const scopeAt = (level: Level): Scope => {
    const issue = async (statement: Sql): Promise<FlightResult> => {
      assertTurn(level)
      return inTurn(() => send(statement))
    }
    const execute = async (statement: Sql): Promise<FlightResult> => {
      checkStatement(statement)
      return issue(statement)
    }
    const rows = async <Row>(statement: Sql<Row>): Promise<readonly Row[]> => (await execute(statement)).rows as unknown as readonly Row[]

    return {
      get tenant() {
        return { id: entry?.resolved.tenant ?? tenantRef, slug: entry?.resolved.slug ?? tenantRef }
      },
      rows,
      one: async (statement) => exactlyOne(await rows(statement)),
      maybe: async (statement) => atMostOne(await rows(statement)),
      run: async (statement) => (await execute(statement)).count,

      transaction: async (body) => {
        assertTurn(level)
        const inner: Level = { parent: level, nested: false, over: false }
        const name = ident(`tenantry_${++savepoints}`)
        level.nested = true
        try {
          await inTurn(() => entered().then(() => send(sql`savepoint ${name}`)))
          try {
            const answer = await body(scopeAt(inner))
            assertTurn(inner)
            inner.over = true
            // As at the end of the whole: an error that was swallowed has still undone this part.
            if (entry!.connection.client.getTransactionStatus() === 'E') throw fault('SCOPE_ABORTED', { tenant: tenantRef })
            await inTurn(() => send(sql`release savepoint ${name}`))
            return answer
          } catch (error) {
            inner.over = true
            // Without its transaction the savepoint is gone as well.
            if (!escaped && !closed && !isOver(level)) await inTurn(() => send(sql`rollback to savepoint ${name}`))
            throw error
          }
        } finally {
          level.nested = false
        }
      },

      copyFrom: (table, columns, source) => insertInBatches(async (statement) => (await execute(statement)).count, table, columns, source),

      copyTo: async function* (table, columns) {
        assertTurn(level)
        let done = (): void => {}
        const finished = new Promise<void>((resolve) => {
          done = resolve
        })
        const { connection } = await new Promise<ScopeEntry>((resolve, reject) => {
          inTurn(async () => {
            resolve(await entered())
            await finished
          }).catch(reject)
        })
        try {
          const list = join(columns.map((column) => ident(column)))
          yield* copyOut(connection, sql`copy (select ${list} from ${ident(table)}) to stdout with (format csv, header)`)
        } finally {
          done()
        }
      },

      page: async (statement, { limit, maxSize = 32_000_000, signal }) => {
        checkPageable(statement)
        assertTurn(level)
        // Entered first: only then is there a connection whose statement can be cancelled.
        const { connection } = await inTurn(entered)
        if (signal?.aborted) throw fault('SCOPE_CANCELLED', { tenant: tenantRef })
        const cancel = (): void => cancelStatement(connection)
        signal?.addEventListener('abort', cancel, { once: true })
        try {
          const result = await inTurn(() => send(statement, { rows: limit + 1, bytes: maxSize }))
          // A cancellation that comes too late for the statement must not hit the commit unseen.
          if (signal?.aborted) throw fault('SCOPE_CANCELLED', { tenant: tenantRef })
          return pageOf(result, limit)
        } catch (error) {
          throw signal?.aborted ? fault('SCOPE_CANCELLED', { tenant: tenantRef }, { cause: error }) : error
        } finally {
          signal?.removeEventListener('abort', cancel)
        }
      },

      explain: async (statement, { analyze = false } = {}) => {
        checkStatement(statement)
        const flags = analyze ? sql`analyze, buffers, ` : sql``
        const { rows: plans } = await issue(sql`explain (${flags}format json) ${statement}`)
        return plans[0]?.['QUERY PLAN']
      },
    }
  }

  return {
    scope: scopeAt(root),
    commit: () =>
      inTurn(async () => {
        assertOpen()
        assertTurn(root)
        closed = true
        if (entry === undefined) return
        // Outside of a transaction COMMIT answers COMMIT all the same.
        assertInside()
        const { tag } = await fly(entry.connection, [{ text: 'commit', values: [], plan: '', answers: true }], answerWithin)
        if (tag !== 'COMMIT') throw fault('SCOPE_ABORTED', { tenant: tenantRef })
      }),
    rollback: () =>
      inTurn(async () => {
        closed = true
        if (entry === undefined || entry.connection.client.getTransactionStatus() === 'I') return
        await fly(entry.connection, [{ text: 'rollback', values: [], plan: '', answers: true }], answerWithin)
      }),
    escaped: () => escaped,
  }
}

/** A transaction, or one nested in another. Only the innermost that is open may send anything. */
interface Level {
  readonly parent: Level | undefined
  nested: boolean
  over: boolean
}

const isOver = (level: Level): boolean => level.over || (level.parent !== undefined && isOver(level.parent))

export function partOf(resolved: Resolved, statement: Pick<Sql, 'text' | 'values'>, page?: Part['page']): Part {
  const part = { text: statement.text, values: statement.values, plan: `${resolved.home}/${resolved.version}/`, answers: true }
  return page === undefined ? part : { ...part, page }
}
