import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, countRows, expectProblem, type Reply, startApi } from '../api/api-server.js'
import * as cases from './api.js'

let api: Api
let known: cases.Known
let before: readonly number[]
const counts = () => Promise.all((['tenant', 'placement', 'operation'] as const).map((table) => countRows(api, table)))

beforeAll(async () => {
  api = await startApi()
  for (const slug of ['corner', 'corner-2']) await api.control.run('tenant.create', { slug })
  const { key } = await api.key('fleet-admin')
  const { nextCursor } = (await api.control.run('tenant.list', { limit: 1 })) as { nextCursor: string }
  known = { key, cursor: nextCursor }
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
] as const)('%s', (_, table) => {
  test.each(table)('%s', { timeout: 15_000 }, async (_id, [method, path, { as, ...options } = {}], [status, code]) => {
    expectProblem(await api.call(method, textOf(path), { key: as === undefined ? known.key : textOf(as), ...options }), status, code)
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
