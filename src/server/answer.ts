import type { ApiKey } from '../catalog/keys.js'
import { operationById } from '../catalog/operations.js'
import type { Platform } from '../engine/platform.js'
import { versionOf } from '../engine/resource.js'
import { parseInput, submit } from '../engine/submit.js'
import { fault, isFault } from '../kernel/faults.js'
import type { Log } from '../kernel/log.js'
import { authenticate, refuseKeyInAddress } from './authenticate.js'
import { etagOf, isKnown, readConditions } from './conditional.js'
import { operationEvents, wantsEvents } from './event-stream.js'
import { readInput } from './input.js'
import type { Limits } from './limits.js'
import { mayRun } from './policy.js'
import type { Route } from './routes.js'

export interface Answer {
  readonly status: 200 | 201 | 202 | 304
  readonly headers: Readonly<Record<string, string>>
  /** JSON; null where there is none. */
  readonly body: string | null
}

export interface AnswerContext {
  readonly platform: Platform
  readonly log: Log
  readonly limits: Limits
  /** Whoever asks, if that is known. */
  readonly address: string | undefined
  /** The request's path fields. */
  readonly path: Readonly<Record<string, string>>
  /** Told as soon as it is known, so that refused requests can be told apart by key as well. */
  readonly foundKey: (id: string) => void
}

/** One request to one operation: who asks, with what, may they, do it. A stream of events is a response already. Throws faults. */
export async function answer(request: Request, route: Route, context: AnswerContext): Promise<Answer | Response> {
  const { platform, log, path, foundKey } = context
  refuseKeyInAddress(request)
  const key = await admit(request, context)
  foundKey(key.id)
  const { operation } = route
  const given = await readInput(request, route, path)
  const { caller, input } = await mayRun(platform, key, operation, given)
  const { ifMatch, ifNoneMatch } = readConditions(request, route.method === 'GET')
  if (operation.name === 'operation.watch' && wantsEvents(request)) {
    const { operation: id } = parseInput(operation, input) as { operation: string }
    if ((await platform.catalog.maybe(operationById(id))) === undefined) throw fault('OPERATION_NOT_FOUND', { operation: id })
    return operationEvents(platform, id, request, log)
  }
  const detach = operation.kind === 'steps' && prefersAsync(request)
  const done = await submit(platform, operation, input, caller, {
    idempotencyKey: idempotencyKey(request),
    ifMatch,
    detach,
    signal: request.signal,
  })
  const headers: Record<string, string> = done.operation === undefined ? {} : { 'Operation-Id': done.operation }

  if (done.operation !== undefined && done.output === undefined) {
    const location = `/v1/operations/${done.operation}`
    return {
      status: 202,
      headers: { ...headers, Location: location, ...(detach ? { 'Preference-Applied': 'respond-async' } : {}) },
      body: JSON.stringify({ operation: done.operation }),
    }
  }
  const body = JSON.stringify(done.output)
  if (route.method === 'GET') {
    const version = versionOf(body)
    const known = isKnown(version, ifNoneMatch)
    return { status: known ? 304 : 200, headers: { ETag: etagOf(version) }, body: known ? null : body }
  }
  if (route.created === undefined) return { status: 200, headers, body }
  const location = route.created(done.output as Record<string, unknown>)
  return { status: 201, headers: location === undefined ? headers : { ...headers, Location: location }, body }
}

/** Whose key it is, if neither the key nor the address has asked too often. */
async function admit(request: Request, { platform, log, limits, address }: AnswerContext): Promise<ApiKey> {
  const authorization = request.headers.get('authorization')
  limits.admit(address, authorization)
  const key = await authenticate(platform, request, log).catch((error: unknown) => {
    if (isFault(error, 'KEY_MISSING', 'KEY_INVALID')) limits.stranger(address, authorization)
    throw error
  })
  limits.credential(key.id, authorization)
  return key
}

const prefersAsync = (request: Request): boolean =>
  (request.headers.get('prefer') ?? '').split(/[,;]/).some((preference) => preference.trim().toLowerCase() === 'respond-async')

function idempotencyKey(request: Request): string | undefined {
  const key = request.headers.get('idempotency-key')
  if (key === null || request.method === 'GET' || request.method === 'HEAD') return undefined
  if (!/^[\x21-\x7e]{1,255}$/.test(key))
    throw fault('INPUT_INVALID', { issues: ['Idempotency-Key: must have 1 to 255 visible ASCII characters'] })
  return key
}
