import { createHash } from 'node:crypto'
import { FAULTS, type FaultCode } from '../../kernel/faults.js'
import { titleOf } from '../problem.js'
import type { Route } from '../routes.js'
import { type Json, reference } from './components.js'

/** Faults that any request to an operation may end with. */
const ALWAYS: readonly FaultCode[] = [
  'KEY_MISSING',
  'KEY_INVALID',
  'KEY_FORBIDDEN',
  'SESSION_ENDED',
  'RATE_LIMITED',
  'INPUT_INVALID',
  'CATALOG_UNREACHABLE',
  'SERVER_UNREACHABLE',
  'INTERNAL',
]
const WITH_BODY: readonly FaultCode[] = ['BODY_INVALID', 'BODY_TOO_LARGE', 'MEDIA_TYPE']
const WITHOUT_BODY: readonly FaultCode[] = ['BODY_INVALID']
const JOURNALED: readonly FaultCode[] = ['IDEMPOTENCY_MISMATCH', 'OPERATION_STATE', 'REQUEST_RUNNING', 'DISK_FULL']
const ONCE: readonly FaultCode[] = ['IDEMPOTENCY_MISMATCH', 'REQUEST_RUNNING', 'REQUEST_UNSURE', 'ANSWER_NOT_KEPT']
const STEPWISE: readonly FaultCode[] = ['OPERATION_FAILED', 'OPERATION_CANCELLED', 'OPERATION_LOST']

/** What a request to this route may end with. */
export function codesOf({ operation, method }: Route): readonly FaultCode[] {
  const codes = new Set<FaultCode>([
    ...ALWAYS,
    ...(method === 'POST' ? WITH_BODY : WITHOUT_BODY),
    ...(method === 'GET' ? [] : (['REQUEST_FORGED'] as const)),
    ...(operation.effect === 'read' ? [] : (['VERSION_SKEW'] as const)),
    ...(operation.kind === 'direct' ? (method === 'GET' ? [] : ONCE) : JOURNALED),
    ...(operation.kind === 'change' && operation.secret !== undefined ? (['ANSWER_NOT_KEPT'] as const) : []),
    ...(operation.resource === undefined || method === 'GET' ? [] : (['PRECONDITION_FAILED'] as const)),
    ...(operation.kind === 'steps' ? STEPWISE : []),
    ...(operation.access.tenant === undefined ? [] : (['TENANT_NOT_FOUND', 'SLUG_INVALID'] as const)),
    ...(operation.faults as readonly FaultCode[]),
  ])
  return [...codes].sort()
}

/** References by status; what they lead to is put into `responses`, where routes with the same faults share it. */
export function problemsOf(of: readonly FaultCode[], responses: Record<string, Json>): Json {
  const byStatus = new Map<number, FaultCode[]>()
  for (const code of [...of].sort()) byStatus.set(FAULTS[code].http, [...(byStatus.get(FAULTS[code].http) ?? []), code])
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => {
      const name = `${status}-${codes.length === 1 ? codes[0] : createHash('sha256').update(codes.join()).digest('hex').slice(0, 8)}`
      responses[name] ??= problemResponse(status, codes)
      return [status, reference('responses', name)]
    }),
  )
}

const problemResponse = (status: number, codes: readonly FaultCode[]): Json => ({
  description: codes.map((code) => `${code}: ${titleOf(code)}.`).join(' '),
  headers: {
    'X-Request-Id': reference('headers', 'RequestId'),
    ...(codes.some((code) => FAULTS[code].retry) ? { 'Retry-After': reference('headers', 'RetryAfter') } : {}),
    ...(status === 401 ? { 'WWW-Authenticate': reference('headers', 'Challenge') } : {}),
  },
  content: {
    'application/problem+json': {
      schema: { allOf: [reference('schemas', 'Problem'), { type: 'object', properties: { code: { enum: codes } } }] },
      examples: Object.fromEntries(codes.map((code) => [code, reference('examples', code)])),
    },
  },
})
