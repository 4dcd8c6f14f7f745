import { fault } from '../kernel/faults.js'
import { checkStatement } from '../kernel/row-statements.js'
import { ident, join, type Sql, sql } from '../kernel/sql.js'
import { cancelStatement } from '../postgres/cancel.js'
import { copyOut } from '../postgres/copy.js'
import type { FlightResult } from '../postgres/flight.js'
import { atMostOne, exactlyOne } from '../postgres/session.js'
import { type AfterCommit, type AfterCommitOptions, NO_HOOKS } from './after-commit.js'
import { workAt } from './ambient.js'
import { insertInBatches } from './bulk.js'
import { innermost, isOver, type Level } from './level.js'
import { isHeld, type Line, send } from './line.js'
import { alone, keepNested, openNested, undoNested } from './nesting.js'
import type { ScopeEntry } from './opening.js'
import { type Page, type PageOptions, pageOf } from './page.js'
import { checkPageable } from './statements.js'

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
  readonly transaction: <T>(body: (scope: Scope) => PromiseLike<T>) => Promise<T>
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
  /**
   * Runs `hook` when COMMIT was answered and the connection is back in its pool, before `transaction` answers; never when the scope, or the part of it
   * that this was called in, is rolled back. While an ORM or a driver has a transaction open here, that is the part; only with `orUnknown` the hook belongs
   * to what the handle stands for, and may run once too often. What it throws is logged: the scope is committed all the same. A process that dies in between runs none.
   */
  readonly afterCommit: (hook: AfterCommit, options?: AfterCommitOptions) => void
}

/** Where a handle speaks: for those who build other handles of the same scope. */
export const AT = Symbol('tenantry.at')

export interface At {
  readonly line: Line
  readonly level: Level
}

/** The handle of one level of a scope. */
export function scopeAt(line: Line, level: Level): Scope & { readonly [AT]: At } {
  const tenant = line.tenant

  const assertTurn = (): void => {
    if (isOver(level)) throw fault('SCOPE_CLOSED', { tenant })
    if (level.nested) throw fault('SCOPE_NESTED', { tenant })
  }

  const issue = async (statement: Sql): Promise<FlightResult> => {
    assertTurn()
    return send(line, level, statement)
  }
  const execute = async (statement: Sql): Promise<FlightResult> => {
    checkStatement(statement)
    return issue(statement)
  }
  const rows = async <Row>(statement: Sql<Row>): Promise<readonly Row[]> => (await execute(statement)).rows as unknown as readonly Row[]

  return {
    get tenant() {
      const resolved = line.entry?.resolved
      return { id: resolved?.tenant ?? tenant, slug: resolved?.slug ?? tenant }
    },
    rows,
    one: async (statement) => exactlyOne(await rows(statement)),
    maybe: async (statement) => atMostOne(await rows(statement)),
    run: async (statement) => (await execute(statement)).count,

    transaction: async (body) => {
      assertTurn()
      return nest(line, level, body)
    },

    copyFrom: (table, columns, source) => insertInBatches(async (statement) => (await execute(statement)).count, table, columns, source),

    copyTo: async function* (table, columns) {
      assertTurn()
      let done = (): void => {}
      const finished = new Promise<void>((resolve) => {
        done = resolve
      })
      const { connection, over } = await new Promise<ScopeEntry & { over: () => void }>((resolve, reject) => {
        const use = async (entry: ScopeEntry, over: () => void): Promise<void> => {
          resolve({ ...entry, over })
          await finished
        }
        alone(line, level, use).catch(reject)
      })
      try {
        const list = join(columns.map((column) => ident(column)))
        yield* copyOut(connection, sql`copy (select ${list} from ${ident(table)}) to stdout with (format csv, header)`)
      } finally {
        over()
        done()
      }
    },

    page: async (statement, { limit, maxSize = 32_000_000, signal }) => {
      checkPageable(statement)
      assertTurn()
      // Entered first: only then is there a connection whose statement can be cancelled.
      if (line.entry === undefined) await send(line, level, sql`select`)
      const { connection } = line.entry!
      if (signal?.aborted) throw fault('SCOPE_CANCELLED', { tenant })
      const cancel = (): void => cancelStatement(connection)
      signal?.addEventListener('abort', cancel, { once: true })
      try {
        const result = await send(line, level, statement, { page: { rows: limit + 1, bytes: maxSize } })
        // A cancellation that comes too late for the statement must not hit the commit unseen.
        if (signal?.aborted) throw fault('SCOPE_CANCELLED', { tenant })
        return pageOf(result, limit)
      } catch (error) {
        throw signal?.aborted ? fault('SCOPE_CANCELLED', { tenant }, { cause: error }) : error
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

    afterCommit: (run, options) => {
      if (line.closed) throw fault('SCOPE_CLOSED', { tenant })
      assertTurn()
      // An ORM's transaction is not known by where the caller stands; the one that is open is meant. What may be done once too often is not lost with
      // a transaction that somebody else has opened beside.
      const of = options?.orUnknown === true ? level : innermost(level)
      of.hooks = [...(of.hooks ?? NO_HOOKS), { run, ...options }]
    },

    // The last one: what follows a computed name is slow to make.
    [AT]: { line, level },
  }
}

/** A nested transaction: kept when `body` returns, undone when it throws. Waits while another is open in this level. */
export async function nest<T>(line: Line, level: Level, body: (scope: Scope) => PromiseLike<T>): Promise<T> {
  const free = level.held === undefined
  if (free) level.nested = true
  let inner: Level | undefined
  try {
    inner = await openNested(line, level)
    level.nested = true
    const answer = await workAt(line, inner, () => body(scopeAt(line, inner!)))
    if (isHeld(line, inner)) throw fault('SCOPE_NESTED', { tenant: line.tenant })
    await keepNested(line, inner)
    return answer
  } catch (error) {
    if (inner !== undefined && !inner.over) await undoNested(line, inner)
    throw error
  } finally {
    if (free || inner !== undefined) level.nested = false
  }
}
