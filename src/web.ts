import { cwd } from 'node:process'
import type { Tenantry } from './client/tenantry.js'
import { type Secrets, secretsFrom } from './kernel/secrets.js'
import { type AdmissionOptions, createAdmission } from './web/admission.js'
import { answerOf } from './web/answer.js'
import { type ExpressErrors, type ExpressMiddleware, expressErrors, expressMiddleware } from './web/express.js'
import { type FetchRequest, factsOfFetch, factsOfNode, type NodeRequest } from './web/facts.js'
import { type FastifyErrors, type FastifyPlugin, fastifyErrors, fastifyPlugin } from './web/fastify.js'
import { type HonoMiddleware, honoMiddleware } from './web/hono.js'
import { carry, type RequestTenant } from './web/request-tenant.js'
import { headerSigner, type SignedHeaderOptions, type SignHeader } from './web/signed-header.js'

export { Fault, type FaultCode, isFault } from './kernel/faults.js'
export type { Admitted } from './web/admission.js'
export { type ByHostOptions, byHost } from './web/by-host.js'
export { type ByJwtOptions, byJwt, type Jose } from './web/by-jwt.js'
export { type ByPathOptions, byPath } from './web/by-path.js'
export type { RequestFacts } from './web/facts.js'
export type { HonoVariables } from './web/hono.js'
export { inScope, tenantOf } from './web/request-tenant.js'
export { bySignedHeader } from './web/signed-header.js'
export type { Named, Way, WayMaker } from './web/way.js'
export type { RequestTenant, SignedHeaderOptions }

declare global {
  namespace Express {
    interface Request {
      /** After `web.express`: the tenant that the request is for. */
      tenant?: RequestTenant
    }
  }
}

export interface WebOptions<Request = unknown> extends AdmissionOptions<Request> {
  /** What the answer 503 about a suspended tenant says in Retry-After, in seconds. Default 60. */
  readonly suspendedRetryAfterSeconds?: number
  /**
   * For `route`, `resolve` and, off Node, `hono`: the address of the other end of a Request, where your platform tells it. The context is what Next hands
   * on, nothing for `resolve`, and Hono's own for `hono`. Without `peer`, `trustedProxies` does nothing there.
   */
  readonly peer?: (request: FetchRequest, context: unknown) => string | undefined
  /** Reads references to secrets. Default: the environment and files. */
  readonly secrets?: Secrets
}

export interface Web {
  /** For Express: `app.use(web.express)`; then `req.tenant`. */
  readonly express: ExpressMiddleware
  /** For Express, after the routes: answers what scopes have thrown about the tenant, as the middleware would. Other errors go on. */
  readonly expressErrors: ExpressErrors
  /** For Fastify: `app.register(web.fastify)`; then `request.tenant`. */
  readonly fastify: FastifyPlugin
  /** For Fastify: `app.setErrorHandler(web.fastifyErrors)`, as `expressErrors`. */
  readonly fastifyErrors: FastifyErrors
  /** For Hono: `app.use(web.hono)`; then `c.get('tenant')`. It answers what scopes have thrown as well. */
  readonly hono: HonoMiddleware
  /**
   * For route handlers of Next, and for whatever serves by Requests: the handler gets the tenant between the request and what the framework hands on.
   * Faults about the tenant are answered; other errors are thrown on.
   */
  readonly route: <R extends FetchRequest, Rest extends readonly unknown[]>(
    handler: (request: R, tenant: RequestTenant, ...rest: Rest) => Response | Promise<Response>,
  ) => (request: R, ...rest: Rest) => Promise<Response>
  /**
   * The tenant of a Request, or of a request of Node's own server (one to upgrade, for instance). Throws TENANT_NOT_FOUND, TENANT_UNPROVEN, TENANT_MISMATCH, TENANT_DENIED, TENANT_SUSPENDED,
   * REQUEST_INVALID and the like.
   */
  readonly resolve: (request: FetchRequest | NodeRequest) => Promise<RequestTenant>
  /** What a fault about a tenant is answered; undefined for any other error. */
  readonly response: (error: unknown) => Response | undefined
}

/**
 * Finds out for which tenant a request is, and refuses those that are for none. `Request` is what `authorize` and the other hooks are given: the request
 * of the framework. Throws INPUT_INVALID, SECRET_MISSING on what is set wrongly.
 */
// biome-ignore lint/suspicious/noExplicitAny: whatever request the framework in front makes; the hooks say which
export function createWeb<Request = any>(tenantry: Tenantry, options: WebOptions<Request>): Web {
  const admission = createAdmission<unknown>(tenantry, options as WebOptions, options.secrets ?? secretsFrom(process.env, cwd()))
  const saying = { suspendedRetryAfterSeconds: options.suspendedRetryAfterSeconds ?? 60, challenges: admission.challenges }
  const answer = (error: unknown) => answerOf(error, saying)
  const peer = (request: FetchRequest, context: unknown) => options.peer?.(request, context)
  const response: Web['response'] = (error) => {
    const found = answer(error)
    return found === undefined ? undefined : new Response(found.body, { status: found.status, headers: { ...found.headers } })
  }
  return {
    express: expressMiddleware(admission, answer),
    expressErrors: expressErrors(answer),
    fastify: fastifyPlugin(admission, answer),
    fastifyErrors: fastifyErrors(answer),
    hono: honoMiddleware(admission, response, peer),
    route:
      (handler) =>
      async (request, ...rest) => {
        try {
          const tenant = await admission.admit(factsOfFetch(request, peer(request, rest[0])), request)
          carry(request, tenant)
          return await handler(request, tenant, ...rest)
        } catch (error) {
          const refusal = response(error)
          if (refusal === undefined) throw error
          return refusal
        }
      },
    resolve: (request) =>
      admission.admit('rawHeaders' in request ? factsOfNode(request) : factsOfFetch(request, peer(request, undefined)), request),
    response,
  }
}

/** Signs the header that `bySignedHeader` reads: for the gateway or service that has checked who asks. Throws INPUT_INVALID, SECRET_MISSING. */
export const createHeaderSigner = (options: SignedHeaderOptions & { readonly secrets?: Secrets }): SignHeader =>
  headerSigner(options, options.secrets ?? secretsFrom(process.env, cwd()))
