import { countItems, failedSince, type ItemCounts, type TroubledItem, wavesOf } from '../catalog/items.js'
import { type OperationState, operationById, type StoredFault, stepsOf } from '../catalog/operations.js'
import { stopwatch, systemClock } from '../kernel/clock.js'
import { fault } from '../kernel/faults.js'
import type { Platform } from './platform.js'

/** How far an operation has come. */
export interface Progress extends ItemCounts {
  readonly event: 'progress'
  readonly operation: string
  readonly name: string
  readonly state: OperationState
  /** The step that is under way; null when none is left. */
  readonly step: string | null
  readonly steps: { readonly done: number; readonly total: number }
  readonly wave: { readonly wave: number; readonly name: string; readonly of: number } | null
  /** The waves that are over. */
  readonly over: readonly { readonly wave: number; readonly name: string; readonly done: number; readonly failed: number }[]
  /** Items that ended in a second, lately; null before two looks. */
  readonly perSecond: number | null
  readonly etaMs: number | null
  readonly waitsFor: string | null
}

export interface ItemFailed {
  readonly event: 'failed'
  readonly operation: string
  readonly item: string
  /** Slug of the tenant whose home it is. */
  readonly tenant: string | null
  readonly code: string
  readonly message: string
  readonly sqlstate: string | null
}

export interface Ended {
  readonly event: 'ended'
  readonly operation: string
  readonly state: OperationState
  readonly fault: StoredFault | null
}

export type ProgressEvent = Progress | ItemFailed | Ended

export interface FollowOptions {
  readonly signal: AbortSignal
  /** When it is aborted, there is one more look, and no other. */
  readonly soon?: AbortSignal
  /** Between two looks, at least. Default 500. */
  readonly betweenMs?: number
}

export const MOST_FAILURES = 50
const BETWEEN_MS = 500

/** Where a reader of failures is: behind this one. */
export interface FailurePosition {
  readonly at: Date | null
  readonly item: string
}

export const BEFORE_ALL: FailurePosition = { at: null, item: '' }

/** One look at an operation. */
export interface Look {
  /** Who has asked for it. */
  readonly actor: string
  readonly progress: Progress
  /** There when nothing more will happen by itself. */
  readonly ended: Ended | undefined
}

/** Looks at an operation again and again; a look costs a few rows, however many items there are. Throws OPERATION_NOT_FOUND. */
export function lookAt(platform: Platform, id: string): () => Promise<Look> {
  const { catalog } = platform
  const speed = speedometer()
  return async () => {
    const now = await catalog.maybe(operationById(id))
    if (now === undefined) throw fault('OPERATION_NOT_FOUND', { operation: id })
    const counts = await catalog.one(countItems(id))
    const [done, waves] = [await catalog.rows(stepsOf(id)), await catalog.rows(wavesOf(id))]
    const definition = platform.find(now.name)
    const names = definition?.kind === 'steps' ? definition.steps.map((step) => step.name) : []
    const reached = done.filter((row) => row.position > 0).length
    const wave = waves.filter((row) => row.beganAt !== null).at(-1)
    const over = now.state !== 'running' && now.state !== 'undoing'
    return {
      actor: now.actor,
      progress: {
        event: 'progress',
        operation: id,
        name: now.name,
        state: now.state,
        step: names[reached] ?? null,
        steps: { done: reached, total: names.length },
        wave: wave === undefined ? null : { wave: wave.wave, name: wave.name, of: waves.length },
        over: waves
          .filter(({ endedAt }) => endedAt !== null)
          .map((one) => ({ wave: one.wave, name: one.name, done: one.done, failed: one.failed })),
        waitsFor: now.waitsFor,
        ...counts,
        ...speed(counts),
      },
      ended: over ? { event: 'ended', operation: id, state: now.state, fault: now.fault } : undefined,
    }
  }
}

/** The next failures behind a position, each with its own. Fewer than `most`: there are no more by now. */
export async function failuresAfter(
  platform: Platform,
  id: string,
  { at, item }: FailurePosition,
  most = MOST_FAILURES,
): Promise<readonly { readonly failed: ItemFailed; readonly position: FailurePosition }[]> {
  const failures = await platform.catalog.rows(failedSince(id, at, item, most))
  return failures.map((one) => ({ failed: failedItem(id, one), position: { at: one.endedAt, item: one.item } }))
}

/**
 * What happens to an operation, until it has ended or paused, or the signal says that nobody looks any more: failures as they come, then how far it is.
 * Throws OPERATION_NOT_FOUND.
 */
export async function* followOperation(platform: Platform, id: string, options: FollowOptions): AsyncGenerator<ProgressEvent> {
  const look = lookAt(platform, id)
  const signal = options.soon === undefined ? options.signal : AbortSignal.any([options.signal, options.soon])
  let last = BEFORE_ALL
  while (!options.signal.aborted) {
    const elapsed = stopwatch()
    const lastLook = options.soon?.aborted === true
    const { progress, ended } = await look()
    for (let more = progress.failed > 0; more && !options.signal.aborted; ) {
      const failures = await failuresAfter(platform, id, last)
      for (const { failed, position } of failures) {
        last = position
        yield failed
      }
      more = failures.length === MOST_FAILURES
    }
    yield progress
    if (ended !== undefined) {
      yield ended
      return
    }
    if (lastLook) return
    // Over a large fleet, asking costs something: it takes a small part of the time, whatever its size.
    await systemClock.sleep(Math.max(options.betweenMs ?? BETWEEN_MS, elapsed() * 20), signal)
  }
}

function failedItem(operation: string, { item, tenant, fault: reason }: TroubledItem): ItemFailed {
  const sqlstate = reason?.facts.sqlstate
  return {
    event: 'failed',
    operation,
    item,
    tenant,
    code: reason?.code ?? 'OPERATION_FAILED',
    message: reason?.message ?? 'failed',
    sqlstate: typeof sqlstate === 'string' ? sqlstate : null,
  }
}

const WINDOW_MS = 10_000

/** Speed over the last ten seconds: what it was an hour ago says nothing about when it ends. */
function speedometer(): (counts: ItemCounts) => { readonly perSecond: number | null; readonly etaMs: number | null } {
  const elapsed = stopwatch()
  let seen: { readonly at: number; readonly over: number }[] = []
  return ({ total, waiting }) => {
    const now = { at: elapsed(), over: total - waiting }
    seen = [...seen.filter(({ at }) => now.at - at <= WINDOW_MS), now]
    const first = seen[0]!
    if (now.at === first.at || now.over <= first.over) return { perSecond: null, etaMs: null }
    const perSecond = ((now.over - first.over) / (now.at - first.at)) * 1_000
    return { perSecond: Math.round(perSecond * 10) / 10, etaMs: Math.round((waiting / perSecond) * 1_000) }
  }
}
