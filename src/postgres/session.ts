import pg from 'pg'
import { fault, isFault } from '../kernel/faults.js'
import { isAskedAlike, isPlannedAnew, isSql, type Sql, sql } from '../kernel/sql.js'
import { cancelStatement } from './cancel.js'
import { addressOf, type ConnectionConfig, driverOptions } from './connection.js'
import { connectionFault, isConnectionLoss, sqlstate } from './errors.js'
import { sharedReads } from './shared-reads.js'
import { turns } from './turns.js'

/** Runs statements. The method's name says how many rows are allowed; another number is the fault ROW_COUNT. */
export interface Session {
  readonly rows: <Row>(statement: Sql<Row>) => Promise<readonly Row[]>
  readonly one: <Row>(statement: Sql<Row>) => Promise<Row>
  readonly maybe: <Row>(statement: Sql<Row>) => Promise<Row | undefined>
  /** Runs it for its effect; answers how many rows it touched. */
  readonly run: (statement: Sql) => Promise<number>
  /** Several statements without values in one simple message: our own SQL files, users' migrations. */
  readonly script: (statements: Sql) => Promise<void>
}

export interface TransactionOptions {
  readonly isolation?: 'read committed' | 'repeatable read' | 'serializable'
  readonly readOnly?: boolean
  /** When it has not ended so long after the body has started the clock, what it is running is cancelled (57014). Default: never. */
  readonly limitMs?: number | undefined
}

/** A pool of the control plane's own connections to one database: direct (never through a pooler), with an empty search_path. */
export interface Database extends Session {
  readonly config: ConnectionConfig
  /** One transaction: commits when `body` returns, rolls back when it throws. A statement that ends it is noticed; its connection is destroyed. */
  readonly transaction: <T>(body: (session: Session, startClock: () => void) => Promise<T>, options?: TransactionOptions) => Promise<T>
  /**
   * Statements that begin and commit for themselves, all in one simple message: one round trip. When one fails, the others after it do not run, and what
   * had begun is rolled back. After `limitMs` it is cancelled (57014).
   */
  readonly message: (statements: Sql, limitMs: number) => Promise<void>
  readonly end: () => Promise<void>
}

export interface DatabaseOptions {
  readonly applicationName: string
  readonly max?: number
  /** Leaves the session as the server and its roles make it: for asking through a pooler, or as somebody else. Default false. */
  readonly plain?: boolean
  /** Gives up a statement and its connection, with SERVER_UNREACHABLE, when no answer comes for so long. Default: never. */
  readonly answerTimeoutMs?: number
  /** Default 10 s. */
  readonly connectTimeoutMs?: number
  /** How long work may queue for a connection of this process. Default 2 min. */
  readonly queueMs?: number
  /** More settings that every session begins with, by name; their values are words without spaces. */
  readonly settings?: Readonly<Record<string, string>>
  /** Each connection keeps the plans of statements with values: for work that asks the same few all the time, never through a pooler. Default false. */
  readonly keepPlans?: boolean
  /** It is the catalog: what would be SERVER_UNREACHABLE is CATALOG_UNREACHABLE. Default false. */
  readonly catalog?: boolean
}

// How long work may queue for a connection of its own process: two hundred tenants made at once are work for half a minute, not a server out of reach.
const QUEUE_MS = 120_000
const CONNECTIONS = 4

/** Opens lazily: the first statement connects, and throws SERVER_UNREACHABLE or LOGIN_REFUSED when it cannot. */
export function openDatabase(config: ConnectionConfig, options: DatabaseOptions): Database {
  const max = options.max ?? CONNECTIONS
  const more = Object.entries(options.settings ?? {})
    .map(([name, value]) => ` -c ${name}=${value}`)
    .join('')
  const pool = new pg.Pool({
    ...driverOptions(config, options.applicationName),
    // Nothing that a control-plane session names may be found by anyone's search_path; a lost client must not go on writing,
    // and one that sleeps in the middle of a transaction must not keep the locks that its successor needs. Large queries of the
    // catalogs are compiled for seconds where a server does so (`jit`), and then run for milliseconds.
    ...(options.plain === true
      ? {}
      : { options: `-c search_path= -c jit=off -c client_connection_check_interval=1s -c idle_in_transaction_session_timeout=15s${more}` }),
    ...(options.answerTimeoutMs === undefined ? {} : { query_timeout: options.answerTimeoutMs }),
    ...(options.connectTimeoutMs === undefined ? {} : { connectionTimeoutMillis: options.connectTimeoutMs }),
    max,
    idleTimeoutMillis: 10_000,
    allowExitOnIdle: true,
  })
  // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
  pool.on('error', () => {})
  // Nor may one that breaks while it is held: whoever holds it gets the error of its statement.
  pool.on('connect', (client) => {
    client.on('error', () => {})
  })
  const server = addressOf(config)
  // The driver's pool would count its queue as time to connect.
  const queueMs = options.queueMs ?? QUEUE_MS
  const takeTurn = turns(max, queueMs)
  const told = (error: unknown): unknown => {
    const found = connectionFault(error, server)
    if (options.catalog !== true || !isFault(found, 'SERVER_UNREACHABLE')) return found
    return fault('CATALOG_UNREACHABLE', { server, reason: String(found.facts.reason) }, { cause: error })
  }

  const connect = async (): Promise<pg.PoolClient> => {
    try {
      return await pool.connect()
    } catch (error) {
      throw told(error)
    }
  }

  const withTurn = async <T>(body: () => Promise<T>): Promise<T> => {
    const giveBack = await takeTurn()
    if (giveBack === undefined)
      throw told(
        fault('SERVER_UNREACHABLE', { server, reason: `all ${max} connections of this process were busy for ${queueMs / 1_000} s` }),
      )
    try {
      return await body()
    } finally {
      giveBack()
    }
  }

  const withClient = <T>(body: (client: pg.PoolClient, startClock: () => void) => Promise<T>, limitMs?: number): Promise<T> =>
    withTurn(() => withConnection(body, limitMs))

  const withConnection = async <T>(body: (client: pg.PoolClient, startClock: () => void) => Promise<T>, limitMs?: number): Promise<T> => {
    const client = await connect()
    const limit = limited(client, limitMs)
    let clean = false
    try {
      const answer = await body(client, limit.start)
      clean = true
      return answer
    } catch (error) {
      // After a statement without an answer the status is that of before it.
      clean = !isConnectionLoss(error) && !isPlanLost(error) && client.getTransactionStatus() === 'I'
      // An error of a statement is the caller's to understand; only a connection that broke is ours.
      throw isConnectionLoss(error) ? told(error) : error
    } finally {
      client.release(limit.reached() || !clean || client.getTransactionStatus() !== 'I')
    }
  }

  const send = options.keepPlans === true ? sendNamed : sendOnce
  const read = sharedReads((statement, going) =>
    withClient((client) => {
      going()
      return send(client, statement)
    }),
  )
  const single = sessionOver(
    (statement) => (isAskedAlike(statement) ? read(statement) : withClient((client) => send(client, statement))),
    (statements) => withClient((client) => simple(client, statements)),
  )

  return {
    ...single,
    config,
    transaction: (body, transactionOptions) =>
      withClient(
        (client, startClock) => inTransaction(client, send, (session) => body(session, startClock), transactionOptions),
        transactionOptions?.limitMs,
      ),
    message: (statements, limitMs) =>
      withClient((client, startClock) => {
        startClock()
        return inMessage(client, statements)
      }, limitMs),
    end: () => pool.end(),
  }
}

/** A watch over what a connection does until it is given back. Once it has cancelled, the connection is of no more use: the request may arrive late. */
function limited(client: pg.PoolClient, limitMs: number | undefined): { readonly start: () => void; readonly reached: () => boolean } {
  if (limitMs === undefined) return { start: () => {}, reached: () => false }
  const connection = { client, broken: false }
  let timer: NodeJS.Timeout | undefined
  return {
    start: () => {
      timer = setTimeout(() => cancelStatement(connection), limitMs)
    },
    reached: () => {
      clearTimeout(timer)
      return connection.broken
    },
  }
}

async function inMessage(client: pg.PoolClient, statements: Sql): Promise<void> {
  try {
    await simple(client, statements)
  } catch (error) {
    // The status is still that of before the message.
    if (!isConnectionLoss(error)) await client.query('rollback').catch(() => {})
    throw error
  }
}

async function inTransaction<T>(
  client: pg.PoolClient,
  send: Send,
  body: (session: Session) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  await client.query(`begin isolation level ${options.isolation ?? 'read committed'} ${options.readOnly ? 'read only' : 'read write'}`)
  const guarded = async <A>(call: Promise<A>): Promise<A> => {
    const answer = await call
    if (client.getTransactionStatus() === 'I') throw fault('SCOPE_ESCAPED', { tenant: '(control plane)' })
    return answer
  }
  const session = sessionOver(
    (statement) => guarded(send(client, statement)),
    (statements) => guarded(simple(client, statements)),
  )
  try {
    const answer = await body(session)
    const { command } = await client.query('commit')
    if (command !== 'COMMIT') throw fault('SCOPE_ABORTED', { tenant: '(control plane)' })
    return answer
  } catch (error) {
    // When the rollback fails as well, the connection is gone and with it the transaction.
    if (client.getTransactionStatus() !== 'I') await client.query('rollback').catch(() => {})
    throw error
  }
}

interface Answer {
  readonly rows: readonly unknown[]
  readonly rowCount: number | null
}

// "Cached plan must not change result type", and a statement that the server does not know: the driver would go on naming it.
const isPlanLost = (error: unknown): boolean => sqlstate(error) === '0A000' || sqlstate(error) === '26000'

type Send = (client: pg.ClientBase, statement: Sql) => Promise<Answer>

const sendOnce: Send = (client, statement) => sendAs(client, statement)

// A statement without values is mostly one that names an object, and is not seen again.
const sendNamed: Send = (client, statement) =>
  sendAs(client, statement, statement.values.length > 0 && !isPlannedAnew(statement) ? nameOf(statement.text) : undefined)

function sendAs(client: pg.ClientBase, statement: Sql, name?: string): Promise<Answer> {
  if (!isSql(statement)) throw fault('STATEMENT_INVALID')
  // `extended` always: with an empty list of values pg would fall back to the simple protocol, where one text may hold several statements.
  const query = {
    text: statement.text,
    values: statement.values as unknown[],
    queryMode: 'extended',
    ...(name === undefined ? {} : { name }),
  }
  return client.query(query as pg.QueryConfig)
}

const names = new Map<string, string>()
const MOST_NAMES = 1_000

/** Undefined for more texts than anybody writes by hand: a server keeps each until its connection ends. */
function nameOf(text: string): string | undefined {
  if (!names.has(text) && names.size < MOST_NAMES) names.set(text, `s${names.size}`)
  return names.get(text)
}

const simple = async (client: pg.ClientBase, statements: Sql): Promise<Answer> => {
  if (!isSql(statements) || statements.values.length > 0) throw fault('STATEMENT_INVALID')
  await client.query(statements.text)
  return { rows: [], rowCount: 0 }
}

function sessionOver(execute: (statement: Sql) => Promise<Answer>, script: (statements: Sql) => Promise<Answer>): Session {
  const rows = async <Row>(statement: Sql<Row>): Promise<readonly Row[]> => (await execute(statement)).rows as readonly Row[]
  return {
    rows,
    one: async (statement) => exactlyOne(await rows(statement)),
    maybe: async (statement) => atMostOne(await rows(statement)),
    run: async (statement) => (await execute(statement)).rowCount ?? 0,
    script: async (statements) => {
      await script(statements)
    },
  }
}

/** A connection's own session: each statement by itself. */
export const onceOver = (client: pg.ClientBase): Session =>
  sessionOver(
    (statement) => sendOnce(client, statement),
    (statements) => simple(client, statements),
  )

export function exactlyOne<Row>(rows: readonly Row[]): Row {
  if (rows.length !== 1) throw fault('ROW_COUNT', { wanted: 'exactly one', got: rows.length })
  return rows[0]!
}

export function atMostOne<Row>(rows: readonly Row[]): Row | undefined {
  if (rows.length > 1) throw fault('ROW_COUNT', { wanted: 'at most one', got: rows.length })
  return rows[0]
}

/** Waits in the server for a conflicting lock at most this long, for the rest of the transaction. */
export const lockTimeout = (milliseconds: number): Sql => sql`select set_config('lock_timeout', ${`${milliseconds}ms`}, true)`
