import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** What a server answers when it refuses; the code is S3's. */
export interface S3Refusal {
  readonly status: number
  readonly code: string
}

export const refuse = (status: number, code: string): S3Refusal => ({ status, code })

const hmac = (key: Buffer | string, text: string): Buffer => createHmac('sha256', key).update(text).digest()
const sha256 = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex')
const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)

const SKEW_MS = 15 * 60_000

/** Throws a refusal unless the request was signed (SigV4, in the header) by whoever knows the secret, for this very method, path and query. */
export function checkSignature(request: IncomingMessage, keys: Readonly<Record<string, string>>, body: Buffer): void {
  const header = request.headers.authorization
  if (header === undefined) throw refuse(403, 'AccessDenied')
  const [, access = '', date = '', region = '', signedHeaders = '', signature = ''] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([a-z0-9-]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      header,
    ) ?? []
  if (signature === '') throw refuse(400, 'AuthorizationHeaderMalformed')
  const secret = keys[access]
  if (secret === undefined) throw refuse(403, 'InvalidAccessKeyId')
  const at = String(request.headers['x-amz-date'])
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(at) ?? []
  if (second === undefined || at.slice(0, 8) !== date) throw refuse(403, 'AccessDenied')
  const ms = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second))
  if (Math.abs(Date.now() - ms) > SKEW_MS) throw refuse(403, 'RequestTimeTooSkewed')

  const names = signedHeaders.split(';')
  if (!names.includes('host') || !names.includes('x-amz-content-sha256')) throw refuse(403, 'AccessDenied')
  const payload = String(request.headers['x-amz-content-sha256'])
  const url = new URL(request.url ?? '/', 'http://s3')
  const query = [...url.searchParams].map(([name, value]) => `${encode(name)}=${encode(value)}`).sort()
  const canonical = [
    request.method,
    url.pathname
      .split('/')
      .map((part) => encode(decodeURIComponent(part)))
      .join('/'),
    query.join('&'),
    ...names.map(
      (name) =>
        `${name}:${String(request.headers[name] ?? '')
          .trim()
          .replace(/ +/g, ' ')}`,
    ),
    '',
    signedHeaders,
    payload,
  ].join('\n')
  const scope = `${date}/${region}/s3/aws4_request`
  const toSign = ['AWS4-HMAC-SHA256', at, scope, sha256(canonical)].join('\n')
  const key = [region, 's3', 'aws4_request'].reduce((before, part) => hmac(before, part), hmac(`AWS4${secret}`, date))
  if (!timingSafeEqual(hmac(key, toSign), Buffer.from(signature, 'hex'))) throw refuse(403, 'SignatureDoesNotMatch')
  if (/^[0-9a-f]{64}$/.test(payload)) {
    if (sha256(body) !== payload) throw refuse(400, 'XAmzContentSHA256Mismatch')
  } else if (payload !== 'UNSIGNED-PAYLOAD' && payload !== 'STREAMING-UNSIGNED-PAYLOAD-TRAILER') {
    throw refuse(501, 'NotImplemented')
  }
}

/** Takes `aws-chunked` apart: sizes in hex, chunks, a last one of no size, and trailers. Throws IncompleteBody on anything else. */
export function unchunk(body: Buffer, declared: number): { readonly body: Buffer; readonly trailers: Readonly<Record<string, string>> } {
  const chunks: Buffer[] = []
  let at = 0
  const line = (): string => {
    const end = body.indexOf('\r\n', at)
    if (end < 0) throw refuse(400, 'IncompleteBody')
    const text = body.toString('latin1', at, end)
    at = end + 2
    return text
  }
  for (;;) {
    const [, hex] = /^([0-9a-f]+)(;.*)?$/i.exec(line()) ?? []
    if (hex === undefined) throw refuse(400, 'IncompleteBody')
    const size = Number.parseInt(hex, 16)
    if (size === 0) break
    if (body.length < at + size + 2) throw refuse(400, 'IncompleteBody')
    chunks.push(body.subarray(at, at + size))
    at += size
    if (line() !== '') throw refuse(400, 'IncompleteBody')
  }
  const trailers: Record<string, string> = {}
  while (at < body.length) {
    const text = line()
    if (text === '') break
    const colon = text.indexOf(':')
    trailers[text.slice(0, colon).toLowerCase().trim()] = text.slice(colon + 1).trim()
  }
  const whole = Buffer.concat(chunks)
  if (whole.length !== declared) throw refuse(400, 'IncompleteBody')
  return { body: whole, trailers }
}
