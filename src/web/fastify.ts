import type { Admission } from './admission.js'
import type { Answer } from './answer.js'
import { factsOfNode, type NodeRequest } from './facts.js'
import type { RequestTenant } from './request-tenant.js'

interface FastifyLikeRequest {
  readonly raw: NodeRequest
  tenant?: RequestTenant
}

interface FastifyLikeReply {
  readonly code: (status: number) => unknown
  readonly headers: (values: Record<string, string>) => unknown
  readonly send: (body: string) => unknown
}

interface FastifyLike {
  readonly decorateRequest: (name: 'tenant') => unknown
  readonly addHook: (name: 'onRequest', hook: (request: FastifyLikeRequest, reply: FastifyLikeReply) => Promise<unknown>) => unknown
}

export type FastifyPlugin = (app: FastifyLike) => Promise<void>
export type FastifyErrors = (error: unknown, request: unknown, reply: FastifyLikeReply) => unknown

type AnswerOf = (error: unknown) => Answer | undefined

/** Holds for the whole context that it is registered in, as a plugin wrapped by fastify-plugin does. */
export function fastifyPlugin({ admit }: Admission<unknown>, answer: AnswerOf): FastifyPlugin {
  const plugin: FastifyPlugin = async (app) => {
    app.decorateRequest('tenant')
    app.addHook('onRequest', async (request, reply) => {
      try {
        request.tenant = await admit(factsOfNode(request.raw), request)
        return undefined
      } catch (error) {
        return sendOr(answer(error), error, reply)
      }
    })
  }
  return Object.assign(plugin, { [Symbol.for('skip-override')]: true, [Symbol.for('fastify.display-name')]: 'tenantry' })
}

export const fastifyErrors =
  (answer: AnswerOf): FastifyErrors =>
  (error, _request, reply) =>
    sendOr(answer(error), error, reply)

/** An error that is not ours is thrown on: Fastify, or the handler outside of this one, answers it. */
function sendOr(answer: Answer | undefined, error: unknown, reply: FastifyLikeReply): unknown {
  if (answer === undefined) throw error
  reply.code(answer.status)
  reply.headers({ ...answer.headers })
  reply.send(answer.body)
  return reply
}
