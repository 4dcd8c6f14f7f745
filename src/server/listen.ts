import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener, RequestError } from '@hono/node-server'
import { systemClock } from '../kernel/clock.js'
import { fault } from '../kernel/faults.js'
import type { Log } from '../kernel/log.js'
import type { App } from './app.js'
import { answerMalformed, HEADER_LIMIT, malformedResponse } from './malformed.js'
import { peerOf } from './peer.js'
import { faultOf } from './problem.js'

export interface ListenOptions {
  /** 0 takes a free one. */
  readonly port: number
  readonly host: string
  /** All headers of a request must have come within this time. */
  readonly headersWithinMs: number
  /** The whole of a request must have come within this time; how long the answer takes is not bounded by it. */
  readonly requestWithinMs: number
  /** How long `close` lets running requests go on. */
  readonly graceMs: number
  /** How many proxies of one's own stand in front. */
  readonly proxies: number
  /** Told about requests that never reach the app. */
  readonly log: Log
}

export interface Listening {
  readonly url: string
  readonly close: () => Promise<void>
}

/** Throws INPUT_INVALID when the address cannot be had. */
export async function listen(app: App, options: ListenOptions): Promise<Listening> {
  const handle = getRequestListener((request, { incoming }) => app.fetch(request, { address: peerOf(incoming, options.proxies) }), {
    // The process may be somebody else's: its Request and Response stay what they are.
    overrideGlobalObjects: false,
    errorHandler: (error) => {
      const found = error instanceof RequestError ? fault('REQUEST_INVALID', { reason: 'its address or its Host header' }) : faultOf(error)
      const { headers, body } = malformedResponse(found, options.log)
      return new Response(body, { status: found.kind.http, headers })
    },
  })
  const server = createServer(
    {
      headersTimeout: options.headersWithinMs,
      requestTimeout: options.requestWithinMs,
      connectionsCheckingInterval: Math.min(1_000, options.headersWithinMs),
      // Longer than proxies keep theirs, which is 60 s by custom: who ends an idle connection first loses no request that is on its way.
      keepAliveTimeout: 65_000,
      maxHeaderSize: HEADER_LIMIT,
      // Its absence is answered by the handler above, with a problem.
      requireHostHeader: false,
    },
    (request, response) => void handle(request, response),
  )
  answerMalformed(server, options.log)
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'EADDRINUSE' ? 'is in use already' : `cannot be listened on (${error.code})`
      reject(fault('INPUT_INVALID', { issues: [`port: ${options.port} at ${options.host} ${reason}`] }, { cause: error }))
    })
    server.listen(options.port, options.host, resolve)
  })
  const { port, address, family } = server.address() as AddressInfo
  return { url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`, close: () => close(server, app, options.graceMs) }
}

async function close(server: Server, app: App, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  app.endStreams()
  server.closeIdleConnections()
  // Those that become so by the end of what ran on them.
  const idle = setInterval(() => server.closeIdleConnections(), 50)
  const finished = new AbortController()
  const over = systemClock.sleep(graceMs, finished.signal).then(() => server.closeAllConnections())
  await closed
  clearInterval(idle)
  finished.abort()
  await over
}
