import type { Sql } from '../kernel/sql.js'

/** Runs a statement, and tells when it goes to the server: from then on it may have looked around already. */
type Begin<A> = (statement: Sql, going: () => void) => Promise<A>

/**
 * Of reads that wait for their turn each is there once: whoever comes with the same text and values meanwhile gets its answer. It begins after all of them
 * have come, so none is answered by what was before. What many want at once, such as consoles that have all heard of the same change, costs as much as one.
 */
export function sharedReads<A>(begin: Begin<A>): (statement: Sql) => Promise<A> {
  const waiting = new Map<string, Promise<A>>()
  return (statement) => {
    const key = JSON.stringify([statement.text, statement.values])
    const other = waiting.get(key)
    if (other !== undefined) return other
    const going = (): void => void waiting.delete(key)
    const mine = begin(statement, going)
    waiting.set(key, mine)
    // One that had no turn never went.
    mine.catch(() => {
      if (waiting.get(key) === mine) going()
    })
    return mine
  }
}
