import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { checkConfig } from '../../src/engine/config.js'
import { sql } from '../../src/kernel/sql.js'
import { issuerOf, ownPath, readJourney, writeJourney } from '../../src/server/people/oidc.js'
import { type Api, type Reply, startApi, tablesWith } from '../api/api-server.js'
import { startIssuer, type TestIssuer } from '../support/issuer.js'
import { type Browser, expectRefused, invite, newPerson, openBrowser } from './browser.js'

const SECRET = 'a-secret-of-client-and-issuer'
let issuer: TestIssuer
let api: Api

const settings = (issuerUrl: string) => ({
  cluster: false,
  config: {
    console: {
      url: 'http://127.0.0.1:4100',
      oidc: {
        issuer: issuerUrl,
        clientId: 'tenantry',
        clientSecret: 'env:OIDC_SECRET',
        roleClaim: 'groups',
        roles: { admins: 'fleet-admin', ops: 'operator', staff: 'viewer' },
      },
    },
  } as const,
  secrets: { 'env:OIDC_SECRET': SECRET },
})

beforeAll(async () => {
  issuer = await startIssuer({ id: 'tenantry', secret: SECRET })
  api = await startApi(settings(issuer.url))
})
afterAll(async () => {
  await api?.close()
  await issuer?.stop()
})
beforeEach(() => {
  issuer.wrongs = {}
  issuer.who = { sub: 'sub-anna', preferred_username: 'Anna', name: 'Anna Berg', groups: ['ops'] }
})

interface Outgoing {
  readonly browser: Browser
  readonly journey: string
  readonly location: string
}

const cookieIn = (reply: Reply, name: RegExp): string | undefined => name.exec(reply.headers.get('set-cookie') ?? '')?.[0]

async function leave(back = '', at = api, cookie?: string): Promise<Outgoing> {
  const browser = openBrowser(at)
  browser.cookie = cookie
  const reply = await browser.call('GET', `/v1/session/oidc${back}`)
  expect(reply.status).toBe(303)
  expect(reply.headers.get('set-cookie')).toMatch(/_oidc=[\w.-]+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=600$/)
  browser.cookie = undefined
  return { browser, journey: cookieIn(reply, /tenantry_\w+_oidc=[^;]+/)!, location: reply.headers.get('location')! }
}

async function comeBack({ browser, journey, location }: Outgoing, over: { readonly state?: string; readonly cookie?: string } = {}) {
  const { code, state } = await issuer.authorize(location)
  const query = new URLSearchParams({ code, state: over.state ?? state })
  const headers = { cookie: over.cookie ?? journey, 'sec-fetch-site': 'cross-site' }
  const reply = await browser.call('GET', `/v1/session/oidc/callback?${query}`, { headers })
  browser.cookie = cookieIn(reply, /tenantry_\w{6}=tns_[\w-]{43}/)
  return reply
}

const signIn = async (back = '') => {
  const out = await leave(back)
  return { ...out, reply: await comeBack(out) }
}

const whoIs = async (browser: Browser) => (await browser.call('GET', '/v1/session')).body

test('whom the issuer vouches for is signed in, with the role of the claim, by a page that leads on', async () => {
  const { browser, reply, location } = await signIn('?back=/tenants?state=active')
  const asked = new URL(location).searchParams
  expect(Object.fromEntries(asked)).toMatchObject({
    response_type: 'code',
    client_id: 'tenantry',
    redirect_uri: 'http://127.0.0.1:4100/v1/session/oidc/callback',
    scope: 'openid profile email',
    code_challenge_method: 'S256',
  })
  expect(reply.status).toBe(200)
  expect(reply.text).toContain('content="0; url=/tenants?state=active"')
  expect(reply.headers.get('set-cookie')).toMatch(/tns_[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict/)
  expect(await whoIs(browser)).toMatchObject({ actor: 'user:anna', role: 'operator', session: { shownAs: 'Anna Berg' } })
  expect(await api.control.run('user.show', { user: 'anna' })).toMatchObject({
    issuer: issuer.url,
    state: 'active',
    createdBy: `issuer:${issuer.url}`,
  })
})

test('the role is that of each sign-in; who has lost it does not come in, and who was disabled neither', async () => {
  issuer.who = { ...issuer.who, groups: ['others', 'admins', 'ops'] }
  const { browser } = await signIn()
  expect((await whoIs(browser)).role).toBe('fleet-admin')
  for (const groups of [['others'], [], undefined, 'admin', { admins: true }]) {
    issuer.who = { ...issuer.who, groups }
    expect((await signIn()).reply).toMatchObject({ status: 401 })
  }
  issuer.who = { ...issuer.who, groups: 'ops' }
  await api.control.run('user.disable', { user: 'anna' })
  expect((await signIn()).reply.status).toBe(401)
  await api.control.run('user.enable', { user: 'anna' })
  expect((await whoIs((await signIn()).browser)).role).toBe('operator')
})

test('a role that the issuer has changed holds in all sessions and stands in the audit; here it is not changed', async () => {
  issuer.who = { sub: 'sub-erna', preferred_username: 'erna', groups: 'ops' }
  const { browser } = await signIn()
  await api.control.run('user.set', { user: 'erna', breakGlass: 'fleet-admin' })
  await whoIs(browser)
  const opened = await browser.call('POST', '/v1/breakglass', { json: { reason: 'INC-4711: called at night' } })
  expect([opened.status, (await whoIs(browser)).role]).toEqual([200, 'fleet-admin'])
  issuer.who = { ...issuer.who, groups: 'staff' }
  await signIn()
  expect(await whoIs(browser)).toMatchObject({ role: 'viewer', session: { breakGlass: null } })
  await signIn()
  const rows = await api.control.platform.catalog.rows(sql<{ after: unknown }>`
    select after - 'address' as after from catalog.audit where operation = 'session.begin' and actor = 'user:erna' order by id`)
  expect(rows.map(({ after }) => after)).toEqual([
    { role: 'operator', created: true },
    { role: 'viewer', was: 'operator' },
    { role: 'viewer' },
  ])
  await expect(api.control.run('user.set', { user: 'erna', role: 'fleet-admin' })).rejects.toMatchObject({
    code: 'INPUT_INVALID',
    message: expect.stringContaining(issuer.url),
  })
  expect(await api.control.run('user.set', { user: 'erna', role: 'viewer', breakGlass: 'operator' })).toMatchObject({
    breakGlass: 'operator',
  })
})

test('the session that a browser has left with is over when it comes back, though its cookie does not come along', async () => {
  const before = await newPerson(api, 'frida', 'viewer')
  const { cookie } = before
  const reply = await comeBack(await leave('', api, cookie))
  expect(reply.status).toBe(200)
  before.cookie = cookie
  expectRefused(await before.call('GET', '/v1/session'), 401, 'SESSION_ENDED')
})

test('whoever finds all names taken that fit gets another one', async () => {
  const digest = createHash('sha256').update(`${issuer.url} sub-hanna`).digest('hex').slice(0, 12)
  for (const name of ['hanna', `hanna-${digest}`]) await invite(api, name)
  issuer.who = { sub: 'sub-hanna', preferred_username: 'hanna', groups: 'ops' }
  expect((await whoIs((await signIn()).browser)).actor).toMatch(/^user:user-[0-9a-f-]{36}$/)
})

test('nobody becomes somebody else by a name; there is no password beside the issuer', async () => {
  await newPerson(api, 'berta', 'fleet-admin')
  issuer.who = { sub: 'sub-berta', preferred_username: 'berta', groups: 'ops' }
  const { browser } = await signIn()
  const { actor } = await whoIs(browser)
  expect(actor).toMatch(/^user:berta-[0-9a-f]{12}$/)
  issuer.who = { sub: 'sub-strange', preferred_username: ' <b>É\u202e\n ', name: '\u0000\u202e', groups: 'ops' }
  expect(await whoIs((await signIn()).browser)).toMatchObject({
    actor: expect.stringMatching(/^user:[a-z0-9][a-z0-9._@+-]*$/),
    session: { shownAs: '?' },
  })
  await signIn()
  await expect(invite(api, 'anna', {})).rejects.toMatchObject({ code: 'INPUT_INVALID' })
  expectRefused(await openBrowser(api).signIn('anna', 'a password that nobody has'), 401, 'SIGN_IN_FAILED')
})

describe('a token that is not believed', () => {
  const now = Math.floor(Date.now() / 1_000)
  test.each([
    ['for another sign-in', { claims: { nonce: 'A'.repeat(43) } }],
    ['without a nonce', { claims: { nonce: undefined } }],
    ['for another client', { claims: { aud: 'somebody-else' } }],
    ['for several, and not for us', { claims: { aud: ['tenantry', 'another'], azp: 'another' } }],
    ['of another issuer', { claims: { iss: 'https://evil.example' } }],
    ['that has expired', { claims: { exp: now - 3_600, iat: now - 7_200 } }],
    ['that never expires', { claims: { exp: undefined } }],
    ['about nobody', { claims: { sub: undefined } }],
    ['signed by another key', { signed: 'strange' }],
    ['signed with the secret that client and issuer share', { signed: 'secret' }],
    ['signed with the public key as if it were a secret', { signed: 'public' }],
    ['signed by nobody', { signed: 'none' }],
  ] as const)('%s', async (_, wrongs) => {
    issuer.wrongs = wrongs
    const { browser, reply } = await signIn()
    expect(reply.status).toBe(401)
    expect(reply.text).toContain('/sign-in?failed=SIGN_IN_FAILED')
    expect(browser.cookie).toBeUndefined()
  })
})

describe('whoever comes back and has not left from here', () => {
  test.each([
    ['with another state', { state: 'A'.repeat(43) }],
    ['without the cookie', { cookie: 'theme=dark' }],
    ['with a cookie that was made up', { cookie: `tenantry_000000_oidc=${['a', 'b', 'c'].map((c) => c.repeat(43)).join('.')}.Lw` }],
  ])('%s', async (_, over) => {
    const reply = await comeBack(await leave(), over)
    expect(reply.status).toBe(401)
    expect(reply.headers.get('set-cookie')).toBeNull()
  })

  test('uses up no sign-ins, and is not written down', async () => {
    const many = { perSecond: 1e6, burst: 1e6 }
    const limited = await startApi({ ...settings(issuer.url), limits: { stranger: many, signIn: { perSecond: 0.001, burst: 2 } } })
    const refusals = async () =>
      (
        await limited.control.platform.catalog.one(sql<{ n: number }>`
        select count(*)::int as n from catalog.audit where operation = 'session.begin' and outcome = 'refused'`)
      ).n
    try {
      for (let n = 0; n < 4; n++) expect((await limited.call('GET', '/v1/session/oidc/callback?code=x&state=y')).status).toBe(401)
      issuer.wrongs = { status: 500 }
      for (let n = 0; n < 4; n++) expect((await comeBack(await leave('', limited))).status).toBe(503)
      issuer.wrongs = {}
      expect((await comeBack(await leave('', limited))).status).toBe(200)
      expect(await refusals()).toBe(0)
      issuer.who = { ...issuer.who, groups: 'others' }
      for (let n = 0; n < 2; n++) expect((await comeBack(await leave('', limited))).status).toBe(401)
      expect(await refusals()).toBe(2)
      expectRefused(await comeBack(await leave('', limited)), 429, 'RATE_LIMITED')
    } finally {
      await limited.close()
    }
  })

  test('as an earlier tab of the browser leaves the later one its way', async () => {
    const [one, other] = [await leave(), await leave()]
    const lost = await comeBack({ ...one, journey: other.journey })
    expect([lost.status, lost.headers.get('set-cookie')]).toEqual([401, null])
    const found = await comeBack(other)
    expect([found.status, found.headers.get('set-cookie')]).toEqual([200, expect.stringMatching(/_oidc=; .*Max-Age=0/)])
  })

  test('with the code of somebody else, or a code that was used', async () => {
    const [mine, theirs] = [await leave(), await leave()]
    const { code } = await issuer.authorize(theirs.location)
    const state = new URL(mine.location).searchParams.get('state')!
    const callback = (journey: string, query: Readonly<Record<string, string>>) =>
      mine.browser.call('GET', `/v1/session/oidc/callback?${new URLSearchParams(query)}`, { headers: { cookie: journey } })
    expect((await callback(mine.journey, { code, state })).status).toBe(401)
    const used = await issuer.authorize(mine.location)
    expect((await callback(mine.journey, used)).status).toBe(200)
    expect((await callback(mine.journey, used)).status).toBe(401)
  })
})

test('an issuer that is away keeps nobody out who has a password', async () => {
  const out = await leave()
  for (const status of [500, 503]) {
    issuer.wrongs = { status }
    const reply = await comeBack(await leave())
    expect([reply.status, reply.text.includes('failed=SIGN_IN_UNAVAILABLE')]).toEqual([503, true])
  }
  issuer.wrongs = { status: 400 }
  expect((await comeBack(out)).status).toBe(401)
  expect((await (await newPerson(api, 'carla', 'viewer')).call('GET', '/v1/session')).status).toBe(200)
  expect((await api.call('GET', '/v1/session/ways')).body).toEqual({ password: true, oidc: true })
})

describe('an issuer that cannot be asked', () => {
  const expectAway = (reply: Reply): void => {
    expect(reply.status).toBe(503)
    expect(reply.text).toContain('/sign-in?failed=SIGN_IN_UNAVAILABLE')
    expect(reply.headers.get('set-cookie') ?? '').not.toContain('tns_')
  }

  test('is asked once for all who come at once, and believed further while it cannot be asked anew', async () => {
    vi.useFakeTimers({ toFake: ['hrtime'] })
    try {
      const { platform } = api.control
      const of = issuerOf(platform, platform.config.console.oidc!)
      const begin = async () => new URL((await of.begin('/', undefined)).location).origin
      const before = issuer.described
      const asked = () => issuer.described - before
      expect(await Promise.all([begin(), begin(), begin()])).toEqual([issuer.url, issuer.url, issuer.url])
      expect(asked()).toBe(1)
      vi.advanceTimersByTime(11 * 60_000)
      issuer.wrongs = { down: true }
      expect(await begin()).toBe(issuer.url)
      issuer.wrongs = {}
      for (let n = 0; n < 2; n++) expect(await begin()).toBe(issuer.url)
      expect(asked()).toBe(2)
    } finally {
      vi.useRealTimers()
    }
  })

  test('is asked anew by whoever comes next', async () => {
    const other = await startApi(settings(issuer.url))
    try {
      issuer.wrongs = { down: true }
      expectAway(await other.call('GET', '/v1/session/oidc'))
      const warned = other.log.find(({ message }) => message === 'an issuer cannot be asked')
      expect(warned).toMatchObject({
        level: 'warn',
        facts: { issuer: issuer.url, reason: 'it does not answer', error: expect.stringMatching(/./) },
      })
      issuer.wrongs = { keys: 500 }
      expectAway(await comeBack(await leave('', other)))
      issuer.wrongs = {}
      const out = await leave('', other)
      const answer = await issuer.authorize(out.location)
      issuer.wrongs = { down: true }
      const headers = { cookie: out.journey }
      expectAway(await out.browser.call('GET', `/v1/session/oidc/callback?${new URLSearchParams(answer)}`, { headers }))
      issuer.wrongs = {}
      expect((await comeBack(await leave('', other))).status).toBe(200)
    } finally {
      await other.close()
    }
  })

  test('is not believed when it describes another one', async () => {
    const other = await startApi(settings(`${issuer.url}/`))
    try {
      expectAway(await other.call('GET', '/v1/session/oidc'))
    } finally {
      await other.close()
    }
  })
})

test('neither code nor secret nor token is written down', async () => {
  const out = await leave()
  const { code } = await issuer.authorize(out.location)
  await comeBack(out)
  const [, nonce = '', verifier = ''] = out.journey.split('.')
  for (const secret of [code, nonce, verifier, SECRET]) {
    expect(await tablesWith(api, secret)).toEqual([])
    expect(JSON.stringify(api.log)).not.toContain(secret)
  }
  const rows = await api.control.platform.catalog.rows(sql<{ outcome: string; address: string }>`
    select distinct outcome, after ->> 'address' as address
    from catalog.audit
    where operation = 'session.begin'
    order by outcome`)
  expect(rows).toEqual([
    { outcome: 'refused', address: '127.0.0.1' },
    { outcome: 'succeeded', address: '127.0.0.1' },
  ])
})

test('without an issuer there is no such way', async () => {
  const bare = await startApi({ cluster: false })
  try {
    expectRefused(await bare.call('GET', '/v1/session/oidc'), 404, 'ROUTE_NOT_FOUND')
    expectRefused(await bare.call('GET', '/v1/session/oidc/callback?code=x&state=y'), 404, 'ROUTE_NOT_FOUND')
    expect((await bare.call('GET', '/v1/session/ways')).body).toEqual({ password: true, oidc: false })
  } finally {
    await bare.close()
  }
})

test.each([
  ['/tenants?state=active', '/tenants?state=active'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['https://evil.example', '/'],
  ['/a\nb', '/'],
  ['javascript:alert(1)', '/'],
  [null, '/'],
])('it leads back to this server alone: %j', (given, to) => {
  expect(ownPath(given)).toBe(to)
  const journey = { state: 's'.repeat(43), nonce: 'n'.repeat(43), verifier: 'v'.repeat(43), back: given ?? '' }
  expect(readJourney(writeJourney(journey))?.back ?? '/').toBe(to)
})

test.each([
  [{ issuer: 'http://login.example', clientId: 'x', roles: { a: 'viewer' } }, 'issuer'],
  [{ issuer: 'https://login.example', clientId: 'x', roles: {} }, 'roles'],
  [{ issuer: 'https://login.example', clientId: 'x', roles: { a: 'tenant-admin' } }, 'roles'],
  [{ issuer: 'https://login.example', clientId: 'x', clientSecret: 'in plain text', roles: { a: 'viewer' } }, 'clientSecret'],
  [{ issuer: 'https://login.example', clientId: 'x', roles: { a: 'viewer' }, scopes: 'openid' }, 'unknown field'],
])('a configuration of an issuer that is none: %j', (oidc, says) => {
  const config = { catalog: {}, console: { url: 'https://console.example', oidc } }
  expect(() => checkConfig(config, '/folder', 'tenantry.config.ts')).toThrow(says)
  expect(() =>
    checkConfig({ catalog: {}, console: { oidc: { issuer: 'https://a.example', clientId: 'x', roles: { a: 'viewer' } } } }, '/f', 'c'),
  ).toThrow('url')
})
