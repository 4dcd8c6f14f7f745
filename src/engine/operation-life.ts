import { insertAudit } from '../catalog/audit.js'
import { releaseWaves, retryItems } from '../catalog/items.js'
import { claim, lockOperation, type Operation, type OperationState, reopenOperation } from '../catalog/operations.js'
import { fault } from '../kernel/faults.js'
import type { AnyOperation, Caller } from './operation.js'
import type { Platform } from './platform.js'
import { runOperation } from './run.js'

/** What people do to an operation that is there. */
export type OperationEvent = 'pause' | 'resume' | 'retry' | 'skip' | 'cancel'

/** What becomes of it: the state that it comes to, `anew` for another operation with the same input, or null where it is refused. */
type Next = OperationState | 'anew' | null

/** Of pausable operations. The others know neither pause, resume nor skip, and are retried anew. */
export const LIFE: Readonly<Record<OperationState, Readonly<Record<OperationEvent, Next>>>> = {
  running: { pause: 'paused', resume: null, retry: null, skip: null, cancel: 'cancelled' },
  undoing: { pause: null, resume: null, retry: null, skip: null, cancel: null },
  paused: { pause: null, resume: 'running', retry: 'running', skip: 'paused', cancel: 'cancelled' },
  succeeded: { pause: null, resume: null, retry: null, skip: null, cancel: null },
  failed: { pause: null, resume: null, retry: 'running', skip: 'failed', cancel: null },
  cancelled: { pause: null, resume: null, retry: 'anew', skip: null, cancel: null },
}

const WANTED: Readonly<Record<OperationEvent, string>> = {
  pause: 'a running operation that works through items',
  resume: 'a paused operation, or one that nobody has any more',
  retry: 'a failed, cancelled or paused operation, or one that nobody has any more',
  skip: 'a paused operation, or one that ended with failed items',
  cancel: 'a running or paused operation',
}

type Tx = Parameters<Parameters<Platform['catalog']['transaction']>[0]>[0]
type Steps = Extract<AnyOperation, { kind: 'steps' }>

const isPausable = (definition: AnyOperation | undefined): definition is Steps =>
  definition?.kind === 'steps' && definition.pausable === true

/** What the event makes of this operation. Throws OPERATION_STATE where it is refused. */
export function nextOf(platform: Platform, found: Operation, event: OperationEvent): Exclude<Next, null> {
  const definition = platform.find(found.name)
  const next = isPausable(definition) ? LIFE[found.state][event] : plain(found.state, event)
  // What failed before its items did has nothing to take up again: it starts from its beginning.
  const whole = found.state === 'failed' && found.fault?.code !== 'FLEET_PARTIAL'
  const meant = whole ? (event === 'retry' ? 'anew' : null) : next
  const chosen = meant === 'anew' && isPausable(definition) && definition.choosesOnce === true
  if (meant === null || chosen) throw fault('OPERATION_STATE', { operation: found.id, state: found.state, wanted: WANTED[event] })
  return meant
}

function plain(state: OperationState, event: OperationEvent): Next {
  if (event === 'retry') return state === 'failed' || state === 'cancelled' ? 'anew' : null
  return event === 'cancel' && state === 'running' ? 'cancelled' : null
}

/** The operation, locked in this transaction. Throws OPERATION_NOT_FOUND. */
export async function lockedOperation(tx: Tx, id: string): Promise<Operation> {
  const found = await tx.maybe(lockOperation(id))
  if (found === undefined) throw fault('OPERATION_NOT_FOUND', { operation: id })
  return found
}

/** Nothing about it changes but who has it. In the background it is there for the next worker as it is. */
const takenOver = async (platform: Platform, tx: Tx, id: string, aside: boolean): Promise<number> =>
  aside ? 0 : (await tx.one(claim(id, platform.worker, platform.config.leaseMs))).token

async function opened(platform: Platform, tx: Tx, id: string, event: 'resume' | 'retry', aside: boolean): Promise<number> {
  if (event === 'retry') await tx.run(retryItems(id))
  await tx.run(releaseWaves(id))
  return (await tx.one(reopenOperation(id, aside ? null : platform.worker, platform.config.leaseMs))).token
}

export interface Reopened {
  readonly name: string
  /** It goes on in a worker. */
  readonly background: boolean
}

/**
 * Goes on with a paused operation, with one that nobody has any more, or with the failed items of one that has ended: under this process's lease until it ends, or, in the background, by the
 * next worker that looks. Undefined when it can only be started anew. Throws OPERATION_STATE, and what the operation ends with.
 */
export async function reopen(
  platform: Platform,
  id: string,
  event: 'resume' | 'retry',
  caller: Caller,
  background: boolean,
): Promise<Reopened | undefined> {
  const reopened = await platform.catalog.transaction(async (tx) => {
    const found = await lockedOperation(tx, id)
    if (!found.abandoned && nextOf(platform, found, event) === 'anew') return undefined
    const definition = platform.find(found.name)
    if (definition?.kind !== 'steps') throw fault('OPERATION_INPUT', { operation: found.name })
    // One that was paused has kept others away; beside one that is over, others may have begun.
    if (found.state === 'failed') await definition.again?.({ platform, tx }, found.input)
    // Who asks for one that nobody has wants it done here, whoever it was meant for.
    const aside = background || (!found.abandoned && definition.background?.(found.input) === true)
    const token = found.abandoned ? await takenOver(platform, tx, id, aside) : await opened(platform, tx, id, event, aside)
    await tx.run(
      insertAudit({
        actor: caller.actor,
        keyId: caller.keyId ?? null,
        source: caller.source,
        operation: `operation.${event}`,
        operationId: id,
        tenantId: found.subject,
        inputDigest: '',
        outcome: 'accepted',
        fault: null,
      }),
    )
    return { definition, token, aside }
  })
  if (reopened === undefined) return undefined
  const { definition, token, aside } = reopened
  if (!aside) await runOperation(platform, definition, id, token)
  return { name: definition.name, background: aside }
}
