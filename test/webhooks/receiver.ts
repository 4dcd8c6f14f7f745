import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sql } from '../../src/kernel/sql.js'
import { type Api, startApi } from '../api/api-server.js'

export interface Received {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Somebody's server that is told of events. */
export interface Receiver {
  readonly port: number
  readonly url: string
  /** All that it was sent, by the path that it was sent to. */
  readonly at: (path: string) => readonly Received[]
  /** What it answers at this path from now on. Default: 204. */
  readonly answer: (path: string, answers: Answers) => void
  readonly close: () => Promise<void>
}

type Answers = (response: ServerResponse, request: IncomingMessage) => void

export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = []
  const answers = new Map<string, Answers>()
  const listen: RequestListener = (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const path = request.url ?? ''
      received.push({ path, headers: request.headers, body: Buffer.concat(chunks).toString('utf8') })
      const answer = answers.get(path)
      if (answer === undefined) response.writeHead(204).end()
      else answer(response, request)
    })
  }
  const server = createServer(listen)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    at: (path) => received.filter((one) => one.path === path),
    answer: (path, answer) => answers.set(path, answer),
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

export const MASTER = '8f1c0a5e93b7d24660fae1289c57d3b0146e8a9d2f7735c1be50482d6c9e13f4'

export interface HookedApi extends Api {
  readonly receiver: Receiver
  /** Moves the clock of what waits: so much of the time until the next try, and of leases, is over. */
  readonly moveClock: (seconds: number) => Promise<unknown>
}

/** The API of a platform that has a secret for webhooks and lets them reach this machine, and a receiver on it. */
export async function startHookedApi(): Promise<HookedApi> {
  const receiver = await startReceiver()
  const api = await startApi({
    cluster: false,
    config: { webhooks: { secret: 'env:API_WEBHOOKS', allow: ['127.0.0.1'] } },
    secrets: { 'env:API_WEBHOOKS': MASTER },
  })
  return {
    ...api,
    receiver,
    moveClock: (seconds) =>
      api.control.platform.catalog.run(sql`
        update catalog.webhook_delivery
        set next_at = next_at - make_interval(secs => ${seconds}), lease_until = lease_until - make_interval(secs => ${seconds})`),
    close: async () => {
      await api.close()
      await receiver.close()
    },
  }
}
