import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { serve } from '@hono/node-server'
import express from 'express'
import { fastify } from 'fastify'
import { Hono } from 'hono'
import { sql } from '../../src/index.js'
import { choosePort } from '../../src/programs/port.js'
import { type HonoVariables, inScope, type RequestTenant, tenantOf, type Web } from '../../src/web.js'

export interface WebServer {
  readonly port: number
  readonly close: () => Promise<void>
}

/** What every application under test answers: who the middleware says it is, and whose rows are seen. */
const answer = async (tenant: RequestTenant) => ({
  slug: tenant.slug,
  by: tenant.by,
  rows: (await tenant.query(sql<{ body: string }>`select body from note order by body`)).map(({ body }) => body),
})

const scoped = inScope(async (scope, _request: object) => ({
  rows: (await scope.rows(sql<{ body: string }>`select body from note order by body`)).map(({ body }) => body),
}))

async function expressServer(web: Web): Promise<WebServer> {
  const app = express()
  app.get('/health', (_request, response) => void response.send('well'))
  app.use(web.express)
  app.get('/scoped', async (request, response) => void response.json(await scoped(request)))
  app.get('/{*path}', async (request, response) => void response.json(await answer(tenantOf(request))))
  app.use(web.expressErrors)
  const server = createServer(app)
  const port = await choosePort()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return { port, close: () => new Promise((resolve) => void server.close(() => resolve())) }
}

async function fastifyServer(web: Web): Promise<WebServer> {
  const app = fastify({ forceCloseConnections: true })
  app.setErrorHandler(web.fastifyErrors)
  await app.register(async (tenants) => {
    await tenants.register(web.fastify)
    tenants.get('/scoped', (request) => scoped(request))
    tenants.get('/*', (request) => answer(tenantOf(request)))
  })
  app.get('/health', async () => 'well')
  await app.listen({ host: '127.0.0.1', port: await choosePort() })
  return { port: (app.server.address() as AddressInfo).port, close: () => app.close() }
}

async function honoServer(web: Web): Promise<WebServer> {
  const app = new Hono<{ Variables: HonoVariables }>()
  app.get('/health', (c) => c.text('well'))
  // Without one of its own Hono prints every error.
  app.onError((_error, c) => c.text('failed', 500))
  app.use(web.hono)
  app.get('/scoped', async (c) => c.json(await scoped(c)))
  app.get('*', async (c) => c.json(await answer(c.get('tenant'))))
  return serving(app.fetch)
}

/** As Next calls a route: a Request, and a context whose parameters are a promise. */
async function nextServer(web: Web): Promise<WebServer> {
  const GET = web.route(async (request: Request, tenant, context: { readonly params: Promise<{ readonly path: string }> }) => {
    const { path } = await context.params
    return Response.json(path === '/scoped' ? await scoped(request) : await answer(tenant))
  })
  return serving(async (request) => {
    const { pathname } = new URL(request.url)
    return pathname === '/health' ? new Response('well') : GET(request, { params: Promise.resolve({ path: pathname }) })
  })
}

async function serving(fetch: (request: Request, env: object) => Response | Promise<Response>): Promise<WebServer> {
  const port = await choosePort()
  const server = await new Promise<ReturnType<typeof serve>>((resolve) => {
    const made = serve({ fetch, hostname: '127.0.0.1', port }, () => resolve(made))
  })
  return { port, close: () => new Promise((resolve) => void server.close(() => resolve())) }
}

export const FRAMEWORKS = { express: expressServer, fastify: fastifyServer, hono: honoServer, next: nextServer } as const

export type Framework = keyof typeof FRAMEWORKS

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** One request, byte by byte as it is given: no client tidies it. */
export async function send(port: number, path: string, headers: readonly string[]): Promise<Reply> {
  const socket = connect(port, '127.0.0.1')
  // Not ended: Node's server takes that for a client that has gone.
  socket.write(Buffer.from(`GET ${path} HTTP/1.1\r\n${headers.map((line) => `${line}\r\n`).join('')}Connection: close\r\n\r\n`, 'latin1'))
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk as Buffer)
  const [head = '', ...rest] = Buffer.concat(chunks).toString('utf8').split('\r\n\r\n')
  const [first = '', ...lines] = head.split('\r\n')
  const named = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]))
  const body = rest.join('\r\n\r\n')
  return {
    status: Number(first.split(' ')[1]),
    headers: named,
    body: named['transfer-encoding'] === 'chunked' ? unchunked(body) : body,
  }
}

function unchunked(text: string): string {
  const at = text.indexOf('\r\n')
  const size = Number.parseInt(text, 16)
  return size > 0 ? text.slice(at + 2, at + 2 + size) + unchunked(text.slice(at + 4 + size)) : ''
}
