import type { Isolation } from '../../catalog/homes.js'
import type { AnyOperation } from '../../engine/operation.js'
import type { Platform } from '../../engine/platform.js'
import { submit } from '../../engine/submit.js'
import { isFault } from '../../kernel/faults.js'
import { discardStock } from './discard.js'
import { prepareStock } from './prepare.js'

interface Kept {
  readonly cluster: string
  readonly isolation: Isolation
}

/** Makes warm tenants, each by an operation of its own, until the stock is full. Throws the first fault of another kind. */
export const refill = (platform: Platform, { cluster, isolation }: Kept, parallel: number, signal?: AbortSignal): Promise<void> =>
  untilRefused(platform, prepareStock, { cluster, isolation }, parallel, signal)

export interface ShedOptions {
  readonly parallel: number
  /** Leaves outdated ones that have been warm for fewer seconds. */
  readonly patienceS: number
  readonly signal?: AbortSignal
}

/** Takes warm tenants away, each by an operation of its own, until none is too many. Throws the first fault of another kind. */
export const shed = (platform: Platform, { cluster, isolation }: Kept, { parallel, patienceS, signal }: ShedOptions): Promise<void> =>
  untilRefused(platform, discardStock, { cluster, isolation, patience: patienceS }, parallel, signal)

async function untilRefused(
  platform: Platform,
  definition: AnyOperation,
  input: object,
  parallel: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const worker = async (): Promise<void> => {
    while (signal?.aborted !== true) {
      try {
        await submit(platform, definition, input, { actor: 'stock', source: 'worker' })
      } catch (error) {
        if (isFault(error, 'STOCK_FULL', 'STOCK_KEPT')) return
        throw error
      }
    }
  }
  await Promise.all(Array.from({ length: parallel }, worker))
}
