import { stopwatch } from '../../kernel/clock.js'

// At work at once, of one worker.
const AT_ONCE = 32
// Of these so many are for receivers that answer soon: a receiver that lets everybody wait for the answer keeps no other waiting.
const FOR_QUICK = 8
const SLOW_MS = 2_000

/** Whose turn it is of webhooks that something is to be sent to. A turn is one round of deliveries, and more while nobody waits. */
export interface WebhookTurns {
  /** Of those that are due, in their order, those that begin now: first those whose last turn was longest ago. */
  readonly begin: (due: readonly string[]) => readonly string[]
  /** A round is over: may it go on with another? */
  readonly goesOn: (id: string) => boolean
  readonly end: (id: string) => void
  /** Somebody waits for a turn. */
  readonly awaited: () => boolean
}

export function openTurns(elapsed: () => number = stopwatch()): WebhookTurns {
  /** When each began its round. */
  const inHand = new Map<string, number>()
  const slow = new Set<string>()
  /** When its last turn began. What is not due any more is forgotten. */
  let lastTurn = new Map<string, number>()
  let turn = 0
  let waiting = { quick: false, slow: false }
  const slowInHand = (): number => [...inHand.keys()].filter((id) => slow.has(id)).length
  const judge = (id: string): void => void (elapsed() - (inHand.get(id) ?? 0) > SLOW_MS ? slow.add(id) : slow.delete(id))
  return {
    begin: (due) => {
      const known = new Set([...due, ...inHand.keys()])
      lastTurn = new Map([...lastTurn].filter(([id]) => known.has(id)))
      for (const id of slow) if (!known.has(id)) slow.delete(id)
      const order = due.filter((id) => !inHand.has(id)).toSorted((a, b) => (lastTurn.get(a) ?? 0) - (lastTurn.get(b) ?? 0))
      const begun: string[] = []
      waiting = { quick: false, slow: false }
      for (const id of order) {
        const room = inHand.size < AT_ONCE && (!slow.has(id) || slowInHand() < AT_ONCE - FOR_QUICK)
        if (!room) {
          waiting = slow.has(id) ? { ...waiting, slow: true } : { ...waiting, quick: true }
          continue
        }
        inHand.set(id, elapsed())
        lastTurn.set(id, ++turn)
        begun.push(id)
      }
      return begun
    },
    goesOn: (id) => {
      judge(id)
      inHand.set(id, elapsed())
      // Whoever is slow makes room for anybody; whoever is quick for the quick.
      return !waiting.quick && !(waiting.slow && slow.has(id))
    },
    end: (id) => void inHand.delete(id),
    awaited: () => waiting.quick || waiting.slow,
  }
}
