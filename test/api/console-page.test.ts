import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { join } from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApp } from '../../src/server.js'
import { type Api, expectProblem, startApi } from './api-server.js'

const BUILT = join(import.meta.dirname, '..', '..', 'dist', 'console', 'assets.json')
const HTML = { accept: 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8' }

let api: Api
let listed: Readonly<Record<string, { readonly type: string; readonly sha256: string; readonly bytes: number }>>

beforeAll(async () => {
  listed = JSON.parse(readFileSync(BUILT, 'utf8'))
  api = await startApi({ cluster: false })
})
afterAll(() => api.close())

/** As it comes over the wire. */
const raw = (path: string, coding: string): Promise<{ readonly headers: Record<string, unknown>; readonly body: Buffer }> =>
  new Promise((resolve, reject) => {
    const request = httpRequest(`${api.url}${path}`, { headers: { 'accept-encoding': coding } }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks) }))
    })
    request.on('error', reject)
    request.end()
  })

const sha256 = (body: Buffer): string => createHash('sha256').update(body).digest('hex')

test('the page is never kept, and may run nothing but files of this server, and make no markup of a text', async () => {
  const page = await api.call('GET', '/')
  expect(page.status).toBe(200)
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
  expect(page.headers.get('cache-control')).toBe('no-store')
  const policy = page.headers.get('content-security-policy')!.split('; ')
  expect(policy).toEqual([
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ])
  expect(page.text).not.toMatch(/<style|style=|<script(?![^>]*src="\/assets\/)| on\w+=|https?:/)
})

test('every file that it names is there, kept for good, as it was built, in whatever form is asked for', async () => {
  const page = await api.call('GET', '/')
  const named = [...page.text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map((found) => found[1]!)
  expect(named.length).toBeGreaterThan(3)
  for (const path of new Set([...named, ...Object.keys(listed).map((file) => `/${file}`)].filter((one) => one !== '/index.html'))) {
    const { type, sha256: digest, bytes } = listed[path.slice(1)]!
    const [plain, br, gzip, unwanted] = await Promise.all([
      raw(path, 'identity'),
      raw(path, 'gzip, deflate, br'),
      raw(path, 'gzip;q=0.8'),
      raw(path, 'br;q=0, gzip; q=0.0'),
    ])
    expect(plain.headers).toMatchObject({
      'content-type': type,
      'cache-control': 'public, max-age=31536000, immutable',
      vary: 'Accept-Encoding',
    })
    expect(plain.headers['content-encoding'] ?? unwanted.headers['content-encoding']).toBeUndefined()
    expect([br.headers['content-encoding'], gzip.headers['content-encoding']]).toEqual(['br', 'gzip'])
    const bodies = [plain.body, brotliDecompressSync(br.body), gunzipSync(gzip.body), unwanted.body]
    expect(bodies.map(sha256)).toEqual([digest, digest, digest, digest])
    expect(plain.headers['content-length']).toBe(String(bytes))
  }
})

test('no source, no map and no listing is served', async () => {
  expect(Object.keys(listed).filter((path) => path.endsWith('.map'))).toEqual([])
  for (const path of [
    '/assets.json',
    '/assets/',
    '/assets/none.js',
    '/assets/../assets.json',
    '/assets/..%2fassets.json',
    '/index.html.gz',
  ])
    expectProblem(await api.call('GET', path), 404, 'ROUTE_NOT_FOUND')
  expectProblem(await api.call('GET', '/assets/none.js', { headers: HTML }), 404, 'ROUTE_NOT_FOUND')
})

test('a person who goes to any address gets the page; a program that has taken a wrong one is told so', async () => {
  for (const path of ['/tenants', '/tenants/acme?tab=backups', '/nowhere/at/all'])
    expect((await api.call('GET', path, { headers: HTML })).text).toContain('<div id="console">')
  for (const path of ['/v1/none', '/v1', '/v1/']) expectProblem(await api.call('GET', path, { headers: HTML }), 404, 'ROUTE_NOT_FOUND')
  expectProblem(await api.call('GET', '/tenants'), 404, 'ROUTE_NOT_FOUND')
  expectProblem(await api.call('POST', '/tenants', { headers: HTML }), 404, 'ROUTE_NOT_FOUND')
  expectProblem(await api.call('POST', '/', { headers: HTML }), 405, 'METHOD_NOT_ALLOWED')
  expectProblem(await api.call('GET', '/v1/tenants', { headers: HTML }), 401, 'KEY_MISSING')
  const key = `tny_${'x'.repeat(40)}`
  for (const path of [`/?api_key=${key}`, `/tenants/${key}`])
    expectProblem(await api.call('GET', path, { headers: HTML }), 400, 'INPUT_INVALID')
})

test('HEAD answers as GET does, without the body', async () => {
  for (const path of ['/', '/tenants', `/${Object.keys(listed)[0]}`]) {
    const [get, head] = [await api.call('GET', path, { headers: HTML }), await api.call('HEAD', path, { headers: HTML })]
    expect([head.status, head.headers.get('content-type'), head.text]).toEqual([200, get.headers.get('content-type'), ''])
    expect(head.headers.get('content-length')).toBe(get.headers.get('content-length'))
  }
})

test('where no console is wanted, / leads to the status page', async () => {
  const app = createApp(api.control.platform, { log: { info: () => {}, warn: () => {}, error: () => {} } })
  const ask = (path: string) => app.fetch(new Request(`http://x${path}`, { headers: HTML }))
  const found = await ask('/')
  expect([found.status, found.headers.get('location')]).toEqual([303, '/status'])
  expect((await ask('/status')).status).toBe(200)
  expect((await ask('/tenants')).status).toBe(404)
})
