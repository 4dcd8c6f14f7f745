import { insertAudit } from '../catalog/audit.js'
import {
  beginUndo,
  claim,
  endOperation,
  giveBack,
  holdLease,
  type Operation,
  type OperationState,
  operationById,
  pauseOperation,
  recordSteps,
  recordUndone,
  renewLease,
  type StepRow,
  type StoredFault,
  stepsOf,
} from '../catalog/operations.js'
import { jitter, stopwatch, systemClock } from '../kernel/clock.js'
import { humanDuration } from '../kernel/durations.js'
import { type Fault, fault, faultFromData, isFault } from '../kernel/faults.js'
import { isConnectionLoss, isContention, sqlstate } from '../postgres/errors.js'
import type { Session } from '../postgres/session.js'
import { asFault } from './as-fault.js'
import { noteNow, noting, openNotes } from './notes.js'
import type { AnyOperation, Memory, StepContext } from './operation.js'
import type { Platform } from './platform.js'

type Steps = Extract<AnyOperation, { kind: 'steps' }>

// A step that fails for a passing reason is tried again, for as long as this.
const STEP_PATIENCE_MS = 20_000

/**
 * Runs an operation under the lease that the caller holds, to its end: forward, or back when a step fails for good or it is cancelled. Answers its
 * output. Throws the fault that it ended with, OPERATION_PAUSED when it stands still, OPERATION_UNSURE when nobody can say what it has done, or OPERATION_LOST
 * when another worker has taken it over.
 */
export async function runOperation(platform: Platform, definition: Steps, id: string, token: number, stop?: AbortSignal): Promise<unknown> {
  const lease = keepLease(platform, id, token)
  const notes = openNotes(platform, id)
  try {
    return await noting(notes, () => advance(platform, definition, id, token, stop))
  } catch (error) {
    if (isFault(error, 'OPERATION_RELEASED', 'OPERATION_UNSURE')) {
      lease.stop()
      await platform.catalog.run(giveBack(id, token))
    }
    if (sqlstate(error) === 'TN010') throw fault('OPERATION_LOST', { operation: id })
    // While it was taken back, or in the catalog: it stays open, and is gone on with.
    throw sqlstate(error) === undefined ? error : asFault(error, id)
  } finally {
    lease.stop()
    await notes.drain()
  }
}

/** Takes over operations whose worker has not been heard of. Answers how many it brought to an end. */
export async function takeOver(platform: Platform, ids: readonly string[], stop?: AbortSignal): Promise<number> {
  let ended = 0
  for (const id of ids) {
    const claimed = await platform.catalog.maybe(claim(id, platform.worker, platform.config.leaseMs))
    if (claimed === undefined) continue
    const definition = platform.find(claimed.name)
    if (definition === undefined || definition.kind !== 'steps') {
      platform.log.error({ operation: id, name: claimed.name }, 'an operation of this name is not known here')
      continue
    }
    platform.log.info({ operation: id, name: claimed.name, attempt: claimed.attempts }, 'taking over')
    await runOperation(platform, definition, id, claimed.token, stop).then(
      () => ended++,
      (error: unknown) => {
        if (!isFault(error, 'OPERATION_LOST', 'OPERATION_PAUSED', 'OPERATION_RELEASED', 'OPERATION_UNSURE')) ended++
        platform.log.warn({ operation: id, error: (error as Error).message }, 'ended with a fault')
      },
    )
  }
  return ended
}

async function advance(platform: Platform, definition: Steps, id: string, token: number, stop?: AbortSignal): Promise<unknown> {
  const held = holderOf(platform, id, token)
  const operation = await readOperation(platform, id)
  if (operation.token !== token) throw fault('OPERATION_LOST', { operation: id })
  if (operation.attempts > 1) noteNow('warn', `taken up by ${platform.worker}, the ${ordinal(operation.attempts)} to hold it`)
  const rows = await readSteps(platform, id)
  let memory: Memory = Object.assign({}, ...rows.map((row) => row.output ?? {}))
  const contextNow = (): StepContext<never, never> =>
    ({
      platform,
      input: operation.input,
      memory,
      by: { operation: id, token },
      journal: held.journal,
      pausable: definition.pausable === true,
      stop,
    }) as unknown as StepContext<never, never>

  if (operation.state === 'undoing') return goBack(platform, definition, operation, rows, contextNow(), held)

  const done = new Set(rows.filter((row) => row.position > 0).map((row) => row.position))
  const wayBack = definition.steps.findIndex((step) => step.final)
  const unlessCancelled = (index: number, cancel: boolean): void => {
    if (cancel && operation.state === 'running' && (wayBack < 0 || index <= wayBack)) throw fault('OPERATION_CANCELLED', { operation: id })
  }
  for (const [index, step] of definition.steps.entries()) {
    const position = index + 1
    if (done.has(position)) continue
    const name = `${definition.name}/${step.name}`
    await platform.failpoint(`${name}:before`)
    const elapsed = stopwatch()
    noteNow('info', `${step.name} begins`)
    try {
      unlessCancelled(index, operation.cancelRequested)
      // Each entry of the journal asks as well; where there is no way back, the question comes before the act.
      if (step.final) await held.journal(async (_, lease) => unlessCancelled(index, lease.cancel))
      else await held.stillOurs()
      const output = step.act === undefined ? {} : await patiently(() => step.act!(contextNow()))
      await platform.failpoint(`${name}:acted`)
      memory = { ...memory, ...(output ?? {}) }
      // When the last step has acted, all is done.
      const asks = step.act === undefined || position < definition.steps.length
      await held.journal(async (tx, lease) => {
        // A commit whose answer was lost is tried again: what it wrote is there already.
        const done = { position, name: step.name, output, tookMs: elapsed() }
        if ((await tx.run(recordSteps(id, [done]))) === 0) return
        if (asks) unlessCancelled(position, lease.cancel)
        await step.record?.(contextNow(), tx)
      })
      noteNow('info', `${step.name} is done, in ${humanDuration(elapsed())}`)
    } catch (error) {
      if (isLost(error)) throw fault('OPERATION_LOST', { operation: id })
      if (isFault(error, 'OPERATION_RELEASED')) throw error
      if (isFault(error, 'OPERATION_PAUSED')) {
        noteNow('warn', `${step.name}: ${error.message}`)
        await journalEnd(platform, id, held, 'paused', (tx) => tx.run(pauseOperation(id, stored(error))))
        throw error
      }
      if (step.unsure !== undefined && isPassing(error) && (await patiently(() => step.unsure!(contextNow()))))
        throw fault('OPERATION_UNSURE', { operation: id, reason: asFault(error, id).message })
      const reason = asFault(error, id)
      const cause = error === reason ? (reason.cause ?? '') : error
      noteNow('error', `${step.name}: ${reason.code}: ${reason.message}`)
      platform.log.warn({ operation: id, step: step.name, code: reason.code, cause: String(cause) }, reason.message)
      await held.journal((tx) => tx.run(beginUndo(id, stored(reason))))
      const after = await readSteps(platform, id)
      return goBack(platform, definition, await readOperation(platform, id), after, contextNow(), held, index)
    }
    await platform.failpoint(`${name}:after`)
  }

  const output = await patiently(() => definition.result(contextNow()))
  await journalEnd(platform, id, held, 'succeeded', async (tx) => {
    await tx.run(endOperation(id, 'succeeded', output, null))
    await tx.run(insertAudit(auditOf(operation, 'succeeded', null)))
  })
  return output
}

/** Undoes the steps in reverse, the one that failed first: it may have come half-way. */
async function goBack(
  platform: Platform,
  definition: Steps,
  operation: Operation,
  rows: readonly StepRow[],
  context: StepContext<never, never>,
  held: Held,
  failedIndex?: number,
): Promise<never> {
  const reached = Math.max(failedIndex ?? 0, ...rows.filter((row) => row.position > 0).map((row) => row.position))
  const undone = new Set(rows.filter((row) => row.state === 'undone').map((row) => row.position))
  for (let index = Math.min(reached, definition.steps.length - 1); index >= 0; index--) {
    const step = definition.steps[index]!
    if (step.undo === undefined || undone.has(index + 1)) continue
    const name = `${definition.name}/${step.name}`
    await platform.failpoint(`${name}:before-undo`)
    await held.stillOurs()
    noteNow('warn', `${step.name} is taken back`)
    await patiently(() => step.undo!(context))
    await platform.failpoint(`${name}:undone`)
    await held.journal((tx) => tx.run(recordUndone(operation.id, index + 1)))
  }
  const reason = operation.fault ?? stored(fault('INTERNAL'))
  const state = reason.code === 'OPERATION_CANCELLED' ? 'cancelled' : 'failed'
  await journalEnd(platform, operation.id, held, state, async (tx) => {
    await definition.release?.(context, tx)
    await tx.run(endOperation(operation.id, state, undefined, reason))
    await tx.run(insertAudit(auditOf(operation, state, reason.code)))
  })
  throw faultFromData(reason, operation.id)
}

/** An operation's lease in the hands of a worker, which may have lost it without knowing. */
interface Held {
  /** A transaction of the catalog that holds the lease; a worker without it changes nothing: OPERATION_LOST. */
  readonly journal: <T>(body: (tx: Session, lease: { cancel: boolean }) => Promise<T>) => Promise<T>
  /** Asks, when it has not been asked for so long that a lease which is renewed in time could have ended since. Throws OPERATION_LOST. */
  readonly stillOurs: () => Promise<void>
}

function holderOf(platform: Platform, id: string, token: number): Held {
  let sinceAsked = stopwatch()
  const journal: Held['journal'] = (body) =>
    patiently(async () => {
      const sinceSent = stopwatch()
      const answer = await platform.catalog.transaction(async (tx) => {
        const lease = await tx.maybe(holdLease(id, token))
        if (lease === undefined) throw fault('OPERATION_LOST', { operation: id })
        return body(tx, lease)
      })
      sinceAsked = sinceSent
      return answer
    })
  return {
    journal,
    // It is renewed at every third.
    stillOurs: async () => {
      if (sinceAsked() > platform.config.leaseMs / 3) await journal(async () => {})
    },
  }
}

/** The last entry of an operation: after it nobody holds the lease. */
async function journalEnd(
  platform: Platform,
  id: string,
  held: Held,
  state: OperationState,
  body: (tx: Session) => Promise<unknown>,
): Promise<void> {
  try {
    await held.journal(body)
  } catch (error) {
    // Lost to another, or ended by a commit whose answer was lost: the row tells.
    if (!isLost(error) || (await readOperation(platform, id)).state !== state) throw error
  }
}

const ordinal = (many: number): string => `${many}${['th', 'st', 'nd', 'rd'][many % 100 > 10 && many % 100 < 14 ? 0 : many % 10] ?? 'th'}`

const readOperation = (platform: Platform, id: string): Promise<Operation> => patiently(() => platform.catalog.one(operationById(id)))

const readSteps = (platform: Platform, id: string): Promise<readonly StepRow[]> => patiently(() => platform.catalog.rows(stepsOf(id)))

function keepLease(platform: Platform, id: string, token: number): { readonly stop: () => void } {
  const timer = setInterval(() => {
    platform.catalog.maybe(renewLease(id, token, platform.config.leaseMs)).catch((error: unknown) => {
      platform.log.warn({ operation: id, error: (error as Error).message }, 'the lease could not be renewed')
    })
  }, platform.config.leaseMs / 3)
  timer.unref()
  return { stop: () => clearInterval(timer) }
}

async function patiently<T>(body: () => Promise<T>): Promise<T> {
  const deadline = systemClock.now() + STEP_PATIENCE_MS
  for (let delay = 50; ; delay = Math.min(delay * 2, 2_000)) {
    try {
      return await body()
    } catch (error) {
      if (!isPassing(error) || systemClock.now() + delay > deadline) throw error
      noteNow('warn', `tried again: ${(error as Error).message}`)
    }
    await systemClock.sleep(delay * jitter())
  }
}

/** Worth trying again? */
function isPassing(error: unknown): boolean {
  if (isFault(error)) return isFault(error, 'SERVER_UNREACHABLE', 'CATALOG_UNREACHABLE')
  // 55006: somebody is still in a database.
  return isContention(error) || sqlstate(error) === '55006' || isConnectionLoss(error)
}

const isLost = (error: unknown): boolean => isFault(error, 'OPERATION_LOST') || sqlstate(error) === 'TN010'

const stored = (reason: Fault): StoredFault => ({ code: reason.code, facts: reason.facts, message: reason.message })

const auditOf = (operation: Operation, outcome: 'succeeded' | 'failed' | 'cancelled', code: string | null) => ({
  actor: operation.actor,
  keyId: operation.keyId,
  source: 'engine',
  operation: operation.name,
  operationId: operation.id,
  tenantId: operation.subject,
  inputDigest: '',
  outcome,
  fault: code,
})
