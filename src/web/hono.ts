import type { Admission } from './admission.js'
import { type FetchRequest, factsOfFetch, factsOfNode, type NodeRequest } from './facts.js'
import type { RequestTenant } from './request-tenant.js'

/** For `new Hono<{ Variables: HonoVariables }>()`. */
export interface HonoVariables {
  tenant: RequestTenant
}

interface HonoLikeContext {
  readonly req: { readonly raw: FetchRequest }
  // What the adapter for Node hands on: there the request is seen as it was sent.
  readonly env: unknown
  readonly error: Error | undefined
  res: Response
  readonly set: (name: 'tenant', value: RequestTenant) => void
}

// The method keeps its parameter two-way, so that contexts with more variables fit.
// biome-ignore lint/suspicious/noExplicitAny: a context of any application, whose own type says which variables and paths it has
export type HonoMiddleware = (context: any, next: () => Promise<void>) => Promise<Response | undefined>

export const honoMiddleware =
  (
    { admit }: Admission<unknown>,
    response: (error: unknown) => Response | undefined,
    peer: (request: FetchRequest, context: unknown) => string | undefined,
  ): HonoMiddleware =>
  async (context: HonoLikeContext, next) => {
    const incoming = (context.env as { incoming?: NodeRequest } | undefined)?.incoming
    try {
      const facts =
        incoming?.rawHeaders === undefined ? factsOfFetch(context.req.raw, peer(context.req.raw, context)) : factsOfNode(incoming)
      context.set('tenant', await admit(facts, context.req.raw))
    } catch (error) {
      const refusal = response(error)
      if (refusal === undefined) throw error
      return refusal
    }
    await next()
    // What a handler has thrown, `onError` of the application has answered already.
    const late = context.error === undefined ? undefined : response(context.error)
    if (late !== undefined) context.res = late
    return undefined
  }
