import type { Query, QueryKey } from '@tanstack/react-query'
import { answers } from './answers.js'
import { type QueryKey as AnswerKey, isTouched, type Touch } from './keys.js'

/** Told of an answer that nobody but whoever reads it has asked anew. */
export const BY_HAND = { byHand: true } as const

// The server gives one look at the whole fleet to all who ask within a second: what it says at once may be of before.
const SHARED_MS = 1_200

const isByHand = ({ meta }: Query): boolean => meta?.byHand === true

/** Asks anew whatever these have touched, if it is shown; and otherwise when it is shown again. */
export function refresh(touches: readonly Touch[]): void {
  const touched = (query: Query): boolean =>
    !isByHand(query) && touches.some((touch) => isTouched(query.queryKey as unknown as AnswerKey, touch))
  void answers.invalidateQueries({ predicate: touched })
  setTimeout(() => {
    void answers.invalidateQueries({ predicate: (query) => String(query.queryKey[0]).startsWith('fleet.') && touched(query) })
  }, SHARED_MS)
}

/** Asks anew whatever is shown, as nobody knows what has become of it. */
export function anew(): void {
  const asked = (query: Query): boolean => !isByHand(query) && query.state.fetchStatus === 'fetching' && query.state.data === undefined
  // What is asked for the first time at this moment is not begun again: it may be answered as of before, and is asked once more behind that.
  for (const { promise, queryKey } of answers.getQueryCache().findAll({ predicate: asked }))
    void promise?.then(
      () => answers.invalidateQueries({ queryKey: queryKey as QueryKey, exact: true }),
      () => {},
    )
  void answers.invalidateQueries({ predicate: (query) => !isByHand(query) })
}
