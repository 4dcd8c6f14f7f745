import { insertItems, itemsOf, recordItem, type StoredFault } from '../catalog/operations.js'
import { type Fault, fault, isFault } from '../kernel/faults.js'
import type { Session } from '../postgres/session.js'
import { asFault } from './as-fault.js'
import type { StepContext } from './operation.js'

export interface ItemOptions {
  /** Items in work at once. */
  readonly parallel: number
  /** Called after each item, for progress. */
  readonly onItem?: (done: number, total: number) => void
  /** What the items are, in the fault. Default: homes. */
  readonly what?: string
  /** Called at the borders of each item (`before`, `acted`, `after`), for drills. */
  readonly atBorder?: (key: string, border: 'before' | 'acted' | 'after') => Promise<void>
}

/**
 * Works through items, several at once: each is journaled when it is done or has failed, a failed one stops no other, and after a crash only what was
 * waiting is taken up again. `record` runs in the transaction that journals the item. Throws FLEET_PARTIAL when any has failed.
 */
export async function workThroughItems<T>(
  context: Pick<StepContext<unknown, never>, 'platform' | 'by' | 'journal'>,
  items: ReadonlyMap<string, T>,
  work: (item: T, key: string) => Promise<(tx: Session) => Promise<void>>,
  options: ItemOptions,
): Promise<{ readonly done: number }> {
  const { operation } = context.by
  await context.journal((tx) => tx.run(insertItems(operation, [...items.keys()])))
  const journaled = await context.platform.catalog.rows(itemsOf(operation))
  const waiting = journaled.filter((row) => row.state === 'waiting' && items.has(row.item)).map((row) => row.item)
  const total = journaled.length
  let finished = total - waiting.length
  const next = waiting[Symbol.iterator]()

  const worker = async (): Promise<void> => {
    for (const key of next) {
      const item = items.get(key)
      if (item === undefined) continue
      try {
        await options.atBorder?.(key, 'before')
        const record = await work(item, key)
        await options.atBorder?.(key, 'acted')
        await context.journal(async (tx) => {
          await record(tx)
          await tx.run(recordItem(operation, key, 'done', null))
        })
        await options.atBorder?.(key, 'after')
      } catch (error) {
        if (isFault(error, 'OPERATION_LOST', 'OPERATION_CANCELLED')) throw error
        const reason = asFault(error, operation)
        const cause = error === reason ? (reason.cause ?? '') : error
        context.platform.log.warn({ operation, item: key, code: reason.code, cause: String(cause) }, reason.message)
        await context.journal((tx) => tx.run(recordItem(operation, key, 'failed', stored(reason))))
      }
      options.onItem?.(++finished, total)
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, options.parallel) }, worker))
  // The journal has the verdict: it remembers what failed before a crash.
  const failed = (await context.platform.catalog.rows(itemsOf(operation))).filter((row) => row.state === 'failed')
  if (failed.length > 0)
    throw fault('FLEET_PARTIAL', {
      operation,
      failed: failed.length,
      total,
      first: failed[0]!.fault?.message ?? failed[0]!.item,
      ...(options.what === undefined ? {} : { what: options.what }),
    })
  return { done: total }
}

const stored = (reason: Fault): StoredFault => ({ code: reason.code, facts: reason.facts, message: reason.message })
