import { versionOf } from '../engine/resource.js'
import { type Submitted, submit } from '../engine/submit.js'
import { fault } from '../kernel/faults.js'
import { type AdmitContext, admit } from './admit.js'
import { refuseKeyInAddress } from './authenticate.js'
import { etagOf, isKnown, readConditions } from './conditional.js'
import { readInput } from './input.js'
import { linkOf } from './links.js'
import { type Asker, mayRun, type Permission } from './policy.js'
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
  /** Of an answer that is waited for: counts it among the streams of whoever asks, until it is over. Aborted before that, it is asked anew who asks. */
  readonly wait?: ((asker: Asker) => AbortController) | undefined
}

/** One request to one operation: who asks, with what, may they, do it. Throws faults. */
export async function answer(request: Request, route: Route, context: AnswerContext): Promise<Answer> {
  const { platform, path } = context
  refuseKeyInAddress(request)
  const asker = await admit(request, context)
  const { operation } = route
  const given = await readInput(request, route, path)
  const permission = await mayRun(platform, asker, operation, given)
  const { ifMatch, ifNoneMatch } = readConditions(request, route.method === 'GET')
  const detach = operation.kind === 'steps' && prefersAsync(request)
  const run = ({ input, caller }: Permission, signal: AbortSignal): Promise<Submitted> =>
    submit(platform, operation, input, caller, { idempotencyKey: idempotencyKey(request), ifMatch, detach, signal })
  const done =
    context.wait === undefined
      ? await run(permission, request.signal)
      : await waited(request, context.wait(asker), {
          run: (signal) => run(permission, signal),
          // At the end it is answered what a new request would be.
          again: async (signal) => run(await mayRun(platform, await admit(request, context), operation, given), signal),
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
    return { status: known ? 304 : 200, headers: { ETag: etagOf(version), ...linkOf(request, done.output) }, body: known ? null : body }
  }
  if (route.created === undefined) return { status: 200, headers, body }
  const location = route.created(done.output as Record<string, unknown>)
  return { status: 201, headers: location === undefined ? headers : { ...headers, Location: location }, body }
}

interface Waited<T> {
  readonly run: (signal: AbortSignal) => Promise<T>
  /** For whoever may not be answered what was waited for. */
  readonly again: (signal: AbortSignal) => Promise<T>
}

async function waited<T>(request: Request, held: AbortController, { run, again }: Waited<T>): Promise<T> {
  const signal = AbortSignal.any([request.signal, held.signal])
  try {
    const [done] = await Promise.allSettled([run(signal)])
    if (held.signal.aborted && !request.signal.aborted) return await again(signal)
    if (done.status === 'rejected') throw done.reason
    return done.value
  } finally {
    held.abort()
  }
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
