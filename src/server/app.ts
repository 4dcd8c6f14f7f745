import { type Context, Hono } from 'hono'
import type { Platform } from '../engine/platform.js'
import { versionOf } from '../engine/resource.js'
import { sharedLook } from '../engine/shared-look.js'
import { newId, stopwatch } from '../kernel/clock.js'
import { type Fault, fault } from '../kernel/faults.js'
import type { Log } from '../kernel/log.js'
import { OPERATIONS } from '../operations/registry.js'
import { type AnswerContext, answer } from './answer.js'
import { refuseKeyInAddress, withoutKeys } from './authenticate.js'
import { etagOf, isKnown, readConditions } from './conditional.js'
import { readAssets } from './console/assets.js'
import { answerFile, answerPage, wantsPage } from './console/page.js'
import { type EventHub, eventHub, type StreamTimes } from './event-hub.js'
import { contentSecurityPolicy, SECURITY_HEADERS } from './headers.js'
import { type LimitOptions, limitsOf } from './limits.js'
import { type RequestTimes, requestTimes } from './metrics/requests.js'
import { metricsRoute } from './metrics/route.js'
import { openApiDocument } from './openapi.js'
import type { OwnContext } from './own-routes.js'
import { type Passwords, passwordsAt } from './people/password.js'
import { PEOPLE_ROUTES } from './people/routes.js'
import type { Asker } from './policy.js'
import { faultOf, problemOf } from './problem.js'
import { type Method, type Route, routesOf } from './routes.js'
import { isReady, readStatus, type Status } from './status.js'
import { STYLE, statusPage, unavailablePage } from './status-page.js'
import { answerWithStream, asksForStream, waits } from './streams.js'

export interface AppOptions {
  /** One line per request, and what went wrong inside. Default: the platform's log. */
  readonly log?: Log
  /** How often streams of events look, say that they are alive, and ask for their readers' keys. */
  readonly streams?: Partial<StreamTimes>
  /** How often one may ask. */
  readonly limits?: LimitOptions
  /** The console at `/`, where this package has it built. Its page wants to be at the root of the server. Default false. */
  readonly console?: boolean
}

/** The HTTP API as one function, for any server that speaks `fetch`. */
export interface App {
  /** `address` is whoever asks; without one, strangers are not limited. */
  readonly fetch: (request: Request, from?: { readonly address?: string | undefined }) => Promise<Response>
  /** Ends all streams of events, which would go on for as long as somebody reads; for whoever closes the server. */
  readonly endStreams: () => void
}

interface Env {
  Bindings: { address: string | undefined }
  Variables: { requestId: string; asker: Asker | undefined; operation: string | undefined }
}

const READY_WITHIN_MS = 2_000
const STATUS_FOR_MS = 1_000

/** The HTTP API of a platform. It can be mounted in a server of your own; it does not close the platform. */
export const createApp = (of: Platform | { readonly platform: Platform }, options: AppOptions = {}): App =>
  appOf(of, options, passwordsAt())

/** The same, with passwords that tests may have hashed at less cost. */
export function appOf(of: Platform | { readonly platform: Platform }, options: AppOptions, passwords: Passwords): App {
  const platform = 'platform' in of ? of.platform : of
  const log = options.log ?? platform.log
  const hub = eventHub(platform, log, options.streams)
  const app = new Hono<Env>()
  // Operations that this process does not know have no route.
  const routes = routesOf(OPERATIONS.filter((operation) => platform.find(operation.name) === operation))
  const limits = limitsOf(options.limits)
  const allowed = new Map<string, string[]>()

  const requests = requestTimes()
  app.use((c, next) => observe(c, next, log, requests))
  app.onError((error, c) => problem(c, faultOf(error), log))
  app.notFound((c) => problem(c, fault('ROUTE_NOT_FOUND', { method: c.req.method, path: shownPath(c) }), log))

  const open = (path: string, handle: (c: Context<Env>) => Response | Promise<Response>): void => {
    allowed.set(path, ['GET', 'HEAD'])
    app.get(path, (c) => {
      refuseKeyInAddress(c.req.raw)
      return handle(c)
    })
  }
  const counted = (c: Context<Env>): void => {
    limits.admit(c.env.address, null)(false)
  }
  // What anyone may ask must not be a way to keep the catalog busy.
  const [ready, status] = [sharedLook<boolean>(STATUS_FOR_MS), sharedLook<Status>(STATUS_FOR_MS)]
  const isReadyNow = (): Promise<boolean> => ready(platform, '', () => isReady(platform, READY_WITHIN_MS))
  const own = [...PEOPLE_ROUTES, metricsRoute(platform, requests)]
  const document = JSON.stringify(openApiDocument(routes, own))
  const documentVersion = versionOf(document)
  open('/healthz', (c) => c.json({ status: 'ok' }))
  open('/readyz', async (c) => ((await isReadyNow()) ? c.json({ status: 'ready' }) : c.json({ status: 'unavailable' }, 503)))
  open('/openapi.json', (c) => {
    counted(c)
    const headers = { ETag: etagOf(documentVersion) }
    return isKnown(documentVersion, readConditions(c.req.raw, true).ifNoneMatch)
      ? c.body(null, 304, headers)
      : c.body(document, 200, { ...headers, 'Content-Type': 'application/json' })
  })
  open('/status', async (c) => {
    counted(c)
    c.header('Content-Security-Policy', contentSecurityPolicy(STYLE))
    try {
      return c.html(statusPage(await status(platform, '', () => readStatus(platform)), new URL(c.req.url).origin))
    } catch (error) {
      log.error({ request: c.get('requestId'), error: (error as Error).message }, 'the status could not be read')
      return c.html(unavailablePage(), 503)
    }
  })

  const assets = options.console === true ? readAssets() : undefined
  open('/', (c) => (assets === undefined ? c.redirect('/status', 303) : answerPage(c.req.raw, assets)))
  for (const [path, file] of assets?.files ?? []) open(path, (c) => answerFile(c.req.raw, file))

  const route = (method: Method, path: string, handle: (c: Context<Env>) => Promise<Response>): void => {
    const pattern = path.replaceAll(/\{(\w+)\}/g, ':$1')
    const methods = method === 'GET' ? ['GET', 'HEAD'] : [method]
    allowed.set(pattern, [...(allowed.get(pattern) ?? []), ...methods])
    app.on(method, pattern, handle)
  }
  const contextOf = (c: Context<Env>): OwnContext => ({
    platform,
    log,
    limits,
    hub,
    passwords,
    address: c.env.address,
    foundAsker: (asker) => c.set('asker', asker),
  })
  for (const one of own) route(one.method, one.path, (c) => one.answer(c.req.raw, contextOf(c)))
  for (const one of routes)
    route(one.method, one.path, (c) => {
      c.set('operation', one.operation.name)
      return respond(c, one, contextOf(c))
    })
  for (const [pattern, methods] of allowed) {
    app.all(pattern, (c) =>
      problem(c, fault('METHOD_NOT_ALLOWED', { method: c.req.method, path: shownPath(c) }), log, { Allow: methods.join(', ') }),
    )
  }
  if (assets !== undefined) {
    app.get('*', (c) => {
      if (!wantsPage(c.req.raw)) return c.notFound()
      refuseKeyInAddress(c.req.raw)
      return answerPage(c.req.raw, assets)
    })
  }
  return { fetch: async (request, from) => app.fetch(request, { address: from?.address }), endStreams: hub.end }
}

/** What waits holds a socket, and asks the catalog again and again, as a stream does: it counts as one, and ends as one. */
const waitIn =
  (hub: EventHub) =>
  (asker: Asker): AbortController => {
    const end = new AbortController()
    hub.admit({ asker, end })
    return end
  }

/** It changes who may ask, and for what: streams of theirs end at once. */
const endsReaders = ({ operation }: Route): boolean =>
  operation.effect !== 'read' && /^(key|session|user|breakglass)\./.test(operation.name)

async function respond(c: Context<Env>, route: Route, own: OwnContext): Promise<Response> {
  const context: AnswerContext = { ...own, path: c.req.param() }
  if (asksForStream(route, c.req.raw)) return answerWithStream(c.req.raw, route, own.hub, context)
  const wait = waits(route) ? waitIn(own.hub) : undefined
  const { status, headers, body } = await answer(c.req.raw, route, { ...context, wait })
  if (endsReaders(route)) own.hub.askAgain()
  return new Response(body, { status, headers: body === null ? headers : { ...headers, 'Content-Type': 'application/json' } })
}

/** Gives every request an id, every response its headers, and the log one line: no headers, no query, no body. */
async function observe(c: Context<Env>, next: () => Promise<void>, log: Log, requests: RequestTimes): Promise<void> {
  const elapsed = stopwatch()
  const offered = c.req.header('x-request-id') ?? ''
  const requestId = /^[A-Za-z0-9._:-]{1,128}$/.test(offered) ? withoutKeys(offered) : newId()
  c.set('requestId', requestId)
  c.set('asker', undefined)
  c.set('operation', undefined)
  await next()
  const { headers, status } = c.res
  for (const [name, value] of Object.entries({ 'Content-Security-Policy': contentSecurityPolicy(), ...SECURITY_HEADERS })) {
    if (!headers.has(name)) headers.set(name, value)
  }
  headers.set('X-Request-Id', requestId)
  const ms = elapsed()
  requests.add(c.get('operation') ?? 'none', status, ms / 1_000)
  const facts = {
    method: c.req.method,
    path: shownPath(c),
    status,
    ms: Math.round(ms * 10) / 10,
    request: requestId,
    key: c.get('asker')?.keyId ?? null,
    ...(c.get('asker')?.sessionId === undefined ? {} : { session: c.get('asker')?.sessionId }),
  }
  log.info(facts, 'request')
}

const CHALLENGES: Readonly<Record<string, string>> = {
  KEY_MISSING: 'Bearer realm="tenantry"',
  KEY_INVALID: 'Bearer realm="tenantry", error="invalid_token"',
  SESSION_ENDED: 'Bearer realm="tenantry"',
  SIGN_IN_FAILED: 'Bearer realm="tenantry"',
}

function problem(c: Context<Env>, found: Fault, log: Log, extra: Readonly<Record<string, string>> = {}): Response {
  const requestId = c.get('requestId')
  if (found.code === 'INTERNAL') {
    const cause = found.cause as Error | undefined
    log.error({ request: requestId, error: cause?.message, stack: cause?.stack }, 'unexpected error')
  }
  const headers: Record<string, string> = { ...extra, 'Content-Type': 'application/problem+json' }
  const challenge = CHALLENGES[found.code]
  if (challenge !== undefined) headers['WWW-Authenticate'] = challenge
  if (found.kind.retry) headers['Retry-After'] = typeof found.facts.seconds === 'number' ? String(found.facts.seconds) : '1'
  const body = JSON.stringify(problemOf(found, { path: shownPath(c), requestId }))
  return new Response(body, { status: found.kind.http, headers })
}

const shownPath = (c: Context<Env>): string => withoutKeys(c.req.path).slice(0, 300)
