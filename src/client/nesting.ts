import { fault } from '../kernel/faults.js'
import { sql } from '../kernel/sql.js'
import { fly } from '../postgres/flight.js'
import { handUp } from './after-commit.js'
import { answerTimeoutOf } from './entry.js'
import { type Hold, hold, isOver, type Level, levelIn } from './level.js'
import { assertInside, assertLevel, assertOpen, inTurn, type Line, movesOn, passed, statusOf, transmit } from './line.js'
import type { ScopeEntry } from './opening.js'
import { createSavepoints } from './savepoints.js'

/** Nests a transaction in a level when nobody else has one there; until it is closed, others who want the level wait. Throws as `send` does. */
export async function openNested(line: Line, level: Level): Promise<Level> {
  assertLevel(line, level)
  while (level.held !== undefined) await passed(line, level, level.held)
  assertOpen(line)
  const taken = take(line, level)
  try {
    const inner = levelIn(level)
    // In its turn: what was asked for before it must not get into it.
    await inTurn(line, async () => {
      assertOpen(line)
      if (statusOf(line) === 'E') throw fault('SCOPE_ABORTED', { tenant: line.tenant })
      line.savepoints ??= createSavepoints()
      line.savepoints.open(inner.depth)
      taken.inner = inner
    })
    return inner
  } catch (error) {
    taken.end()
    throw error
  }
}

/** Keeps what was done in a nested transaction, or throws SCOPE_ABORTED and undoes it when a statement in it has failed. */
export async function keepNested(line: Line, level: Level): Promise<void> {
  assertLevel(line, level)
  while (level.held !== undefined) await passed(line, level, level.held)
  const failed = await inTurn(line, async () => {
    assertOpen(line)
    // As at the end of the whole: an error that was swallowed has still undone this part.
    if (statusOf(line) === 'E') return true
    line.savepoints?.release(level.depth)
    return false
  })
  if (failed) {
    await undoNested(line, level)
    throw fault('SCOPE_ABORTED', { tenant: line.tenant })
  }
  handUp(level)
  end(level)
}

export async function undoNested(line: Line, level: Level): Promise<void> {
  if (level.over) return
  // At once: no stream begins in it any more, and nobody undoes it twice.
  level.over = true
  const mine = level.parent?.held
  if (mine !== undefined) mine.leaving = true
  const undone = inTurn(line, () => goBack(line, level, false).finally(() => mine?.end()))
  undone.catch(() => {})
  // A stream that nobody reads keeps its turn. Nobody waits for ever then: the level stays taken, so the scope can only be rolled back.
  while (line.streaming !== undefined) if (!(await movesOn(line, line.streaming))) return
  await undone
}

/** Undoes what was done in a nested transaction so far, and goes on with it. */
export async function restartNested(line: Line, level: Level): Promise<void> {
  assertLevel(line, level)
  while (level.held !== undefined) await passed(line, level, level.held)
  level.hooks = undefined
  await inTurn(line, () => goBack(line, level, true))
}

async function goBack(line: Line, level: Level, kept: boolean): Promise<void> {
  // Without its transaction the savepoint is gone as well.
  if (line.escaped || line.closed || (level.parent !== undefined && isOver(level.parent))) return
  const parts = line.savepoints?.undo(level.depth, kept) ?? []
  if (parts.length === 0 || line.entry === undefined) return
  await fly(line.entry.connection, parts, answerTimeoutOf(line.options))
  assertInside(line)
}

function end(level: Level): void {
  // Its place may be a sibling's by now.
  if (level.over) return
  level.over = true
  level.parent?.held?.end()
}

/** Has the connection to itself, with the scope entered, until `use` has settled; others may go on as soon as it calls `over`. */
export async function alone(line: Line, level: Level, use: (entry: ScopeEntry, over: () => void) => Promise<void>): Promise<void> {
  assertLevel(line, level)
  while (level.held !== undefined) await passed(line, level, level.held)
  const taken = take(line, level)
  let begun = false
  const over = (): void => {
    if (begun) line.streaming = undefined
    begun = false
    taken.end()
  }
  try {
    await inTurn(line, async () => {
      assertOpen(line)
      if (line.entry === undefined || (line.savepoints?.waiting().length ?? 0) > 0) await transmit(line, sql`select`)
      // Whoever asked for it may have gone meanwhile.
      assertLevel(line, level)
      if (line.leaving) throw fault('SCOPE_CLOSED', { tenant: line.tenant })
      line.streaming = taken
      begun = true
      await use(line.entry!, over)
      assertInside(line)
    })
  } finally {
    over()
  }
}

function take(line: Line, level: Level): Hold {
  const taken = hold(level)
  line.holds ??= new Set()
  line.holds.add(taken)
  void taken.ended.then(() => line.holds?.delete(taken))
  return taken
}
