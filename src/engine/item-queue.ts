import { jitter, stopwatch, systemClock } from '../kernel/clock.js'
import type { Recorded } from './item-journal.js'

export interface Turn {
  readonly key: string
  /** How often it was put back before. */
  readonly round: number
  /** It is worked on by itself. */
  readonly alone?: boolean
}

/** Items of one kind that go through in one go. */
export interface PackOptions {
  readonly kindOf: (key: string) => string
  /** How many may go with this one, itself included. */
  readonly sizeOf: (key: string) => Promise<number>
  /** Answers what to record for those that it has done. The others are then worked on one by one. */
  readonly work: (keys: readonly string[]) => Promise<ReadonlyMap<string, Recorded>>
}

export interface ItemQueue {
  /** The next one; waits while the only ones left come later or may be put back. Undefined when all are over. */
  readonly take: (signal: AbortSignal) => Promise<Turn | undefined>
  /** Up to so many more that nobody has begun, of one kind, without waiting; and no more than the share of one of `workers`. */
  readonly takeMore: (kindOf: (key: string) => string, like: string, most: number, workers: number) => readonly Turn[]
  /** To the front, to be worked on by itself. */
  readonly again: (turn: Turn) => void
  /** To the end, and not before this time has passed. */
  readonly putBack: (turn: Turn, afterMs: number) => void
  /** It needs no further turn. */
  readonly finish: () => void
}

const LOOK_MS = 100

/** Items in their order; what was in somebody's way comes again at the end. */
export function openItemQueue(keys: readonly string[]): ItemQueue {
  const fresh = new Set(keys)
  // Goes on where it was, and sees what has been taken meanwhile.
  const first = fresh.values()
  const kinds = new Map<string, Iterator<string>>()
  let alone: Turn[] = []
  const elapsed = stopwatch()
  let left = keys.length
  let later: { readonly turn: Turn; readonly at: number }[] = []
  const due = (): Turn | undefined => {
    const next = later.find(({ at }) => at <= elapsed())
    later = later.filter((one) => one !== next)
    return next?.turn
  }
  return {
    take: async (signal) => {
      while (left > 0 && !signal.aborted) {
        const [single, ...singles] = alone
        alone = singles
        if (single !== undefined) return single
        const { value: key } = first.next() as { value: string | undefined }
        if (key !== undefined) {
          fresh.delete(key)
          return { key, round: 0 }
        }
        const again = due()
        if (again !== undefined) return again
        await systemClock.sleep(LOOK_MS * jitter(), signal)
      }
      return undefined
    },
    takeMore: (kindOf, like, most, workers) => {
      const kind = kindOf(like)
      const alike = kinds.get(kind) ?? keys.filter((key) => kindOf(key) === kind).values()
      kinds.set(kind, alike)
      const share = Math.min(most, Math.floor(fresh.size / workers))
      const taken: Turn[] = []
      while (taken.length < share) {
        const { value: key } = alike.next() as { value: string | undefined }
        if (key === undefined) break
        if (fresh.delete(key)) taken.push({ key, round: 0 })
      }
      return taken
    },
    again: (turn) => {
      alone.push({ ...turn, alone: true })
    },
    putBack: ({ key, round }, afterMs) => {
      later.push({ turn: { key, round: round + 1 }, at: elapsed() + afterMs * jitter(0.5) })
    },
    finish: () => {
      left--
    },
  }
}

/** What goes with an item, if anything: never more than the share of one of `workers`. */
export async function moreOf(queue: ItemQueue, turn: Turn, workers: number, pack: PackOptions | undefined): Promise<readonly Turn[]> {
  if (pack === undefined || turn.alone === true) return []
  // What is wrong with it, it says when it is worked on.
  const size = await pack.sizeOf(turn.key).catch(() => 1)
  return size < 2 ? [] : queue.takeMore(pack.kindOf, turn.key, size - 1, workers)
}
