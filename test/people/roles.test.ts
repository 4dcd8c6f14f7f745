import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ROLES, type Role } from '../../src/catalog/keys.js'
import { sql } from '../../src/kernel/sql.js'
import { type Api, keysOfAllRoles, startApi } from '../api/api-server.js'
import { type Browser, expectRefused, newPerson, openBrowser } from './browser.js'

let api: Api
let keys: Readonly<Record<Role, string>>
const people: Partial<Record<Role, Browser>> = {}

beforeAll(async () => {
  api = await startApi({ streams: { keysMs: 300 } })
  for (const slug of ['mine', 'other']) await api.control.run('tenant.create', { slug })
  keys = await keysOfAllRoles(api, 'mine')
  for (const role of ROLES) people[role] = await newPerson(api, `a-${role}`, role, role === 'tenant-admin' ? 'mine' : undefined)
})
afterAll(() => api.close())

const NOBODY = '7c9e6679-7425-40de-944b-e07fc1f90ae7'
const REQUESTS: readonly (readonly [method: string, path: string, json?: Readonly<Record<string, unknown>>])[] = [
  ['GET', '/v1/tenants'],
  ['GET', '/v1/tenants/mine'],
  ['GET', '/v1/tenants/other'],
  ['GET', '/v1/tenants/absent'],
  ['GET', '/v1/tenant-counts'],
  ['GET', '/v1/events'],
  ['GET', '/v1/audit?actor=none'],
  ['GET', '/v1/keys?limit=1'],
  ['GET', '/v1/users?limit=1'],
  ['GET', '/v1/sessions?limit=1'],
  ['POST', '/v1/tenants', { slug: 'mine' }],
  ['POST', '/v1/tenants/mine/suspend', { reason: '' }],
  ['POST', '/v1/tenants/mine/purge', { waiveBackup: 'a test' }],
  ['POST', '/v1/tenants/other/sql', { statement: 'select 1 as one' }],
  ['POST', '/v1/tenants/other/sql', { statement: 'select 1 as one', write: true }],
  ['DELETE', `/v1/keys/${NOBODY}`],
  ['POST', '/v1/users/nobody', { shownAs: 'Nobody' }],
]

describe.each(ROLES)('a person who is %s', (role) => {
  test.each(REQUESTS)('may what a key may: %s %s %j', async (method, path, json) => {
    const options = json === undefined ? {} : { json }
    const [by, as] = [await api.call(method, path, { ...options, key: keys[role] }), await people[role]!.call(method, path, options)]
    const told = ({ status, body }: typeof by) => ({ status, body: { ...body, request_id: '', milliseconds: 0 } })
    expect(told(as)).toEqual(told(by))
  })
})

test('what somebody does, or is refused, stands under their name', async () => {
  await people['fleet-admin']!.call('POST', '/v1/keys', { json: { name: 'made by a person', role: 'viewer' } })
  await people.viewer!.call('POST', '/v1/keys', { json: { name: 'not made', role: 'viewer' } })
  const rows = await api.control.platform.catalog.rows(sql`
    select actor, outcome, fault, key_id, source from catalog.audit where operation = 'key.create' and actor like 'user:%' order by id`)
  expect(rows).toEqual([
    { actor: 'user:a-fleet-admin', outcome: 'succeeded', fault: null, key_id: null, source: 'http' },
    { actor: 'user:a-viewer', outcome: 'refused', fault: 'KEY_FORBIDDEN', key_id: null, source: 'http' },
  ])
  const { data } = (await people['fleet-admin']!.call('GET', '/v1/keys')).body
  expect(data.find(({ name }: { name: string }) => name === 'made by a person').createdBy).toBe('user:a-fleet-admin')
})

describe('one’s own sessions', () => {
  const own = async (browser: Browser): Promise<readonly { id: string; current: boolean }[]> => {
    const { status, body } = await browser.call('GET', '/v1/own-sessions')
    expect(status).toBe(200)
    return body.data
  }
  const currentOf = async (browser: Browser): Promise<string> => (await own(browser)).find(({ current }) => current)!.id
  const newest = async (name: string): Promise<string> =>
    (await people['fleet-admin']!.call('GET', `/v1/operations?name=${name}&limit=1`)).body.data[0].id

  test.each(ROLES)('are all that a %s sees there, and each but nobody else’s can be ended', async (role) => {
    const name = `b-${role}`
    const one = await newPerson(api, name, role, role === 'tenant-admin' ? 'mine' : undefined)
    const another = openBrowser(api)
    expect((await another.signIn(name)).status).toBe(201)
    const theirs = await own(people[role]!)
    const mine = await own(one)
    expect(mine.map(({ current }) => current)).toEqual([true, false])
    expect((await own(another)).map(({ id, current }) => [id, current])).toEqual(mine.map(({ id, current }) => [id, !current]))
    expect(mine).toEqual([expect.objectContaining({ user: name }), expect.objectContaining({ user: name })])

    const lost = mine[1]!.id
    const said = (reply: Awaited<ReturnType<typeof one.call>>, id: string) =>
      JSON.stringify({ ...reply.body, request_id: '' }).replaceAll(id, 'ID')
    const [foreign, none] = await Promise.all([theirs[0]!.id, NOBODY].map((id) => one.call('DELETE', `/v1/own-sessions/${id}`)))
    expectRefused(foreign!, 404, 'SESSION_NOT_FOUND')
    expect(said(foreign!, theirs[0]!.id)).toBe(said(none!, NOBODY))
    expect((await own(people[role]!)).map(({ id }) => id)).toEqual(theirs.map(({ id }) => id))

    expect((await one.call('DELETE', `/v1/own-sessions/${lost}`)).body).toEqual({ id: lost })
    expectRefused(await another.call('GET', '/v1/session'), 401, 'SESSION_ENDED')
    expect((await own(one)).map(({ id }) => id)).toEqual([mine[0]!.id])
  })

  test('are ended by nobody without the guard against forged requests', async () => {
    const browser = await newPerson(api, 'c-forged', 'viewer')
    const id = await currentOf(browser)
    browser.csrf = undefined
    expectRefused(await browser.call('DELETE', `/v1/own-sessions/${id}`), 403, 'REQUEST_FORGED')
    expect((await browser.call('GET', '/v1/session')).status).toBe(200)
  })

  test('are all that is listed of whoever is asked for by name', async () => {
    const { data } = (await people['security-auditor']!.call('GET', '/v1/sessions?user=A-Viewer')).body
    expect(new Set(data.map(({ user }: { user: string }) => user))).toEqual(new Set(['a-viewer']))
    expect(data).toHaveLength((await own(people.viewer!)).length)
  })

  test('in the journal are for whoever ended them; others read no more of sessions by that', async () => {
    const [one, another] = [await newPerson(api, 'c-one', 'viewer'), await newPerson(api, 'c-another', 'viewer')]
    const lost = openBrowser(api)
    await lost.signIn('c-one')
    await one.call('DELETE', `/v1/own-sessions/${await currentOf(lost)}`)
    const left = await newest('session.leave')
    await api.control.run('session.end', { session: await currentOf(another) })
    const ended = await newest('session.end')
    const read = async (id: string, by: Browser) => (await by.call('GET', `/v1/operations/${id}`)).body.withheld
    expect(await read(left, one)).toBe(false)
    expect(await read(left, people.viewer!)).toBe(true)
    expect(await read(ended, people.viewer!)).toBe(true)
    expect(await read(ended, people['security-auditor']!)).toBe(false)
  })
})

describe('a change of what somebody may do', () => {
  test('holds at once in the session that they have', async () => {
    const browser = await newPerson(api, 'anna', 'operator')
    expect((await browser.call('POST', '/v1/tenants', { json: { slug: 'mine' } })).status).toBe(409)
    expect(await api.control.run('user.set', { user: 'anna', role: 'tenant-admin', tenant: 'mine' })).toMatchObject({
      role: 'tenant-admin',
    })
    expectRefused(await browser.call('POST', '/v1/tenants', { json: { slug: 'mine' } }), 403, 'KEY_FORBIDDEN')
    expectRefused(await browser.call('GET', '/v1/tenants/other'), 404, 'TENANT_NOT_FOUND')
    expect((await browser.call('GET', '/v1/session')).body).toMatchObject({ role: 'tenant-admin', tenant: expect.any(String) })
  })

  test.each([
    [{ user: 'anna', role: 'viewer', tenant: 'mine' }, 'INPUT_INVALID'],
    [{ user: 'a-viewer', role: 'tenant-admin' }, 'INPUT_INVALID'],
    [{ user: 'a-viewer', role: 'tenant-admin', tenant: 'absent' }, 'TENANT_NOT_FOUND'],
    [{ user: 'absent', role: 'viewer' }, 'USER_NOT_FOUND'],
    [{ user: 'anna' }, 'INPUT_INVALID'],
  ])('%j is refused: %s', async (input, code) => {
    await expect(api.control.run('user.set', input)).rejects.toMatchObject({ code })
  })

  test('is made on condition that nobody else has made one', async () => {
    const admin = people['fleet-admin']!
    const shown = await admin.call('GET', '/v1/users/a-viewer')
    const headers = { 'if-match': shown.headers.get('etag')! }
    expect((await admin.call('POST', '/v1/users/a-viewer', { json: { shownAs: 'One' }, headers })).status).toBe(200)
    expectRefused(await admin.call('POST', '/v1/users/a-viewer', { json: { shownAs: 'Two' }, headers }), 412, 'PRECONDITION_FAILED')
  })
})

describe('a stream', () => {
  const open = async (browser: Browser) => {
    const response = await fetch(`${api.url}/v1/events`, { headers: { accept: 'text/event-stream', cookie: browser.cookie! } })
    expect(response.status).toBe(200)
    const reader = response.body!.getReader()
    await reader.read()
    const ended = (async () => {
      while (!(await reader.read()).done);
      return true
    })()
    return { ended, close: () => reader.cancel() }
  }

  test('ends with its session, and with the role that it was opened with', async () => {
    const browser = await newPerson(api, 'berta', 'viewer')
    const [one, another] = [await open(browser), await open(people.viewer!)]
    await browser.call('DELETE', '/v1/session')
    expect(await one.ended).toBe(true)
    await browser.signIn('berta')
    const next = await open(browser)
    await api.control.run('user.set', { user: 'berta', role: 'tenant-admin', tenant: 'mine' })
    expect(await next.ended).toBe(true)
    const last = await open(browser)
    await api.control.run('user.disable', { user: 'berta' })
    expect(await last.ended).toBe(true)
    let over = false
    void another.ended.then(() => {
      over = true
    })
    expect((await people.viewer!.call('GET', '/v1/session')).status).toBe(200)
    expect(over).toBe(false)
    await another.close()
  }, 30_000)
})

describe('names', () => {
  test.each(['', ' ', 'anna berg', '-anna', 'an\u0000na', 'аnna', 'a'.repeat(101), "anna'--", 'a/b', '<b>'])(
    'that nobody may have: %j',
    async (name) => {
      await expect(api.control.run('user.invite', { name, role: 'viewer' })).rejects.toMatchObject({ code: 'INPUT_INVALID' })
    },
  )

  test.each(['a', '7', 'anna@acme.example', 'Anna.Berg+test', 'a'.repeat(100)])(
    'that somebody may have, and sign in by: %j',
    async (name) => {
      const browser = await newPerson(api, name, 'viewer')
      expect((await browser.call('GET', '/v1/session')).body.session.name).toBe(name.toLowerCase())
      const admin = people['fleet-admin']!
      expect((await admin.call('GET', `/v1/users/${encodeURIComponent(name)}`)).body.name).toBe(name.toLowerCase())
      expect((await openBrowser(api).signIn(name.toUpperCase())).status).toBe(201)
    },
  )

  test('somebody new needs a role, and a tenant-admin a tenant', async () => {
    for (const input of [{ name: 'carla' }, { name: 'carla', role: 'tenant-admin' }, { name: 'carla', role: 'viewer', tenant: 'mine' }])
      await expect(api.control.run('user.invite', input)).rejects.toMatchObject({ code: 'INPUT_INVALID' })
    await expect(api.control.run('user.show', { user: 'carla' })).rejects.toMatchObject({ code: 'USER_NOT_FOUND' })
  })

  test('a tenant that is purged takes its people with it', async () => {
    await api.control.run('tenant.create', { slug: 'short' })
    const browser = await newPerson(api, 'of-short', 'tenant-admin', 'short')
    await api.control.run('tenant.delete', { tenant: 'short', reason: 'a test', grace: '0d' })
    await api.control.run('tenant.purge', { tenant: 'short', waiveBackup: 'a test' })
    expectRefused(await browser.call('GET', '/v1/session'), 401, 'SESSION_ENDED')
    await expect(api.control.run('user.show', { user: 'of-short' })).rejects.toMatchObject({ code: 'USER_NOT_FOUND' })
  })
})
