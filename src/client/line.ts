import type { Resolved } from '../catalog/resolve.js'
import { type Fault, fault, isFault } from '../kernel/faults.js'
import type { Sql } from '../kernel/sql.js'
import { type FlightResult, fly, type Part } from '../postgres/flight.js'
import { dueAt, type Ending, type Hook, NO_HOOKS } from './after-commit.js'
import { answerTimeoutOf } from './entry.js'
import { type Hold, isOver, type Level, rootLevel, settlesWithin } from './level.js'
import { type Enter, type Opened, openingFlight, type ScopeEntry } from './opening.js'
import type { ScopeOptions } from './options.js'
import type { Ranges } from './ranges.js'
import type { Savepoints } from './savepoints.js'
import { tellWatchers } from './scope-watch.js'
import type { Tokens } from './tokens.js'

/** How an answer is wanted. */
export type Want = Pick<Part, 'page' | 'raw'>

export interface LineOptions {
  /** Whose scope it is: each Tenantry knows its own only. */
  readonly owner: object
  /** The tenant as the application named it. */
  readonly tenant: string
  readonly options: ScopeOptions
  readonly tokens: Tokens
  readonly ranges: Ranges | undefined
  /** How long somebody waits for a nested transaction or a stream in which nothing happens. */
  readonly patienceMs: number
  /** Called with the first statement only. */
  readonly enter: Enter
}

/**
 * The one transaction of a scope, and who may speak in it when. Handles of scopes and drivers are ways to it. Plain data and functions of it: one is made
 * for every scope.
 */
export interface Line extends LineOptions {
  readonly root: Level
  entry: ScopeEntry | undefined
  closed: boolean
  /** A statement has ended the transaction behind our back. */
  escaped: boolean
  /** The transaction went with its first statement. */
  aborted: boolean
  /** Why it was not let in. */
  refused: Fault | undefined
  /** Somebody reads a stream: nothing else can be sent. */
  streaming: Hold | undefined
  /** It is being undone: no stream begins any more. */
  leaving: boolean
  /** One connection takes one statement after the other; siblings started together take turns. */
  turn: Promise<unknown>
  savepoints: Savepoints | undefined
  /** Of all levels, so that nobody waits for what has ended with the whole. */
  holds: Set<Hold> | undefined
  /** How it has ended, as far as anybody can know. */
  ending: Ending
}

/** Opens lazily: begin, identity and the first statement leave in one flight. (Field by field: made for every scope, and a spread takes 20 times as long.) */
export function openLine({ owner, tenant, options, tokens, ranges, patienceMs, enter }: LineOptions): Line {
  const line: Line = {
    owner,
    tenant,
    options,
    tokens,
    ranges,
    patienceMs,
    enter,
    root: rootLevel(),
    entry: undefined,
    closed: false,
    escaped: false,
    aborted: false,
    refused: undefined,
    streaming: undefined,
    leaving: false,
    turn: SETTLED,
    savepoints: undefined,
    holds: undefined,
    ending: 'undone',
  }
  tellWatchers('opened', line)
  return line
}

const SETTLED = Promise.resolve()
const ignored = (): void => {}

export function inTurn<T>(line: Line, body: () => Promise<T>): Promise<T> {
  const mine = line.turn.then(body)
  line.turn = mine.then(ignored, ignored)
  return mine
}

export function assertOpen(line: Line): void {
  const { tenant, escaped, closed, aborted } = line
  if (escaped) throw fault('SCOPE_ESCAPED', { tenant })
  if (closed) {
    tellWatchers('late', line)
    throw fault('SCOPE_CLOSED', { tenant })
  }
  if (aborted) throw fault('SCOPE_ABORTED', { tenant })
}

export function assertLevel({ tenant }: Line, level: Level): void {
  if (isOver(level)) throw fault('SCOPE_CLOSED', { tenant })
}

export const statusOf = ({ entry }: Line): string | null | undefined => entry?.connection.client.getTransactionStatus()

/** After every statement the transaction must still be there; otherwise whatever follows would run without a tenant. */
export function assertInside(line: Line): void {
  if (statusOf(line) !== 'I') return
  line.escaped = true
  throw fault('SCOPE_ESCAPED', { tenant: line.tenant })
}

/** Sends one statement when its turn comes. Throws SCOPE_CLOSED, SCOPE_BUSY, SCOPE_ABORTED, SCOPE_ESCAPED. */
export function send(line: Line, level: Level, statement: Pick<Sql, 'text' | 'values'>, want?: Want): Promise<FlightResult> {
  // The way that nearly every statement takes.
  if (level.held === undefined && !isOver(level)) return inTurn(line, () => transmit(line, statement, want))
  return sendLater(line, level, statement, want)
}

async function sendLater(line: Line, level: Level, statement: Pick<Sql, 'text' | 'values'>, want?: Want): Promise<FlightResult> {
  assertLevel(line, level)
  while (level.held !== undefined) await passed(line, level, level.held)
  return inTurn(line, () => transmit(line, statement, want))
}

/** Sends one statement, for whoever has the turn. */
export async function transmit(line: Line, statement: Pick<Sql, 'text' | 'values'>, want?: Want): Promise<FlightResult> {
  assertOpen(line)
  const { entry, savepoints } = line
  if (entry === undefined) return first(line, statement, want)
  const part = partOf(entry.resolved, statement, want)
  const parts = savepoints === undefined ? [part] : [...savepoints.waiting(), part]
  try {
    return await fly(entry.connection, parts, answerTimeoutOf(line.options), savepoints?.taken)
  } finally {
    assertInside(line)
  }
}

async function first(line: Line, statement: Pick<Sql, 'text' | 'values'>, want: Want | undefined): Promise<FlightResult> {
  const along = line.savepoints?.waiting() ?? NO_PARTS
  let opening: Opened
  try {
    opening = await openingFlight(line, along, (resolved) => partOf(resolved, statement, want))
  } catch (error) {
    // The transaction went with it: a scope never begins twice.
    line.aborted = true
    if (isFault(error)) line.refused = error
    throw error
  }
  line.entry = opening.entry
  line.savepoints?.taken()
  assertInside(line)
  if ('error' in opening) throw opening.error
  return opening.result
}

const NO_PARTS: readonly Part[] = []

/**
 * Waits for the end of whoever has the level: for as long as something happens there, but not for one that waits for us. Somebody else may have it
 * then.
 */
export async function passed(line: Line, level: Level, held: Hold): Promise<void> {
  const moves = await movesOn(line, held)
  if (!moves && level.held === held) throw fault('SCOPE_BUSY', { tenant: line.tenant, waitedMs: line.patienceMs })
  assertLevel(line, level)
}

/** Waits a while for somebody's end: has it come, or has at least something happened meanwhile? */
export async function movesOn(line: Line, held: Hold): Promise<boolean> {
  const before = trafficOf(line)
  if (await settlesWithin(held.ended, line.patienceMs)) return true
  return trafficOf(line) !== before || (line.entry !== undefined && line.entry.connection.answerBy !== 0)
}

/** Somebody has the level and will not give it up by himself: a transaction that is open, or a stream that somebody must read. */
export const isHeld = ({ streaming }: Line, { held }: Level): boolean => held !== undefined && (streaming !== undefined || !held.leaving)

function trafficOf({ entry }: Line): number {
  if (entry === undefined) return 0
  const { stream } = (entry.connection.client as unknown as { connection: { stream: { bytesRead: number; bytesWritten: number } } })
    .connection
  return stream.bytesRead + stream.bytesWritten
}

/** Ends it: COMMIT, or the fault that stands in its way. */
export async function commit(line: Line): Promise<void> {
  assertOpen(line)
  const nested = (): Fault => fault('SCOPE_NESTED', { tenant: line.tenant })
  // Not behind a stream that nobody reads.
  if (isHeld(line, line.root)) throw nested()
  await inTurn(line, async () => {
    assertOpen(line)
    if (line.root.held !== undefined) throw nested()
    line.closed = true
    if (line.entry === undefined) {
      line.ending = 'committed'
      return
    }
    // Outside of a transaction COMMIT answers COMMIT all the same.
    assertInside(line)
    const { connection } = line.entry
    try {
      const { tag } = await fly(connection, COMMIT, answerTimeoutOf(line.options))
      if (tag !== 'COMMIT') throw fault('SCOPE_ABORTED', { tenant: line.tenant })
      line.ending = 'committed'
    } catch (error) {
      if (connection.broken) line.ending = 'unknown'
      throw error
    }
  })
  tellWatchers('ended', line)
}

/** Once it has ended: what is to be done now. */
export const dueOf = ({ root, ending, escaped }: Line): readonly Hook[] =>
  root.hooks === undefined ? NO_HOOKS : dueAt(escaped ? 'unknown' : ending, root.hooks)

const COMMIT: readonly Part[] = [{ text: 'commit', values: [], plan: '', answers: true }]
const ROLLBACK: readonly Part[] = [{ text: 'rollback', values: [], plan: '', answers: true }]

export async function rollback(line: Line): Promise<void> {
  line.leaving = true
  // Behind a stream that nobody reads a rollback would never have its turn: the connection goes instead.
  if (line.streaming !== undefined) {
    close(line)
    tellWatchers('ended', line)
    throw fault('SCOPE_NESTED', { tenant: line.tenant })
  }
  await inTurn(line, async () => {
    close(line)
    if (line.entry === undefined || statusOf(line) === 'I') return
    await fly(line.entry.connection, ROLLBACK, answerTimeoutOf(line.options))
  }).finally(() => tellWatchers('ended', line))
}

function close(line: Line): void {
  line.closed = true
  for (const held of line.holds ?? []) held.end()
}

export function partOf(resolved: Resolved, statement: Pick<Sql, 'text' | 'values'>, want?: Want): Part {
  const part = { text: statement.text, values: statement.values, plan: `${resolved.home}/${resolved.version}/`, answers: true }
  return want === undefined ? part : { ...part, ...want }
}
