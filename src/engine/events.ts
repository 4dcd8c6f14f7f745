import { hasUnpublished, holdPublishing, publish } from '../catalog/events.js'
import { systemClock } from '../kernel/clock.js'
import type { Database, Session } from '../postgres/session.js'

const AT_ONCE = 1_000
const ROUNDS = 50
const REST_MS = 10

/**
 * Gives the next numbers to all events that have been committed by now. Whoever reads in the order of these numbers misses nothing: what is committed
 * later gets a later one, whenever it began. Of many at once one publishes, and the others look again.
 */
export async function publishEvents(catalog: Database): Promise<void> {
  for (let round = 0; round < ROUNDS && (await catalog.one(hasUnpublished)).waiting; round++) {
    const mine = await catalog.transaction(async (tx) => {
      if ((await tx.maybe(holdPublishing)) === undefined) return false
      await tx.run(publish(AT_ONCE))
      return true
    })
    if (!mine) await systemClock.sleep(REST_MS)
  }
}

/** The same within a transaction that is about to end, so that it can tell what was before it from what comes after. Another may be at it: then that is as good. */
export async function publishWithin(tx: Session): Promise<void> {
  for (let round = 0; round < ROUNDS && (await tx.one(hasUnpublished)).waiting; round++) {
    if ((await tx.maybe(holdPublishing)) === undefined) return
    await tx.run(publish(AT_ONCE))
  }
}
