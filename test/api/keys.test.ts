import { afterAll, beforeAll, expect, test } from 'vitest'
import { hashApiKey, newApiKey } from '../../src/catalog/key-format.js'
import { sql } from '../../src/kernel/sql.js'
import { type Api, expectProblem, startApi, tablesWith } from './api-server.js'

let api: Api
let admin: string

beforeAll(async () => {
  api = await startApi()
  await api.control.run('tenant.create', { slug: 'corner' })
  admin = (await api.key('fleet-admin')).key
})
afterAll(() => api.close())

const list = (headers: Readonly<Record<string, string>>) => api.call('GET', '/v1/tenants', { headers })

test('a key that is revoked is refused at once', async () => {
  const made = await api.call('POST', '/v1/keys', { key: admin, json: { name: 'short-lived', role: 'viewer' } })
  expect(made.status).toBe(201)
  const { id, key } = made.body
  expect((await api.call('GET', '/v1/tenants', { key })).status).toBe(200)
  expect((await api.call('DELETE', `/v1/keys/${id}`, { key: admin })).status).toBe(200)
  expectProblem(await api.call('GET', '/v1/tenants', { key }), 401, 'KEY_INVALID')
})

test('a key that has expired is refused', async () => {
  const { id, key } = await api.key('viewer')
  await api.control.platform.catalog.run(sql`update catalog.api_key set expires_at = now() - interval '1 second' where id = ${id}`)
  expectProblem(await api.call('GET', '/v1/tenants', { key }), 401, 'KEY_INVALID')
})

test('its last use is noted, to the minute', async () => {
  const { id, key } = await api.key('viewer')
  const lastUse = async () =>
    (await api.control.platform.catalog.one(sql<{ at: Date | null }>`select last_used_at as at from catalog.api_key where id = ${id}`)).at
  expect(await lastUse()).toBeNull()
  await api.call('GET', '/v1/tenants', { key })
  const first = await lastUse()
  await api.call('GET', '/v1/tenants', { key })
  expect(first).toBeInstanceOf(Date)
  expect(await lastUse()).toEqual(first)
})

const well = newApiKey()
test.each([
  ['none', {}, 'KEY_MISSING'],
  ['an empty one', { authorization: '' }, 'KEY_MISSING'],
  ['another scheme', { authorization: 'Basic dXNlcjpwYXNz' }, 'KEY_MISSING'],
  ['the scheme alone', { authorization: 'Bearer ' }, 'KEY_MISSING'],
  ['in another header', { 'x-api-key': well }, 'KEY_MISSING'],
  ['another prefix', { authorization: `Bearer tnt_${well.slice(4)}` }, 'KEY_INVALID'],
  ['cut off', { authorization: `Bearer ${well.slice(0, -1)}` }, 'KEY_INVALID'],
  ['a wrong checksum', { authorization: `Bearer ${well.slice(0, -1)}${well.endsWith('0') ? '1' : '0'}` }, 'KEY_INVALID'],
  ['well-formed, and of nobody', { authorization: `Bearer ${well}` }, 'KEY_INVALID'],
  ['its hash', { authorization: `Bearer ${hashApiKey(well).toString('hex')}` }, 'KEY_INVALID'],
] as const)('a key that is no key: %s', async (_, headers, code) => {
  const reply = await list(headers)
  expectProblem(reply, 401, code)
  expect(reply.headers.get('www-authenticate')).toMatch(/^Bearer realm="tenantry"/)
})

test.each([
  ['a parameter', (key: string) => `/v1/tenants?key=${key}`],
  ['a parameter with its first letter encoded', (key: string) => `/v1/tenants?search=%74${key.slice(1)}`],
  ['the name of a parameter', (key: string) => `/v1/tenants?${key}`],
  ['a parameter that is named for one', () => '/v1/tenants?access_token=x'],
  ['a part of the path', (key: string) => `/v1/tenants/${key}`],
  ['a parameter where no key is needed', (key: string) => `/openapi.json?key=${key}`],
] as const)('a key in the address is refused, with or without one in the header: %s', async (_, path) => {
  for (const key of [undefined, admin]) expectProblem(await api.call('GET', path(admin), { key }), 400, 'INPUT_INVALID')
})

test('no key is written down: not in the catalog, not in the log', async () => {
  const made = await api.call('POST', '/v1/keys', {
    key: admin,
    json: { name: 'looked for', role: 'viewer' },
    headers: { 'idempotency-key': 'one-key' },
  })
  const again = await api.call('POST', '/v1/keys', {
    key: admin,
    json: { name: 'looked for', role: 'viewer' },
    headers: { 'idempotency-key': 'one-key' },
  })
  expectProblem(again, 409, 'ANSWER_NOT_KEPT')
  await api.call('GET', `/v1/tenants/${made.body.key}`, { key: made.body.key })
  await api.call('GET', `/nowhere/${made.body.key}?k=${made.body.key}`, { key: made.body.key, headers: { 'x-request-id': made.body.key } })

  for (const secret of [admin, made.body.key as string]) {
    const middle = secret.slice(10, 40)
    expect(await tablesWith(api, middle)).toEqual([])
    expect(JSON.stringify(api.log)).not.toContain(middle)
  }
})
