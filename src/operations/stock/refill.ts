import type { Isolation } from '../../catalog/homes.js'
import type { Platform } from '../../engine/platform.js'
import { submit } from '../../engine/submit.js'
import { isFault } from '../../kernel/faults.js'
import { prepareStock } from './prepare.js'

/** Makes warm tenants, each by an operation of its own, until the stock is full. Throws the first fault of another kind. */
export async function refill(
  platform: Platform,
  stock: { readonly cluster: string; readonly isolation: Isolation },
  parallel: number,
  signal?: AbortSignal,
): Promise<void> {
  const input = { cluster: stock.cluster, isolation: stock.isolation }
  const worker = async (): Promise<void> => {
    while (signal?.aborted !== true) {
      try {
        await submit(platform, prepareStock, input, { actor: 'stock', source: 'worker' })
      } catch (error) {
        if (isFault(error, 'STOCK_FULL')) return
        throw error
      }
    }
  }
  await Promise.all(Array.from({ length: parallel }, worker))
}
