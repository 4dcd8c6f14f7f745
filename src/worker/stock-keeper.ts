import { listStock } from '../catalog/stock.js'
import type { Platform } from '../engine/platform.js'
import { systemClock } from '../kernel/clock.js'
import { refill } from '../operations/stock/refill.js'

const LOOK_EVERY_MS = 1_000
// After a failure: what is wrong with a migration or a server will not be right a moment later.
const REST_MS = 30_000

/** Makes warm tenants where claims have left the stock below its target, one at a time so that others have the server, until the signal stops it. */
export async function keepStock(platform: Platform, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    let rest = LOOK_EVERY_MS
    try {
      for (const stock of await platform.catalog.rows(listStock)) {
        if (signal.aborted) return
        if (stock.warm + stock.preparing < stock.target) await refill(platform, stock, 1, signal)
      }
    } catch (error) {
      rest = REST_MS
      platform.log.warn({ error: (error as Error).message }, 'the stock of warm tenants could not be filled')
    }
    await systemClock.sleep(rest, signal)
  }
}
