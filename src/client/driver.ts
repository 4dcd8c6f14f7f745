import { type Fault, fault } from '../kernel/faults.js'
import { firstWord } from '../kernel/row-statements.js'
import type { RawRows } from '../postgres/flight.js'
import { assertSingle, type Submittable, submittableOf, submitted } from '../postgres/submit.js'
import { placeOf } from './ambient.js'
import { type Control, controlOf } from './control.js'
import { assertOptions, OWNER } from './joining.js'
import { isOver, type Level } from './level.js'
import { type Line, send } from './line.js'
import { alone, keepNested, openNested, restartNested, undoNested } from './nesting.js'
import { AT, type At, type Scope } from './scope.js'
import { tellWatchers } from './scope-watch.js'
import { checkCopyOut, checkText } from './statements.js'
import type { Tenantry } from './tenantry.js'

/** What the server has answered to a statement of a driver. */
export interface RawAnswer extends RawRows {
  readonly tag: string
}

/**
 * A driver's connection, as it sees it: one at a time in a scope. What it says of transactions becomes savepoints of the scope's own; two of them that
 * are open side by side take turns.
 */
export interface Driver {
  readonly tenant: string
  /** One statement. Throws STATEMENT_REFUSED, SCOPE_CLOSED, SCOPE_BUSY, SCOPE_ABORTED, SCOPE_OPTIONS, or PostgreSQL's own error. */
  readonly query: (text: string, values: readonly unknown[]) => Promise<RawAnswer>
  /** A cursor, a stream of rows or COPY TO: has the connection until it has ended. Faults go to itself, as the driver does it. */
  readonly submit: (query: object) => void
  /** Gives the connection back: what it has begun and not committed is undone. */
  readonly close: () => void
}

/** Whose scopes a Tenantry opens. Throws INPUT_INVALID for what is none. */
export function ownerOf(tenantry: Tenantry): object {
  const owner = (tenantry as { readonly [OWNER]?: object } | undefined)?.[OWNER]
  if (owner === undefined)
    throw fault('INPUT_INVALID', { issues: ['this wants what createTenantry of the same copy of tenantry has answered'] })
  return owner
}

/** Where the caller stands. Throws SCOPE_MISSING outside of every scope, SCOPE_CLOSED when it has ended. */
export function ambientAt(owner: object): At {
  const place = placeOf(owner)
  if (place === undefined) throw fault('SCOPE_MISSING', {})
  return openAt(place)
}

/** Where a handle speaks. Throws SCOPE_CLOSED when it has ended. */
export function scopeHandleAt(scope: Scope): At {
  const at = (scope as { readonly [AT]?: At } | undefined)?.[AT]
  if (at === undefined) throw fault('INPUT_INVALID', { issues: ['this wants the handle that the callback of transaction was given'] })
  return openAt(at)
}

function openAt(at: At): At {
  if (at.line.closed || isOver(at.level)) throw tooLate(at.line)
  return at
}

function tooLate(line: Line): Fault {
  if (line.closed) tellWatchers('late', line)
  return fault('SCOPE_CLOSED', { tenant: line.tenant })
}

interface Frame {
  /** Undefined for a transaction; savepoints have the names that the driver gave. */
  readonly name: string | undefined
  readonly level: Level
}

export function openDriver({ line, level: base }: At): Driver {
  const frames: Frame[] = []
  let closed = false
  // A begin was refused, or a commit has failed: the rollback that a driver sends then has nothing left to undo.
  let undoneAlready = false
  let last: Promise<unknown> | undefined

  /** In the order in which they were asked for, since it is what was said before that tells which transaction is meant. */
  const inOrder = <T>(body: () => Promise<T>): Promise<T> => {
    const mine = last === undefined ? body() : last.then(body, body)
    const settled = mine.then(
      () => {},
      () => {},
    )
    last = settled
    void settled.then(() => {
      if (last === settled) last = undefined
    })
    return mine
  }

  const current = (): Level => frames.at(-1)?.level ?? base

  const control = async (text: string, asked: Control): Promise<RawAnswer> => {
    switch (asked.kind) {
      case 'begin':
        // As PostgreSQL has it: one commit ends them all.
        if (frames.some(({ name }) => name === undefined)) {
          assertOptions(line.tenant, line.options, asked.options)
          return said('BEGIN')
        }
        undoneAlready = true
        assertOptions(line.tenant, line.options, asked.options)
        frames.push({ name: undefined, level: await openNested(line, current()) })
        undoneAlready = false
        return said('BEGIN')
      case 'options':
        assertOptions(line.tenant, line.options, asked.options)
        return said('SET')
      case 'commit':
        await end(text, undefined, (level) => keepNested(line, level)).catch((error: unknown) => {
          undoneAlready = frames.length === 0
          throw error
        })
        return said('COMMIT')
      case 'rollback':
        if (!(frames.length === 0 && undoneAlready)) await end(text, undefined, (level) => undoNested(line, level))
        return said('ROLLBACK')
      case 'savepoint':
        frames.push({ name: asked.name, level: await openNested(line, current()) })
        return said('SAVEPOINT')
      case 'release':
        await end(text, asked.name, (level) => keepNested(line, level))
        return said('RELEASE')
      case 'rollback to': {
        const at = find(text, asked.name)
        while (frames.length > at + 1) await undoNested(line, frames.pop()!.level)
        await restartNested(line, frames[at]!.level)
        return said('ROLLBACK')
      }
    }
  }

  /** The innermost that is meant; those within it end with it. */
  const find = (text: string, name: string | undefined): number => {
    const at = frames.findLastIndex((frame) => frame.name === name)
    // The scope is ended by its callback alone.
    if (at < 0) throw fault('STATEMENT_REFUSED', { statement: firstWord(text) })
    return at
  }

  const end = async (text: string, name: string | undefined, how: (level: Level) => Promise<void>): Promise<void> => {
    const at = find(text, name)
    while (frames.length > at) {
      const { level } = frames.at(-1)!
      try {
        await how(level)
      } finally {
        if (level.over) frames.pop()
      }
    }
  }

  const execute = async (text: string, values: readonly unknown[]): Promise<RawAnswer> => {
    const asked = controlOf(text)
    if (asked !== undefined) return control(text, asked)
    checkText(text)
    const { raw, tag } = await send(line, current(), { text, values }, RAW)
    return { ...raw!, tag }
  }

  return {
    tenant: line.tenant,
    // What was asked for before it was given back is still done.
    query: (text, values) => (closed ? Promise.reject(tooLate(line)) : inOrder(() => execute(text, values))),
    submit: (query) => {
      const submittable = submittableOf(query, (text) => firstWord(text) === 'copy')
      if (closed) return submittable.refuse(tooLate(line))
      void inOrder(() => stream(line, current(), submittable)).catch(() => {})
    },
    close: () => {
      closed = true
      if (frames.length === 0 && last === undefined) return
      // All in one breath, so that the end of the scope comes after them.
      const undo = (): Promise<unknown> =>
        Promise.all(
          frames
            .splice(0)
            .reverse()
            .map(({ level }) => undoNested(line, level)),
        )
      void inOrder(undo).catch(() => {})
    },
  }
}

const RAW = { raw: true } as const

const said = (tag: string): RawAnswer => ({ fields: [], lines: [], tag })

async function stream(line: Line, level: Level, submittable: Submittable): Promise<void> {
  try {
    if (submittable.copies) checkCopyOut(submittable.text)
    else checkText(submittable.text)
    await alone(line, level, async ({ connection }, over) => {
      // COPY travels in the simple protocol, where one text may hold several statements.
      if (submittable.copies) await assertSingle(connection, submittable.text)
      await submitted(connection, submittable, over)
    })
  } catch (error) {
    submittable.refuse(error)
  }
}
