import { removeOldKeys } from '../catalog/idempotency.js'
import type { Platform } from '../engine/platform.js'
import { jitter, systemClock } from '../kernel/clock.js'

const LOOK_EVERY_MS = 600_000
const AT_ONCE = 1_000

/** Removes keys of requests that are worth nothing any more, with the answers that they keep, until the signal stops it. */
export async function keepKeysFew(platform: Platform, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      // Some at a time: nobody who asks with one of them waits for all.
      while (!signal.aborted && (await platform.catalog.run(removeOldKeys(AT_ONCE))) === AT_ONCE);
    } catch (error) {
      platform.log.info({ error: (error as Error).message }, 'keys of old requests could not be removed')
    }
    await systemClock.sleep(LOOK_EVERY_MS * jitter(), signal)
  }
}
