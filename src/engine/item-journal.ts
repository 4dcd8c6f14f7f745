import { type ItemOutcome, recordItems } from '../catalog/items.js'
import { systemClock } from '../kernel/clock.js'
import { isFault } from '../kernel/faults.js'
import { sqlstate } from '../postgres/errors.js'
import type { Session } from '../postgres/session.js'
import { asFault } from './as-fault.js'
import type { StepContext } from './operation.js'
import { storedFault } from './stored-fault.js'

// A transaction of the catalog for each of thousands of homes would cost more than many a migration.
const MOST_IN_A_BATCH = 64
const BATCH_MS = 50
// Whoever is faster than the catalog waits for it: what is not journaled is looked at again after a crash.
const MOST_WAITING = 256

/** What the journal's transaction writes beside the item's state: by a function of its own, or by one that takes the values of a whole batch. */
export type Recorded = ((tx: Session) => Promise<void>) | Batched

export interface Batched {
  readonly all: (tx: Session, values: readonly never[]) => Promise<void>
  readonly value: unknown
}

/** `all` is one function for all items: it is called once a batch, with the values of all. */
export const batched = <V>(all: (tx: Session, values: readonly V[]) => Promise<void>, value: V): Batched => ({
  all: all as Batched['all'],
  value,
})

/** Writes one by itself. */
export const recordIn = (tx: Session, record: Recorded): Promise<void> =>
  typeof record === 'function' ? record(tx) : record.all(tx, [record.value as never])

export interface Entry {
  readonly outcome: ItemOutcome
  readonly record?: Recorded | undefined
  /** Called once it is written. */
  readonly after?: () => Promise<void>
}

export interface ItemJournal {
  /** Takes an entry; it is written with others, soon. Throws when the journal cannot be written any more (OPERATION_LOST). */
  readonly add: (entry: Entry) => Promise<void>
  /** Returns when everything is written. Throws what kept it from being. */
  readonly drain: () => Promise<void>
  /** Failed ones that were written here. */
  readonly failed: () => number
}

/** Writes what becomes of items in batches: one transaction, which holds the lease, for many. */
export function openItemJournal(context: Pick<StepContext<unknown, never>, 'by' | 'journal'>): ItemJournal {
  const { operation } = context.by
  let waiting: Entry[] = []
  let writing: Promise<void> | undefined
  let hurry: (() => void) | undefined
  let lost: unknown
  let failed = 0

  const write = async (entries: readonly Entry[]): Promise<void> => {
    await context.journal(async (tx) => {
      const groups = new Map<Batched['all'], unknown[]>()
      for (const { record } of entries) {
        if (typeof record === 'function') await record(tx)
        else if (record !== undefined) groups.set(record.all, [...(groups.get(record.all) ?? []), record.value])
      }
      for (const [all, values] of groups) await all(tx, values as never[])
      await tx.run(
        recordItems(
          operation,
          entries.map(({ outcome }) => outcome),
        ),
      )
    })
    failed += entries.filter(({ outcome }) => outcome.state === 'failed').length
  }

  /** What cannot be recorded fails its own item, and no other of the batch. */
  const writeEach = async (entries: readonly Entry[], error: unknown): Promise<void> => {
    if (isFault(error, 'OPERATION_LOST', 'OPERATION_CANCELLED', 'CATALOG_UNREACHABLE') || sqlstate(error) === 'TN010') throw error
    const [only] = entries
    if (entries.length > 1) for (const entry of entries) await write([entry]).catch((reason: unknown) => writeEach([entry], reason))
    else if (only?.record === undefined) throw error
    else {
      const outcome: ItemOutcome = { ...only.outcome, state: 'failed', fault: only.outcome.fault ?? storedFault(asFault(error, operation)) }
      await write([{ outcome }])
    }
  }

  const run = async (): Promise<void> => {
    while (waiting.length > 0 && lost === undefined) {
      if (waiting.length < MOST_IN_A_BATCH && hurry === undefined) {
        const early = new AbortController()
        hurry = () => early.abort()
        await systemClock.sleep(BATCH_MS, early.signal)
      }
      hurry = undefined
      const batch = waiting.slice(0, MOST_IN_A_BATCH)
      waiting = waiting.slice(MOST_IN_A_BATCH)
      await write(batch).catch((error: unknown) => writeEach(batch, error))
      for (const { after } of batch) await after?.()
    }
  }

  const start = (): Promise<void> => {
    writing ??= run()
      .catch((error: unknown) => {
        lost ??= error
      })
      .finally(() => {
        writing = undefined
      })
    return writing
  }
  const drain = async (): Promise<void> => {
    while (lost === undefined && (waiting.length > 0 || writing !== undefined)) {
      const written = start()
      hurry?.()
      await written
    }
    if (lost !== undefined) throw lost
  }
  return {
    add: async (entry) => {
      if (lost !== undefined) throw lost
      waiting.push(entry)
      const written = start()
      if (waiting.length >= MOST_IN_A_BATCH) hurry?.()
      if (waiting.length >= MOST_WAITING) await written
      if (lost !== undefined) throw lost
    },
    drain,
    failed: () => failed,
  }
}
