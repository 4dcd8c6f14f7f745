import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../src/kernel/sql.js'
import { type Api, startApi, tablesWith } from '../api/api-server.js'
import { type Browser, expectRefused, invite, newPerson, openBrowser } from './browser.js'

let api: Api
let anna: Browser
const REASON = "INC-4711: restore, '; drop table x; -- <b>$(id)</b>"

beforeAll(async () => {
  api = await startApi({ cluster: false, streams: { keysMs: 300 } })
  anna = openBrowser(api)
  await anna.takeLink(await invite(api, 'anna', { role: 'viewer', breakGlass: 'fleet-admin' }))
})
afterAll(() => api.close())

const open = (browser: Browser, json: Readonly<Record<string, unknown>> = { reason: REASON }) =>
  browser.call('POST', '/v1/breakglass', { json })
const close = (browser: Browser, json: Readonly<Record<string, unknown>> = {}) => browser.call('POST', '/v1/breakglass/close', { json })
/** What a viewer may not. */
const mayAdminister = async (browser: Browser): Promise<boolean> => (await browser.call('GET', '/v1/keys')).status === 200
const mayInvite = async (browser: Browser) =>
  (await browser.call('POST', '/v1/users', { json: { name: 'anybody', role: 'viewer' } })).body.code
const whoIs = async (browser: Browser) => (await browser.call('GET', '/v1/session')).body

test('gives the session a stronger role, until it is given back, and everybody can see why', async () => {
  expect(await mayAdminister(anna)).toBe(false)
  const before = (await api.control.run('event.list', { limit: 1 })) as { data: readonly { id: string }[] }
  const opened = await open(anna)
  expect(opened).toMatchObject({ status: 200, body: { user: 'anna', role: 'fleet-admin', reason: REASON } })
  expect(await mayAdminister(anna)).toBe(true)
  expect(await whoIs(anna)).toMatchObject({
    role: 'fleet-admin',
    session: { ownRole: 'viewer', breakGlass: { role: 'fleet-admin', reason: REASON, until: opened.body.until } },
  })
  expect((await api.control.run('breakglass.list', {})) as object).toEqual({
    data: [{ session: opened.body.session, user: 'anna', role: 'fleet-admin', until: new Date(opened.body.until), reason: REASON }],
  })
  // Another session of the same person is none the stronger.
  const elsewhere = openBrowser(api)
  await elsewhere.signIn('anna')
  expect(await mayAdminister(elsewhere)).toBe(false)
  expectRefused(await open(anna), 409, 'BREAKGLASS_OPEN')

  expect((await close(anna)).status).toBe(200)
  expect(await mayAdminister(anna)).toBe(false)
  expect((await whoIs(anna)).session.breakGlass).toBeNull()
  expectRefused(await close(anna), 409, 'BREAKGLASS_CLOSED')

  const events = (await api.control.run('event.list', { limit: 20 })) as { data: readonly { id: string; type: string; actor: string }[] }
  const told = events.data.filter(({ id }) => Number(id) > Number(before.data[0]?.id ?? 0)).map(({ type, actor }) => `${actor} ${type}`)
  expect(told).toEqual(expect.arrayContaining(['user:anna breakglass.opened', 'user:anna breakglass.closed']))
  const { data } = (await api.control.run('audit.log', { operation: 'breakglass.open' })) as {
    data: readonly { actor: string; outcome: string; after: { reason: string } | null }[]
  }
  expect(data.find(({ outcome }) => outcome === 'succeeded')).toMatchObject({ actor: 'user:anna', after: { reason: REASON } })
  expect(await tablesWith(api, 'INC-4711')).toEqual(expect.arrayContaining(['audit', 'operation', 'session']))
})

test("ends by the catalog's clock, in streams too, and never outlives the session", async () => {
  const { body } = await open(anna, { reason: REASON, for: '2h' })
  expect(await mayAdminister(anna)).toBe(true)
  const response = await fetch(`${api.url}/v1/events`, { headers: { accept: 'text/event-stream', cookie: anna.cookie! } })
  const reader = response.body!.getReader()
  await reader.read()
  await api.control.platform.catalog.run(sql`
    update catalog.session set breakglass_until = clock_timestamp() - interval '1 second' where id = ${body.session}`)
  expect(await mayAdminister(anna)).toBe(false)
  expect(await whoIs(anna)).toMatchObject({ role: 'viewer', session: { breakGlass: null } })
  while (!(await reader.read()).done);

  await api.control.platform.catalog.run(sql`
    update catalog.session set ends_at = clock_timestamp() + interval '10 minutes' where id = ${body.session}`)
  const again = await open(anna, { reason: REASON, for: '4h' })
  const { endsAt } = (await whoIs(anna)).session
  expect(again.body.until).toBe(endsAt)
  await close(anna)
}, 30_000)

describe('is refused', () => {
  test('to keys and to the command line, of whatever role', async () => {
    const { key } = await api.key('fleet-admin')
    expectRefused(await api.call('POST', '/v1/breakglass', { key, json: { reason: REASON } }), 403, 'SESSION_NEEDED')
    await expect(api.control.run('breakglass.open', { reason: REASON })).rejects.toMatchObject({ code: 'SESSION_NEEDED' })
  })

  test('to who may not, and is audited', async () => {
    const berta = await newPerson(api, 'berta', 'operator')
    expectRefused(await open(berta), 403, 'BREAKGLASS_FORBIDDEN')
    const { data } = (await api.control.run('audit.log', { operation: 'breakglass.open', actor: 'user:berta' })) as {
      data: readonly { outcome: string; fault: string }[]
    }
    expect(data).toMatchObject([{ outcome: 'refused', fault: 'BREAKGLASS_FORBIDDEN' }])
    await api.control.run('user.set', { user: 'berta', breakGlass: 'fleet-admin' })
    expect((await open(berta)).status).toBe(200)
    await api.control.run('user.set', { user: 'berta', breakGlass: 'none' })
    expect(await mayAdminister(berta)).toBe(false)
  })

  test('and mended, when what they may do changes: it does not come back with the role', async () => {
    const dora = await newPerson(api, 'dora', 'viewer')
    const set = (given: object) => api.control.run('user.set', { user: 'dora', ...given })
    for (const less of [{ role: 'security-auditor' }, { breakGlass: 'none' }, { breakGlass: 'operator' }]) {
      await set({ role: 'viewer', breakGlass: 'fleet-admin' })
      expect((await open(dora)).status).toBe(200)
      expect(await mayInvite(dora)).toBe('KEY_FORBIDDEN')
      expect((await dora.call('POST', '/v1/clusters/absent/drain', { json: {} })).body.code).toBe('CLUSTER_NOT_FOUND')
      await set(less)
      expect((await whoIs(dora)).session.breakGlass).toBeNull()
      await set({ role: 'viewer', breakGlass: 'fleet-admin' })
      expect((await whoIs(dora)).session.breakGlass).toBeNull()
    }
    await expect(set({ role: 'tenant-admin', tenant: 'acme', breakGlass: 'operator' })).rejects.toMatchObject({ code: 'INPUT_INVALID' })
    const invited = { name: 'emil', role: 'tenant-admin', tenant: 'acme', breakGlass: 'operator' }
    await expect(api.control.run('user.invite', invited)).rejects.toMatchObject({ code: 'INPUT_INVALID' })
  })

  test('for what would outlast it: keys, people, webhooks', async () => {
    const fred = await newPerson(api, 'fred', 'viewer')
    await api.control.run('user.set', { user: 'fred', breakGlass: 'fleet-admin' })
    expect((await open(fred)).status).toBe(200)
    expect((await fred.call('GET', '/v1/keys')).status).toBe(200)
    for (const [path, json] of [
      ['/v1/keys', { name: 'for later', role: 'fleet-admin' }],
      ['/v1/users', { name: 'another', role: 'fleet-admin' }],
      ['/v1/users/fred', { role: 'fleet-admin' }],
      ['/v1/users/berta/enable', {}],
      ['/v1/webhooks', { name: 'for-later', url: 'https://hooks.example' }],
    ] as const)
      expectRefused(await fred.call('POST', path, { json }), 403, 'KEY_FORBIDDEN')
  })

  test.each([
    ['without a reason', {}],
    ['for a short one', { reason: 'because' }],
    ['for one of blanks', { reason: '             ' }],
    ['for a long one', { reason: 'x'.repeat(201) }],
    ['for longer than the configuration says', { reason: REASON, for: '5h' }],
    ['for no time', { reason: REASON, for: '0min' }],
    ['for ever', { reason: REASON, for: 'ever' }],
  ])('%s', async (_, json) => {
    expectRefused(await open(anna, json), 400, 'INPUT_INVALID')
    expect(await mayAdminister(anna)).toBe(false)
  })

  test('to a change that a page of another origin has asked for', async () => {
    const headers = { 'sec-fetch-site': 'cross-site' }
    expectRefused(await anna.call('POST', '/v1/breakglass', { json: { reason: REASON }, headers }), 403, 'REQUEST_FORGED')
  })
})

test('a fleet-admin gives it back for somebody else; nobody else can', async () => {
  const { body } = await open(anna)
  const carla = await newPerson(api, 'carla', 'operator')
  expectRefused(await close(carla, { session: body.session }), 403, 'KEY_FORBIDDEN')
  expectRefused(await close(carla), 409, 'BREAKGLASS_CLOSED')
  expect(await mayAdminister(anna)).toBe(true)
  await api.control.run('breakglass.close', { session: body.session })
  expect(await mayAdminister(anna)).toBe(false)
  await expect(api.control.run('breakglass.close', {})).rejects.toMatchObject({ code: 'SESSION_NEEDED' })
  await expect(api.control.run('breakglass.close', { session: '7c9e6679-7425-40de-944b-e07fc1f90ae7' })).rejects.toMatchObject({
    code: 'SESSION_NOT_FOUND',
  })
})
