import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Sql, sql } from '../../src/kernel/sql.js'
import type { Session } from '../../src/postgres/session.js'
import { type App, createApp } from '../../src/server/app.js'
import { serve } from '../../src/server.js'
import { forgetOldEvents } from '../../src/worker/event-keeper.js'
import { newPerson } from '../people/browser.js'
import { type Api, startApi } from './api-server.js'

let api: Api
let app: App
let viewer: string
const opened = new Set<() => Promise<void>>()

beforeAll(async () => {
  api = await startApi()
  for (const slug of ['mine', 'other']) await api.control.run('tenant.create', { slug, isolation: 'schema' })
  viewer = (await api.key('viewer')).key
  app = createApp(api.control.platform, { log: api.control.platform.log, streams: { everyMs: 50, keysMs: 200, silentMs: 300 } })
})
afterAll(async () => {
  for (const close of opened) await close()
  app.endStreams()
  await api.close()
})

interface Told {
  readonly id: string | undefined
  readonly event: string
  // biome-ignore lint/suspicious/noExplicitAny: what tests look into is whatever the server has said
  readonly data: any
}

const ask = (of: App, path: string, headers: Record<string, string> = {}, method = 'GET') =>
  of.fetch(
    new Request(`http://api${path}`, { method, headers: { accept: 'text/event-stream', authorization: `Bearer ${viewer}`, ...headers } }),
  )

/** A stream as a browser reads it: events that have data, and the last id that was named. */
async function follow(response: Response) {
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream'])
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  let lastId: string | undefined
  let ended = false
  const raw: string[] = []
  const waiting: Told[] = []
  const fill = async (): Promise<void> => {
    const { value, done } = await reader.read()
    if (done) {
      ended = true
      return
    }
    const blocks = (rest + value).split('\n\n')
    rest = blocks.pop()!
    for (const block of blocks) {
      raw.push(block)
      const fields = block.split('\n').map((line) => /^(\w*): ?(.*)$/.exec(line)!.slice(1) as [string, string])
      const field = (name: string) => fields.find(([found]) => found === name)?.[1]
      if (field('id') !== undefined) lastId = field('id')
      if (field('data') !== undefined)
        waiting.push({ id: field('id'), event: field('event') ?? 'message', data: JSON.parse(field('data')!) })
    }
  }
  const close = async (): Promise<void> => {
    opened.delete(close)
    await reader.cancel()
  }
  opened.add(close)
  const take = async (many: number): Promise<Told[]> => {
    while (waiting.length < many && !ended) await fill()
    return waiting.splice(0, many)
  }
  // Its first words are not an event: how soon to come back, and where it begins.
  while (raw.length < 2 && !ended) await fill()
  return {
    take,
    close,
    raw,
    lastId: () => lastId,
    /** Until the server ends it. */
    toEnd: async (): Promise<Told[]> => {
      while (!ended) await fill()
      return waiting.splice(0)
    },
    more: fill,
  }
}

const catalog = () => api.control.platform.catalog
const finished = (name: string) => sql`
  insert into catalog.operation (id, name, input, state, actor, ended_at)
  values (${randomUUID()}, ${name}, '{}', 'succeeded', 'test', now())`
/** A catalog of which every statement is first shown to somebody, who may throw. */
const shownTo = <S extends Session>(session: S, look: (statement: Sql) => void): S =>
  new Proxy(session, {
    get: (target, name: keyof S) => {
      const found = target[name] as (...given: unknown[]) => unknown
      if (!['rows', 'one', 'maybe', 'run'].includes(String(name))) return found
      return async (statement: Sql) => {
        look(statement)
        return found(statement)
      }
    },
  })
const happen = async (many: number, name = 'tier.apply') => {
  for (let at = 0; at < many; at++) await catalog().run(finished(name))
}
const listed = async () => (await api.call('GET', '/v1/events?limit=500', { key: viewer })).body.data.reverse() as { id: string }[]

describe('what happens to the platform', () => {
  test('is told as it happens, as a page tells it', async () => {
    const stream = await follow(await ask(app, '/v1/events'))
    await happen(2)
    const told = await stream.take(2)
    expect(told.map(({ event }) => event)).toEqual(['message', 'message'])
    expect(told.map(({ data }) => data)).toEqual((await listed()).slice(-2))
    expect(told.map(({ id, data }) => id === data.id)).toEqual([true, true])
    expect(stream.raw[0]).toBe('retry: 1000')
    await stream.close()
  })

  test('a reader that was cut off repeats nothing and loses nothing, whatever was committed meanwhile, and late', async () => {
    const before = (await listed()).at(-1)!.id
    const first = await follow(await ask(app, '/v1/events'))
    let commit = (): void => {}
    let begun = (): void => {}
    const wait = new Promise<void>((resolve) => (commit = resolve))
    const under = new Promise<void>((resolve) => (begun = resolve))
    const late = catalog().transaction(async (tx) => {
      await tx.run(finished('migrate.freeze'))
      begun()
      await wait
    })
    await under
    await happen(3)
    const told = await first.take(2)
    await first.close()
    await happen(2)
    commit()
    await late
    await happen(1)
    const second = await follow(await ask(app, '/v1/events', { 'last-event-id': told.at(-1)!.id! }))
    const rest = await second.take(5)
    await second.close()
    const all = [...told, ...rest].map(({ data }) => data)
    expect(all).toEqual((await listed()).filter(({ id }) => Number(id) > Number(before)))
    expect(all.filter(({ type }) => type === 'migration.frozen')).toHaveLength(1)
  })

  test('one that hears nothing is told where it is, and goes on there', async () => {
    const stream = await follow(await ask(app, '/v1/events?type=key.revoked'))
    await happen(3)
    const newest = (await listed()).at(-1)!.id
    while (stream.lastId() !== newest) await stream.more()
    expect(stream.raw.at(-1)).toBe(`: alive\nid: ${newest}`)
    await stream.close()
  })

  test('one that catches up with much that is not for it is told where it is on the way', async () => {
    const from = (await listed()).at(-1)!.id
    await catalog().run(sql`
      insert into catalog.operation (id, name, input, state, actor, ended_at)
      select gen_random_uuid(), 'tier.apply', '{}', 'succeeded', 'test', now() from generate_series(1, 1200)`)
    const newest = (await listed()).at(-1)!.id
    const { platform } = api.control
    const impatient = createApp(platform, { log: platform.log, streams: { everyMs: 50, silentMs: 1 } })
    const stream = await follow(await ask(impatient, '/v1/events?type=key.revoked', { 'last-event-id': from }))
    while (stream.lastId() !== newest) await stream.more()
    const on = [500, 1_000].map((many) => `: alive\nid: ${Number(from) + many}`)
    expect(stream.raw.filter((block) => on.includes(block))).toEqual(on)
    await stream.close()
  })

  test('a filter and the tenant of a key narrow it', async () => {
    const { key } = await api.key('tenant-admin', 'mine')
    const own = await follow(await ask(app, '/v1/events', { authorization: `Bearer ${key}` }))
    const suspended = await follow(await ask(app, '/v1/events?type=tenant.suspended'))
    for (const tenant of ['other', 'mine']) await api.control.run('tenant.suspend', { tenant, reason: 'test' })
    expect((await own.take(3)).map(({ data }) => [data.slug, data.actor])).toEqual(Array(3).fill(['mine', null]))
    expect((await suspended.take(2)).map(({ data }) => data.slug)).toEqual(['other', 'mine'])
    const foreign = await ask(app, '/v1/events?tenant=other', { authorization: `Bearer ${key}` })
    expect([foreign.status, ((await foreign.json()) as { code: string }).code]).toEqual([404, 'TENANT_NOT_FOUND'])
    await own.close()
    await suspended.close()
  })

  test('a reader that comes back too late, or from somewhere else, is told to ask anew', async () => {
    await happen(2)
    const before = (await listed()).at(-2)!.id
    await catalog().run(sql`update catalog.event set at = at - interval '8 days'`)
    await forgetOldEvents(api.control.platform)
    const nothing = await follow(await ask(app, '/v1/events', { 'last-event-id': before }))
    expect((await nothing.take(1)).map(({ event, id }) => [event, id])).toEqual([['reset', String(Number(before) + 1)]])
    await nothing.close()
    await happen(1)
    for (const last of ['7', before, '999999999999999']) {
      const stream = await follow(await ask(app, '/v1/events', { 'last-event-id': last }))
      expect((await stream.take(1)).map(({ event }) => event)).toEqual(['reset'])
      await happen(1, 'migrate.freeze')
      const told = await stream.take(last === '999999999999999' ? 1 : 2)
      expect(told.at(-1)!.data.type).toBe('migration.frozen')
      await stream.close()
      await catalog().run(sql`update catalog.event set at = at - interval '8 days'`)
      await forgetOldEvents(api.control.platform)
      await happen(1)
    }
  })

  test.each(['', 'abc', '-1', '1e3', '0x10', '1'.repeat(16), '12-YWJj', '٣'])('an id that it never gave is refused: %j', async (last) => {
    const response = await app.fetch(
      new Request('http://api/v1/events', {
        headers: { accept: 'text/event-stream', authorization: `Bearer ${viewer}`, 'last-event-id': Buffer.from(last).toString('latin1') },
      }),
    )
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([400, 'INPUT_INVALID'])
  })
})

describe('an operation', () => {
  const begin = async (items: number) => {
    const id = randomUUID()
    await catalog().run(sql`
      insert into catalog.operation (id, name, input, state, actor, lease_until) values (${id}, 'migrate.up', '{}', 'running', 'test', now() + interval '1 hour')`)
    await catalog().run(sql`
      insert into catalog.operation_item (operation_id, item, state) select ${id}, 'item-' || n, 'waiting' from generate_series(1, ${items}) n`)
    return id
  }
  const fail = (id: string, from: number, to: number) =>
    catalog().run(sql`
      update catalog.operation_item set state = 'failed', ended_at = clock_timestamp(), fault = '{"code": "MIGRATION_FAILED", "facts": {}, "message": "no"}'
      where operation_id = ${id} and item in (select 'item-' || n from generate_series(${from}::int, ${to}::int) n)`)
  const end = (id: string) => catalog().run(sql`update catalog.operation set state = 'failed', ended_at = now() where id = ${id}`)

  test('a reader that was cut off hears of each failure once', async () => {
    const id = await begin(200)
    await fail(id, 1, 120)
    const first = await follow(await ask(app, `/v1/operations/${id}/watch`))
    const heard = await first.take(70)
    expect(new Set(heard.map(({ event }) => event))).toEqual(new Set(['failed']))
    await first.close()
    await fail(id, 121, 130)
    const second = await follow(await ask(app, `/v1/operations/${id}/watch`, { 'last-event-id': first.lastId()! }))
    const rest = await second.take(61)
    expect(rest.at(-1)).toMatchObject({ event: 'progress', data: { failed: 130, total: 200 } })
    await fail(id, 131, 131)
    await end(id)
    const last = await second.toEnd()
    expect(last.at(-1)).toMatchObject({ event: 'ended', data: { state: 'failed' } })
    const items = [...heard, ...rest, ...last].filter(({ event }) => event === 'failed').map(({ data }) => data.item)
    expect(items.sort()).toEqual(Array.from({ length: 131 }, (_, at) => `item-${at + 1}`).sort())
  })

  test('a failure that could not be read is told late, and the end after it', async () => {
    const id = await begin(3)
    await fail(id, 1, 3)
    await end(id)
    let refused = 0
    const { platform } = api.control
    const unread = shownTo(platform.catalog, ({ text }) => {
      if (text.includes('i.fault, i.reason') && refused++ < 2) throw new Error('refused')
    })
    const failing = createApp({ ...platform, catalog: unread }, { log: platform.log, streams: { everyMs: 50 } })
    const told = await (await follow(await ask(failing, `/v1/operations/${id}/watch`))).toEnd()
    expect(told.map(({ event }) => event)).toEqual(['failed', 'failed', 'failed', 'progress', 'ended'])
    expect(refused).toBe(3)
  })

  test('one that cannot be looked at does not hide the others', async () => {
    const [broken, sound] = [await begin(1), await begin(1)]
    const { platform } = api.control
    const unseen = shownTo(platform.catalog, ({ text, values }) => {
      if (values.includes(broken) && text.includes('catalog.operation_item')) throw new Error('refused')
    })
    const failing = createApp({ ...platform, catalog: unseen }, { log: platform.log, streams: { everyMs: 50, silentMs: 100 } })
    const first = await follow(await ask(failing, `/v1/operations/${broken}/watch`))
    const second = await follow(await ask(failing, `/v1/operations/${sound}/watch`))
    expect((await second.take(1)).map(({ event }) => event)).toEqual(['progress'])
    await first.close()
    await second.close()
  })

  test('one who waits for it in JSON and leaves is not waited for', async () => {
    const id = await begin(1)
    const left = AbortSignal.timeout(300)
    const headers = { authorization: `Bearer ${viewer}` }
    const began = process.hrtime.bigint()
    await app.fetch(new Request(`http://api/v1/operations/${id}/watch?seconds=4`, { headers, signal: left }))
    expect(Number(process.hrtime.bigint() - began) / 1e6).toBeLessThan(3_500)
  })

  describe('waited for in JSON', () => {
    /** An app of which nobody reads a stream, and which says how many wait for an operation. */
    const quiet = (keysMs: number) => {
      const { platform } = api.control
      const looked = new Set<unknown>()
      const catalog = shownTo(platform.catalog, ({ text, values }) => {
        if (text.includes('catalog.operation')) for (const value of values) looked.add(value)
      })
      const of = createApp({ ...platform, catalog }, { log: platform.log, streams: { everyMs: 50, keysMs } })
      const wait = async (headers: Record<string, string>) => {
        const id = await begin(1)
        const answered = of.fetch(new Request(`http://api/v1/operations/${id}/watch?seconds=3600`, { headers }))
        await expect.poll(() => looked.has(id)).toBe(true)
        return { answered }
      }
      return { of, wait }
    }

    test('it ends with its key, and no other does', async () => {
      const { of, wait } = quiet(200)
      const [theirs, ours] = [await api.key('viewer'), await api.key('viewer')]
      const [revoked, kept] = [await wait({ authorization: `Bearer ${theirs.key}` }), await wait({ authorization: `Bearer ${ours.key}` })]
      let over = false
      void kept.answered.then(() => (over = true))
      await api.control.run('key.revoke', { key: theirs.id })
      const refused = await revoked.answered
      expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, expect.stringContaining('Bearer')])
      expect(await refused.json()).toMatchObject({ code: 'KEY_INVALID' })
      // Whoever may wait still is waited with, until the server closes.
      expect(over).toBe(false)
      of.endStreams()
      expect((await kept.answered).status).toBe(200)
      const late = await wait({ authorization: `Bearer ${ours.key}` })
      expect((await late.answered).status).toBe(200)
      expect(await (await ask(of, '/v1/events', { authorization: `Bearer ${ours.key}` })).text()).toBe('retry: 1000\n\n')
    })

    test('it ends with signing out at once, and with the role that it was asked for with', async () => {
      const [now, soon] = [quiet(600_000), quiet(200)]
      const browser = await newPerson(api, 'waiter', 'viewer')
      const signedIn = () => ({ cookie: browser.cookie!, 'x-tenantry-csrf': browser.csrf!, 'sec-fetch-site': 'same-origin' })
      const first = await now.wait(signedIn())
      expect((await now.of.fetch(new Request('http://api/v1/session', { method: 'DELETE', headers: signedIn() }))).status).toBe(204)
      const ended = await first.answered
      expect([ended.status, await ended.json()]).toEqual([401, expect.objectContaining({ code: 'SESSION_ENDED' })])
      await browser.signIn('waiter')
      const stronger = await soon.wait(signedIn())
      await api.control.run('user.set', { user: 'waiter', role: 'operator' })
      expect((await stronger.answered).status).toBe(200)
      const weaker = await soon.wait(signedIn())
      await api.control.run('user.set', { user: 'waiter', role: 'tenant-admin', tenant: 'mine' })
      const refused = await weaker.answered
      expect([refused.status, await refused.json()]).toEqual([403, expect.objectContaining({ code: 'KEY_FORBIDDEN' })])
      for (const { of } of [now, soon]) of.endStreams()
    })
  })

  test('waited for in JSON it counts as a stream', async () => {
    const id = await begin(1)
    const { key } = await api.key('viewer')
    const headers = { authorization: `Bearer ${key}` }
    const left = new AbortController()
    const wait = (signal: AbortSignal) => app.fetch(new Request(`http://api/v1/operations/${id}/watch?seconds=3600`, { headers, signal }))
    // Of one more than there may be, one is not waited with.
    const waiting = Array.from({ length: 51 }, () => wait(left.signal))
    expect((await Promise.race(waiting)).status).toBe(429)
    expect((await ask(app, '/v1/events', headers)).status).toBe(429)
    left.abort()
    expect((await Promise.all(waiting)).filter(({ status }) => status === 429)).toHaveLength(1)
    const room = await ask(app, '/v1/events', headers)
    expect(room.status).toBe(200)
    await room.body!.cancel()
  })

  test('an id of another stream is refused', async () => {
    const id = await begin(1)
    for (const last of ['1795338035753', '12-', '12-AA', '12-_', '12-YWJj='])
      expect((await ask(app, `/v1/operations/${id}/watch`, { 'last-event-id': last })).status).toBe(400)
  })

  test('forty readers cost the catalog what one does', async () => {
    const texts: string[] = []
    const { platform } = api.control
    const watched = createApp(
      { ...platform, catalog: shownTo(platform.catalog, ({ text }) => texts.push(text)) },
      { log: platform.log, streams: { everyMs: 100, keysMs: 60_000, silentMs: 60_000 } },
    )
    const id = await begin(3)
    const measured = async (readers: number): Promise<number> => {
      const streams = await Promise.all(
        Array.from({ length: readers }, async (_, at) =>
          follow(await ask(watched, at % 2 === 0 ? '/v1/events' : `/v1/operations/${id}/watch`)),
        ),
      )
      texts.length = 0
      await new Promise((resolve) => setTimeout(resolve, 1_000))
      const asked = texts.length
      await Promise.all(streams.map(({ close }) => close()))
      return asked
    }
    // Ten looks in a second, of at most eight statements each; forty readers who look for themselves ask for thousands.
    expect(await measured(40)).toBeLessThan(160)
    // Nobody reads, and nothing is asked.
    const askedIn = async (ms: number): Promise<readonly string[]> => {
      texts.length = 0
      await new Promise((resolve) => setTimeout(resolve, ms))
      return [...texts]
    }
    await expect.poll(() => askedIn(400)).toEqual([])
  })
})

describe('the end of a stream', () => {
  test('what is ended by an operation of this process ends its streams at once', async () => {
    const { platform } = api.control
    const slow = createApp(platform, { log: platform.log, streams: { everyMs: 600_000, keysMs: 600_000, silentMs: 600_000 } })
    const browser = await newPerson(api, 'ended', 'viewer')
    const admin = { authorization: `Bearer ${(await api.key('fleet-admin')).key}`, 'content-type': 'application/json' }
    const change = async (method: string, path: string, body?: object) => {
      const request = new Request(`http://api${path}`, { method, headers: admin, body: body === undefined ? null : JSON.stringify(body) })
      expect((await slow.fetch(request)).status).toBe(200)
    }
    const open = () => ask(slow, '/v1/events', { authorization: '', cookie: browser.cookie! }).then(follow)
    const ours = await follow(await ask(slow, '/v1/events'))
    const { data } = (await api.control.run('session.list', { user: 'ended' })) as { data: readonly { id: string }[] }
    const first = await open()
    await change('DELETE', `/v1/sessions/${data[0]!.id}`)
    await first.toEnd()
    await browser.signIn('ended')
    const second = await open()
    await change('POST', '/v1/users/ended', { role: 'operator' })
    await second.toEnd()
    const third = await open()
    await change('POST', '/v1/users/ended/disable')
    await third.toEnd()
    const { id, key } = await api.key('viewer')
    const fourth = await follow(await ask(slow, '/v1/events', { authorization: `Bearer ${key}` }))
    await change('DELETE', `/v1/keys/${id}`)
    await fourth.toEnd()
    await ours.close()
  })

  test('a key that is revoked ends its streams, and no other', async () => {
    const { id, key } = await api.key('viewer')
    const theirs = await follow(await ask(app, '/v1/events', { authorization: `Bearer ${key}` }))
    const ours = await follow(await ask(app, '/v1/events'))
    await api.control.run('key.revoke', { key: id })
    const heard = await theirs.toEnd()
    expect(heard.length).toBeLessThanOrEqual(2)
    await happen(1)
    while ((await ours.take(1))[0]!.data.type !== 'tier.applied');
    await ours.close()
  })

  test('a key has at most fifty open; one that ends makes room', async () => {
    const { key } = await api.key('viewer')
    const headers = { authorization: `Bearer ${key}` }
    const open: Response[] = []
    for (let at = 0; at < 50; at++) open.push(await ask(app, '/v1/events', headers))
    expect(new Set(open.map(({ status }) => status))).toEqual(new Set([200]))
    const refused = await ask(app, '/v1/events', headers)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '5'])
    expect(await refused.json()).toMatchObject({ code: 'RATE_LIMITED', detail: expect.stringContaining('50') })
    expect((await ask(app, '/v1/events', headers, 'HEAD')).status).toBe(200)
    const theirs = await ask(app, '/v1/events')
    expect(theirs.status).toBe(200)
    await open.pop()!.body!.cancel()
    open.push(await ask(app, '/v1/events', headers), theirs)
    expect(open.at(-2)!.status).toBe(200)
    await Promise.all(open.map(({ body }) => body!.cancel()))
  })

  test.each([
    ['if-match', '"x"'],
    ['if-none-match', '"x"'],
    ['if-none-match', 'x'],
  ])('a condition is refused: %s %s', async (name, value) => {
    for (const method of ['GET', 'HEAD']) expect((await ask(app, '/v1/events', { [name]: value }, method)).status).toBe(400)
  })

  test('HEAD opens none', async () => {
    const response = await ask(app, '/v1/events', {}, 'HEAD')
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([200, 'text/event-stream', ''])
    expect((await ask(app, '/v1/events', { authorization: '' }, 'HEAD')).status).toBe(401)
  })

  test('open streams do not hold up the closing of the server, also one that nobody reads', async () => {
    const running = await serve(api.control, { port: 0, log: api.control.platform.log, graceMs: 20_000 })
    const headers = { accept: 'text/event-stream', authorization: `Bearer ${viewer}` }
    const response = await fetch(`${running.url}/v1/events`, { headers })
    const stalled = await fetch(`${running.url}/v1/events`, { headers })
    const stream = await follow(response)
    const began = process.hrtime.bigint()
    await running.close()
    expect(Number(process.hrtime.bigint() - began) / 1e6).toBeLessThan(10_000)
    expect(await stream.toEnd()).toEqual([])
    await stalled.body!.cancel()
  })
})
