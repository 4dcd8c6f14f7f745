import { createHmac, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { noteDeliveries, sendDue } from '../../src/engine/webhooks/due.js'
import { sql } from '../../src/kernel/sql.js'
import { createApp } from '../../src/server/app.js'
import { forgetOldEvents } from '../../src/worker/event-keeper.js'
import { keepWebhooks } from '../../src/worker/webhook-keeper.js'
import { expectProblem, tablesWith } from '../api/api-server.js'
import { type HookedApi, startHookedApi } from './receiver.js'

let api: HookedApi
let key: string
beforeAll(async () => {
  api = await startHookedApi()
  key = (await api.key('fleet-admin')).key
})
afterAll(() => api.close())

const post = (path: string, json: object = {}, headers: Readonly<Record<string, string>> = {}) =>
  api.call('POST', `/v1/webhooks${path}`, { key, json, headers })
const get = (path: string) => api.call('GET', `/v1/webhooks${path}`, { key })

interface Added {
  readonly id: string
  readonly name: string
  readonly secret: string
}

/** A webhook that is told at a path of its own. */
const add = async (type: readonly string[] | null = ['tier.*']): Promise<Added> => {
  const name = `to ${randomUUID()}`
  const { status, body } = await post('', { name, url: urlOf(name), ...(type === null ? {} : { type }) })
  expect(status).toBe(201)
  return body
}
const pathOf = (name: string) => `/${name.slice(3)}`
const urlOf = (name: string) => `${api.receiver.url}${pathOf(name)}`
const got = ({ name }: Added) => api.receiver.at(pathOf(name))
const bodies = (to: Added) => got(to).map(({ body }) => JSON.parse(body))
const answer = ({ name }: Added, status: number, text = '') =>
  api.receiver.answer(pathOf(name), (response) => response.writeHead(status).end(text))

const catalog = () => api.control.platform.catalog
const happen = async (name = 'tier.apply'): Promise<string> => {
  const id = randomUUID()
  await catalog().run(sql`
    insert into catalog.operation (id, name, input, state, actor, ended_at) values (${id}, ${name}, '{}', 'succeeded', 'test', now())`)
  return id
}
/** What the keeper does in one look, for one webhook. */
const deliver = async ({ id }: Added) => {
  await noteDeliveries(api.control.platform)
  await sendDue(api.control.platform, id)
}
const deliveries = async ({ id }: Added, query = '') => (await get(`/${id}/deliveries${query}`)).body.data
const show = async ({ id }: Added) => (await get(`/${id}`)).body

/** Does the signature fit, as whoever receives it finds out? */
const isSigned = ({ headers, body }: ReturnType<typeof got>[number], secret: string): boolean => {
  const text = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
  const wanted = createHmac('sha256', Buffer.from(secret.slice(6), 'base64'))
    .update(text)
    .digest('base64')
  return String(headers['webhook-signature']).split(' ').includes(`v1,${wanted}`)
}

describe('telling', () => {
  test('a receiver is told of an event of its types once, signed, as the list of events has it', async () => {
    const to = await add()
    const operation = await happen()
    await happen('backup.hold')
    await deliver(to)
    await deliver(to)
    const listed = (await api.call('GET', `/v1/events?operation=${operation}`, { key })).body.data[0]
    expect(bodies(to)).toEqual([{ type: 'tier.applied', timestamp: listed.time, data: listed }])
    const [received = expect.fail()] = got(to)
    expect(received.headers['webhook-id']).toBe(listed.id)
    expect(isSigned(received, to.secret)).toBe(true)
    expect(isSigned(received, (await add()).secret)).toBe(false)
    expect(await deliveries(to)).toEqual([
      expect.objectContaining({
        event: listed.id,
        type: 'tier.applied',
        state: 'delivered',
        attempts: 1,
        status: 204,
        nextAt: null,
        failure: null,
      }),
    ])
  })

  test('without types it is told of all, from its own making on', async () => {
    await happen()
    const to = await add(null)
    await happen('backup.hold')
    await deliver(to)
    expect(
      bodies(to)
        .map(({ type }) => type)
        .sort(),
    ).toEqual(['backup.held', 'webhook.added'])
  })

  test('an event that is committed late is told as well', async () => {
    const to = await add()
    let commit = (): void => {}
    let begun = (): void => {}
    const under = new Promise<void>((resolve) => (begun = resolve))
    const held = new Promise<void>((resolve) => (commit = resolve))
    const late = catalog().transaction(async (tx) => {
      await tx.run(sql`
        insert into catalog.operation (id, name, input, state, actor, ended_at)
        values (${randomUUID()}, 'tier.apply', '{}', 'succeeded', 'late', now())`)
      begun()
      await held
    })
    await under
    await happen()
    await deliver(to)
    expect(bodies(to).map(({ data }) => data.actor)).toEqual(['test'])
    commit()
    await late
    await deliver(to)
    expect(bodies(to).map(({ data }) => data.actor)).toEqual(['test', 'late'])
  })

  test('of many processes at once each event is sent by one', async () => {
    const to = await add()
    for (let n = 0; n < 20; n++) await happen()
    await Promise.all(Array.from({ length: 5 }, () => deliver(to)))
    await deliver(to)
    const ids = got(to).map(({ headers }) => headers['webhook-id'])
    expect([ids.length, new Set(ids).size]).toEqual([20, 20])
  })

  test('the worker tells of it by itself, and a receiver that is silent keeps no other waiting', async () => {
    const [silent, quick] = [await add(), await add()]
    api.receiver.answer(pathOf(silent.name), () => {})
    await happen()
    const over = new AbortController()
    const working = keepWebhooks(api.control.platform, over.signal)
    await expect.poll(() => got(quick).length).toBe(1)
    await expect.poll(() => got(silent).length).toBeGreaterThanOrEqual(1)
    over.abort()
    await working
    // Nobody knows whether it had arrived, so that it is sent again, and at once.
    answer(silent, 204)
    const before = got(silent).length
    await deliver(silent)
    expect(got(silent).length).toBe(before + 1)
    expect(await deliveries(silent)).toEqual([expect.objectContaining({ state: 'delivered', attempts: 1 })])
  })
})

describe('turns', () => {
  test('as many silent receivers as there are turns keep no other waiting for more than one of theirs', async () => {
    const open: { end: () => void }[] = []
    const silent = await Promise.all(Array.from({ length: 32 }, () => add(['tier.*'])))
    for (const { name } of silent) api.receiver.answer(pathOf(name), (response) => void open.push(response))
    // Rounds of ten seconds for a minute and more, if one goes on with all of its own.
    for (let n = 0; n < 60; n++) await happen()
    const over = new AbortController()
    const working = keepWebhooks(api.control.platform, over.signal)
    try {
      await expect.poll(() => open.length).toBeGreaterThanOrEqual(32 * 8)
      const quick = await add()
      await happen()
      // It waits: all turns are taken. When one is over it is its turn, and not that of those who have waited for longer.
      await expect.poll(async () => (await deliveries(quick)).length).toBe(1)
      for (const response of open.splice(0)) response.end()
      await expect.poll(() => got(quick).length).toBe(1)
    } finally {
      over.abort()
      await working
      await catalog().run(sql`delete from catalog.webhook where id = any (${silent.map(({ id }) => id)}::uuid[])`)
    }
  }, 180_000)
})

describe('failing', () => {
  test('it is tried again after 5 s, 30 s, 2 min, 10 min, 1 h, 6 h and 24 h, with the same id, and then has failed', async () => {
    const to = await add()
    answer(to, 503, 'come later')
    await happen()
    const waited: number[] = []
    const dueIn = (seconds: number) =>
      catalog().run(sql`
        update catalog.webhook_delivery set next_at = clock_timestamp() + make_interval(secs => ${seconds}) where webhook_id = ${to.id}`)
    await deliver(to)
    for (;;) {
      const [{ state, nextAt, attemptedAt, attempts } = expect.fail()] = await deliveries(to)
      expect(got(to).length).toBe(attempts)
      if (state !== 'waiting') break
      const pause = (Date.parse(nextAt) - Date.parse(attemptedAt)) / 1_000
      waited.push(pause)
      // Before its time, it is not due.
      await dueIn(60)
      await deliver(to)
      expect(got(to).length).toBe(attempts)
      await dueIn(-1)
      await deliver(to)
    }
    const pauses = [5, 30, 120, 600, 3_600, 21_600, 86_400]
    expect(waited.length).toBe(pauses.length)
    for (const [at, pause] of waited.entries()) expect(Math.abs(pause / pauses[at]! - 1)).toBeLessThan(0.11)
    expect(await deliveries(to)).toEqual([
      expect.objectContaining({
        state: 'failed',
        attempts: 8,
        status: 503,
        failure: 'it answers with 503',
        excerpt: 'come later',
        nextAt: null,
      }),
    ])
    expect(new Set(got(to).map(({ headers, body }) => `${headers['webhook-id']} ${body}`)).size).toBe(1)
    expect(await show(to)).toMatchObject({ state: 'live', failingSince: expect.any(String) })
  })

  test('one that works again is no longer failing', async () => {
    const to = await add()
    answer(to, 500)
    await happen()
    await deliver(to)
    expect((await show(to)).failingSince).toEqual(expect.any(String))
    answer(to, 200)
    await api.moveClock(10)
    await deliver(to)
    expect((await show(to)).failingSince).toBeNull()
    expect(await deliveries(to)).toEqual([expect.objectContaining({ state: 'delivered', attempts: 2, status: 200, failure: null })])
  })

  test('after three days in which nothing was delivered it is disabled, and others are told of that', async () => {
    const [to, other] = [await add(), await add(['webhook.state_changed'])]
    answer(to, 500)
    await happen()
    await deliver(to)
    const days = (failing: string, last: string) =>
      catalog().run(sql`
        update catalog.webhook set failing_since = now() - ${failing}::interval, failed_at = now() - ${last}::interval where id = ${to.id}`)
    const tryOnce = async () => {
      await api.moveClock(90_000)
      await deliver(to)
    }
    await days('71 hours', '20 hours')
    await tryOnce()
    expect((await show(to)).state).toBe('live')
    // What became of it in between, nobody knows.
    await days('100 hours', '40 hours')
    await tryOnce()
    expect((await show(to)).state).toBe('live')
    await days('73 hours', '20 hours')
    await tryOnce()
    expect(await show(to)).toMatchObject({ state: 'disabled', because: 'failing' })
    const before = got(to).length
    await tryOnce()
    expect(got(to).length).toBe(before)
    await deliver(other)
    expect(bodies(other)).toEqual([
      expect.objectContaining({
        type: 'webhook.state_changed',
        data: expect.objectContaining({ webhook: to.name, from: 'live', state: 'disabled' }),
      }),
    ])
  })

  test('one that answers that it is gone is disabled at once', async () => {
    const to = await add()
    answer(to, 410)
    await happen()
    await deliver(to)
    expect(await show(to)).toMatchObject({ state: 'disabled', because: 'gone' })
    expect(await deliveries(to)).toEqual([expect.objectContaining({ state: 'failed', attempts: 1, status: 410 })])
  })

  test('a delivery is kept for as long as its event is', async () => {
    const to = await add()
    await happen()
    await deliver(to)
    expect((await deliveries(to)).length).toBe(1)
    await catalog().run(sql`update catalog.event set at = at - interval '8 days'`)
    await forgetOldEvents(api.control.platform)
    expect(await deliveries(to)).toEqual([])
  })
})

describe('redelivery', () => {
  test('asked for while the first try goes on, it is sent again', async () => {
    const to = await add()
    let hold: { end: () => void } | undefined
    api.receiver.answer(pathOf(to.name), (response) => {
      hold = response
    })
    await happen()
    const first = deliver(to)
    await expect.poll(() => hold).toBeDefined()
    const [{ event }] = await deliveries(to)
    expect((await post(`/${to.id}/redeliver`, { event })).status).toBe(200)
    answer(to, 204)
    hold!.end()
    await first
    await deliver(to)
    expect(got(to)).toHaveLength(2)
    expect(await deliveries(to)).toMatchObject([{ state: 'delivered', attempts: 1 }])
  })

  test('of one event, whatever became of it, and of one that it was never told of', async () => {
    const to = await add()
    const other = await happen('backup.hold')
    await happen()
    await deliver(to)
    const [{ event } = expect.fail()] = await deliveries(to)
    expect((await post(`/${to.id}/redeliver`, { event })).status).toBe(200)
    await deliver(to)
    const [held = expect.fail()] = (await api.call('GET', `/v1/events?operation=${other}`, { key })).body.data
    await post(`/${to.id}/redeliver`, { event: held.id })
    await deliver(to)
    expect(bodies(to).map(({ type }) => type)).toEqual(['tier.applied', 'tier.applied', 'backup.held'])
    expectProblem(await post(`/${to.id}/redeliver`, { event: '1' }), 404, 'EVENT_NOT_FOUND')
    expectProblem(await post(`/${to.id}/redeliver`, {}), 400, 'INPUT_INVALID')
  })

  test('of all since a moment that was not delivered: what has failed, and what happened while it was disabled', async () => {
    const to = await add()
    await happen()
    await deliver(to)
    answer(to, 410)
    await happen()
    await deliver(to)
    expect((await show(to)).because).toBe('gone')
    await happen()
    expectProblem(await post(`/${to.id}/redeliver`, { since: '1h' }), 409, 'WEBHOOK_DISABLED')
    answer(to, 204)
    expect((await post(`/${to.id}`, { state: 'live' })).body).toMatchObject({ state: 'live', because: null, failingSince: null })
    await deliver(to)
    expect(got(to).length).toBe(2)
    await happen()
    expect((await post(`/${to.id}/redeliver`, { since: '1h' })).status).toBe(200)
    await deliver(to)
    const [ids, states] = [
      got(to).map(({ headers }) => headers['webhook-id']),
      (await deliveries(to)).map((one: { state: string }) => one.state),
    ]
    // Those that happened before it was made are told as well, if they are of its types: they were not delivered to it either.
    expect(new Set(states)).toEqual(new Set(['delivered']))
    expect(ids.length).toBe(new Set(ids).size + 1)
    expect(ids.filter((id) => id === ids[1]).length).toBe(2)
  })
})

describe('secrets', () => {
  test('are told once, stand nowhere, and a second asking for one is told so', async () => {
    const headers = { 'idempotency-key': randomUUID() }
    const name = `to ${randomUUID()}`
    const first = await post('', { name, url: urlOf(name) }, headers)
    expect(first.body.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    expect(first.headers.get('location')).toBe(`/v1/webhooks/${first.body.id}`)
    expectProblem(await post('', { name, url: urlOf(name) }, headers), 409, 'ANSWER_NOT_KEPT')
    for (const text of [first.body.secret, first.body.secret.slice(6)]) expect(await tablesWith(api, text)).toEqual([])
    expect(JSON.stringify([await show(first.body), api.log])).not.toContain(first.body.secret.slice(6))
  })

  test('after a rotation both sign for a day, and then the new one alone', async () => {
    const to = await add()
    const rotated = (await post(`/${to.id}/rotate`)).body
    expect(rotated).toMatchObject({ generation: 2, beforeUntil: expect.any(String) })
    expect(rotated.secret).not.toBe(to.secret)
    await happen()
    await deliver(to)
    expect([isSigned(got(to)[0]!, to.secret), isSigned(got(to)[0]!, rotated.secret)]).toEqual([true, true])
    await catalog().run(sql`update catalog.webhook set before_until = before_until - interval '24 hours' where id = ${to.id}`)
    expect((await show(to)).beforeUntil).toBeNull()
    await happen()
    await deliver(to)
    expect([isSigned(got(to)[1]!, to.secret), isSigned(got(to)[1]!, rotated.secret)]).toEqual([false, true])
  })

  test('without a master secret there are no webhooks, and what there is waits', async () => {
    const to = await add()
    await happen()
    const { platform } = api.control
    const without = { ...platform, config: { ...platform.config, webhooks: { allow: [] } } }
    await noteDeliveries(platform)
    await expect(sendDue(without, to.id)).rejects.toMatchObject({ code: 'WEBHOOK_KEY_MISSING' })
    expect(await deliveries(to)).toEqual([expect.objectContaining({ state: 'waiting', attempts: 0 })])
    await deliver(to)
    expect(got(to).length).toBe(1)
  })
})

describe('the operations', () => {
  test('a test sends a made-up event at once, and tells what was answered, also of one that is disabled', async () => {
    const to = await add()
    await post(`/${to.id}`, { state: 'disabled' })
    answer(to, 200, 'hello')
    expect((await post(`/${to.id}/test`)).body).toEqual({
      webhook: to.id,
      delivered: true,
      status: 200,
      tookMs: expect.any(Number),
      failure: null,
      excerpt: 'hello',
    })
    expect(bodies(to)).toEqual([{ type: 'webhook.test', timestamp: expect.any(String), data: { webhook: to.name } }])
    expect(isSigned(got(to)[0]!, to.secret)).toBe(true)
    answer(to, 500)
    expect((await post(`/${to.id}/test`)).body).toMatchObject({ delivered: false, status: 500 })
    expect(await deliveries(to)).toEqual([])
  })

  test('a test that whoever asked has not waited for is sent once, and told to whoever asks again; the audit has both ends of it', async () => {
    const to = await add()
    let reply = (): void => {}
    api.receiver.answer(pathOf(to.name), (response) => {
      reply = () => response.writeHead(200).end('late')
    })
    const app = createApp(api.control.platform, { log: api.control.platform.log })
    const left = new AbortController()
    const headers = { authorization: `Bearer ${key}`, 'idempotency-key': randomUUID() }
    const request = { method: 'POST', headers, signal: left.signal }
    const asked = app.fetch(new Request(`http://api/v1/webhooks/${to.id}/test`, request))
    await expect.poll(() => got(to).length).toBe(1)
    left.abort()
    reply()
    await asked
    const again = await app.fetch(new Request(`http://api/v1/webhooks/${to.id}/test`, { method: 'POST', headers }))
    expect([again.status, await again.json()]).toEqual([200, expect.objectContaining({ delivered: true, excerpt: 'late' })])
    expect(got(to).length).toBe(1)
    const { data } = (await api.control.run('audit.log', { operation: 'webhook.test', limit: 2 })) as { data: readonly object[] }
    expect(data).toMatchObject([
      { outcome: 'succeeded', after: { webhook: to.id, name: to.name, delivered: true, status: 200 } },
      { outcome: 'accepted', after: null },
    ])
  })

  test.each([
    ['https://169.254.169.254/', 422, 'WEBHOOK_ADDRESS'],
    ['https://[::ffff:10.0.0.1]/', 422, 'WEBHOOK_ADDRESS'],
    ['http://127.0.0.2:2379/', 422, 'WEBHOOK_ADDRESS'],
    ['http://93.184.216.34/', 422, 'WEBHOOK_ADDRESS'],
    ['https://a:b@hooks.example/', 400, 'INPUT_INVALID'],
    ['ftp://hooks.example/', 400, 'INPUT_INVALID'],
    ['https://', 400, 'INPUT_INVALID'],
    ['https://hooks.example/#x', 400, 'INPUT_INVALID'],
    [`https://hooks.example/${'x'.repeat(2_000)}`, 400, 'INPUT_INVALID'],
    ['file:///etc/passwd', 400, 'INPUT_INVALID'],
    ['', 400, 'INPUT_INVALID'],
  ])('an address such as %s is refused, when it is given and when it is changed', async (url, status, code) => {
    expectProblem(await post('', { name: randomUUID().slice(0, 8), url }), status, code)
    const to = await add()
    expectProblem(await post(`/${to.id}`, { url }), status, code)
    expect((await show(to)).url).toBe(urlOf(to.name))
  })

  test('a name is somebody’s only once, whatever its case, and none looks like an id', async () => {
    const to = await add()
    const again = { name: to.name.toUpperCase(), url: urlOf(to.name) }
    expectProblem(await post('', again), 409, 'WEBHOOK_EXISTS')
    const other = await add()
    expectProblem(await post(`/${other.id}`, { name: to.name }), 409, 'WEBHOOK_EXISTS')
    for (const name of ['', ' ', randomUUID(), 'x'.repeat(101), 'a\u202eb'])
      expectProblem(await post('', { name, url: urlOf(to.name) }), 400, 'INPUT_INVALID')
    const free = '<b>"it\'s" & $(true)</b>'
    expect((await post(`/${to.id}`, { name: free })).body.name).toBe(free)
    expect((await get(`/${encodeURIComponent(free)}`)).body.id).toBe(to.id)
  })

  test('types are known ones, and can be changed for others or for all', async () => {
    expectProblem(await post('', { name: 'x', url: api.receiver.url, type: ['tenant.exploded'] }), 400, 'INPUT_INVALID')
    expectProblem(await post('', { name: 'x', url: api.receiver.url, type: [] }), 400, 'INPUT_INVALID')
    const to = await add(['tier.*', 'tier.*'])
    expect((await show(to)).types).toEqual(['tier.*'])
    expect((await post(`/${to.id}`, { type: ['backup.*'] })).body.types).toEqual(['backup.*'])
    expect((await post(`/${to.id}`, { allTypes: true })).body.types).toBeNull()
    expectProblem(await post(`/${to.id}`, { allTypes: true, type: ['backup.*'] }), 400, 'INPUT_INVALID')
    expectProblem(await post(`/${to.id}`, {}), 400, 'INPUT_INVALID')
  })

  test('a change that is meant for another version is none', async () => {
    const to = await add()
    const version = (await get(`/${to.id}`)).headers.get('etag')!
    expect((await post(`/${to.id}`, { state: 'disabled' }, { 'if-match': version })).status).toBe(200)
    expectProblem(await post(`/${to.id}`, { state: 'live' }, { 'if-match': version }), 412, 'PRECONDITION_FAILED')
    expect((await show(to)).state).toBe('disabled')
  })

  test('one that is removed is gone, with what waited for it', async () => {
    const to = await add()
    await happen()
    await noteDeliveries(api.control.platform)
    expect((await api.call('DELETE', `/v1/webhooks/${to.id}`, { key })).status).toBe(200)
    for (const path of ['', '/deliveries']) expectProblem(await get(`/${to.id}${path}`), 404, 'WEBHOOK_NOT_FOUND')
    await sendDue(api.control.platform, to.id)
    expect(got(to)).toEqual([])
  })

  test('lists go page by page', async () => {
    const to = await add()
    for (let n = 0; n < 3; n++) await happen()
    await noteDeliveries(api.control.platform)
    const first = (await get(`/${to.id}/deliveries?limit=2`)).body
    const second = (await get(`/${to.id}/deliveries?limit=2&cursor=${first.nextCursor}`)).body
    expect([...first.data, ...second.data]).toEqual(await deliveries(to, '?state=waiting'))
    expect([first.data.length, second.data.length, second.nextCursor]).toEqual([2, 1, null])
    const page = (await get('?limit=1')).body
    const rest = (await get(`?limit=500&cursor=${page.nextCursor}`)).body
    const all = (await get('?limit=500')).body.data
    expect([...page.data, ...rest.data]).toEqual(all)
    expect(all.find(({ id }: Added) => id === to.id)).toMatchObject({ waiting: 3, failed: 0 })
  })
})
