import { publishEvents as publishSome } from '../catalog/events.js'
import { systemClock } from '../kernel/clock.js'
import type { Database, Session } from '../postgres/session.js'

const AT_ONCE = 1_000
const ROUNDS = 50
const REST_MS = 10

interface Publishing {
  readonly now: Promise<void>
  /** Of those who came while it went on. */
  next: Promise<void> | undefined
}

const underway = new WeakMap<Database, Publishing>()

/**
 * Gives the next numbers to all events that have been committed by now. Whoever reads in the order of these numbers misses nothing: what is committed
 * later gets a later one, whenever it began. A process publishes once at a time: what goes on may have looked around before an event of whoever comes
 * now, so they wait for one that begins after it, all of them for the same.
 */
export function publishEvents(catalog: Database): Promise<void> {
  const last = underway.get(catalog)
  if (last === undefined) return begin(catalog)
  last.next ??= last.now.catch(() => {}).then(() => begin(catalog))
  return last.next
}

function begin(catalog: Database): Promise<void> {
  const mine: Publishing = { now: publishAll(catalog), next: undefined }
  underway.set(catalog, mine)
  const over = (): void => {
    if (mine.next === undefined) underway.delete(catalog)
  }
  mine.now.then(over, over)
  return mine.now
}

/** Of many processes at once one publishes, and the others look again: what it looked at may have been before an event of theirs. */
async function publishAll(catalog: Database): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const { published } = await catalog.one(publishSome(AT_ONCE))
    if (published !== null && published < AT_ONCE) return
    if (published === null) await systemClock.sleep(REST_MS)
  }
}

/** The same within a transaction that is about to end, so that it can tell what was before it from what comes after. Another may be at it: then that is as good. */
export async function publishWithin(tx: Session): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const { published } = await tx.one(publishSome(AT_ONCE))
    if (published === null || published < AT_ONCE) return
  }
}
