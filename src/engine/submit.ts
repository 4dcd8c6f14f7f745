import { createHash } from 'node:crypto'
import { insertAudit } from '../catalog/audit.js'
import { findKeyUse, reserveKey } from '../catalog/idempotency.js'
import { insertFinished, insertOperation, operationById, recordSteps } from '../catalog/operations.js'
import { newId } from '../kernel/clock.js'
import { fault, faultFromData, isFault } from '../kernel/faults.js'
import { newestOf } from '../kernel/ledger.js'
import { DriverError, isDiskFull } from '../postgres/errors.js'
import type { Session } from '../postgres/session.js'
import { asDeclared } from './as-declared.js'
import { callOnce } from './idempotency.js'
import { type AnyOperation, type Caller, failWith } from './operation.js'
import type { Platform } from './platform.js'
import { assertVersion, type IfMatch } from './resource.js'
import { runOperation } from './run.js'

export interface SubmitOptions {
  /**
   * The same key with the same request does the work once, within 24 hours, and is answered alike; ANSWER_NOT_KEPT where the answer had a secret or a tenant's
   * rows in it. With another request it is IDEMPOTENCY_MISMATCH. Reads need none, and look at none.
   */
  readonly idempotencyKey?: string | undefined
  /**
   * The versions (`versionOf`) of what is to be changed that the change is meant for: with another one it is PRECONDITION_FAILED, and nothing is changed.
   * INPUT_INVALID for operations that change nothing that has a version.
   */
  readonly ifMatch?: IfMatch | undefined
  /** Answer as soon as the operation is journaled; a worker, or this process in the background, runs it. */
  readonly detach?: boolean
  /** Aborted when whoever asked waits no longer; only operations that are not journaled listen. */
  readonly signal?: AbortSignal | undefined
}

export interface Submitted {
  /** Undefined for reads, which are not journaled. */
  readonly operation: string | undefined
  /** Undefined when detached, and when the operation was handed to the workers. */
  readonly output: unknown
}

/**
 * Validates the input, journals the operation with its audit entry, and runs it under this process's lease until it has ended. Throws INPUT_INVALID,
 * the operation's own faults, or OPERATION_LOST when another worker took over meanwhile.
 */
export async function submit(
  platform: Platform,
  definition: AnyOperation,
  rawInput: unknown,
  caller: Caller,
  options: SubmitOptions = {},
): Promise<Submitted> {
  if (platform.skew !== undefined && definition.effect !== 'read') throw fault('VERSION_SKEW', platform.skew)
  if (options.ifMatch !== undefined && (definition.kind === 'direct' || definition.resource === undefined))
    throw fault('INPUT_INVALID', { issues: [`If-Match: ${definition.name} changes nothing that has a version`] })
  const input = parseInput(definition, rawInput)
  const digest = createHash('sha256')
    .update(canonical([definition.name, input]))
    .digest('hex')
  if (definition.kind === 'direct') {
    const call = (): Promise<unknown> => definition.call({ platform, caller, fail: failWith, signal: options.signal }, input)
    const key = definition.effect === 'read' ? undefined : options.idempotencyKey
    const use = key === undefined ? undefined : { actor: caller.actor, key, digest }
    return { operation: undefined, output: await (use === undefined ? call() : callOnce(platform, definition, use, call)) }
  }
  const operation = newId()
  let accepted: { readonly finished: boolean; readonly output: unknown; readonly replay: string | undefined }
  try {
    accepted = await platform.catalog.transaction((tx) => accept(platform, definition, tx, operation, input, digest, caller, options))
  } catch (caught) {
    const error = skewOf(caught, platform)
    if (isFault(error)) {
      await platform.catalog
        .run(insertAudit({ ...auditOf(definition, null, null, digest, caller), outcome: 'refused', fault: error.code }))
        .catch(() => {})
    }
    if (isDiskFull(error)) throw fault('DISK_FULL', { reason: (error as Error).message }, { cause: error })
    throw error
  }
  if (accepted.replay !== undefined) return replay(platform, definition, accepted.replay, options)
  if (accepted.finished) return { operation, output: accepted.output }
  if (definition.kind !== 'steps') throw fault('INTERNAL')
  if (definition.background?.(input) === true) return { operation, output: undefined }
  const running = runOperation(platform, definition, operation, 1)
  if (options.detach === true) {
    running.catch((error: unknown) => platform.log.warn({ operation, error: (error as Error).message }, 'operation ended with a fault'))
    return { operation, output: undefined }
  }
  return { operation, output: await running }
}

/** The catalog has been raised while this process was running. */
function skewOf(error: unknown, platform: Platform): unknown {
  // In a tenant's database the same code says that a token is not signed by its key. Only the catalog says with it which version it has.
  if (!(error instanceof DriverError) || error.code !== 'TN011' || !/^\d+$/.test(error.detail ?? '')) return error
  const facts = { where: 'the catalog', found: Number(error.detail), known: newestOf(platform.catalogFiles) }
  return fault('VERSION_SKEW', facts, { cause: error })
}

/** Throws INPUT_INVALID with every issue. */
export function parseInput(definition: AnyOperation, rawInput: unknown): Record<string, unknown> {
  const parsed = definition.input.safeParse(rawInput)
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.map((issue: { path: readonly PropertyKey[]; message: string }) =>
    issue.path.length === 0 ? issue.message : `${issue.path.join('.')}: ${issue.message}`,
  )
  throw fault('INPUT_INVALID', { issues })
}

async function accept(
  platform: Platform,
  definition: Exclude<AnyOperation, { kind: 'direct' }>,
  tx: Session,
  operation: string,
  input: Record<string, unknown>,
  digest: string,
  caller: Caller,
  options: SubmitOptions,
): Promise<{ finished: boolean; output: unknown; replay: string | undefined }> {
  if (options.idempotencyKey !== undefined) {
    const use = { actor: caller.actor, key: options.idempotencyKey, digest }
    if ((await tx.run(reserveKey(use, { operation }))) === 0) {
      const found = await tx.maybe(findKeyUse(use))
      // A request that is not journaled had it, and has just been refused.
      if (found === undefined) throw fault('REQUEST_RUNNING')
      if (found.digest !== digest || found.operationId === null) throw fault('IDEMPOTENCY_MISMATCH')
      return { finished: false, output: undefined, replay: found.operationId }
    }
  }
  // After the look for an earlier answer: whoever asks again names the version from before the change.
  if (options.ifMatch !== undefined) await assertVersion(tx, definition.resource!, input, options.ifMatch)
  const context = { platform, caller, fail: failWith, tx, operation }
  const finish = async (output: unknown, subject: string | undefined, secret: readonly string[] = []) => {
    const journaled = Object.fromEntries(Object.entries(output as object).filter(([key]) => !secret.includes(key)))
    await tx.run(
      insertFinished({
        id: operation,
        name: definition.name,
        input,
        actor: caller.actor,
        keyId: caller.keyId ?? null,
        subject: subject ?? null,
        result: journaled,
      }),
    )
    await tx.run(
      insertAudit({
        ...auditOf(definition, operation, subject ?? null, digest, caller),
        outcome: 'succeeded',
        fault: null,
        result: journaled,
      }),
    )
    return { finished: true, output, replay: undefined }
  }
  if (definition.kind === 'change') {
    const { output, subject } = await definition.change(context, input)
    return finish(output, subject, definition.secret)
  }
  const accepted = await definition.accept(context, input)
  if ('done' in accepted) return finish(accepted.done, accepted.subject)
  const { memory, subject, from } = accepted
  await tx.run(
    insertOperation({
      id: operation,
      name: definition.name,
      input,
      actor: caller.actor,
      keyId: caller.keyId ?? null,
      subject: subject ?? null,
      owner: definition.background?.(input) === true ? null : platform.worker,
      leaseMs: platform.config.leaseMs,
    }),
  )
  const done = Math.max(
    0,
    definition.steps.findIndex(({ name }) => name === from),
  )
  const before = definition.steps.slice(0, done).map(({ name }, index) => ({ position: index + 1, name }))
  await tx.run(recordSteps(operation, [{ position: 0, name: 'accept', output: memory }, ...before]))
  await tx.run(insertAudit({ ...auditOf(definition, operation, subject ?? null, digest, caller), outcome: 'accepted', fault: null }))
  return { finished: false, output: undefined, replay: undefined }
}

const auditOf = (definition: AnyOperation, operationId: string | null, tenantId: string | null, inputDigest: string, caller: Caller) => ({
  actor: caller.actor,
  keyId: caller.keyId ?? null,
  source: caller.source,
  operation: definition.name,
  operationId,
  tenantId,
  inputDigest,
})

/** The stored answer of an operation that was asked for before. */
async function replay(platform: Platform, definition: AnyOperation, id: string, options: SubmitOptions): Promise<Submitted> {
  const stored = await platform.catalog.one(operationById(id))
  if (stored.state === 'running' || stored.state === 'undoing') {
    const aside = options.detach === true || (definition.kind === 'steps' && definition.background?.(stored.input) === true)
    if (aside) return { operation: id, output: undefined }
    throw fault('OPERATION_STATE', { operation: id, state: stored.state, wanted: 'an operation that has ended' })
  }
  if (stored.fault !== null) throw faultFromData(stored.fault, id)
  if (definition.kind === 'change' && (definition.secret ?? []).length > 0) {
    const { id: made } = stored.result as { readonly id?: unknown }
    throw fault('ANSWER_NOT_KEPT', { why: 'a secret is told once', ...(made === undefined ? {} : { made: String(made) }) })
  }
  return { operation: id, output: asDeclared(definition.output, stored.result) }
}

/** JSON with sorted keys: the same request has the same digest whatever the order of its fields. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}
