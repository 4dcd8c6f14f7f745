import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Answer, answerOfAll, answerOfBucket, answerOfObject, type S3Request } from './s3-answers.js'
import { type Bucket, checkDigests, createBucket } from './s3-objects.js'
import { checkSignature, refuse, type S3Refusal, unchunk } from './s3-signature.js'

/** What is done to a request instead of serving it, or to its answer. */
export type S3Trouble =
  | { readonly status: number; readonly code: string }
  | 'cut'
  | { readonly cutAfter: number }
  | 'lose the answer'
  | undefined

export interface S3Double {
  readonly endpoint: string
  readonly accessKey: string
  readonly secretKey: string
  readonly bucket: (name: string) => Bucket
  readonly requests: S3Request[]
  /** Asked for each request. */
  trouble: (request: S3Request) => S3Trouble
  readonly close: () => Promise<void>
}

/** A server that speaks S3 as far as we use it, and as strictly as S3 does. In memory, on a free port of this machine. */
export async function startS3(options: {
  readonly buckets: readonly string[]
  readonly versioned?: boolean
  readonly page?: number
}): Promise<S3Double> {
  const { versioned = false, page = 1_000 } = options
  const keys = { accessKey: `AK${randomBytes(9).toString('hex').toUpperCase()}`, secretKey: randomBytes(20).toString('hex') }
  const buckets = new Map(options.buckets.map((name) => [name, createBucket(versioned)]))
  const server = createServer((request, response) => void serve(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  const double: S3Double = {
    ...keys,
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bucket: (name) => buckets.get(name)!,
    requests: [],
    trouble: () => undefined,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const raw = Buffer.concat(chunks)
      checkSignature(request, { [keys.accessKey]: keys.secretKey }, raw)
      const asked = read(request, raw)
      double.requests.push(asked)
      const trouble = double.trouble(asked)
      if (trouble === 'cut') return void request.socket.destroy()
      if (typeof trouble === 'object' && 'status' in trouble) throw trouble
      const answer = answerTo(asked)
      if (trouble === 'lose the answer') return void request.socket.destroy()
      send(response, asked, answer, typeof trouble === 'object' ? trouble.cutAfter : undefined)
    } catch (error) {
      const { status = 500, code = 'InternalError' } = error as Partial<S3Refusal>
      const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${code}</Message></Error>`
      response.writeHead(status, { 'content-type': 'application/xml', 'content-length': Buffer.byteLength(body) })
      response.end(request.method === 'HEAD' ? undefined : body)
    }
  }

  function read(request: IncomingMessage, raw: Buffer): S3Request {
    const url = new URL(request.url ?? '/', 'http://s3')
    const [, bucket = '', ...parts] = url.pathname.split('/').map(decodeURIComponent)
    const { headers } = request
    const chunked = headers['x-amz-content-sha256'] === 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'
    const { body, trailers } = chunked ? unchunk(raw, Number(headers['x-amz-decoded-content-length'])) : { body: raw, trailers: {} }
    if (chunked && headers['x-amz-trailer'] !== undefined && !(String(headers['x-amz-trailer']) in trailers))
      throw refuse(400, 'MalformedTrailerError')
    checkDigests(body, { ...(headers as Record<string, string>), ...trailers })
    return { method: request.method ?? '', bucket, key: parts.join('/'), query: url.searchParams, headers, body }
  }

  function answerTo(asked: S3Request): Answer {
    if (asked.bucket === '') return answerOfAll([...buckets.keys()])
    const bucket = buckets.get(asked.bucket)
    if (bucket === undefined) throw refuse(404, 'NoSuchBucket')
    return asked.key === '' ? answerOfBucket(asked, bucket, page) : answerOfObject(asked, bucket, buckets)
  }
  return double
}

function send(response: ServerResponse, asked: S3Request, answer: Answer, cutAfter: number | undefined): void {
  response.writeHead(answer.status, { ...answer.headers, 'content-length': answer.length ?? answer.body.length })
  if (asked.method === 'HEAD') return void response.end()
  if (cutAfter === undefined || answer.body.length <= cutAfter) return void response.end(answer.body)
  response.write(answer.body.subarray(0, cutAfter), () => setTimeout(() => response.socket?.destroy(), 20))
}
