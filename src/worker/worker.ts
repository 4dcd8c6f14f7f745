import { expiredOperations } from '../catalog/operations.js'
import type { Platform } from '../engine/platform.js'
import { takeOver } from '../engine/run.js'
import { systemClock } from '../kernel/clock.js'
import { keepFactsCarried } from './fact-keeper.js'
import { keepStock } from './stock-keeper.js'
import { putTiersInForce } from './tier-keeper.js'
import { keepWatch } from './watchdog.js'

/**
 * Brings to an end what other workers have left, keeps stock and copies of facts up to date, and watches over the sessions of applications, until the
 * signal stops it.
 */
export async function runWorker(platform: Platform, signal: AbortSignal): Promise<void> {
  await Promise.all([
    putTiersInForce(platform),
    finishWhatIsLeft(platform, signal),
    keepStock(platform, signal),
    keepFactsCarried(platform, signal),
    // A signal of its own, since it has many loops.
    keepWatch(platform, AbortSignal.any([signal])),
  ])
}

/** Looks every half lease for operations whose lease is over. */
async function finishWhatIsLeft(platform: Platform, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      // What a newer release has begun is left to its own workers: a lease that we hold would only keep them waiting.
      const expired = (await platform.catalog.rows(expiredOperations)).filter(({ name }) => platform.find(name)?.kind === 'steps')
      await takeOver(
        platform,
        expired.map((row) => row.id),
      )
    } catch (error) {
      platform.log.warn({ error: (error as Error).message }, 'looking for unfinished operations failed')
    }
    await systemClock.sleep(platform.config.leaseMs / 2, signal)
  }
}
