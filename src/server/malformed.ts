import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { newId } from '../kernel/clock.js'
import { type Fault, fault } from '../kernel/faults.js'
import type { Log } from '../kernel/log.js'
import { BODY_LIMIT } from './body.js'
import { contentSecurityPolicy, SECURITY_HEADERS } from './headers.js'
import { problemOf } from './problem.js'

export const HEADER_LIMIT = 16_384

/** A problem for a request that never became one: there is no path to speak of, and no key. */
export function malformedResponse(found: Fault, log: Log): { readonly headers: Record<string, string>; readonly body: string } {
  const requestId = newId()
  log.info({ status: found.kind.http, code: found.code, request: requestId }, 'malformed request')
  const body = JSON.stringify(problemOf(found, { path: '', requestId }))
  return {
    headers: {
      'Content-Type': 'application/problem+json',
      'Content-Length': String(Buffer.byteLength(body)),
      'Content-Security-Policy': contentSecurityPolicy(),
      ...SECURITY_HEADERS,
      'X-Request-Id': requestId,
      Connection: 'close',
    },
    body,
  }
}

/** Answers what the parser refuses, and what is asked of it before there is a request, with problems like everything else. */
export function answerMalformed(server: Server, log: Log): void {
  const answering = new WeakMap<Duplex, { readonly request: IncomingMessage; readonly response: ServerResponse }>()
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) =>
    answering.set(request.socket, { request, response }),
  )

  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    const { request, response } = answering.get(socket) ?? {}
    const open = response !== undefined && !response.writableFinished
    // What is wrong stands behind a request that is whole: that one gets its answer, and then the connection ends.
    if (open && request?.complete === true && socket.writable) response.once('close', () => socket.destroy())
    // Half of an answer is out already: another one would be read as a part of it.
    else if (!socket.writable || error.code === 'ECONNRESET' || (open && response.headersSent)) socket.destroy(error)
    else socket.end(rawProblem(faultOfParser(error), log))
  })
  server.on('connect', (request: IncomingMessage, socket: Duplex) => {
    const refused = fault('METHOD_NOT_ALLOWED', { method: 'CONNECT', path: (request.url ?? '').slice(0, 100) })
    socket.on('error', () => socket.destroy())
    socket.end(rawProblem(refused, log))
  })
  server.on('checkExpectation', (_: IncomingMessage, response: ServerResponse) => {
    const found = fault('EXPECTATION_UNKNOWN')
    const { headers, body } = malformedResponse(found, log)
    response.writeHead(found.kind.http, headers).end(body)
  })
  // Without this, Node would ask for the body before anybody has looked at its length.
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    if (Number(request.headers['content-length'] ?? 0) <= BODY_LIMIT) response.writeContinue()
    server.emit('request', request, response)
  })
}

function faultOfParser({ code }: NodeJS.ErrnoException): Fault {
  if (code === 'HPE_HEADER_OVERFLOW') return fault('HEADERS_TOO_LARGE', { limit: HEADER_LIMIT })
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return fault('REQUEST_TIMEOUT')
  return fault('REQUEST_INVALID', {
    reason: code?.startsWith('HPE_') ? code.slice(4).toLowerCase().replaceAll('_', ' ') : 'it is not HTTP',
  })
}

function rawProblem(found: Fault, log: Log): string {
  const { headers, body } = malformedResponse(found, log)
  const { http } = found.kind
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${http} ${STATUS_CODES[http]}\r\n${lines.join('')}\r\n${body}`
}
