import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { digestOfName } from '../../src/catalog/people-format.js'
import { sql } from '../../src/kernel/sql.js'
import { passwordsAt } from '../../src/server/people/password.js'
import { type Api, type Reply, startApi } from '../api/api-server.js'
import { expectRefused, invite, newPerson, openBrowser, PASSWORD } from './browser.js'

let api: Api
beforeAll(async () => {
  api = await startApi({ cluster: false })
  for (const name of ['anna', 'berta', 'carla']) await newPerson(api, name, 'viewer')
})
afterAll(() => api.close())

const wrong = (name: string) => openBrowser(api).signIn(name, 'not the right horse')

/** All that it has to do with time is so much longer ago. */
const later = (name: string, by: string) =>
  api.control.platform.catalog.run(sql`
    update catalog.sign_in_attempt set at = at - ${by}::interval, locked_until = locked_until - ${by}::interval
    where digest = ${digestOfName(api.control.platform.id, name)}`)

const told = ({ status, body, headers }: Reply) => ({
  status,
  body: { ...body, request_id: '', detail: String(body.detail).replace(/\d+ s$/, 'N s') },
  headers: [...headers.keys()].sort(),
})

test('after five failures a name is locked, also for who knows the password; one that nobody has answers word for word the same', async () => {
  await Promise.all(['anna', 'berta', 'nobody-of-this-name'].map((name) => later(name, '31 minutes')))
  const answers: Record<string, readonly ReturnType<typeof told>[]> = {}
  for (const name of ['anna', 'nobody-of-this-name']) {
    const replies: Reply[] = []
    for (let n = 0; n < 5; n++) replies.push(await wrong(name))
    replies.push(await wrong(name), await openBrowser(api).signIn(name))
    for (const reply of replies.slice(0, 5)) expectRefused(reply, 401, 'SIGN_IN_FAILED')
    for (const reply of replies.slice(5)) {
      expectRefused(reply, 429, 'SIGN_IN_LOCKED')
      expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(0)
      expect(Number(reply.headers.get('retry-after'))).toBeLessThanOrEqual(60)
    }
    answers[name] = replies.map(told)
  }
  expect(answers['nobody-of-this-name']).toEqual(answers.anna)
  expect((await openBrowser(api).signIn('berta')).status).toBe(201)
}, 60_000)

test('it opens after 1, 2, 4, 8 and 15 minutes, however often one fails; success, and a quarter of an hour of quiet, forget it all', async () => {
  await later('carla', '31 minutes')
  for (let n = 0; n < 5; n++) await wrong('carla')
  for (const minutes of [1, 2, 4, 8, 15, 15]) {
    const locked = await wrong('carla')
    expectRefused(locked, 429, 'SIGN_IN_LOCKED')
    const seconds = Number(locked.headers.get('retry-after'))
    expect(Math.ceil(seconds / 60)).toBe(minutes)
    await later('carla', `${seconds} seconds`)
    expectRefused(await wrong('carla'), 401, 'SIGN_IN_FAILED')
  }
  await later('carla', '31 minutes')
  for (let n = 0; n < 4; n++) expectRefused(await wrong('carla'), 401, 'SIGN_IN_FAILED')
  expect((await openBrowser(api).signIn('carla')).status).toBe(201)
  for (let n = 0; n < 4; n++) expectRefused(await wrong('carla'), 401, 'SIGN_IN_FAILED')
  expect((await openBrowser(api).signIn('carla')).status).toBe(201)
}, 120_000)

test('of many at once no more are looked at than of one after the other', async () => {
  await later('at-once', '31 minutes')
  const replies = await Promise.all(Array.from({ length: 24 }, () => wrong('at-once')))
  const codes = replies.map(({ body }) => body.code)
  expect(codes.filter((code) => code === 'SIGN_IN_FAILED')).toHaveLength(5)
  expect(codes.filter((code) => code === 'SIGN_IN_LOCKED')).toHaveLength(19)
}, 60_000)

describe('a name that is locked', () => {
  test('is opened by the command line, and by a link', async () => {
    await later('berta', '31 minutes')
    for (let n = 0; n < 5; n++) await wrong('berta')
    expectRefused(await openBrowser(api).signIn('berta'), 429, 'SIGN_IN_LOCKED')
    await api.control.run('user.unlock', { user: 'berta' })
    expect((await openBrowser(api).signIn('berta')).status).toBe(201)
    for (let n = 0; n < 5; n++) await wrong('berta')
    const link = await invite(api, 'berta', {})
    expectRefused(await openBrowser(api).signIn('berta'), 429, 'SIGN_IN_LOCKED')
    expect((await openBrowser(api).takeLink(link)).status).toBe(201)
    expect((await openBrowser(api).signIn('berta')).status).toBe(201)
  }, 60_000)

  test('keeps nobody out who is signed in', async () => {
    await later('berta', '31 minutes')
    const browser = openBrowser(api)
    await browser.signIn('berta')
    for (let n = 0; n < 5; n++) await wrong('berta')
    expect((await browser.call('GET', '/v1/session')).status).toBe(200)
    const json = { current: PASSWORD, password: 'a horse for the time after' }
    expectRefused(await browser.call('POST', '/v1/session/password', { json }), 429, 'SIGN_IN_LOCKED')
  })
})

test('how often an address may fail to sign in is limited, whatever the names; who succeeds is not counted', async () => {
  const many = { perSecond: 1e6, burst: 1e6 }
  const limited = await startApi({ cluster: false, limits: { stranger: many, signIn: { perSecond: 0.001, burst: 3 } } })
  try {
    await newPerson(limited, 'anna', 'viewer')
    for (let n = 0; n < 5; n++) expect((await openBrowser(limited).signIn('anna')).status).toBe(201)
    for (let n = 0; n < 3; n++) expectRefused(await openBrowser(limited).signIn(`name-${n}`), 401, 'SIGN_IN_FAILED')
    const refused = await openBrowser(limited).signIn('anna')
    expectRefused(refused, 429, 'RATE_LIMITED')
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(60)
    const invitation = { invitation: `tni_${'a'.repeat(43)}` }
    expectRefused(await openBrowser(limited).call('POST', '/v1/session/invitation', { json: invitation }), 429, 'RATE_LIMITED')
  } finally {
    await limited.close()
  }
})

test('what is stored of a password says how it was hashed, and is never the same twice', async () => {
  const { hash, matches } = passwordsAt()
  const [one, two] = [await hash(PASSWORD), await hash(PASSWORD)]
  expect(one).toMatch(/^scrypt\$32768\$8\$3\$[\w-]{22}\$[\w-]{43}$/)
  expect(one).not.toBe(two)
  expect(await matches(PASSWORD, one)).toBe(true)
  expect(await matches(`${PASSWORD} `, one)).toBe(false)
  // The same letters, composed and not.
  expect(await matches('Zoe\u0308 und ihr Pferd', await hash('Zoë und ihr Pferd'))).toBe(true)
  const cheap = passwordsAt({ N: 2 ** 4, r: 8, p: 1 })
  for (const none of [undefined, null, '', 'scrypt$1$1$1$x$y', PASSWORD]) expect(await cheap.matches(PASSWORD, none)).toBe(false)
  // However much it costs.
  for (const cost of [
    { N: 2 ** 17, r: 8, p: 1 },
    { N: 2, r: 1, p: 64 },
  ])
    expect(await cheap.matches(PASSWORD, await passwordsAt(cost).hash(PASSWORD))).toBe(true)
  // What is stored says what it cost.
  expect(await cheap.matches(PASSWORD, one)).toBe(true)
})
