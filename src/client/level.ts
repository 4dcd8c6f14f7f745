import type { Hook } from './after-commit.js'

/** A transaction, or one nested in another. Only the innermost that is open may send anything. */
export interface Level {
  readonly parent: Level | undefined
  /** How many are above it; its savepoint is named by that. */
  readonly depth: number
  /** A callback has a transaction nested in this one; until it is over, this one's own handle is refused. */
  nested: boolean
  over: boolean
  /** Somebody has the level to himself for longer than a statement: whoever nests a transaction in it, or reads a stream. Others wait. */
  held: Hold | undefined
  /** What is to be done when the whole has committed, if this part of it is kept. */
  hooks: readonly Hook[] | undefined
}

export interface Hold {
  readonly ended: Promise<void>
  readonly end: () => void
  /** What is nested here; undefined for a stream. */
  inner: Level | undefined
  /** The transaction that is nested here is being undone; whoever comes next has only its turn to wait for. */
  leaving: boolean
}

export const rootLevel = (): Level => ({ parent: undefined, depth: 0, nested: false, over: false, held: undefined, hooks: undefined })

export const levelIn = (parent: Level): Level => ({
  parent,
  depth: parent.depth + 1,
  nested: false,
  over: false,
  held: undefined,
  hooks: undefined,
})

export const isOver = (level: Level): boolean => level.over || (level.parent !== undefined && isOver(level.parent))

/** Takes a level that nobody holds. */
export function hold(level: Level): Hold {
  let resolve = (): void => {}
  const ended = new Promise<void>((done) => {
    resolve = done
  })
  const taken: Hold = {
    ended,
    inner: undefined,
    leaving: false,
    end: () => {
      if (level.held === taken) level.held = undefined
      resolve()
    },
  }
  level.held = taken
  return taken
}

/** The last one of those that are open in a level. */
export function innermost(level: Level): Level {
  const inner = level.held?.inner
  return inner === undefined || inner.over ? level : innermost(inner)
}

/** Did the promise settle in time? */
export async function settlesWithin(promise: Promise<void>, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds)
  })
  try {
    return await Promise.race([promise.then(() => true), late])
  } finally {
    clearTimeout(timer)
  }
}
