import type { Admission } from './admission.js'
import type { Answer } from './answer.js'
import { factsOfNode, type NodeRequest } from './facts.js'
import type { RequestTenant } from './request-tenant.js'

/** The answer of Node's own server, by what is needed of it. */
export interface NodeAnswer {
  readonly headersSent: boolean
  statusCode: number
  readonly setHeader: (name: string, value: string) => unknown
  readonly end: (body: string) => unknown
}

type Next = (error?: unknown) => void
type AnswerOf = (error: unknown) => Answer | undefined

export type ExpressMiddleware = (request: NodeRequest & { tenant?: RequestTenant }, response: NodeAnswer, next: Next) => void
export type ExpressErrors = (error: unknown, request: object, response: NodeAnswer, next: Next) => void

export const expressMiddleware =
  ({ admit }: Admission<unknown>, answer: AnswerOf): ExpressMiddleware =>
  (request, response, next) => {
    admit(factsOfNode(request), request).then(
      (tenant) => {
        request.tenant = tenant
        next()
      },
      (error: unknown) => sendOr(answer(error), error, response, next),
    )
  }

// Express knows one that takes errors by its four parameters.
export const expressErrors =
  (answer: AnswerOf): ExpressErrors =>
  (error, _request, response, next) =>
    sendOr(answer(error), error, response, next)

function sendOr(answer: Answer | undefined, error: unknown, response: NodeAnswer, next: Next): void {
  if (answer === undefined || response.headersSent) {
    next(error)
    return
  }
  response.statusCode = answer.status
  for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value)
  response.end(answer.body)
}
