import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, type CallOptions, countRows, expectProblem, type Reply, startApi } from '../api/api-server.js'
import { newPerson } from '../people/browser.js'
import * as cases from './api.js'
import { CONDITIONS, COOKIES, STREAMS } from './api-headers.js'
import { NAMES, RIGHT_NAMES, WEBHOOKS } from './api-names.js'

let api: Api
let known: cases.Known
let before: readonly number[]
const counts = () => Promise.all((['tenant', 'placement', 'operation'] as const).map((table) => countRows(api, table)))

beforeAll(async () => {
  api = await startApi({
    config: { webhooks: { secret: 'env:API_WEBHOOKS' } },
    secrets: { 'env:API_WEBHOOKS': randomBytes(32).toString('hex') },
  })
  for (const slug of ['corner', 'corner-2']) await api.control.run('tenant.create', { slug })
  const { key } = await api.key('fleet-admin')
  const { nextCursor } = (await api.control.run('tenant.list', { limit: 1 })) as { nextCursor: string }
  const [browser, left] = [await newPerson(api, 'anna', 'fleet-admin'), await newPerson(api, 'berta', 'fleet-admin')]
  const endedCookie = left.cookie!
  await left.call('DELETE', '/v1/session')
  known = { key, cursor: nextCursor, cookie: browser.cookie!, csrf: browser.csrf!, endedCookie }
  before = await counts()
})
afterAll(() => api.close())

const textOf = (text: string | ((known: cases.Known) => string)): string => (typeof text === 'string' ? text : text(known))

describe.each([
  ['body', cases.BODIES],
  ['values', cases.VALUES],
  ['slugs', cases.SLUGS],
  ['paths and methods', cases.PATHS],
  ['query', cases.QUERIES],
  ['headers', cases.HEADERS],
  ['keys', cases.KEYS],
  ['cursors', cases.CURSORS],
  ['durations and moments', cases.DURATIONS],
  ['domains', cases.DOMAINS],
  ['statements', cases.STATEMENTS],
  ['clusters', cases.CLUSTERS],
  ['conditions', CONDITIONS],
  ['cookies', COOKIES],
  ['streams', STREAMS],
  ['names', NAMES],
  ['webhooks', WEBHOOKS],
] as const)('%s', (_, table) => {
  test.each(table)('%s', { timeout: 15_000 }, async (_id, [method, path, { as, cookie, csrf, ...options } = {}], [status, code]) => {
    const headers = {
      ...(cookie === undefined ? {} : { cookie: textOf(cookie) }),
      ...(csrf === true ? { 'x-tenantry-csrf': known.csrf } : {}),
      ...options.headers,
    }
    const key = cookie !== undefined ? undefined : as === undefined ? known.key : textOf(as)
    expectProblem(await api.call(method, textOf(path), { key, ...options, headers }), status, code)
  })
})

test('the key of a request that is not journaled is for that request alone', async () => {
  const ask = (statement: string) =>
    api.call('POST', '/v1/tenants/corner/sql', { key: known.key, json: { statement }, headers: { 'idempotency-key': 'used' } })
  expect((await ask('select 1')).status).toBe(200)
  expectProblem(await ask('select 2'), 422, 'IDEMPOTENCY_MISMATCH')
  expectProblem(await ask('select 1'), 409, 'ANSWER_NOT_KEPT')
})

test.each(['/v1/events', '/v1/events?type=tenant.created'])('HEAD of the stream %s has its headers, and ends', async (path) => {
  const reply = await api.call('HEAD', path, { key: known.key, headers: { accept: 'text/event-stream' } })
  expect([reply.status, reply.headers.get('content-type'), reply.text]).toEqual([200, 'text/event-stream', ''])
})

describe('of anything that comes near to being right, nothing is answered that the API does not document', () => {
  const pieces = (...parts: readonly string[]): fc.Arbitrary<string> =>
    fc.array(fc.oneof(fc.constantFrom(...parts), fc.string({ maxLength: 3 })), { maxLength: 8 }).map((all) => all.join(''))
  // What a header can hold.
  const line = (arbitrary: fc.Arbitrary<string>) => arbitrary.map((text) => text.replaceAll(/[^\x20-\x7e]/g, '~').trim())
  type Ask = (text: string) => Promise<Reply>
  const query =
    (name: string): Ask =>
    (text) =>
      api.call('GET', `/v1/tenants?${name}=${encodeURIComponent(text)}`, { key: known.key })
  const header =
    (name: string, method: string, path: string, more: CallOptions = {}): Ask =>
    (text) =>
      api.call(method, path, { key: known.key, ...more, headers: { ...more.headers, [name]: text } })
  const accept = 'text/event-stream'

  const table: readonly (readonly [string, fc.Arbitrary<string>, Ask])[] = [
    ['cursor', pieces('', '|', '2026-01-01', 'MjAy', '-', '_', '='), query('cursor')],
    ['sort', pieces('-', 'name', 'since', 'size', ',', ' '), query('sort')],
    ['If-None-Match', line(pieces('"', 'W/', '*', ',', ' ', 'a')), header('if-none-match', 'GET', '/v1/tenants')],
    ['If-Match', line(pieces('"', 'W/', ',', ' ', 'a')), header('if-match', 'POST', '/v1/tenants/absent', { json: { region: 'north' } })],
    ['Last-Event-ID', line(pieces('1', '0', '-', 'YQ', '.', 'e')), header('last-event-id', 'HEAD', '/v1/events', { headers: { accept } })],
    ['any cookie', line(pieces('tenantry_', '=', ';', ' ', 'tns_', '"', ',')), header('cookie', 'GET', '/v1/tenants', { key: undefined })],
    [
      'our cookie',
      line(pieces('tns_', '=', ';', '"', 'a')),
      (text) => header('cookie', 'GET', '/v1/session', { key: undefined })(`${known.cookie.split('=')[0]}=${text}`),
    ],
  ]
  test.each(table)('%s', async (_, texts, ask) => {
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        const reply = await ask(text)
        expect([200, 304, 400, 401, 404, 412]).toContain(reply.status)
        if (reply.status >= 400 && reply.text !== '') expectProblem(reply, reply.status, reply.body.code)
      }),
      { numRuns: 40 },
    )
  })
})

test.each(cases.RAW)('%s', { timeout: 15_000 }, async (_id, bytes, [status, code]) => {
  const reply = await send(bytes.replaceAll('KEY', known.key))
  expectProblem(reply, status, code)
  expect(reply.headers.get('x-content-type-options')).toBe('nosniff')
  expect(reply.text).not.toContain('b=c')
})

/** The first answer to these bytes; what stands behind it is another one's. */
async function send(bytes: string): Promise<Reply> {
  const { hostname, port } = new URL(api.url)
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(Buffer.from(bytes, 'latin1')))
    let text = ''
    const whole = (): boolean => {
      const head = text.indexOf('\r\n\r\n')
      const length = Number(/^content-length: (\d+)/im.exec(text.slice(0, head))?.[1] ?? Number.NaN)
      return head >= 0 && text.length >= head + 4 + length
    }
    socket.on('data', (data) => {
      text += data.toString('latin1')
      if (whole()) socket.destroy()
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(text))
  })
  const head = answer.indexOf('\r\n\r\n')
  const [line = '', ...fields] = answer.slice(0, head).split('\r\n')
  const headers = new Headers(
    fields.map((field): [string, string] => [field.slice(0, field.indexOf(':')), field.slice(field.indexOf(':') + 1)]),
  )
  const text = answer.slice(head + 4, head + 4 + Number(headers.get('content-length')))
  return { status: Number(line.split(' ')[1]), headers, text, body: JSON.parse(text) }
}

test('every issue of an input is listed', async () => {
  const { body: problem } = await api.call('POST', '/v1/tenants', { key: known.key, json: { name: '', colour: 'red', size: 1 } })
  expect(problem.errors.map((error: { detail: string }) => error.detail)).toEqual([
    expect.stringContaining('slug'),
    expect.stringContaining('name'),
    expect.stringMatching(/"colour".*"size"/),
  ])
})

test('METHOD_NOT_ALLOWED says what is allowed', async () => {
  const allowed = async (path: string) => (await api.call('PUT', path, { key: known.key })).headers.get('allow')
  expect(await allowed('/v1/tenants')).toBe('POST, GET, HEAD')
  expect(await allowed('/v1/tenants/corner')).toBe('GET, HEAD, POST')
  expect(await allowed('/v1/keys/7c9e6679-7425-40de-944b-e07fc1f90ae7')).toBe('DELETE')
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
    `POST /v1/tenants HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${known.key}\r\nContent-Type: application/json\r\n${framing}\r\n\r\n`

  test('100 MB in chunks are refused after the first', async () => {
    const kilobytes = Buffer.alloc(65_536, 0x61)
    const chunk = Buffer.concat([Buffer.from('10000\r\n'), kilobytes, Buffer.from('\r\n')])
    const { answer, sent } = await pour(head('Transfer-Encoding: chunked'), chunk, 104_857_600)
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
    expect(sent).toBeLessThan(8 * 1_048_576)
  })

  test('a body of exactly 1 MiB is read', async () => {
    const text = `{"slug":"${'a'.repeat(1_048_576 - 11)}"}`
    expectProblem(await api.call('POST', '/v1/tenants', { key: known.key, body: text }), 400, 'INPUT_INVALID')
  })

  test('a body that stops half-way harms nobody', async () => {
    const { hostname, port } = new URL(api.url)
    const socket = connect(Number(port), hostname)
    await new Promise<void>((resolve) => socket.write(`${head('Content-Length: 100')}{"slug":`, () => resolve()))
    socket.destroy()
    expect((await api.call('GET', '/healthz')).status).toBe(200)
  })
})

test('nothing of all this has left anything behind', async () => {
  expect(await counts()).toEqual(before)
  expect(api.log.filter((line) => line.level === 'error')).toEqual([])
})

test.each(RIGHT_NAMES)('a name of one character is enough: %s', async (_, [method, path, options]) => {
  expect((await api.call(method, textOf(path), { key: known.key, ...options })).status).toBeLessThan(300)
})
