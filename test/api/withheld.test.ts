import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApiClient } from '../../src/api/client.js'
import type { Role } from '../../src/catalog/keys.js'
import { insertNotes } from '../../src/catalog/notes.js'
import { sql } from '../../src/kernel/sql.js'
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

const CANARY = 'it came through at the canary'

/** As if it had been run: one that has failed, with an item and a note, all of which tell why. */
async function failed(name: string, code: string): Promise<string> {
  const id = randomUUID()
  const reason = JSON.stringify({ code, facts: { which: [CANARY] }, message: CANARY })
  await api.control.platform.catalog.transaction(async (tx) => {
    await tx.run(sql`
      insert into catalog.operation (id, name, input, state, actor, fault, ended_at)
      values (${id}, ${name}, '{}', 'failed', 'test', ${reason}::jsonb, now())`)
    await tx.run(sql`
      insert into catalog.operation_item (operation_id, item, state, fault, ended_at)
      values (${id}, 'one', 'failed', ${reason}::jsonb, now())`)
    await tx.run(insertNotes(id, [{ level: 'error', text: CANARY, msAgo: 0 }]))
  })
  return id
}

/** What a role reads of it on every surface: which of them tell its code, and which tell more. */
async function told(id: string, name: string, role: Role): Promise<{ readonly code: boolean; readonly more: readonly string[] }> {
  const key = made.get(role)!
  const surfaces = new Map<string, string>()
  for (const path of ['', '/watch', '/items', '/log'])
    surfaces.set(path, JSON.stringify((await api.call('GET', `/v1/operations/${id}${path}`, { key })).body))
  surfaces.set('list', JSON.stringify((await api.call('GET', `/v1/operations?name=${name}`, { key })).body))
  const events: unknown[] = []
  for await (const event of createApiClient({ url: api.url, key }).events('operation.watch', { operation: id })) events.push(event)
  surfaces.set('events', JSON.stringify(events))
  const code = ['', '/watch', '/items', 'list', 'events'].every((surface) => surfaces.get(surface)!.includes('"code"'))
  return { code, more: [...surfaces].filter(([, text]) => text.includes(CANARY)).map(([surface]) => surface) }
}
const EVERYWHERE = ['', '/watch', '/items', '/log', 'list', 'events']

test.each([
  ['doctor.attack', 'ATTACK_BREACHED', ['operator', 'fleet-admin', 'security-auditor'], ['viewer']],
  ['leak.measure', 'OPERATION_FAILED', ['fleet-admin'], ['viewer', 'operator', 'security-auditor']],
  ['migrate.up', 'FLEET_PARTIAL', ['viewer', 'operator', 'fleet-admin', 'security-auditor'], []],
  ['backup.create', 'OPERATION_FAILED', ['viewer', 'operator', 'fleet-admin', 'security-auditor'], []],
] as const)(
  'why %s has failed is told to whoever may look at such things, and to others its code alone',
  async (name, code, may, others) => {
    const id = await failed(name, code)
    for (const role of may) expect([role, await told(id, name, role)]).toEqual([role, { code: true, more: EVERYWHERE }])
    for (const role of others) expect([role, await told(id, name, role)]).toEqual([role, { code: true, more: [] }])
  },
)
