import { findKeyUse, freeKey, holdKey, type KeyUse, keepAnswer, reserveKey } from '../catalog/idempotency.js'
import { systemClock } from '../kernel/clock.js'
import { type FaultCode, fault, faultFromData, isFault } from '../kernel/faults.js'
import { asDeclared } from './as-declared.js'
import type { AnyOperation } from './operation.js'
import type { Platform } from './platform.js'

const MOST_BYTES = 65_536

type Direct = Extract<AnyOperation, { kind: 'direct' }>

/** Faults that an operation declares and after which something has been done, or may have been; so it may after any that it does not declare. */
const ENDED: ReadonlySet<FaultCode> = new Set([
  'FLEET_PARTIAL',
  'OPERATION_FAILED',
  'OPERATION_CANCELLED',
  'OPERATION_PAUSED',
  'OPERATION_RELEASED',
  'OPERATION_LOST',
  'OPERATION_UNSURE',
  'CONNECTION_LOST',
  'INTERNAL',
])

/** What any request may be refused with. */
const ANYBODY: readonly FaultCode[] = [
  'INPUT_INVALID',
  'TENANT_NOT_FOUND',
  'SLUG_INVALID',
  'CATALOG_UNREACHABLE',
  'SERVER_UNREACHABLE',
  'VERSION_SKEW',
]

const wasRefused = ({ faults }: Direct, code: FaultCode): boolean =>
  !ENDED.has(code) && ((faults as readonly FaultCode[]).includes(code) || ANYBODY.includes(code))

/**
 * Does at most once, within a day, what is not journaled. While this process is at work on it, it says so; the answer, or the fault that it ended with, is
 * kept where it may be. A request that was refused leaves its key free. Throws IDEMPOTENCY_MISMATCH, REQUEST_RUNNING, REQUEST_UNSURE, ANSWER_NOT_KEPT.
 */
export async function callOnce(platform: Platform, definition: Direct, use: KeyUse, call: () => Promise<unknown>): Promise<unknown> {
  const { catalog, config, log } = platform
  if ((await catalog.run(reserveKey(use, { holdMs: config.leaseMs }))) === 0) return earlierAnswer(platform, definition, use)
  const over = new AbortController()
  const holding = keepHolding(platform, use, over.signal)
  const end = async (statement: ReturnType<typeof freeKey>): Promise<void> => {
    over.abort()
    await holding
    // What was done is done, and is answered. The key then tells nobody more than that somebody was at work.
    await catalog.run(statement).catch((error: Error) => log.warn({ error: error.message }, 'how a request ended could not be kept'))
  }
  try {
    const output = await call()
    await end(keepAnswer(use, definition.answersRows === true ? null : bounded({ output })))
    return output
  } catch (error) {
    const code = isFault(error) ? error.code : 'INTERNAL'
    await end(
      wasRefused(definition, code) ? freeKey(use) : keepAnswer(use, bounded({ fault: { code, facts: isFault(error) ? error.facts : {} } })),
    )
    throw error
  }
}

function bounded(answer: object): string | null {
  const text = JSON.stringify(answer)
  return Buffer.byteLength(text) <= MOST_BYTES ? text : null
}

async function keepHolding({ catalog, config }: Platform, use: KeyUse, signal: AbortSignal): Promise<void> {
  for (;;) {
    await systemClock.sleep(config.leaseMs / 3, signal)
    if (signal.aborted) return
    // A catalog that is away for longer than this lasts costs certainty, and nothing else.
    await catalog.run(holdKey(use, config.leaseMs)).catch(() => {})
  }
}

async function earlierAnswer({ catalog }: Platform, definition: Direct, use: KeyUse): Promise<unknown> {
  const found = await catalog.maybe(findKeyUse(use))
  // It was refused in this moment, and its key is free again: whoever asks once more is the first.
  if (found === undefined || (found.digest === use.digest && found.running)) throw fault('REQUEST_RUNNING')
  if (found.digest !== use.digest || found.operationId !== null) throw fault('IDEMPOTENCY_MISMATCH')
  if (found.unfinished) throw fault('REQUEST_UNSURE')
  if (found.answer === null) {
    const rows = definition.answersRows === true
    throw fault('ANSWER_NOT_KEPT', {
      why: rows ? "rows of tenants are kept nowhere but in the tenants' homes" : `it had more than ${MOST_BYTES} bytes`,
    })
  }
  const kept = found.answer as
    | { readonly output: unknown }
    | { readonly fault: { readonly code: string; readonly facts: Readonly<Record<string, unknown>> } }
  if ('fault' in kept) throw faultFromData(kept.fault, String(kept.fault.facts.operation ?? ''))
  return asDeclared(definition.output, kept.output)
}
