import type { FaultCode } from '../kernel/faults.js'
import type { AdmitContext } from './admit.js'
import type { EventHub } from './event-hub.js'
import type { Passwords } from './people/password.js'
import type { Method } from './routes.js'

export interface OwnContext extends AdmitContext {
  readonly hub: EventHub
  readonly passwords: Passwords
}

/** What the API answers beside its operations. Throws faults. */
export interface OwnRoute {
  readonly method: Method
  readonly path: string
  readonly answer: (request: Request, context: OwnContext) => Promise<Response>
  /** As OpenAPI describes it, without its problems. */
  readonly described: Readonly<Record<string, unknown>>
  readonly faults: readonly FaultCode[]
}
