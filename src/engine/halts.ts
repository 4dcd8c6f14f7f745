import { countItems, lookAhead, type Outlook, tellWait } from '../catalog/items.js'
import { stopwatch, systemClock } from '../kernel/clock.js'
import type { PauseReason } from '../kernel/faults/operations.js'
import { type Fault, fault } from '../kernel/faults.js'
import { noteNow } from './notes.js'
import type { StepContext } from './operation.js'

// Nobody waits for longer until a pause, a freeze or a cancel is heeded, and nothing costs the catalog more than this.
const LOOK_MS = 250
const TELL_MS = 500

export interface ErrorBudget {
  /** Failed items that are borne, of so many in all; one more, and the operation pauses. */
  readonly most: (total: number) => number
  /** As it was asked for. */
  readonly says: string
}

export interface HaltOptions {
  readonly budget: ErrorBudget | undefined
  /** Stops while migrations are frozen. */
  readonly heedFreeze: boolean
  /** Failed items of this operation, now. */
  readonly failed: () => number
  readonly total: number
}

type HaltContext = Pick<StepContext<unknown, never>, 'platform' | 'by'> & Partial<Pick<StepContext<unknown, never>, 'pausable' | 'stop'>>

export interface Halts {
  /** Before anything is begun. Throws OPERATION_PAUSED, OPERATION_CANCELLED, OPERATION_RELEASED or OPERATION_LOST when it may not be. */
  readonly check: () => Promise<void>
  /** Waits in the open: whoever looks on sees what for. Throws as `check` does. */
  readonly wait: (ms: number, says: string) => Promise<void>
  readonly paused: (why: PauseReason, says: string) => Promise<Fault>
  readonly close: () => Promise<void>
}

/** Everything that may keep the next item of an operation from being begun. An operation that is not pausable only ever loses its lease. */
export function watchHalts(context: HaltContext, options: HaltOptions): Halts {
  const { platform, by, pausable = false, stop } = context
  const { catalog } = platform
  let outlook: Outlook | undefined
  let since = stopwatch()
  let looking: Promise<void> | undefined

  const look = (): Promise<void> => {
    looking ??= catalog
      .maybe(lookAhead(by.operation, by.token))
      .then((found) => {
        if (found === undefined) throw fault('OPERATION_LOST', { operation: by.operation })
        outlook = found
        since = stopwatch()
      })
      .finally(() => {
        looking = undefined
      })
    return looking
  }

  const paused = async (why: PauseReason, says: string): Promise<Fault> => {
    const { done, failed, waiting } = await catalog.one(countItems(by.operation))
    return fault('OPERATION_PAUSED', { operation: by.operation, why, says, done, failed, waiting })
  }

  const check = async (): Promise<void> => {
    if (!pausable) return
    if (stop?.aborted) throw fault('OPERATION_RELEASED', { operation: by.operation })
    if (options.budget !== undefined && options.failed() > options.budget.most(options.total))
      throw await paused('budget', `more items failed than the error budget of ${options.budget.says} allows`)
    if (outlook === undefined || since() > LOOK_MS) await look()
    if (outlook!.cancel) throw fault('OPERATION_CANCELLED', { operation: by.operation })
    if (outlook!.pause !== null) throw await paused('asked', outlook!.pause)
    const { freeze } = outlook!
    if (options.heedFreeze && freeze !== null)
      throw await paused('frozen', `migrations are frozen by ${freeze.actor}: ${freeze.reason} (\`tenantry migrate unfreeze\` lifts it)`)
  }

  const told = tellWaits(context)
  return {
    check,
    paused,
    wait: async (ms, says) => {
      const end = told.begin(says)
      const elapsed = stopwatch()
      try {
        for (let left = ms; left > 0; left = ms - elapsed()) {
          await check()
          await systemClock.sleep(Math.min(left, LOOK_MS), stop)
        }
      } finally {
        end()
      }
    },
    close: told.close,
  }
}

/** What is waited for, in the operation's row: the first of several, and not for every moment of it. */
function tellWaits({ platform, by }: HaltContext) {
  const waits = new Set<{ readonly says: string }>()
  let told: string | null = null
  let telling: Promise<unknown> = Promise.resolve()
  const tell = (): void => {
    const says = waits.values().next().value?.says ?? null
    if (says === told) return
    told = says
    if (says !== null) noteNow('info', `waits: ${says}`)
    telling = telling.then(() => platform.catalog.run(tellWait(by.operation, by.token, says))).catch(() => {})
  }
  const timer = setInterval(tell, TELL_MS)
  timer.unref()
  return {
    begin: (says: string): (() => void) => {
      const wait = { says }
      waits.add(wait)
      return () => void waits.delete(wait)
    },
    close: async (): Promise<void> => {
      clearInterval(timer)
      waits.clear()
      tell()
      await telling
    },
  }
}
