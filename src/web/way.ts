import type { Secrets } from '../kernel/secrets.js'
import type { RequestFacts } from './facts.js'
import type { TrustsPeer } from './host-name.js'

/** What one way has found: a name of a tenant, or that it names none that could exist. */
export interface Named {
  /** What it was found by, such as `subdomain`. */
  readonly by: string
  /** A host name that may be a verified domain. */
  readonly host?: string
  /** An id or a slug; undefined without a host means: nobody. */
  readonly ref?: string
  /** Its name is signed by one who is believed. */
  readonly vouched?: boolean
  /** What a token says, once it is verified. */
  readonly claims?: Readonly<Record<string, unknown>>
}

export interface WayContext {
  readonly secrets: Secrets
  readonly trusts: TrustsPeer
}

/** One way in which a request may say for which tenant it is. */
export interface Way {
  /** Of a way that proves who asks: what WWW-Authenticate says when it is missing or wrong. */
  readonly challenge?: string
  /** Undefined when the request says nothing in this way. Throws TENANT_UNPROVEN, REQUEST_INVALID, PROOF_UNREACHABLE. */
  readonly read: (facts: RequestFacts) => Named | undefined | Promise<Named | undefined>
}

/** A way as `byHost`, `byPath`, `bySignedHeader` and `byJwt` make it. Throws INPUT_INVALID, SECRET_MISSING when it is put to use. */
export type WayMaker = (context: WayContext) => Way
