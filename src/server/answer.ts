import { versionOf } from '../engine/resource.js'
import { submit } from '../engine/submit.js'
import { fault } from '../kernel/faults.js'
import { type AdmitContext, admit } from './admit.js'
import { refuseKeyInAddress } from './authenticate.js'
import { etagOf, isKnown, readConditions } from './conditional.js'
import { readInput } from './input.js'
import { linkOf } from './links.js'
import { type Asker, mayRun } from './policy.js'
import type { Route } from './routes.js'

export interface Answer {
  readonly status: 200 | 201 | 202 | 304
  readonly headers: Readonly<Record<string, string>>
  /** JSON; null where there is none. */
  readonly body: string | null
}

export interface AnswerContext extends AdmitContext {
  /** The request's path fields. */
  readonly path: Readonly<Record<string, string>>
  /** Of an answer that is waited for: counts it among the streams of whoever asks, until it is over. */
  readonly wait?: ((asker: Asker) => AbortController) | undefined
}

/** One request to one operation: who asks, with what, may they, do it. Throws faults. */
export async function answer(request: Request, route: Route, context: AnswerContext): Promise<Answer> {
  const { platform, path } = context
  refuseKeyInAddress(request)
  const asker = await admit(request, context)
  const { operation } = route
  const given = await readInput(request, route, path)
  const { caller, input } = await mayRun(platform, asker, operation, given)
  const { ifMatch, ifNoneMatch } = readConditions(request, route.method === 'GET')
  const detach = operation.kind === 'steps' && prefersAsync(request)
  const held = context.wait?.(asker)
  const done = await submit(platform, operation, input, caller, {
    idempotencyKey: idempotencyKey(request),
    ifMatch,
    detach,
    signal: held === undefined ? request.signal : AbortSignal.any([request.signal, held.signal]),
  }).finally(() => held?.abort())
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
    return { status: known ? 304 : 200, headers: { ETag: etagOf(version), ...linkOf(request, done.output) }, body: known ? null : body }
  }
  if (route.created === undefined) return { status: 200, headers, body }
  const location = route.created(done.output as Record<string, unknown>)
  return { status: 201, headers: location === undefined ? headers : { ...headers, Location: location }, body }
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
