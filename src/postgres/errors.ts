import type { PeerCertificate } from 'node:tls'
import { DatabaseError as DriverError } from 'pg'
import { type Fault, Fault as FaultClass, fault } from '../kernel/faults.js'

const NETWORK: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ENOTFOUND: 'unknown host',
  EAI_AGAIN: 'the host name cannot be resolved',
  ETIMEDOUT: 'timed out',
  ECONNRESET: 'connection reset',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'the network is unreachable',
  EPIPE: 'connection closed',
}

const EXPIRED: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
}

// What OpenSSL and Node say of a certificate that nobody known has signed.
const UNTRUSTED: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate comes from an authority that is not known here',
  UNABLE_TO_GET_ISSUER_CERT: 'its certificate comes from an authority that is not known here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate comes from an authority that is not known here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate comes from an authority that is not known here',
}

const HANDSHAKE: Readonly<Record<string, string>> = {
  CERT_REVOKED: 'its certificate was revoked',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'it wants a certificate of ours (sslcert and sslkey)',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'it does not know who signed our certificate',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'it speaks no version of TLS from 1.2 on',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'it speaks no version of TLS from 1.2 on',
}

export { DriverError }

/** The SQLSTATE of an error that a server sent, if it is one. */
export function sqlstate(error: unknown): string | undefined {
  return error instanceof DriverError ? error.code : undefined
}

/** Had the server no room for a file? */
export const isDiskFull = (error: unknown): boolean => sqlstate(error) === '53100'

// "tuple concurrently updated" has no SQLSTATE of its own.
const PASSING: ReadonlySet<string | undefined> = new Set(['40001', '40P01', '55P03', 'XX000'])

/** Did others stand in the way, who will be gone: a serialization failure, a deadlock, a lock not had in time, two who changed one row of a system catalog? */
export const isContention = (error: unknown): boolean => PASSING.has(sqlstate(error))

/** The name of the constraint that was violated, if the error says one. */
export const violated = (error: unknown): string | undefined => (error instanceof DriverError ? error.constraint : undefined)

/** Did the connection break (as opposed to the server answering with an error that leaves it usable)? */
export function isConnectionLoss(error: unknown): boolean {
  const state = sqlstate(error)
  if (state !== undefined) return state.startsWith('57P') || state.startsWith('08')
  const { code, message } = (error ?? {}) as { code?: string; message?: string }
  return (
    (code !== undefined && code in NETWORK) ||
    /connection (terminated|ended|closed|timeout)|timeout expired|query read timeout|not queryable/i.test(message ?? '')
  )
}

/** An error of connecting or logging in as a fault; any other error comes back as it is. */
export function connectionFault(error: unknown, server: string): unknown {
  if (error instanceof FaultClass) return error
  const state = sqlstate(error)
  if (state !== undefined) return loginFault(state, (error as Error).message, server) ?? error
  const { code, message } = (error ?? {}) as { code?: string; message?: string }
  // Node collects the attempts at several addresses of one name into an AggregateError without a message of its own.
  const reason = code !== undefined ? NETWORK[code] : undefined
  if (reason !== undefined || isConnectionLoss(error)) {
    return fault(
      'SERVER_UNREACHABLE',
      { server, reason: reason ?? (/timeout/i.test(message ?? '') ? 'timed out' : 'the connection was closed') },
      { cause: error },
    )
  }
  const tls = tlsFault(error, server)
  if (tls !== undefined) return tls
  // Whatever else keeps a connection from being made, such as a name that no resolver takes.
  const { syscall } = error as { syscall?: string }
  if (syscall === 'connect' || syscall === 'getaddrinfo')
    return fault('SERVER_UNREACHABLE', { server, reason: code ?? syscall }, { cause: error })
  return error
}

function tlsFault(error: unknown, server: string): Fault | undefined {
  const { code = '', message = '', cert } = (error ?? {}) as { code?: string; message?: string; cert?: PeerCertificate }
  // The driver's own words, which have no code.
  if (message === 'The server does not support SSL connections') return fault('TLS_NOT_OFFERED', { server }, { cause: error })
  if (message === 'There was an error establishing an SSL connection')
    return fault('TLS_REFUSED', { server, reason: 'it answered with an error when it was asked for it' }, { cause: error })
  if (code in EXPIRED) return fault('CERTIFICATE_EXPIRED', { server, reason: EXPIRED[code]! }, { cause: error })
  if (code in UNTRUSTED) return fault('CERTIFICATE_UNTRUSTED', { server, reason: UNTRUSTED[code]! }, { cause: error })
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return fault('CERTIFICATE_NAME', { server, names: namesOf(cert) }, { cause: error })
  const reason = HANDSHAKE[code] ?? (/^(ERR_SSL_|EPROTO$)/.test(code) ? 'the handshake failed' : undefined)
  return reason === undefined ? undefined : fault('TLS_REFUSED', { server, reason }, { cause: error })
}

const namesOf = (cert: PeerCertificate | undefined): string =>
  cert?.subjectaltname?.replace(/(DNS|IP Address):/g, '') || String(cert?.subject?.CN ?? 'nobody')

function loginFault(state: string, message: string, server: string): Fault | undefined {
  // PgBouncer says so by another SQLSTATE, in words of its own.
  if (state === '28P01' || (state === '08P01' && /authentication failed/.test(message)))
    return fault('LOGIN_REFUSED', { server, reason: 'wrong user or password' })
  if (state === '3D000') return fault('DATABASE_MISSING', { server, reason: message })
  if (state === '28000' || state === '42501') return fault('LOGIN_REFUSED', { server, reason: message })
  if (state === '53300') return fault('SERVER_UNREACHABLE', { server, reason: 'it has no connection free (max_connections)' })
  if (state === '57P03' || state === '57P01' || state === '57P02' || state.startsWith('08'))
    return fault('SERVER_UNREACHABLE', { server, reason: message })
  return undefined
}
