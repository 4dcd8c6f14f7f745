import type { FaultCode } from './wire.generated.js'

/** The codes of docs/faults.md, and two of the client's own: nothing answers, and what answers is something else. */
export type ApiFaultCode = FaultCode | 'API_UNREACHABLE' | 'API_UNEXPECTED'

export interface ApiFaultFacts {
  /** Stable, and never renamed: what programs look at. */
  readonly code: ApiFaultCode
  /** What has happened, in one line. */
  readonly cause: string
  /** What to do next, in one line. */
  readonly remedy: string
  /** Of HTTP; 0 when there was no answer. */
  readonly status: number
  /** Of an invalid input: everything that is wrong with it. */
  readonly issues: readonly string[]
  /** The request as the server's log names it. */
  readonly requestId: string | undefined
  /** The same call may succeed later: after this many milliseconds, says the server. */
  readonly retryAfterMs: number | undefined
}

/** What went wrong, as data. It is an Error as well, for whoever throws it on: its message is code, cause and remedy. */
export interface ApiFault extends Error, Omit<ApiFaultFacts, 'cause'> {
  readonly name: 'ApiFault'
  readonly cause: string
}

export function apiFault(facts: ApiFaultFacts): ApiFault {
  const { code, cause, remedy } = facts
  return Object.assign(new Error(`${code}: ${cause}. To go on: ${remedy}`), facts, { name: 'ApiFault' as const })
}

/** Is the error a fault of the API, and (when codes are given) one of these? */
export function isApiFault(error: unknown, ...codes: readonly ApiFaultCode[]): error is ApiFault {
  // By name and not by class: a page may hold the client twice.
  return error instanceof Error && error.name === 'ApiFault' && (codes.length === 0 || codes.includes((error as ApiFault).code))
}

const NOTHING = { issues: [], requestId: undefined, retryAfterMs: undefined } as const

export const unreachable = (url: string, reason: string): ApiFault =>
  apiFault({
    ...NOTHING,
    code: 'API_UNREACHABLE',
    cause: `nothing answers at ${url === '' ? 'the address of this page' : url}: ${reason}`,
    remedy: 'check the address and that `tenantry serve` runs; a change that was asked for may have been made',
    status: 0,
  })

export const unexpected = (status: number, reason: string): ApiFault =>
  apiFault({
    ...NOTHING,
    code: 'API_UNEXPECTED',
    cause: `what answers is not the API of Tenantry (status ${status}): ${reason}`,
    remedy: 'check the address, and what stands in between',
    status,
  })

export const invalid = (issue: string): ApiFault =>
  apiFault({ ...NOTHING, code: 'INPUT_INVALID', cause: issue, remedy: 'correct the input', status: 0, issues: [issue] })

/** The fault that a problem of RFC 9457 tells. */
export function faultOfProblem(response: Response, body: unknown): ApiFault {
  const { code, detail, remedy, request_id: requestId, errors } = (body ?? {}) as Readonly<Record<string, unknown>>
  if (typeof code !== 'string' || typeof detail !== 'string' || typeof remedy !== 'string')
    return unexpected(response.status, 'no problem of RFC 9457')
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
  return apiFault({
    code: code as ApiFaultCode,
    cause: detail,
    remedy,
    status: response.status,
    issues: Array.isArray(errors) ? errors.map((one: { readonly detail?: unknown }) => String(one?.detail)) : [],
    requestId: typeof requestId === 'string' ? requestId : undefined,
    retryAfterMs: Number.isFinite(seconds) ? seconds * 1_000 : undefined,
  })
}
