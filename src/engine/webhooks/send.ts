import { request as plainRequest } from 'node:http'
import { request as tlsRequest } from 'node:https'
import type { LookupFunction } from 'node:net'
import { stopwatch, systemClock } from '../../kernel/clock.js'
import { isFault } from '../../kernel/faults.js'
import { plain } from '../../kernel/plain-text.js'
import { type Address, type Reach, targetOf } from './addresses.js'
import { signedHeaders } from './sign.js'

const WITHIN_MS = 10_000
const MOST_READ = 65_536
const MOST_SHOWN = 500

/** What came of sending. */
export interface Outcome {
  readonly delivered: boolean
  /** Undefined where no answer came. */
  readonly status: number | undefined
  readonly tookMs: number
  /** Why no answer came, or was none that counts. */
  readonly failure: string | undefined
  /** What the answer begins with. Anybody may have written it. */
  readonly excerpt: string | undefined
}

export interface Parcel {
  readonly url: string
  /** The same each time that it is sent. */
  readonly id: string
  readonly body: string
  /** Those that it is signed with. */
  readonly secrets: readonly string[]
}

export interface SendOptions extends Reach {
  /** Ends it at once; then it is not known whether it has arrived. */
  readonly stop?: AbortSignal | undefined
  /** How long all of it may take. Default 10 s. */
  readonly withinMs?: number
}

/** Sends it once, to the very address that was looked at. Redirects are not followed: where they lead, nobody has looked. Never throws but on `stop`. */
export async function send(parcel: Parcel, { stop, withinMs = WITHIN_MS, ...reach }: SendOptions): Promise<Outcome> {
  const took = stopwatch()
  const limit = AbortSignal.timeout(withinMs)
  const signal = stop === undefined ? limit : AbortSignal.any([limit, stop])
  const ended = (outcome: Partial<Outcome>): Outcome => ({
    delivered: false,
    status: undefined,
    failure: undefined,
    excerpt: undefined,
    ...outcome,
    tookMs: Math.round(took()),
  })
  try {
    const url = new URL(parcel.url)
    const addresses = await before(signal, targetOf(url, reach))
    if (addresses.length === 0) return ended({ failure: `the name ${url.hostname} leads nowhere` })
    const { status, excerpt } = await post(url, addresses, parcel, signal)
    const delivered = status >= 200 && status < 300
    const redirected = status >= 300 && status < 400 ? 'it answers with a redirect, which is not followed' : `it answers with ${status}`
    return ended({ delivered, status, excerpt, ...(delivered ? {} : { failure: redirected }) })
  } catch (error) {
    stop?.throwIfAborted()
    if (limit.aborted) return ended({ failure: `no answer within ${withinMs / 1_000} s` })
    return ended({ failure: isFault(error) ? `${error.code}: ${error.message}` : causeOf(error) })
  }
}

/** The name servers of the system cannot be told to stop; whoever asked need not wait for them. */
function before<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const give = (): void => reject(signal.reason)
    if (signal.aborted) give()
    signal.addEventListener('abort', give, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', give))
  })
}

function post(
  url: URL,
  addresses: readonly Address[],
  { id, body, secrets }: Parcel,
  signal: AbortSignal,
): Promise<{ status: number; excerpt: string }> {
  const headers = {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(body)),
    'User-Agent': 'Tenantry-Webhooks',
    ...signedHeaders(secrets, { id, atS: Math.floor(systemClock.now() / 1_000), body }),
  }
  const open = url.protocol === 'https:' ? tlsRequest : plainRequest
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let status: number | undefined
    let read = 0
    // Once there is a status it is what counts, also of an answer that breaks off, or does not end in time.
    const end = (error?: unknown): void => {
      if (status === undefined) reject(error)
      else resolve({ status, excerpt: plain(Buffer.concat(chunks).toString('utf8'), MOST_SHOWN) })
      request.destroy()
    }
    // A connection of its own each time: one that is kept would lead to where the name led before.
    const request = open(url, { method: 'POST', headers, agent: false, lookup: only(addresses), signal })
    request.on('error', end)
    request.on('response', (response) => {
      status = response.statusCode
      response.on('data', (chunk: Buffer) => {
        if (read < 4 * MOST_SHOWN) chunks.push(chunk)
        read += chunk.length
        if (read > MOST_READ) end()
      })
      response.on('end', () => end())
      response.on('error', end)
    })
    // 101: Node closes what nobody listens to, and says nothing else.
    request.on('upgrade', (response, socket) => {
      status = response.statusCode
      socket.destroy()
      end()
    })
    request.on('close', () => end({ code: 'ECONNRESET' }))
    request.end(body)
  })
}

/** Answers whoever connects with what was looked at, whatever name servers say by now. */
const only =
  (addresses: readonly Address[]): LookupFunction =>
  (_, options, answer) => {
    if (options.all === true) answer(null, [...addresses])
    else answer(null, addresses[0]!.address, addresses[0]!.family)
  }

const CAUSES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection is refused',
  ECONNRESET: 'the connection was closed without an answer',
  EPIPE: 'the connection was closed without an answer',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'its network cannot be reached',
  ETIMEDOUT: 'it does not answer',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate comes from an authority that is not known here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate comes from an authority that is not known here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate comes from an authority that is not known here',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
}

function causeOf(error: unknown): string {
  const { code, errors } = (error ?? {}) as { readonly code?: unknown; readonly errors?: readonly { readonly code?: unknown }[] }
  const found = String(errors?.[0]?.code ?? code ?? 'unknown')
  return CAUSES[found] ?? `the request failed (${found.slice(0, 60)})`
}
