import { insertAudit } from '../../catalog/audit.js'
import type { FaultCode } from '../../kernel/faults.js'
import type { Sql } from '../../kernel/sql.js'

/** What no operation journals: sign-ins, sign-outs, passwords that are chosen. */
export interface SessionEntry {
  readonly operation: 'session.begin' | 'session.password' | 'session.end'
  readonly actor: string
  readonly outcome: 'succeeded' | 'refused'
  readonly fault?: FaultCode
  readonly address?: string | undefined
  /** Of whom an issuer vouches for: what they may do from now on, and before. */
  readonly facts?: { readonly role: string; readonly created?: true; readonly was?: string } | undefined
}

/** A name that nobody has is not written down: it may have been a password. */
export const UNKNOWN = 'user:?'

export const auditSession = ({ operation, actor, outcome, fault, address, facts }: SessionEntry): Sql =>
  insertAudit({
    actor,
    keyId: null,
    source: 'http',
    operation,
    operationId: null,
    tenantId: null,
    inputDigest: '',
    outcome,
    fault: fault ?? null,
    ...(address === undefined && facts === undefined ? {} : { result: { address, ...facts } }),
  })
