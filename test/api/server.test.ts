import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Hono } from 'hono'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isFault } from '../../src/control.js'
import { sql } from '../../src/kernel/sql.js'
import { openDatabase } from '../../src/postgres/session.js'
import { createApp, serve } from '../../src/server.js'
import { until } from '../faults/rig.js'
import { type Api, expectProblem, startApi } from './api-server.js'

let api: Api
let key: string

beforeAll(async () => {
  api = await startApi({ cluster: false, headersWithinMs: 300, requestWithinMs: 600 })
  key = (await api.key('viewer')).key
})
afterAll(() => api.close())

const socketTo = (url: string) => {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  let text = ''
  socket.on('data', (data) => {
    text += data.toString()
  })
  socket.on('error', () => {})
  return { socket, closed: once(socket, 'close').then(() => text) }
}

test('HEAD answers what GET answers, without the body', async () => {
  for (const path of ['/', '/status', '/healthz', '/openapi.json', '/v1/tenants']) {
    const [get, head] = [await api.call('GET', path, { key }), await api.call('HEAD', path, { key })]
    expect([head.status, head.headers.get('content-type'), head.text]).toEqual([get.status, get.headers.get('content-type'), ''])
  }
  expect((await api.call('HEAD', '/v1/tenants')).status).toBe(401)
})

test('every answer says what a browser must not do with it, and allows no other origin', async () => {
  for (const path of ['/', '/status', '/healthz', '/openapi.json', '/v1/tenants', '/nowhere']) {
    const { headers } = await api.call('GET', path, { headers: { origin: 'https://evil.example' } })
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'.*frame-ancestors 'none'/)
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('referrer-policy')).toBe('no-referrer')
    expect(headers.get('x-frame-options')).toBe('DENY')
    expect(headers.get('cache-control')).toBe('no-store')
    expect([...headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([])
  }
})

test('a request keeps its id if that is harmless, and gets one otherwise', async () => {
  const idOf = async (offered?: string) =>
    (await api.call('GET', '/nowhere', { headers: offered === undefined ? {} : { 'x-request-id': offered } })).headers.get('x-request-id')
  expect(await idOf('order-17.3:a_b')).toBe('order-17.3:a_b')
  for (const offered of [undefined, '', 'a b', 'x'.repeat(129), '<b>', 'a"b']) expect(await idOf(offered)).toMatch(/^[0-9a-f-]{36}$/)
})

test('the log has one line per request: no query, no header, no body', async () => {
  const { id, key: own } = await api.key('viewer')
  const before = api.log.length
  await api.call('GET', '/v1/tenants?search=a-secret-search', { key: own, headers: { 'x-request-id': 'r-1', cookie: 'a-secret-cookie' } })
  await api.call('POST', '/v1/tenants', { json: { slug: 'a-secret-body' } })
  const [first, second, ...rest] = api.log.slice(before)
  const facts = { path: '/v1/tenants', ms: expect.any(Number) }
  expect(first).toEqual({ level: 'info', message: 'request', facts: { ...facts, method: 'GET', status: 200, request: 'r-1', key: id } })
  expect(second).toEqual({
    level: 'info',
    message: 'request',
    facts: { ...facts, method: 'POST', status: 401, request: expect.any(String), key: null },
  })
  expect(rest).toEqual([])
})

test('what goes wrong inside is told to the log and to nobody else', async () => {
  const { platform } = api.control
  const broken = { ...platform, catalog: { ...platform.catalog, maybe: () => Promise.reject(new TypeError('a detail of the inside')) } }
  const lines: unknown[] = []
  const write = (facts: object, message: string) => lines.push({ ...facts, message })
  const app = createApp(broken, { log: { info: () => {}, warn: write, error: write } })
  const response = await app.fetch(
    new Request('http://x/v1/tenants', { headers: { authorization: `Bearer ${key}`, 'x-request-id': 'r-2' } }),
  )
  const text = await response.text()
  expectProblem({ status: response.status, headers: response.headers, text, body: JSON.parse(text) }, 500, 'INTERNAL')
  expect(text).not.toContain('a detail')
  expect(lines).toEqual([
    expect.objectContaining({
      message: 'unexpected error',
      request: 'r-2',
      error: 'a detail of the inside',
      stack: expect.stringContaining('TypeError'),
    }),
  ])
})

test('without its catalog it lives, is not ready, and tells no stranger where the catalog is', async () => {
  const { platform } = api.control
  // Nobody listens on port 1.
  const catalog = openDatabase({ ...platform.catalog.config, port: 1 }, { applicationName: 'tenantry test', max: 1 })
  const lines: string[] = []
  const write = (facts: object, message: string) => lines.push(JSON.stringify({ ...facts, message }))
  const app = createApp({ ...platform, catalog }, { log: { info: () => {}, warn: write, error: write } })
  const ask = async (path: string) => {
    const response = await app.fetch(new Request(`http://x${path}`, { headers: { authorization: `Bearer ${key}` } }))
    return { status: response.status, headers: response.headers, text: await response.text() }
  }
  expect((await ask('/healthz')).status).toBe(200)
  expect(await ask('/readyz')).toMatchObject({ status: 503, text: '{"status":"unavailable"}' })
  const page = await ask('/status')
  expect(page.status).toBe(503)
  expect(page.text).toContain('The catalog cannot be reached at the moment')
  const reply = await ask('/v1/tenants')
  expectProblem({ ...reply, body: JSON.parse(reply.text) }, 503, 'CATALOG_UNREACHABLE')
  expect(reply.headers.get('retry-after')).toBe('1')
  for (const { text } of [page, reply]) expect(text).not.toContain('127.0.0.1')
  expect(lines.join()).toContain('127.0.0.1:1')
  await catalog.end()
})

test('who sends headers or a body too slowly is cut off', async () => {
  const slowHeaders = socketTo(api.url)
  slowHeaders.socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ')
  const slowBody = socketTo(api.url)
  slowBody.socket.write(
    `POST /v1/tenants HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{`,
  )
  const silent = socketTo(api.url)
  const drip = setInterval(() => slowHeaders.socket.write('a'), 100)
  const [headers, body] = await Promise.all([slowHeaders.closed, slowBody.closed, silent.closed])
  clearInterval(drip)
  expect(headers).toMatch(/^HTTP\/1\.1 408 [\s\S]*"code":"REQUEST_TIMEOUT"/)
  expect(body).toMatch(/^HTTP\/1\.1 (408 [\s\S]*"code":"REQUEST_TIMEOUT"|400 [\s\S]*"code":"BODY_INVALID")/)
}, 10_000)

test('close lets a running request end and takes no new one', async () => {
  const other = await startApi({ cluster: false, graceMs: 10_000 })
  const { key: own } = await other.key('operator')
  const { catalog } = other.control.platform
  let closing: Promise<void> | undefined
  const slow = await catalog.transaction(async (tx) => {
    await tx.run(sql`lock table catalog.operation in access exclusive mode`)
    const running = other.call('GET', '/v1/operations/7c9e6679-7425-40de-944b-e07fc1f90ae7', { key: own })
    await until('the request to be at work', () =>
      catalog.maybe(sql`select 1 as found from pg_locks where not granted and relation = 'catalog.operation'::regclass`),
    )
    closing = other.close()
    await until('new connections to be refused', () =>
      other.call('GET', '/healthz').then(
        () => undefined,
        (error) => (error.code === 'ECONNREFUSED' ? true : undefined),
      ),
    )
    return { running }
  })
  expect((await slow.running).status).toBe(404)
  await closing
})

test('close does not wait for ever', async () => {
  const second = await serve(api.control, { port: 0, graceMs: 100, log: api.control.platform.log })
  const held = socketTo(second.url)
  held.socket.write('POST /v1/tenants HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n')
  await sleep(50)
  await second.close()
  await held.closed
})

test('an address that is taken is a fault with its remedy', async () => {
  const port = Number(new URL(api.url).port)
  const refused = await serve(api.control, { port, log: api.control.platform.log }).catch((error: unknown) => error)
  expect(isFault(refused, 'INPUT_INVALID')).toBe(true)
  expect((refused as Error).message).toBe(`port: ${port} at 127.0.0.1 is in use already`)
})

test('it can be mounted in a server of your own', async () => {
  const mine = new Hono().get('/hello', (c) => c.text('mine')).mount('/tenantry', createApp(api.control).fetch)
  const ask = (path: string) => mine.request(path, { headers: { authorization: `Bearer ${key}` } })
  expect(await (await ask('/hello')).text()).toBe('mine')
  expect((await ask('/tenantry/v1/tenants')).status).toBe(200)
  expect((await ask('/v1/tenants')).status).toBe(404)
})
