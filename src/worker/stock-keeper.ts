import { listStock } from '../catalog/stock.js'
import type { Platform } from '../engine/platform.js'
import { systemClock } from '../kernel/clock.js'
import { refill, shed } from '../operations/stock/refill.js'
import { today } from '../operations/stock/today.js'

const LOOK_EVERY_MS = 1_000
// After a failure: what is wrong with a migration or a server will not be right a moment later.
const REST_MS = 30_000

// While a release is rolled out, the old process and the new one see other seeds: neither may undo at once what the other makes.
const PATIENCE_S = 600

/** Makes warm tenants where claims have left the stock below its target and takes away what is too much, one at a time so that others have the server, until the signal stops it. */
export async function keepStock(platform: Platform, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    let rest = LOOK_EVERY_MS
    // Of one stock after the other: what is wrong with one cluster does not concern the rest.
    const kept = async (cluster: string, work: () => Promise<void>): Promise<void> => {
      try {
        await work()
      } catch (error) {
        rest = REST_MS
        platform.log.warn({ cluster, error: (error as Error).message }, 'the stock of warm tenants could not be kept')
      }
    }
    await kept('every', async () => {
      for (const stock of await platform.catalog.rows(listStock(await today(platform, PATIENCE_S)))) {
        if (signal.aborted) return
        await kept(stock.cluster, async () => {
          if (stock.warm + stock.preparing < stock.target) await refill(platform, stock, 1, signal)
        })
        await kept(stock.cluster, async () => {
          if (stock.surplus > 0) await shed(platform, stock, { parallel: 1, patienceS: PATIENCE_S, signal })
        })
      }
    })
    await systemClock.sleep(rest, signal)
  }
}
