import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newApiKey } from '../../src/catalog/key-format.js'
import { createApp } from '../../src/server/app.js'
import { buckets, limitsOf } from '../../src/server/limits.js'
import { networkOf, peerOf } from '../../src/server/peer.js'
import { serve } from '../../src/server.js'
import { type Browser, newPerson, openBrowser } from '../people/browser.js'
import { type Api, expectProblem, type Reply, send, startApi } from './api-server.js'

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

describe('a bucket', () => {
  test('gives what it has at once, then what comes in, and is never fuller than full', () => {
    let now = 0
    const { take, give } = buckets({ perSecond: 10, burst: 3 }, () => now)
    expect([take('a'), take('a'), take('a')]).toEqual([0, 0, 0])
    expect([take('a'), take('a'), take('b')]).toEqual([100, 100, 0])
    now = 60
    expect(take('a')).toBeCloseTo(40)
    now = 101
    expect([take('a'), take('a') > 0]).toEqual([0, true])
    now = 1_000_000
    expect([take('a'), take('a'), take('a'), take('a') > 0]).toEqual([0, 0, 0, true])
    give('a')
    expect([take('a'), take('a') > 0]).toEqual([0, true])
    for (let n = 0; n < 5; n++) give('b')
    expect([take('b'), take('b'), take('b'), take('b') > 0]).toEqual([0, 0, 0, true])
  })

  test('is forgotten when 10,000 others came after it, and no sooner', () => {
    const { take } = buckets({ perSecond: 1, burst: 1 }, () => 0)
    take('first')
    for (let n = 0; n < 9_999; n++) take(`other ${n}`)
    expect(take('first')).toBe(1_000)
    for (let n = 0; n < 10_000; n++) take(`another ${n}`)
    expect(take('first')).toBe(0)
  })

  test('of strangers takes nothing from those of keys, however many strangers come', () => {
    const limits = limitsOf({ credential: { perSecond: 1, burst: 1 } })
    limits.credential('mine', 'Bearer mine')
    for (let n = 0; n < 20_000; n++) limits.admit(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, null)(false)
    expect(() => limits.credential('mine', 'Bearer mine')).toThrow(expect.objectContaining({ code: 'RATE_LIMITED' }))
  })
})

describe('who asks', () => {
  const peer = (proxies: number, remoteAddress: string, forwarded?: string) =>
    peerOf({ headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }, socket: { remoteAddress } as never }, proxies)

  test.each([
    [0, '10.0.0.1', '1.1.1.1', '10.0.0.1'],
    [1, '10.0.0.1', '6.6.6.6, 1.1.1.1', '1.1.1.1'],
    [2, '10.0.0.1', '6.6.6.6, 1.1.1.1, 10.0.0.2', '1.1.1.1'],
    [1, '10.0.0.1', '[2001:db8::1]:4711', '2001:db8::1'],
    [1, '10.0.0.1', '1.1.1.1:4711', '1.1.1.1'],
    [1, '10.0.0.1', 'unknown', '10.0.0.1'],
    [1, '10.0.0.1', '1.1.1.1,', '10.0.0.1'],
    [1, '10.0.0.1', undefined, '10.0.0.1'],
    [3, '10.0.0.1', '1.1.1.1', '1.1.1.1'],
  ])('behind %i proxies, %s saying "%s": %s', (proxies, socket, forwarded, expected) => {
    expect(peer(proxies, socket, forwarded)).toBe(expected)
  })

  test.each([
    ['1.2.3.4', '1.2.3.4'],
    ['::ffff:1.2.3.4', '1.2.3.4'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:0DB8:1:2::9', '2001:db8:1:2'],
    ['2001:db8::9', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
  ])('%s is of the network %s', (address, network) => {
    expect(networkOf(address)).toBe(network)
  })
})

describe('over HTTP', () => {
  let api: Api
  let key: string
  beforeAll(async () => {
    api = await startApi({
      cluster: false,
      limits: { credential: { perSecond: 1, burst: 12 }, stranger: { perSecond: 0.1, burst: 6 } },
    })
    key = (await api.key('viewer')).key
  })
  afterAll(() => api.close())

  const many = (count: number, ask: () => Promise<Reply>): Promise<readonly Reply[]> => Promise.all(Array.from({ length: count }, ask))
  const statuses = (replies: readonly Reply[], status: number): number => replies.filter((reply) => reply.status === status).length
  const list = (by: string | undefined = key, headers: Readonly<Record<string, string>> = {}) =>
    api.call('GET', '/v1/tenants', { key: by, headers })

  test('a key that asks too often is told when to ask again, and is answered then; another is not touched', async () => {
    const replies = await many(40, list)
    expect(statuses(replies, 200)).toBeGreaterThanOrEqual(12)
    const refused = replies.filter(({ status }) => status !== 200)
    expect(refused.length).toBeGreaterThan(10)
    for (const reply of refused) expectProblem(reply, 429, 'RATE_LIMITED')
    expect((await list((await api.key('viewer')).key)).status).toBe(200)
    await pause(Number(refused[0]!.headers.get('retry-after')) * 1_000)
    expect((await list()).status).toBe(200)
  })

  test('the sessions of a person count together, and are told so', async () => {
    const { platform } = api.control
    const app = createApp(platform, { log: platform.log, limits: { credential: { perSecond: 0.001, burst: 4 } } })
    const [one, other] = [await newPerson(api, 'anna', 'viewer'), openBrowser(api)]
    expect((await other.signIn('anna')).status).toBe(201)
    const ask = ({ cookie }: Browser) => app.fetch(new Request('http://api/v1/tenants', { headers: { cookie: cookie! } }))
    for (const browser of [one, one, other, other]) expect((await ask(browser)).status).toBe(200)
    const refused = await ask(one)
    expect([refused.status, await refused.json()]).toEqual([
      429,
      expect.objectContaining({ detail: expect.stringContaining('by this person, in all sessions') }),
    ])
  })

  test('who guesses keys is soon not looked up any more; whose key was good before is', async () => {
    await pause(2_500)
    expect((await list()).status).toBe(200)
    const guesses = await many(30, () => list(newApiKey()))
    expect(statuses(guesses, 401)).toBeLessThanOrEqual(7)
    expect(statuses(guesses, 401)).toBeGreaterThanOrEqual(4)
    expect(statuses(guesses, 429)).toBeGreaterThan(10)
    expect((await list()).status).toBe(200)
    // One that has never been seen is not told from a guess: it would have to be looked up.
    expectProblem(await list((await api.key('viewer')).key), 429, 'RATE_LIMITED')
    for (const path of ['/status', '/openapi.json']) expectProblem(await api.call('GET', path), 429, 'RATE_LIMITED')
    // Behind no proxy of ours, whoever says to be somebody else is not believed.
    expectProblem(await list(newApiKey(), { 'x-forwarded-for': '9.9.9.9' }), 429, 'RATE_LIMITED')
    expect(statuses(await many(30, () => api.call('GET', '/healthz')), 200)).toBe(30)
  })

  test('behind a proxy it is whom the proxy names, and not whom that one says to be', async () => {
    const log = { info: () => {}, warn: () => {}, error: () => {} }
    const { platform } = api.control
    const behindOne = { ...platform, config: { ...platform.config, api: { trustProxy: 1 } } }
    const { url, close } = await serve(behindOne, { port: 0, log, limits: { stranger: { perSecond: 0.1, burst: 5 } } })
    const guess = (forwarded: string) => send(url, 'GET', '/v1/tenants', { key: newApiKey(), headers: { 'x-forwarded-for': forwarded } })
    let n = 0
    const spoofed = await many(20, () => guess(`9.9.9.${n++}, 1.1.1.1`))
    expect(statuses(spoofed, 429)).toBeGreaterThan(5)
    expectProblem(await guess('2.2.2.2'), 401, 'KEY_INVALID')
    await close()
  })
})
