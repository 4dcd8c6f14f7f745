import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { messageReader } from '../../src/api/server-sent.js'
import { type ApiClient, type ApiFault, createApiClient, type FleetEvent, isApiFault, type OperationEvent } from '../../src/api.js'
import { ident, sql } from '../../src/kernel/sql.js'
import { until } from '../faults/rig.js'
import { type Api, countRows, startApi, untilWaiting } from './api-server.js'
import { type CuttingProxy, startCuttingProxy } from './cutting-proxy.js'

let server: Api
let key: string
let proxy: CuttingProxy
let api: ApiClient

beforeAll(async () => {
  server = await startApi()
  key = (await server.key('operator')).key
})
afterAll(() => server.close())
beforeEach(async () => {
  proxy = await startCuttingProxy(server.url)
  api = createApiClient({ url: `${proxy.url}/`, key })
  return () => proxy.close()
})

const headOf = (request: string, name: string): string | undefined => new RegExp(`^${name}: (.*)\r$`, 'im').exec(request)?.[1]
const caught = (asked: Promise<unknown>): Promise<ApiFault> =>
  asked.then(
    () => expect.fail('it is no fault'),
    (error: unknown) => (isApiFault(error) ? error : expect.fail(String(error))),
  )

/** Keeps what is made in the database of the tenants waiting, until it is let go. */
async function hold(): Promise<() => Promise<void>> {
  const { catalog, tenantDatabase } = server.control.platform
  const { id } = await catalog.one(sql<{ id: string }>`select id from catalog.database limit 1`)
  const { database } = await tenantDatabase(id)
  const { promise, resolve } = withResolvers()
  const held = withResolvers()
  const over = database.transaction(async (tx) => {
    await tx.run(sql`lock table tenantry.placement in access exclusive mode`)
    held.resolve()
    await promise
  })
  await held.promise
  return async () => {
    resolve()
    await over
  }
}

function withResolvers(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve: () => resolve() }
}

describe('what is asked', () => {
  test('is answered with the output and the operation that made it', async () => {
    const { output, operation } = await api.run('tenant.create', { slug: 'bakery', name: 'The Bakery' })
    expect(output).toMatchObject({ slug: 'bakery', name: 'The Bakery', state: 'active' })
    expect((await api.run('tenant.show', { tenant: 'bakery' })).output).toEqual(output)
    expect((await api.run('operation.show', { operation: operation! })).output).toMatchObject({ name: 'tenant.create', subject: output.id })
  })

  test('has a key of its own if it changes anything, or the one that is given', async () => {
    await api.attempt('tenant.suspend', { tenant: 'nobody', reason: 'a' })
    await api.attempt('tenant.suspend', { tenant: 'nobody', reason: 'a' })
    await api.attempt('tenant.suspend', { tenant: 'nobody', reason: 'a' }, { idempotencyKey: 'mine' })
    await api.run('tenant.list')
    const keys = proxy.requests.map((request) => headOf(request, 'idempotency-key'))
    expect(keys).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/), expect.stringMatching(/^[0-9a-f]{32}$/), 'mine', undefined])
    expect(keys[0]).not.toBe(keys[1])
  })

  test('goes to its own route, whatever a field holds', async () => {
    for (const tenant of ['', '.', '..', '\ud800']) {
      expect(await caught(api.run('tenant.show', { tenant }))).toMatchObject({ code: 'INPUT_INVALID', status: 0 })
    }
    expect(proxy.requests).toEqual([])
    await api.attempt('tenant.show', { tenant: 'a/../b?c=d#e' })
    expect(proxy.requests[0]).toMatch(/^GET \/v1\/tenants\/a%2F\.\.%2Fb%3Fc%3Dd%23e HTTP/)
  })

  test('detached is answered by the operation alone', async () => {
    const { output, operation } = await api.run('tenant.create', { slug: 'later' }, { detach: true })
    expect(output).toBeUndefined()
    expect((await api.run('operation.watch', { operation: operation! })).output).toMatchObject({ state: 'succeeded' })
  })

  test('and left is left with the reason of its signal', async () => {
    const reason = new Error('the page was closed')
    await expect(api.run('tenant.list', {}, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    const letGo = await hold()
    const left = new AbortController()
    const asked = api.run('tenant.create', { slug: 'patient', isolation: 'schema' }, { signal: left.signal })
    await until('the request', async () => proxy.requests.length > 0 || undefined)
    left.abort(reason)
    await expect(asked).rejects.toBe(reason)
    await letGo()
  })
})

describe('a fault', () => {
  test('is a value with code, cause and remedy', async () => {
    const asked = await api.attempt('tenant.show', { tenant: 'nobody' })
    expect(asked).toMatchObject({
      ok: false,
      fault: {
        code: 'TENANT_NOT_FOUND',
        cause: expect.stringContaining('nobody'),
        remedy: expect.stringContaining('tenant list'),
        status: 404,
        issues: [],
        requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        retryAfterMs: undefined,
      },
    })
  })

  test('says everything that is wrong with an input', async () => {
    const { code, issues } = await caught(api.run('tenant.create', { slug: '', reason: 'x' } as never))
    expect([code, issues.length]).toEqual(['INPUT_INVALID', 2])
  })

  test('is thrown as an error, told by its code, and says nothing of the key', async () => {
    const fault = await caught(createApiClient({ url: proxy.url, key: `${key}x` }).run('tenant.list'))
    expect([isApiFault(fault, 'KEY_INVALID'), isApiFault(fault, 'KEY_MISSING'), isApiFault(new Error('no'))]).toEqual([true, false, false])
    expect(fault.message).toContain(`KEY_INVALID: ${fault.cause}. To go on: ${fault.remedy}`)
    expect(JSON.stringify([fault, fault.stack, createApiClient({ url: proxy.url, key })])).not.toContain(key.slice(0, 20))
  })

  test('tells when nothing answers, and when somebody else does', async () => {
    const gone = createApiClient({ url: 'http://127.0.0.1:1', key, patienceMs: 300 })
    expect(await caught(gone.run('tenant.list'))).toMatchObject({ code: 'API_UNREACHABLE', status: 0 })
    const other = createServer((_, response) => response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad gateway</h1>'))
    await new Promise<void>((done) => other.listen(0, '127.0.0.1', done))
    const elsewhere = createApiClient({ url: `http://127.0.0.1:${(other.address() as AddressInfo).port}`, key, patienceMs: 300 })
    expect(await caught(elsewhere.run('tenant.list'))).toMatchObject({ code: 'API_UNEXPECTED', status: 502 })
    const events = elsewhere.events('operation.watch', { operation: 'a' })[Symbol.asyncIterator]()
    expect((await caught(events.next())).code).toBe('API_UNEXPECTED')
    other.close()
  })
})

test.each([
  [502, 'text/html', '<h1>Bad gateway</h1>'],
  [503, 'text/plain', 'no server is available'],
  [504, 'application/json', '{"message":"The upstream server is timing out"}'],
])(
  'an answer %i of somebody in between is a line that was lost: the change is asked for again, and made once',
  async (status, type, text) => {
    const slug = `between-${status}`
    let sent = 0
    // What it forwards it has not waited for, twice.
    const between = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', async () => {
        const asked = ++sent
        const headers = Object.entries(request.headers).filter(([name]) => !['host', 'connection', 'content-length'].includes(name))
        const body = chunks.length === 0 ? undefined : Buffer.concat(chunks)
        const found = await fetch(`${server.url}${request.url}`, {
          method: request.method!,
          headers: headers as [string, string][],
          ...(body && { body }),
        })
        const answer = await found.text()
        if (asked <= 2) return void response.writeHead(status, { 'content-type': type }).end(text)
        response.writeHead(found.status, { 'content-type': found.headers.get('content-type')! }).end(answer)
      })
    })
    await new Promise<void>((done) => between.listen(0, '127.0.0.1', done))
    const client = createApiClient({ url: `http://127.0.0.1:${(between.address() as AddressInfo).port}`, key })
    try {
      const { output } = await client.run('tenant.create', { slug })
      expect(output).toMatchObject({ slug, state: 'active' })
      expect(sent).toBeGreaterThan(2)
      sent = 0
      const read = client.run('tenant.list', { search: slug })
      if (status === 504) {
        // It would take as long again.
        expect(await caught(read)).toMatchObject({ code: 'API_UNEXPECTED', status })
        expect(sent).toBe(1)
      } else {
        expect((await read).output.data).toHaveLength(1)
        expect(sent).toBe(3)
      }
    } finally {
      between.close()
    }
  },
)

describe('lists', () => {
  test('come page by page, or row by row, to the last', async () => {
    for (const n of [1, 2, 3, 4, 5]) await api.run('tenant.create', { slug: `page-${n}` })
    const wanted = ['page-1', 'page-2', 'page-3', 'page-4', 'page-5']
    const pages: string[][] = []
    for await (const { data } of api.pages('tenant.list', { search: 'page-', limit: 2 })) pages.push(data.map(({ slug }) => slug))
    expect(pages).toEqual([wanted.slice(0, 2), wanted.slice(2, 4), wanted.slice(4)])
    const rows: string[] = []
    for await (const { slug } of api.rows('tenant.list', { search: 'page-', limit: 2 })) rows.push(slug)
    expect(rows).toEqual(wanted)
  })

  test('are asked for no further than they are read', async () => {
    for await (const _ of api.pages('tenant.list', { search: 'page-', limit: 1 })) break
    expect(proxy.requests.length).toBe(1)
  })
})

describe('a lost connection', () => {
  test('is made anew, and what was asked for is done once', async () => {
    proxy.cutAnswers(2)
    const { output } = await api.run('tenant.create', { slug: 'cut' })
    expect(output).toMatchObject({ slug: 'cut', state: 'active' })
    expect(proxy.requests.length).toBeGreaterThanOrEqual(3)
    expect(new Set(proxy.requests.map((request) => headOf(request, 'idempotency-key'))).size).toBe(1)
    expect((await api.run('tenant.list', { search: 'cut' })).output.data).toMatchObject([{ id: output.id }])
  })

  test('in the middle of an answer as well', async () => {
    for (const slug of ['half-1', 'half-2', 'half-3']) await server.control.run('tenant.create', { slug })
    // The head of an answer has fewer bytes.
    proxy.cutAnswers(1, 1_000)
    expect((await api.run('tenant.list', { search: 'half-' })).output.data.length).toBe(3)
    expect(proxy.requests.length).toBe(2)
  })

  test('while it is being done is waited for to the end', async () => {
    const letGo = await hold()
    const before = await countRows(server, 'operation')
    const asked = api.run('tenant.create', { slug: 'slow', isolation: 'schema' })
    await until('the operation', async () => (await countRows(server, 'operation')) === before + 1 || undefined)
    proxy.cutOpen()
    // The one that was cut, one that is told of the operation, one that hears that it runs still.
    await until('three requests', async () => proxy.requests.length >= 3 || undefined)
    await letGo()
    expect((await asked).output).toMatchObject({ slug: 'slow', state: 'active' })
    expect(await countRows(server, 'operation')).toBe(before + 1)
  })

  test('goes on asking where there is no room for the question: what was lost may be done', async () => {
    const keys: (string | undefined)[] = []
    const crowded = createServer((request, response) => {
      keys.push(request.headers['idempotency-key'] as string | undefined)
      if (keys.length === 1) return request.socket.destroy()
      const full = { status: 429, code: 'RATE_LIMITED', detail: 'too many', remedy: 'wait', title: 'Full' }
      if (keys.length === 2) {
        response.writeHead(429, { 'content-type': 'application/problem+json', 'retry-after': '0' })
        return response.end(JSON.stringify(full))
      }
      response.writeHead(200, { 'content-type': 'application/json' })
      return response.end('{"slug":"room"}')
    })
    await new Promise<void>((done) => crowded.listen(0, '127.0.0.1', done))
    const url = `http://127.0.0.1:${(crowded.address() as AddressInfo).port}`
    expect((await createApiClient({ url, key }).run('tenant.create', { slug: 'room' })).output).toEqual({ slug: 'room' })
    expect(keys).toEqual([keys[0], keys[0], keys[0]])
    crowded.close()
  })

  describe('of what is not journaled', () => {
    // A statement that is run to its end by the one request that came first.
    const asked = { tenant: 'writing', statement: 'insert into shops (name) values (pg_backend_pid()::text)', write: true }
    const rows = async (): Promise<number> => {
      const { output } = await createApiClient({ url: server.url, key: admin }).run('tenant.sql', {
        tenant: 'writing',
        statement: 'select count(*) from shops',
      })
      return Number(Object.values(output.data[0]!)[0])
    }
    let admin: string
    beforeAll(async () => {
      admin = (await server.key('fleet-admin')).key
      await server.control.run('tenant.create', { slug: 'writing' })
    })

    test('is asked for again with the same key, and the answer of what was done is told where it is kept', async () => {
      const client = createApiClient({ url: proxy.url, key: admin })
      const { operation } = await client.run('tenant.create', { slug: 'stopped', isolation: 'schema' }, { detach: true })
      await client.run('operation.watch', { operation: operation! })
      proxy.cutAnswers(1)
      // It has ended: the refusal is the same for both, and the key is free.
      expect((await caught(client.run('operation.retry', { operation: operation! }))).code).toBe('OPERATION_STATE')
      const keys = proxy.requests.filter((one) => one.includes('/retry')).map((one) => headOf(one, 'idempotency-key'))
      expect([keys.length, new Set(keys).size]).toEqual([2, 1])
    })

    test('is done once; that its rows are kept nowhere is told as it is', async () => {
      const before = await rows()
      proxy.cutAnswers(1)
      const fault = await caught(createApiClient({ url: proxy.url, key: admin }).run('tenant.sql', asked))
      expect([fault.code, fault.status]).toEqual(['ANSWER_NOT_KEPT', 409])
      expect([fault.cause, await rows()]).toEqual([expect.stringContaining('rows of tenants are kept nowhere'), before + 1])
    })

    test('is waited for while it is at work', async () => {
      const keys: (string | undefined)[] = []
      const busy = createServer((request, response) => {
        keys.push(request.headers['idempotency-key'] as string | undefined)
        if (keys.length === 1) return request.socket.destroy()
        if (keys.length > 3) return response.writeHead(200, { 'content-type': 'application/json' }).end('{"retried":"a"}')
        const running = { status: 409, code: 'REQUEST_RUNNING', detail: 'still at work', remedy: 'wait', title: 'Running' }
        return response.writeHead(409, { 'content-type': 'application/problem+json' }).end(JSON.stringify(running))
      })
      await new Promise<void>((done) => busy.listen(0, '127.0.0.1', done))
      const url = `http://127.0.0.1:${(busy.address() as AddressInfo).port}`
      expect((await createApiClient({ url, key }).run('operation.retry', { operation: 'a' })).output).toEqual({ retried: 'a' })
      expect(keys).toEqual([keys[0], keys[0], keys[0], keys[0]])
      busy.close()
    })

    test('and was cancelled by the loss is done, once', async () => {
      const before = await rows()
      const { catalog, tenantDatabase } = server.control.platform
      const { id } = await catalog.one(sql<{ id: string }>`select id from catalog.database limit 1`)
      const { schema } = await catalog.one(
        sql<{ schema: string }>`select schema_name as schema from catalog.home where isolation = 'shared'`,
      )
      const { database } = await tenantDatabase(id)
      const { answer } = await database.transaction(async (tx) => {
        await tx.run(sql`lock table ${ident(schema, 'shops')} in share mode`)
        const answer = createApiClient({ url: proxy.url, key: admin }).run('tenant.sql', asked)
        await untilWaiting(server, 1, database)
        proxy.cutOpen()
        await until('two requests', async () => proxy.requests.length >= 2 || undefined)
        return { answer }
      })
      expect([(await answer).output.tenant, await rows()]).toEqual(['writing', before + 1])
    })
  })
})

describe('events', () => {
  const watched = async (events: AsyncIterable<OperationEvent>): Promise<OperationEvent[]> => {
    const found: OperationEvent[] = []
    for await (const event of events) found.push(event)
    return found
  }

  test('come until the operation has ended', async () => {
    const { operation } = await api.run('tenant.create', { slug: 'watched' }, { detach: true })
    const found = await watched(api.events('operation.watch', { operation: operation! }))
    expect(found[0]).toMatchObject({ event: 'progress', name: 'tenant.create' })
    expect(found.at(-1)).toEqual({ event: 'ended', operation, state: 'succeeded', fault: null })
  })

  test('go on over a connection that is lost', async () => {
    const letGo = await hold()
    const { operation } = await api.run('tenant.create', { slug: 'lost', isolation: 'schema' }, { detach: true })
    const asked = (): number => proxy.requests.filter((request) => request.includes('/watch')).length
    let again: Promise<void> | undefined
    for await (const { event } of api.events('operation.watch', { operation: operation! })) {
      if (again === undefined) {
        proxy.cutOpen()
        again = until('to be asked again', async () => asked() >= 2 || undefined).then(letGo)
      }
      if (event === 'ended') break
    }
    await again
    expect(asked()).toBeGreaterThanOrEqual(2)
  })

  test('end with whoever reads them', async () => {
    const letGo = await hold()
    const { operation } = await createApiClient({ url: server.url, key }).run(
      'tenant.create',
      { slug: 'left', isolation: 'schema' },
      { detach: true },
    )
    for await (const _ of api.events('operation.watch', { operation: operation! })) break
    await until('no open line', async () => proxy.open() === 0 || undefined)
    await letGo()
  })

  test('of what is not there are a fault', async () => {
    const operation = '00000000-0000-4000-8000-000000000000'
    expect((await caught(watched(api.events('operation.watch', { operation })))).code).toBe('OPERATION_NOT_FOUND')
  })

  test('that a server numbers are asked for from the last one on, after a loss or a silence', async () => {
    const asked: (string | undefined)[] = []
    const numbered = createServer((request, response) => {
      asked.push(request.headers['last-event-id'] as string | undefined)
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      if (asked.length === 1) return response.end('id: 7\nevent: progress\ndata: {"n":1}\n\n')
      if (asked.length === 2) return response.write(': here\n\nid: 8\nevent: progress\ndata: {"n":2}\n\n: alive\nid: 9\n\n')
      return response.end('event: ended\ndata: {"n":3}\n\n')
    })
    await new Promise<void>((done) => numbered.listen(0, '127.0.0.1', done))
    const url = `http://127.0.0.1:${(numbered.address() as AddressInfo).port}`
    const found = await watched(createApiClient({ url, silenceMs: 2_000 }).events('operation.watch', { operation: 'a' }))
    expect(found).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }])
    expect(asked).toEqual([undefined, '7', '9'])
    numbered.close()
  })

  test('of the fleet come as they happen, go on behind what was heard, and begin behind an event that is named', async () => {
    const left = new AbortController()
    const heard: FleetEvent[] = []
    const reading = (async () => {
      for await (const event of api.events('event.list', { type: 'tenant.changed' }, { signal: left.signal })) {
        heard.push(event)
        if (heard.length === 2) return
      }
    })()
    await until('the stream', async () => proxy.open() > 0 || undefined)
    await server.control.run('tenant.set', { tenant: 'bakery', region: 'north' })
    await until('the first event', async () => heard.length > 0 || undefined)
    proxy.cutOpen()
    await server.control.run('tenant.set', { tenant: 'bakery', region: 'south' })
    await reading
    const slugs = heard.map((one) => (one.event === undefined ? [one.type, one.slug] : one.event))
    expect(slugs).toEqual([
      ['tenant.changed', 'bakery'],
      ['tenant.changed', 'bakery'],
    ])
    const [first, second] = heard as { id: string }[]
    for await (const event of api.events('event.list', { type: 'tenant.changed' }, { after: first!.id })) {
      expect(event).toEqual(second)
      break
    }
    for await (const event of api.events('event.list', {}, { after: '99999999999999' })) {
      expect(event).toMatchObject({ event: 'reset', newest: expect.stringMatching(/^\d+$/) })
      break
    }
  })

  test('are the same wherever the bytes are cut, and whatever ends a line', async () => {
    const stream = (parts: readonly Uint8Array[]) =>
      new ReadableStream<Uint8Array>({
        start: (controller) => {
          for (const part of parts) controller.enqueue(part)
          controller.close()
        },
      })
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('\n', '\r\n', '\r'), fc.array(fc.nat(120), { maxLength: 12 }), async (end, cuts) => {
        const text = [
          'event: a',
          'data: ä',
          'data:{}',
          '',
          ': quiet',
          '',
          'id: 9',
          'data',
          '',
          ': alive',
          'id: 10',
          '',
          'data: last',
          '',
          'data: never',
        ].join(end)
        const bytes = new TextEncoder().encode(text + end)
        const places = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length]
        const parts = places.slice(1).map((place, index) => bytes.subarray(places[index]!, place))
        const reader = messageReader(stream(parts), 1_000, new AbortController().signal)
        const found = []
        for (let one = await reader.next(); !('lost' in one); one = await reader.next()) found.push(one)
        expect(found).toEqual([
          { event: 'a', data: 'ä\n{}', id: undefined },
          { event: 'message', data: '', id: '9' },
          { event: 'message', data: undefined, id: '10' },
          { event: 'message', data: 'last', id: undefined },
        ])
      }),
      { numRuns: 200 },
    )
  })
})
