import { keepFacts, type Resting } from '../engine/keep-facts.js'
import type { Platform } from '../engine/platform.js'
import { systemClock } from '../kernel/clock.js'

const LOOK_EVERY_MS = 1_000

/** Keeps copies of what only the catalog knows beside the tenants, for the day that it is lost, until the signal stops it. */
export async function keepFactsCarried(platform: Platform, signal: AbortSignal): Promise<void> {
  const resting: Resting = new Map()
  while (!signal.aborted) {
    await keepFacts(platform, resting).catch((error: Error) => {
      platform.log.info({ error: error.message }, 'the catalog could not be asked for what is to be kept beside the tenants')
    })
    await systemClock.sleep(LOOK_EVERY_MS, signal)
  }
}
