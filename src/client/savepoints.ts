import type { Part } from '../postgres/flight.js'

/**
 * The savepoints of one transaction, in as few messages as can be: opening and keeping one costs no flight, but goes along with the next statement; one
 * in which nothing was sent is never made at all. Their names are few, so that few statements are prepared.
 */
export interface Savepoints {
  /** What the next statement has to take along. Call `taken` when it has left. */
  readonly waiting: () => readonly Part[]
  readonly taken: () => void
  readonly open: (depth: number) => void
  readonly release: (depth: number) => void
  /** What must be sent to undo everything since the savepoint, and the savepoint itself unless it is kept; nothing when the server has not heard of it. */
  readonly undo: (depth: number, keep: boolean) => readonly Part[]
}

const NONE: readonly Part[] = []

export function createSavepoints(): Savepoints {
  let waiting: readonly Part[] = NONE
  const openingOf = (depth: number): number => waiting.findIndex((part) => part.text === `savepoint ${nameOf(depth)}`)
  return {
    waiting: () => waiting,
    taken: () => {
      waiting = NONE
    },
    open: (depth) => {
      waiting = [...waiting, command(`savepoint ${nameOf(depth)}`)]
    },
    release: (depth) => {
      const opening = openingOf(depth)
      // Levels within it were ended before, so nothing that waits behind it matters.
      waiting = opening >= 0 ? waiting.slice(0, opening) : [...waiting, command(`release savepoint ${nameOf(depth)}`)]
    },
    undo: (depth, keep) => {
      const opening = openingOf(depth)
      if (opening >= 0) {
        waiting = waiting.slice(0, keep ? opening + 1 : opening)
        return NONE
      }
      waiting = NONE
      const back = command(`rollback to savepoint ${nameOf(depth)}`, true)
      return keep ? [back] : [back, command(`release savepoint ${nameOf(depth)}`)]
    },
  }
}

const nameOf = (depth: number): string => `tenantry_${depth}`

const command = (text: string, answers = false): Part => ({ text, values: [], plan: '', answers })
