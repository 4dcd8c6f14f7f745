import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, type CallOptions, countRows, expectProblem, startApi } from './api-server.js'

let api: Api
let key: string
let before: readonly number[]
const counts = () => Promise.all((['tenant', 'placement', 'operation'] as const).map((table) => countRows(api, table)))

beforeAll(async () => {
  api = await startApi()
  await api.control.run('tenant.create', { slug: 'corner' })
  key = (await api.key('fleet-admin')).key
  before = await counts()
})
afterAll(() => api.close())

type Case = readonly [
  what: string,
  request: readonly [method: string, path: string, options?: CallOptions],
  expected: readonly [status: number, code: string],
]

const create = (options: CallOptions) => ['POST', '/v1/tenants', options] as const
const body = (text: string) => create({ body: text })
const json = (value: unknown) => create({ json: value })
const suspend = (value: unknown) => ['POST', '/v1/tenants/corner/suspend', { json: value }] as const
const up = (text: string) => ['POST', '/v1/migrations/up', { body: text }] as const
const get = (path: string, options: CallOptions = {}) => ['GET', path, options] as const

const INPUT = [400, 'INPUT_INVALID'] as const
const BODY = [400, 'BODY_INVALID'] as const
const MEDIA = [415, 'MEDIA_TYPE'] as const
const SLUG = [400, 'SLUG_INVALID'] as const
const NOTHING = [404, 'ROUTE_NOT_FOUND'] as const
const METHOD = [405, 'METHOD_NOT_ALLOWED'] as const
const UUID = '7c9e6679-7425-40de-944b-e07fc1f90ae7'

const BODIES: readonly Case[] = [
  ['no body where one is needed', ['POST', '/v1/tenants'], INPUT],
  ['an empty object', json({}), INPUT],
  ['broken JSON', body('{"slug":'), BODY],
  ['something after the JSON', body('{"slug":"a1"} x'), BODY],
  ['two values', body('{"slug":"a1"}{}'), BODY],
  ['a key twice', body('{"slug":"a1","slug":"b1"}'), BODY],
  ['a key twice, once escaped', body('{"slug":"a1","sl\\u0075g":"b1"}'), BODY],
  ['depth 10,000', body(`{"slug":${'['.repeat(10_000)}${']'.repeat(10_000)}}`), BODY],
  ['__proto__', body('{"slug":"a1","__proto__":{"isolation":"schema"}}'), BODY],
  ['__proto__ further down', body('{"slug":{"__proto__":{}}}'), BODY],
  ['constructor', body('{"slug":"a1","constructor":{"prototype":{}}}'), INPUT],
  ['an array', json([{ slug: 'a1' }]), BODY],
  ['a string', json('a1'), BODY],
  ['null', json(null), BODY],
  ['a byte order mark', body('\ufeff{"slug":"a1"}'), BODY],
  ['not UTF-8', create({ body: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]) }), BODY],
  ['a body for GET', get('/v1/tenants', { body: '{}' }), BODY],
  ['a body for DELETE', ['DELETE', `/v1/keys/${UUID}`, { body: '{}' }], BODY],
  ['more than 1 MiB', body(`{"slug":"${'a'.repeat(1_048_576)}"}`), [413, 'BODY_TOO_LARGE']],
  ['no content type', create({ body: '{"slug":"a1"}', headers: { 'content-type': '' } }), MEDIA],
  ['text', create({ body: '{"slug":"a1"}', headers: { 'content-type': 'text/plain' } }), MEDIA],
  ['a form', create({ body: 'slug=a1', headers: { 'content-type': 'application/x-www-form-urlencoded' } }), MEDIA],
  ['another character set', create({ body: '{"slug":"a1"}', headers: { 'content-type': 'application/json; charset=latin1' } }), MEDIA],
  ['gzip', create({ body: gzipSync(`{"slug":"${'a'.repeat(200_000)}"}`), headers: { 'content-encoding': 'gzip' } }), MEDIA],
]

const VALUES: readonly Case[] = [
  ['an array for a string', json({ slug: ['a1'] }), INPUT],
  ['an object for a string', json({ slug: { a: 1 } }), INPUT],
  ['null for a string', json({ slug: null }), INPUT],
  ['null is not the same as missing', json({ slug: 'a1', name: null }), INPUT],
  ['a field that there is not', json({ slug: 'a1', colour: 'red' }), INPUT],
  ['a number beyond what a double holds', up('{"parallel":1e400}'), INPUT],
  ['minus zero', up('{"parallel":-0}'), INPUT],
  ['a number as text', up('{"parallel":"4"}'), INPUT],
  ['true for a number', up('{"parallel":true}'), INPUT],
  ['an array for a number', up('{"parallel":[4]}'), INPUT],
  ['2^53+1 as an id', body('{"slug":"a1","cluster":9007199254740993}'), INPUT],
  ['text for true', suspend({ reason: 'x', allowReads: 'false' }), INPUT],
  ['half of a surrogate pair', body('{"slug":"a1","name":"a\\ud800"}'), INPUT],
  ['NUL', json({ slug: 'a1', name: 'a\0b' }), INPUT],
  ['NUL in a reason', suspend({ reason: 'a\0b' }), INPUT],
  ['NUL in a search', get('/v1/tenants?search=a%00b'), INPUT],
  ['text that turns around what follows', json({ slug: 'a1', name: 'abc\u202egnp' }), INPUT],
  ['an empty name', json({ slug: 'a1', name: '' }), INPUT],
  ['a blank name', json({ slug: 'a1', name: '   ' }), INPUT],
  ['a name of 201 characters', json({ slug: 'a1', name: 'x'.repeat(201) }), INPUT],
  ['a name of 10,000 characters', json({ slug: 'a1', name: 'x'.repeat(10_000) }), INPUT],
  ['a tenant in the body that is not the one in the path', suspend({ tenant: 'other', reason: 'x' }), INPUT],
]

const SLUGS: readonly Case[] = [
  ...['A1', 'a', 'a-', '-a1', '1a', 'a_b', 'tenant 1', 'a.b', 'ａｃｍｅ', 'аcme', 'a\u200bb', 'x'.repeat(40), '9999, tenant_0002'].map(
    (slug): Case => [`the slug ${JSON.stringify(slug)}`, json({ slug }), SLUG],
  ),
  ['a slug like an id', json({ slug: 'deadbeef-0000-4000-8000-0000000' }), SLUG],
  ['a slug with statements', json({ slug: "x'; drop schema catalog; --" }), SLUG],
  ['an empty slug', json({ slug: '' }), INPUT],
  ['a slug twice', json({ slug: 'corner' }), [409, 'TENANT_EXISTS']],
]

const PATHS: readonly Case[] = [
  ['a tenant that there is not', get('/v1/tenants/absent'), [404, 'TENANT_NOT_FOUND']],
  ['an id that there is not', get(`/v1/tenants/${UUID}`), [404, 'TENANT_NOT_FOUND']],
  ['an id in capitals', get(`/v1/tenants/${UUID.toUpperCase()}`), SLUG],
  ['the slug in capitals', get('/v1/tenants/Corner'), SLUG],
  ['..%2f', get('/v1/tenants/..%2fcorner'), SLUG],
  ['encoded twice', get('/v1/tenants/%252e%252e'), SLUG],
  ['%00', get('/v1/tenants/corner%00'), INPUT],
  ['a percent sign that says nothing', get('/v1/tenants/%zz'), SLUG],
  ['not an operation id', get('/v1/operations/17'), INPUT],
  ['an operation id that there is not', get(`/v1/operations/${UUID}`), [404, 'OPERATION_NOT_FOUND']],
  ['two slashes', get('/v1//tenants'), NOTHING],
  ['two slashes in front', get('//v1/tenants'), NOTHING],
  ['a slash at the end', get('/v1/tenants/'), NOTHING],
  ['another version', get('/v2/tenants'), NOTHING],
  ['a path in capitals', get('/V1/TENANTS'), NOTHING],
  ['dots', get('/v1/tenants/../../etc/passwd'), NOTHING],
  ['PUT', ['PUT', '/v1/tenants', { json: {} }], METHOD],
  ['PATCH', ['PATCH', '/v1/tenants/corner', { json: {} }], METHOD],
  ['DELETE without an operation', ['DELETE', '/v1/tenants/corner'], METHOD],
  ['OPTIONS', ['OPTIONS', '/v1/tenants'], METHOD],
  ['TRACE', ['TRACE', '/v1/tenants'], METHOD],
  ['POST to the page', ['POST', '/', { json: {} }], METHOD],
]

const QUERIES: readonly Case[] = [
  ...['-1', '0', '1e9', '1000000000', '501', '', '0x10', '1.5', ' 5', 'ten', '5;drop', 'NaN'].map(
    (limit): Case => [`limit=${limit}`, get(`/v1/tenants?limit=${encodeURIComponent(limit)}`), INPUT],
  ),
  ['limit twice', get('/v1/tenants?limit=1&limit=2'), INPUT],
  ['a parameter that there is not', get('/v1/tenants?sort=-size'), INPUT],
  ['__proto__', get('/v1/tenants?__proto__=1'), INPUT],
  ['a state that there is not', get('/v1/tenants?state=happy'), INPUT],
  ['an empty search', get('/v1/tenants?search='), INPUT],
  ['a cursor that nobody handed out', get('/v1/tenants?cursor=bm90IG91cnM'), INPUT],
  [
    'a cursor with a statement',
    get(`/v1/tenants?cursor=${Buffer.from(`2026-01-01 00:00:00+00' or true --|${UUID}`).toString('base64url')}`),
    INPUT,
  ],
  ['a cursor of 201 characters', get(`/v1/tenants?cursor=${'a'.repeat(201)}`), INPUT],
  ['fields of the body in the address', ['POST', '/v1/tenants?slug=a1', { json: { slug: 'a1' } }], INPUT],
  ['another tenant in the query than in the path', get('/v1/tenants/corner?tenant=other'), INPUT],
]

const HEADERS: readonly Case[] = [
  ['an empty idempotency key', create({ json: { slug: 'a1' }, headers: { 'idempotency-key': '' } }), INPUT],
  ['an idempotency key of 256 characters', create({ json: { slug: 'a1' }, headers: { 'idempotency-key': 'k'.repeat(256) } }), INPUT],
  ['an idempotency key with a space', create({ json: { slug: 'a1' }, headers: { 'idempotency-key': 'a b' } }), INPUT],
  ['an idempotency key that is not ASCII', create({ json: { slug: 'a1' }, headers: { 'idempotency-key': 'k\u00e9y' } }), INPUT],
]

describe.each([
  ['body', BODIES],
  ['values', VALUES],
  ['slugs', SLUGS],
  ['paths and methods', PATHS],
  ['query', QUERIES],
  ['headers', HEADERS],
] as const)('%s', (_, cases) => {
  test.each(cases)('%s', async (_what, [method, path, options], [status, code]) => {
    expectProblem(await api.call(method, path, { key, ...options }), status, code)
  })
})

test('every issue of an input is listed', async () => {
  const { body: problem } = await api.call('POST', '/v1/tenants', { key, json: { name: '', colour: 'red', size: 1 } })
  expect(problem.errors.map((error: { detail: string }) => error.detail)).toEqual([
    expect.stringContaining('slug'),
    expect.stringContaining('name'),
    expect.stringMatching(/"colour".*"size"/),
  ])
})

test('METHOD_NOT_ALLOWED says what is allowed', async () => {
  const allowed = async (path: string) => (await api.call('PUT', path, { key })).headers.get('allow')
  expect(await allowed('/v1/tenants')).toBe('POST, GET, HEAD')
  expect(await allowed('/v1/tenants/corner')).toBe('GET, HEAD, POST')
  expect(await allowed(`/v1/keys/${UUID}`)).toBe('DELETE')
  expect(await allowed('/')).toBe('GET, HEAD')
})

describe('more than a body may be', () => {
  /** What the server answers to a head and as many chunks as it takes, and how many bytes it let us send. */
  const pour = (head: string, chunk: Buffer, most: number) =>
    new Promise<{ answer: string; sent: number }>((resolve, reject) => {
      const { hostname, port } = new URL(api.url)
      const socket = connect(Number(port), hostname)
      let [answer, sent] = ['', 0]
      socket.on('data', (data) => {
        answer += data.toString('latin1')
      })
      socket.on('error', (error: NodeJS.ErrnoException) => (['ECONNRESET', 'EPIPE'].includes(error.code ?? '') ? undefined : reject(error)))
      socket.on('close', () => resolve({ answer, sent }))
      const more = (): void => {
        if (socket.destroyed || answer !== '' || sent >= most) return
        sent += chunk.length
        socket.write(chunk, () => setImmediate(more))
      }
      socket.write(head, more)
    })
  const head = (framing: string) =>
    `POST /v1/tenants HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\n${framing}\r\n\r\n`

  test('a length of 100 MB is refused before a byte of it is read', async () => {
    const { answer } = await pour(head('Content-Length: 104857600'), Buffer.alloc(0), 0)
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
    expect(answer).toContain('"code":"BODY_TOO_LARGE"')
  })

  test('100 MB in chunks are refused after the first', async () => {
    const kilobytes = Buffer.alloc(65_536, 0x61)
    const chunk = Buffer.concat([Buffer.from('10000\r\n'), kilobytes, Buffer.from('\r\n')])
    const { answer, sent } = await pour(head('Transfer-Encoding: chunked'), chunk, 104_857_600)
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
    expect(sent).toBeLessThan(8 * 1_048_576)
  })

  test('a body of exactly 1 MiB is read', async () => {
    const text = `{"slug":"${'a'.repeat(1_048_576 - 11)}"}`
    expectProblem(await api.call('POST', '/v1/tenants', { key, body: text }), ...INPUT)
  })

  test('a body that stops half-way harms nobody', async () => {
    const { hostname, port } = new URL(api.url)
    const socket = connect(Number(port), hostname)
    await new Promise<void>((resolve) => socket.write(`${head('Content-Length: 100')}{"slug":`, () => resolve()))
    socket.destroy()
    expect((await api.call('GET', '/healthz')).status).toBe(200)
  })
})

test('a line break in a header does not get past the parser', async () => {
  const { hostname, port } = new URL(api.url)
  const answer = await new Promise<string>((resolve) => {
    const socket = connect(Number(port), hostname)
    let text = ''
    socket.on('data', (data) => {
      text += data.toString()
    })
    socket.on('close', () => resolve(text))
    socket.end('GET /healthz HTTP/1.1\r\nHost: x\r\nX-Request-Id: a\rSet-Cookie: b=c\r\n\r\n')
  })
  expect(answer).toMatch(/^HTTP\/1\.1 400 /)
  expect(answer).not.toContain('b=c')
})

test('nothing of all this has left anything behind', async () => {
  expect(await counts()).toEqual(before)
  expect(api.log.filter((line) => line.level === 'error')).toEqual([])
})
