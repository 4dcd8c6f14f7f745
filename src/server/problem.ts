import { Fault, fault } from '../kernel/faults.js'
import { withoutKeys } from './authenticate.js'

/** RFC 9457, with our code, what to do next, and every issue of an invalid input. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly instance: string
  readonly code: string
  readonly remedy: string
  readonly request_id: string
  readonly errors?: readonly { readonly detail: string }[]
}

export interface Occurrence {
  readonly path: string
  readonly requestId: string
}

export const typeOf = (code: string): string => `/faults/${code}`

/** `TENANT_NOT_FOUND` → `Tenant not found`. */
export const titleOf = (code: string): string => `${code[0]}${code.slice(1).toLowerCase().replaceAll('_', ' ')}`

export function problemOf(found: Fault, { path, requestId }: Occurrence): Problem {
  const { issues } = found.facts
  return {
    type: typeOf(found.code),
    title: titleOf(found.code),
    status: found.kind.http,
    detail: oneLine(found.message),
    instance: withoutKeys(path),
    code: found.code,
    remedy: oneLine(found.remedy),
    request_id: requestId,
    ...(Array.isArray(issues) ? { errors: issues.map((issue) => ({ detail: oneLine(String(issue)) })) } : {}),
  }
}

/** What is not a fault is our mistake: the caller learns nothing of it. */
export const faultOf = (error: unknown): Fault => (error instanceof Fault ? error : fault('INTERNAL', {}, { cause: error }))

const oneLine = (text: string): string => text.replace(/\s*[\r\n]+\s*/g, ' ')
