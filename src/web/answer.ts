import { type FaultCode, isFault } from '../kernel/faults.js'

/** What a refused request is answered, as problem+json (RFC 9457). */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface AnswerOptions {
  /** Seconds after which whoever meets a suspended tenant may look again. */
  readonly suspendedRetryAfterSeconds: number
  /** Of the ways that prove who asks. */
  readonly challenges: readonly string[]
}

interface Said {
  readonly code: FaultCode
  readonly status: number
  readonly title: string
  readonly detail: string
  readonly retryAfter?: 'soon' | 'suspended'
}

// One answer for all that is not there, so that nobody learns which of them it was: no such name, a domain not verified, a former slug, a deleted tenant.
const NOTHING: Said = { code: 'TENANT_NOT_FOUND', status: 404, title: 'Tenant not found', detail: 'nobody is served at this address' }
const SOON = (code: FaultCode): Said => ({
  code,
  ...{ status: 503, title: 'Not available now', detail: 'this cannot be served at the moment; try again', retryAfter: 'soon' },
})

const SAID: { readonly [code in FaultCode]?: Said } = {
  TENANT_NOT_FOUND: NOTHING,
  TENANT_DELETED: NOTHING,
  TENANT_RENAMED: NOTHING,
  SLUG_INVALID: NOTHING,
  TENANT_SUSPENDED: {
    code: 'TENANT_SUSPENDED',
    ...{ status: 503, title: 'Tenant suspended', detail: 'this tenant is suspended for now', retryAfter: 'suspended' },
  },
  TENANT_READ_ONLY: {
    code: 'TENANT_READ_ONLY',
    ...{ status: 503, title: 'Tenant read-only', detail: 'this tenant can only be read for now', retryAfter: 'suspended' },
  },
  TENANT_UNPROVEN: {
    code: 'TENANT_UNPROVEN',
    ...{ status: 401, title: 'Not proven', detail: 'the credential is missing, or not valid' },
  },
  TENANT_MISMATCH: {
    code: 'TENANT_MISMATCH',
    ...{ status: 403, title: 'Tenants differ', detail: 'the credential is for another tenant than the address' },
  },
  TENANT_DENIED: { code: 'TENANT_DENIED', status: 403, title: 'Denied', detail: 'this tenant is not open to whoever asks' },
  REQUEST_INVALID: {
    code: 'REQUEST_INVALID',
    status: 400,
    title: 'Request invalid',
    detail: 'this is not a request that can be understood',
  },
  TENANT_MOVED: SOON('TENANT_MOVED'),
  TENANT_BUSY: SOON('TENANT_BUSY'),
  SCHEMA_VERSION: SOON('SCHEMA_VERSION'),
  SCHEMA_BEHIND: SOON('SCHEMA_BEHIND'),
  // Another process may be of the release that knows the home.
  SCHEMA_AHEAD: SOON('SCHEMA_AHEAD'),
  SCHEMA_STUCK: SOON('SCHEMA_STUCK'),
  CATALOG_UNREACHABLE: SOON('CATALOG_UNREACHABLE'),
  DIRECTORY_BUSY: SOON('DIRECTORY_BUSY'),
  PROOF_UNREACHABLE: SOON('PROOF_UNREACHABLE'),
}

/** Undefined for an error that is the application's to answer. Nothing of the error's own text is told. */
export function answerOf(error: unknown, { suspendedRetryAfterSeconds, challenges }: AnswerOptions): Answer | undefined {
  const said = isFault(error) ? SAID[error.code] : undefined
  if (said === undefined) return undefined
  const { code, status, title, detail, retryAfter } = said
  return {
    status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter === 'soon' ? 1 : suspendedRetryAfterSeconds) }),
      ...(status === 401 && challenges.length > 0 ? { 'www-authenticate': challenges.join(', ') } : {}),
    },
    body: JSON.stringify({ type: `/faults/${code}`, title, status, detail, code }),
  }
}
