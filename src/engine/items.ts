import {
  countItems,
  insertItems,
  insertWaves,
  skipItems,
  troubledItems,
  waitingItems,
  waveBegan,
  waveEnded,
  wavesOf,
} from '../catalog/items.js'
import { operationById } from '../catalog/operations.js'
import { systemClock } from '../kernel/clock.js'
import { humanDuration } from '../kernel/durations.js'
import type { PauseReason } from '../kernel/faults/operations.js'
import { fault, isFault } from '../kernel/faults.js'
import { sqlstate } from '../postgres/errors.js'
import { asFault } from './as-fault.js'
import { type ErrorBudget, type Halts, watchHalts } from './halts.js'
import { type ItemJournal, openItemJournal, type Recorded, recordIn } from './item-journal.js'
import { type ItemQueue, moreOf, openItemQueue, type PackOptions, type Turn } from './item-queue.js'
import type { StepContext } from './operation.js'
import { storedFault } from './stored-fault.js'

/** Where an item stands in the plan. */
export interface Placed {
  /** From 1 on. */
  readonly wave: number
  readonly place: number
  readonly tenants: number
}

export interface ItemOptions {
  /** Items in work at once, of each group. */
  readonly parallel: number
  /** What shares the work of `parallel`, such as the cluster of a home. Default: all together. */
  readonly groupOf?: (key: string) => string
  /** Called after each item, for progress. */
  readonly onItem?: (done: number, total: number) => void
  /** What the items are, in the fault. Default: homes. */
  readonly what?: string
  /** Called at the borders of each item (`before`, `acted`, `after`), for drills. */
  readonly atBorder?: (key: string, border: 'before' | 'acted' | 'after') => Promise<void>
  /** Waves, one after the other. What was journaled before keeps its place, and what is new belongs to the last. */
  readonly waves?: { readonly names: readonly string[]; readonly placed: ReadonlyMap<string, Placed> }
  /** Between two waves. */
  readonly between?: { readonly soakMs?: number; readonly pause?: boolean }
  /** More failed items than this pause the operation, if it is pausable. */
  readonly budget?: ErrorBudget | undefined
  /** How often an item that met a passing fault comes again, after all others. Default: never. */
  readonly rounds?: number
  /** Stops before the next item while migrations are frozen, if the operation is pausable. */
  readonly heedFreeze?: boolean
  /** The time between the starts of two items, over all groups. */
  readonly everyMs?: number | undefined
  /** Asked of an item that has failed: what it has reached all the same, to be recorded with that. */
  readonly reached?: (key: string) => Promise<Recorded | undefined>
  /** Asked before an item starts: what it has to wait for, if anything. */
  readonly pace?: (key: string) => Promise<string | undefined>
  /** Several in one go, where that is cheaper. Not with `everyMs`. */
  readonly pack?: PackOptions | undefined
}

const ROUND_MS = 1_000
const PACE_MS = 1_000

export type ItemContext = Pick<StepContext<unknown, never>, 'platform' | 'by' | 'journal'> &
  Partial<Pick<StepContext<unknown, never>, 'pausable' | 'stop'>>

/**
 * Works through items, several at once: each is journaled soon after it is done or has failed, a failed one stops no other, and after a crash only what
 * was not journaled is taken up again, so `work` must find what it did before. What it answers is recorded in the transaction that journals the item.
 * Throws FLEET_PARTIAL when any has failed, and OPERATION_PAUSED when something keeps the next one from being begun.
 */
export async function workThroughItems<T>(
  context: ItemContext,
  items: ReadonlyMap<string, T>,
  work: (item: T, key: string) => Promise<Recorded>,
  options: ItemOptions,
): Promise<{ readonly done: number; readonly skipped: number }> {
  const { operation } = context.by
  const { catalog } = context.platform
  await writePlan(context, [...items.keys()], options)
  const [before, { failuresAccepted }] = [await catalog.one(countItems(operation)), await catalog.one(operationById(operation))]
  const waiting = await catalog.rows(waitingItems(operation))
  const journal = openItemJournal(context)
  const failed = (): number => before.failed + journal.failed() - failuresAccepted
  const halts = watchHalts(context, { budget: options.budget, heedFreeze: options.heedFreeze ?? false, failed, total: before.total })
  let finished = before.total - waiting.length
  const onItem = (): void => options.onItem?.(++finished, before.total)
  try {
    for (const wave of new Set(waiting.map((row) => row.wave))) {
      const keys = waiting.filter((row) => row.wave === wave).map((row) => row.item)
      if (wave > 0) await beginWave(context, wave, options, halts)
      await workAtOnce(context, { items, keys, work, options, journal, halts, onItem })
      if (wave > 0) await context.journal((tx) => tx.run(waveEnded(operation, wave)))
    }
  } finally {
    await halts.close()
  }
  // The journal has the verdict: it remembers what failed before a crash.
  const after = await catalog.one(countItems(operation))
  if (after.failed === 0) return { done: after.done, skipped: after.skipped }
  const [first] = await catalog.rows(troubledItems(operation, 1))
  throw fault('FLEET_PARTIAL', {
    operation,
    failed: after.failed,
    total: after.total,
    first: first?.fault?.message ?? first?.item ?? '',
    ...(options.what === undefined ? {} : { what: options.what }),
  })
}

async function writePlan(context: ItemContext, keys: readonly string[], { waves }: ItemOptions): Promise<void> {
  const { operation } = context.by
  const begun = waves === undefined ? [] : await context.platform.catalog.rows(wavesOf(operation))
  const fresh = keys.map((item, place) => {
    const { wave = 0, tenants = 0, place: own = place } = waves?.placed.get(item) ?? {}
    return { item, wave: begun.at(-1)?.wave ?? wave, place: own, tenants }
  })
  await context.journal(async (tx) => {
    if (waves !== undefined && begun.length === 0) await tx.run(insertWaves(operation, waves.names))
    await tx.run(insertItems(operation, fresh))
    // What waited and is no longer there to be done: somebody else has done it, or has taken it away.
    const known = new Set(keys)
    const gone = (await tx.rows(waitingItems(operation))).filter(({ item }) => !known.has(item))
    const names = gone.map(({ item }) => item)
    if (names.length > 0) await tx.run(skipItems(operation, names, 'nothing was left to do there: somebody else did it, or took it away'))
  })
}

async function beginWave(context: ItemContext, wave: number, { between }: ItemOptions, halts: Halts): Promise<void> {
  const { operation } = context.by
  await halts.check()
  const waves = await context.platform.catalog.rows(wavesOf(operation))
  const last = waves.filter((row) => row.wave < wave && row.endedMsAgo !== null).at(-1)
  const own = waves.find((row) => row.wave === wave)
  if (last !== undefined && own?.beganAt === null) {
    const next = `wave ${wave} (${own.name})`
    const soak = (between?.soakMs ?? 0) - last.endedMsAgo!
    if (soak > 0) await halts.wait(soak, `${next} begins when wave ${last.wave} has soaked for ${humanDuration(between!.soakMs!)}`)
    if (between?.pause === true && !last.released)
      throw await halts.paused('wave', `wave ${last.wave} (${last.name}) is over, and ${next} waits for somebody to say so`)
  }
  await halts.check()
  await context.journal((tx) => tx.run(waveBegan(operation, wave)))
}

interface Working<T> {
  readonly items: ReadonlyMap<string, T>
  readonly keys: readonly string[]
  readonly work: (item: T, key: string) => Promise<Recorded>
  readonly options: ItemOptions
  readonly journal: ItemJournal
  readonly halts: Halts
  readonly onItem: () => void
}

/** Each group by workers of its own. When one of them may not go on, none begins anything more, and all finish what they have in hand. */
async function workAtOnce<T>(context: ItemContext, working: Working<T>): Promise<void> {
  const { keys, options, journal } = working
  const groups = new Map<string, string[]>()
  for (const key of keys) {
    const group = options.groupOf?.(key) ?? ''
    const mine = groups.get(group)
    if (mine === undefined) groups.set(group, [key])
    else mine.push(key)
  }
  const over = new AbortController()
  const start = startsOf(options.everyMs)
  const all = [...groups.values()].flatMap((group) => {
    const queue = openItemQueue(group)
    const workers = Math.min(group.length, Math.max(1, options.parallel))
    return Array.from({ length: workers }, async () => {
      for (let turn = await queue.take(over.signal); turn !== undefined; turn = await queue.take(over.signal)) {
        try {
          await mayBegin(turn.key, working, start)
          const more = turn.round > 0 || options.everyMs !== undefined ? [] : await moreOf(queue, turn, workers, options.pack)
          if (over.signal.aborted) return
          if (more.length > 0) await workOnPack(context, queue, [turn, ...more], working)
          else if (await workOn(context, turn, working)) queue.putBack(turn, ROUND_MS * (turn.round + 1))
          else queue.finish()
        } catch (error) {
          over.abort()
          throw error
        }
      }
    })
  })
  const ended = await Promise.allSettled(all)
  await journal.drain()
  const stopped = ended.find((one) => one.status === 'rejected')
  if (stopped === undefined) return
  if (!isFault(stopped.reason, 'OPERATION_PAUSED')) throw stopped.reason
  // Counted again: what was in hand has ended since.
  const { why, says } = stopped.reason.facts as { why: PauseReason; says: string }
  throw await working.halts.paused(why, says)
}

/** How long the next item has to wait for its start. */
function startsOf(everyMs: number | undefined): () => number {
  let next = 0
  return () => {
    if (everyMs === undefined) return 0
    const now = systemClock.now()
    const at = Math.max(now, next)
    next = at + everyMs
    return at - now
  }
}

async function mayBegin<T>(key: string, { options, halts }: Working<T>, start: () => number): Promise<void> {
  await halts.check()
  const rest = start()
  if (rest > 0) await halts.wait(rest, `one every ${humanDuration(options.everyMs!)}, as was asked for`)
  for (let why = await options.pace?.(key); why !== undefined; why = await options.pace?.(key)) await halts.wait(PACE_MS, why)
}

/** Answers whether it is to come again. */
async function workOn<T>(context: ItemContext, { key, round }: Turn, working: Working<T>): Promise<boolean> {
  const { operation } = context.by
  const { options, journal } = working
  const attempts = round + 1
  try {
    await options.atBorder?.(key, 'before')
    const record = await working.work(working.items.get(key)!, key)
    await done({ key, round }, record, working)
  } catch (error) {
    rethrowLost(error, operation)
    const reason = asFault(error, operation)
    const cause = error === reason ? (reason.cause ?? '') : error
    context.platform.log.warn({ operation, item: key, code: reason.code, round, cause: String(cause) }, reason.message)
    const record = await options.reached?.(key)
    if (reason.kind.retry && round < (options.rounds ?? 0)) {
      // The operation may stand still before it comes again.
      if (record !== undefined) await context.journal((tx) => recordIn(tx, record))
      return true
    }
    await journal.add({ outcome: { item: key, state: 'failed', attempts, fault: storedFault(reason) }, record })
    // The budget is counted before the next one begins.
    if (options.budget !== undefined) await journal.drain()
  }
  working.onItem()
  return false
}

async function done<T>({ key, round }: Turn, record: Recorded, { options, journal }: Working<T>): Promise<void> {
  await options.atBorder?.(key, 'acted')
  const after = options.atBorder && (() => options.atBorder!(key, 'after'))
  const outcome = { item: key, state: 'done', attempts: round + 1, fault: null } as const
  await journal.add({ outcome, record, ...(after === undefined ? {} : { after }) })
}

function rethrowLost(error: unknown, operation: string): void {
  if (sqlstate(error) === 'TN010') throw fault('OPERATION_LOST', { operation })
  if (isFault(error, 'OPERATION_LOST', 'OPERATION_CANCELLED')) throw error
}

/** Whoever does not get through with the others begins anew, by itself. */
async function workOnPack<T>(context: ItemContext, queue: ItemQueue, turns: readonly Turn[], working: Working<T>): Promise<void> {
  const { options, onItem } = working
  let records: ReadonlyMap<string, Recorded> = new Map()
  try {
    for (const { key } of turns) await options.atBorder?.(key, 'before')
    records = await options.pack!.work(turns.map(({ key }) => key))
  } catch (error) {
    rethrowLost(error, context.by.operation)
    context.platform.log.warn(
      { operation: context.by.operation, items: turns.length, cause: String(error) },
      'a pack of items did not get through',
    )
  }
  for (const turn of turns) {
    const record = records.get(turn.key)
    if (record === undefined) queue.again(turn)
    else {
      await done(turn, record, working)
      onItem()
      queue.finish()
    }
  }
}
