import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Role } from '../../src/catalog/keys.js'
import { type Api, startApi } from './api-server.js'

let api: Api
const made = new Map<Role, string>()

beforeAll(async () => {
  api = await startApi({
    cluster: false,
    config: { webhooks: { secret: 'env:API_WEBHOOKS', allow: ['127.0.0.1'] } },
    secrets: { 'env:API_WEBHOOKS': randomBytes(32).toString('hex') },
  })
  for (const role of ['viewer', 'operator', 'fleet-admin', 'security-auditor'] as const) made.set(role, (await api.key(role)).key)
})
afterAll(() => api.close())

const newest = async (name: string): Promise<string> =>
  (await api.call('GET', `/v1/operations?name=${name}&limit=1`, { key: made.get('fleet-admin') })).body.data[0].id

/** What each role reads of an operation, waited for or not. */
const read = async (id: string, role: Role): Promise<readonly unknown[]> => {
  const replies = await Promise.all(['', '/watch'].map((more) => api.call('GET', `/v1/operations/${id}${more}`, { key: made.get(role) })))
  return replies.map(({ status, body }) => [status, body.withheld, Object.keys(body.input).length > 0, body.result !== null])
}
const ALL = [200, false, true, true]
const NONE = [200, true, false, false]

test.each([
  [
    'webhook.add',
    '/v1/webhooks',
    { name: 'theirs', url: 'http://127.0.0.1:9/secret-path' },
    'fleet-admin',
    ['operator', 'fleet-admin', 'security-auditor'],
    ['viewer'],
  ],
  [
    'user.invite',
    '/v1/users',
    { name: 'anna', role: 'viewer' },
    'fleet-admin',
    ['fleet-admin', 'security-auditor'],
    ['viewer', 'operator'],
  ],
  [
    'key.create',
    '/v1/keys',
    { name: 'theirs', role: 'viewer' },
    'fleet-admin',
    ['fleet-admin', 'security-auditor'],
    ['viewer', 'operator'],
  ],
  [
    'view.save',
    '/v1/views',
    { screen: 'tenants', name: 'theirs', query: 'search=acme' },
    'operator',
    ['operator'],
    ['viewer', 'fleet-admin', 'security-auditor'],
  ],
] as const)(
  'what %s was asked with is read by whoever may look at it in its list, and by nobody else',
  async (name, path, json, by, may, others) => {
    expect((await api.call('POST', path, { key: made.get(by), json })).status).toBeLessThan(300)
    const id = await newest(name)
    for (const role of may) expect([role, await read(id, role)]).toEqual([role, [ALL, ALL]])
    for (const role of others) expect([role, await read(id, role)]).toEqual([role, [NONE, NONE]])
    // At the command line, and for the library, nothing is withheld.
    expect(await api.control.run('operation.show', { operation: id })).toMatchObject({ withheld: false, input: { name: json.name } })
  },
)
