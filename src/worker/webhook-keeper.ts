import { webhooksDue } from '../catalog/deliveries.js'
import type { Platform } from '../engine/platform.js'
import { noteDeliveries, sendDue } from '../engine/webhooks/due.js'
import { jitter, systemClock } from '../kernel/clock.js'

const LOOK_EVERY_MS = 1_000
const AT_ONCE = 32
// After a failure of ours: of the catalog, or of the secret.
const REST_MS = 30_000

/** Tells webhooks of events until the signal stops it. Several workers may: each delivery is taken up by one, and a slow receiver keeps no other waiting. */
export async function keepWebhooks(platform: Platform, signal: AbortSignal): Promise<void> {
  // Without one nothing can be signed, and what there is waits.
  if (platform.config.webhooks.secret === undefined) return
  const inHand = new Map<string, Promise<void>>()
  const resting = new Map<string, number>()
  const deliver = async (id: string): Promise<void> => {
    try {
      await sendDue(platform, id, signal)
    } catch (error) {
      resting.set(id, systemClock.now() + REST_MS * jitter())
      platform.log.warn({ webhook: id, error: (error as Error).message }, 'a webhook could not be told of events')
    } finally {
      inHand.delete(id)
    }
  }
  while (!signal.aborted) {
    try {
      await noteDeliveries(platform, signal)
      for (const [id, until] of resting) if (until < systemClock.now()) resting.delete(id)
      for (const { id } of await platform.catalog.rows(webhooksDue)) {
        if (signal.aborted || inHand.size >= AT_ONCE) break
        if (!inHand.has(id) && !resting.has(id)) inHand.set(id, deliver(id))
      }
    } catch (error) {
      platform.log.info({ error: (error as Error).message }, 'the catalog could not be asked what webhooks are to be told of')
    }
    await systemClock.sleep(LOOK_EVERY_MS, signal)
  }
  await Promise.all(inHand.values())
}
