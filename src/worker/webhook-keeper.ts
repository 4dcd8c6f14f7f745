import { webhooksDue } from '../catalog/deliveries.js'
import type { Platform } from '../engine/platform.js'
import { noteDeliveries, sendDue } from '../engine/webhooks/due.js'
import { openTurns } from '../engine/webhooks/turns.js'
import { jitter, systemClock } from '../kernel/clock.js'

const LOOK_EVERY_MS = 1_000
// While somebody waits for a turn.
const LOOK_AGAIN_MS = 100
// After a failure of ours: of the catalog, or of the secret.
const REST_MS = 30_000

/** Tells webhooks of events until the signal stops it. Several workers may: each delivery is taken up by one. Webhooks take turns, and those
 * whose receivers are slow never have all of them: they keep no other waiting. */
export async function keepWebhooks(platform: Platform, signal: AbortSignal): Promise<void> {
  // Without one nothing can be signed, and what there is waits.
  if (platform.config.webhooks.secret === undefined) return
  const inHand = new Map<string, Promise<void>>()
  const resting = new Map<string, number>()
  const turns = openTurns()
  const deliver = async (id: string): Promise<void> => {
    try {
      await sendDue(platform, id, { signal, goesOn: () => turns.goesOn(id) })
    } catch (error) {
      resting.set(id, systemClock.now() + REST_MS * jitter())
      platform.log.warn({ webhook: id, error: (error as Error).message }, 'a webhook could not be told of events')
    } finally {
      turns.end(id)
      inHand.delete(id)
    }
  }
  while (!signal.aborted) {
    try {
      await noteDeliveries(platform, signal)
      for (const [id, until] of resting) if (until < systemClock.now()) resting.delete(id)
      const due = (await platform.catalog.rows(webhooksDue)).map(({ id }) => id)
      if (!signal.aborted) for (const id of turns.begin(due.filter((id) => !resting.has(id)))) inHand.set(id, deliver(id))
    } catch (error) {
      platform.log.info({ error: (error as Error).message }, 'the catalog could not be asked what webhooks are to be told of')
    }
    await systemClock.sleep(turns.awaited() ? LOOK_AGAIN_MS : LOOK_EVERY_MS, signal)
  }
  await Promise.all(inHand.values())
}
