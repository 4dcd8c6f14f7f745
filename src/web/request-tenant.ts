import type { ScopeOptions } from '../client/options.js'
import type { Scope } from '../client/scope.js'
import type { TenantHandle } from '../client/tenantry.js'
import { fault } from '../kernel/faults.js'

/** The tenant that a request is for, and the way to its data. */
export interface RequestTenant extends TenantHandle {
  readonly id: string
  readonly slug: string
  /** `read_only`: only scopes with `readOnly: true` are let in. */
  readonly state: 'active' | 'read_only'
  /** The ways that named it, such as `subdomain` and `jwt`. */
  readonly by: readonly string[]
  /** What the token says, where one was verified. */
  readonly claims: Readonly<Record<string, unknown>> | undefined
}

interface Carrier {
  readonly tenant?: unknown
  readonly get?: unknown
}

// A Request of the Fetch standard is not written to: frameworks wrap, clone and freeze them.
const ofRequest = new WeakMap<object, RequestTenant>()

export const carry = (request: object, tenant: RequestTenant): void => void ofRequest.set(request, tenant)

/** The tenant of a request of Express or Fastify, a context of Hono, or a Request of a route. Throws TENANT_MISSING where none was resolved. */
export function tenantOf(source: object): RequestTenant {
  const { tenant, get } = source as Carrier
  const found = ofRequest.get(source) ?? tenant ?? (typeof get === 'function' && 'req' in source ? get.call(source, 'tenant') : undefined)
  if (found === undefined || found === null) throw fault('TENANT_MISSING')
  return found as RequestTenant
}

/**
 * A handler whose whole work is one scope of the request's tenant: it commits when the handler has returned and rolls back when it throws. The answer is
 * sent after the commit, since it is what the handler returns. Do not return a body that still streams out of the scope: it has ended by then.
 */
export const inScope =
  <Args extends readonly [object, ...unknown[]], T>(handler: (scope: Scope, ...args: Args) => T | Promise<T>, options?: ScopeOptions) =>
  (...args: Args): Promise<T> =>
    tenantOf(args[0]).transaction(async (scope) => handler(scope, ...args), options)
