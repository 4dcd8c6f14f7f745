import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { versionOf } from '../../src/control.js'
import { sql } from '../../src/kernel/sql.js'
import { OPERATIONS } from '../../src/operations/registry.js'
import { type Api, countRows, expectProblem, type Reply, startApi, untilWaiting } from './api-server.js'

const STALE = `"${versionOf('{}')}"`
const NOBODY = '7c9e6679-7425-40de-944b-e07fc1f90ae7'

let api: Api
let key: string

beforeAll(async () => {
  api = await startApi({
    config: { webhooks: { secret: 'env:API_WEBHOOKS', allow: ['127.0.0.1'] } },
    secrets: { 'env:API_WEBHOOKS': randomBytes(32).toString('hex') },
  })
  key = (await api.key('fleet-admin')).key
  for (const slug of ['corner', 'raced', 'spare']) await api.control.run('tenant.create', { slug })
  await api.control.run('webhook.add', { name: 'hook', url: 'http://127.0.0.1:9/' })
  await api.control.run('user.invite', { name: 'anna', role: 'viewer' })
})
afterAll(() => api.close())

const get = (path: string, headers: Readonly<Record<string, string>> = {}) => api.call('GET', path, { key, headers })
const post = (path: string, json: object, headers: Readonly<Record<string, string>> = {}) => api.call('POST', path, { key, json, headers })
const etagOf = async (path: string): Promise<string> => (await get(path)).headers.get('etag')!
const region = async (slug: string): Promise<string | null> => (await get(`/v1/tenants/${slug}`)).body.region

describe('what is read has a version', () => {
  test('of its own, and the same one for as long as it is the same', async () => {
    const reply = await get('/v1/tenants/corner')
    expect(reply.headers.get('etag')).toMatch(/^"[A-Za-z0-9_-]{43}"$/)
    expect(reply.headers.get('etag')).toBe(`"${versionOf(reply.text)}"`)
    const paths = ['/v1/tenants/corner', '/v1/tenants/spare', '/v1/clusters/main', '/v1/tenants', '/openapi.json']
    const [once, again] = [await Promise.all(paths.map(etagOf)), await Promise.all(paths.map(etagOf))]
    expect(again).toEqual(once)
    expect(new Set(once).size).toBe(paths.length)
  })

  test('is that of the same answer from the library', async () => {
    const shown = (await api.control.run('tenant.show', { tenant: 'corner' })) as object
    expect(await etagOf('/v1/tenants/corner')).toBe(`"${versionOf(shown)}"`)
  })

  test.each(['/v1/tenants/corner', '/v1/tenants', '/openapi.json'])('%s is answered with 304 to whoever has it', async (path) => {
    const etag = await etagOf(path)
    for (const given of [etag, `W/${etag}`, `"a,b" ,, ${STALE}, ${etag}`, '*']) {
      for (const method of ['GET', 'HEAD']) {
        const reply = await api.call(method, path, { key, headers: { 'if-none-match': given } })
        expect([given, reply.status, reply.text, reply.headers.get('etag')]).toEqual([given, 304, '', etag])
        expect(reply.headers.get('content-type')).toBeNull()
        expect(reply.headers.get('x-request-id')).not.toBeNull()
      }
    }
    const other = await get(path, { 'if-none-match': `${STALE}, ${etag.replace('"', '"x')}` })
    expect([other.status, other.headers.get('etag')]).toEqual([200, etag])
  })

  test('after a change it is another one', async () => {
    const before = await etagOf('/v1/tenants/spare')
    await post('/v1/tenants/spare', { region: 'north' })
    const after = await get('/v1/tenants/spare', { 'if-none-match': before })
    expect([after.status, after.body.region]).toEqual([200, 'north'])
    expect(after.headers.get('etag')).not.toBe(before)
  })
})

describe('a change that names a version', () => {
  test('is made where it is that one, and then that one is over', async () => {
    const etag = await etagOf('/v1/tenants/corner')
    const first = await post('/v1/tenants/corner', { region: 'east' }, { 'if-match': `${STALE}, ${etag}` })
    expect([first.status, first.body.region]).toEqual([200, 'east'])
    const operations = await countRows(api, 'operation')
    expectProblem(await post('/v1/tenants/corner', { region: 'west' }, { 'if-match': etag }), 412, 'PRECONDITION_FAILED')
    expect([await region('corner'), await countRows(api, 'operation')]).toEqual(['east', operations])
    const refused = await api.control.platform.catalog.one(sql<{ n: number }>`
      select count(*)::int as n from catalog.audit where operation = 'tenant.set' and outcome = 'refused' and fault = 'PRECONDITION_FAILED'`)
    expect(refused.n).toBe(1)
  })

  test('is made with * where there is one, and is not found where there is none', async () => {
    expect((await post('/v1/tenants/corner', { region: 'any' }, { 'if-match': '*' })).status).toBe(200)
    expectProblem(await post('/v1/tenants/absent', { region: 'any' }, { 'if-match': '*' }), 404, 'TENANT_NOT_FOUND')
    expectProblem(await post('/v1/tenants/absent', { region: 'any' }, { 'if-match': STALE }), 404, 'TENANT_NOT_FOUND')
  })

  test.each(['weak', 'of another tenant', 'of a list'])('is refused with a version that is %s', async (what) => {
    const etag = await etagOf('/v1/tenants/corner')
    const given = { weak: `W/${etag}`, 'of another tenant': await etagOf('/v1/tenants/spare'), 'of a list': await etagOf('/v1/tenants') }[
      what
    ]!
    const before = await region('corner')
    expectProblem(
      await post('/v1/tenants/corner', { region: what.replaceAll(' ', '-') }, { 'if-match': given }),
      412,
      'PRECONDITION_FAILED',
    )
    expect(await region('corner')).toBe(before)
  })

  test('of two with the same one exactly one is made', async () => {
    const etag = await etagOf('/v1/tenants/raced')
    // Both have come to the row before either can take it.
    const race = await api.control.platform.catalog.transaction(async (tx) => {
      await tx.one(sql`select id from catalog.tenant where slug = 'raced' for update`)
      const both = ['first', 'second'].map((to) => post('/v1/tenants/raced', { region: to }, { 'if-match': etag }))
      await untilWaiting(api, 2)
      return { both }
    })
    const replies: Reply[] = await Promise.all(race.both)
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 412])
    expect(await region('raced')).toBe(replies.find(({ status }) => status === 200)!.body.region)
  })

  test('is not made to a tenant that was renamed while it waited', async () => {
    await api.control.run('tenant.create', { slug: 'before' })
    const etag = await etagOf('/v1/tenants/before')
    const { late } = await api.control.platform.catalog.transaction(async (tx) => {
      await tx.run(sql`update catalog.tenant set slug = 'after' where slug = 'before'`)
      await tx.run(
        sql`insert into catalog.former_slug (slug, tenant_id, redirects) select 'before', id, true from catalog.tenant where slug = 'after'`,
      )
      const late = post('/v1/tenants/before/suspend', { reason: 'unpaid' }, { 'if-match': etag })
      await untilWaiting(api, 1)
      return { late }
    })
    expectProblem(await late, 412, 'PRECONDITION_FAILED')
    expect((await get('/v1/tenants/after')).body.state).toBe('active')
  })

  test('is answered again under its Idempotency-Key, though the version is over', async () => {
    const headers = { 'if-match': await etagOf('/v1/tenants/spare'), 'idempotency-key': 'versioned' }
    const [first, again] = [
      await post('/v1/tenants/spare', { region: 'once' }, headers),
      await post('/v1/tenants/spare', { region: 'once' }, headers),
    ]
    expect([first.status, again.status]).toEqual([200, 200])
    expect(again.body).toEqual(first.body)
    expectProblem(
      await post('/v1/tenants/spare', { region: 'once' }, { ...headers, 'idempotency-key': 'other' }),
      412,
      'PRECONDITION_FAILED',
    )
  })

  test('leaves its Idempotency-Key free when it is refused', async () => {
    const named = { 'idempotency-key': 'refused-version' }
    expectProblem(await post('/v1/tenants/spare', { region: 'two' }, { ...named, 'if-match': STALE }), 412, 'PRECONDITION_FAILED')
    expect((await post('/v1/tenants/spare', { region: 'two' }, { ...named, 'if-match': await etagOf('/v1/tenants/spare') })).status).toBe(
      200,
    )
  })
})

// Every change of something that has a version, with an input that is none of the reasons to refuse it.
const CHANGES: Readonly<Record<string, object>> = {
  'POST /v1/tenants/corner': { region: 'x' },
  'POST /v1/tenants/corner/suspend': { reason: 'x' },
  'POST /v1/tenants/corner/resume': {},
  'POST /v1/tenants/corner/rename': { slug: 'edge' },
  'POST /v1/tenants/corner/delete': { reason: 'x' },
  'POST /v1/tenants/corner/undelete': {},
  'POST /v1/tenants/corner/purge': {},
  'POST /v1/tenants/corner/hold': { reason: 'x' },
  'POST /v1/tenants/corner/unhold': {},
  'POST /v1/tenants/corner/clone': { as: 'edge' },
  'POST /v1/tenants/corner/homes': { isolation: 'schema' },
  'POST /v1/tenants/corner/merge': { table: 'shops' },
  'POST /v1/tenants/corner/repoint': {},
  'POST /v1/tenants/corner/pointback': {},
  'POST /v1/tenants/corner/unadopt': {},
  'DELETE /v1/tenants/corner/slugs/old': {},
  [`DELETE /v1/tenants/corner/homes/${NOBODY}`]: {},
  'POST /v1/clusters/main': { appPort: 6432 },
  'POST /v1/clusters/main/drain': {},
  'POST /v1/clusters/main/undrain': {},
  'POST /v1/clusters/main/rotate': { retire: true },
  'DELETE /v1/clusters/main': {},
  'POST /v1/webhooks/hook': { state: 'disabled' },
  'POST /v1/webhooks/hook/rotate': {},
  'POST /v1/webhooks/hook/redeliver': { since: '1h' },
  'DELETE /v1/webhooks/hook': {},
  'POST /v1/users/anna': { role: 'operator' },
  'POST /v1/users/anna/disable': {},
  'POST /v1/users/anna/enable': {},
}

describe('of all operations', () => {
  const shaped = (http: string): RegExp => new RegExp(`^${http.replaceAll(/\{\w+\}/g, '[^/]+')}$`)
  const versioned = OPERATIONS.filter(({ resource }) => resource !== undefined)

  test('those that change something that has a version are below, and no other', () => {
    const known = versioned.map(({ http }) => Object.keys(CHANGES).filter((route) => shaped(http!).test(route)))
    expect(known.filter((routes) => routes.length !== 1)).toEqual([])
    expect(versioned.length).toBe(Object.keys(CHANGES).length)
  })

  test.each(Object.entries(CHANGES))('%s is refused with a version that is over', async (http, json) => {
    const [method, path] = http.split(' ') as [string, string]
    const versions = () => Promise.all(['/v1/tenants/corner', '/v1/clusters/main', '/v1/webhooks/hook'].map(etagOf))
    const before = await versions()
    const options = { key, headers: { 'if-match': STALE }, ...(method === 'POST' ? { json } : {}) }
    expectProblem(await api.call(method, path, options), 412, 'PRECONDITION_FAILED')
    expect(await versions()).toEqual(before)
  })

  test('those that have no version say so, instead of doing it', async () => {
    const [operations, tenants] = [await countRows(api, 'operation'), await countRows(api, 'tenant')]
    const asked = [
      post('/v1/tenants', { slug: 'unasked' }, { 'if-match': '*' }),
      post('/v1/keys', { name: 'x', role: 'viewer' }, { 'if-match': STALE }),
      post('/v1/tenants/corner/sql', { statement: 'select 1' }, { 'if-match': '*' }),
      post('/v1/tenants/corner/domains', { domain: 'shop.example' }, { 'if-match': STALE }),
      get('/v1/tenants/corner', { 'if-match': STALE }),
      post('/v1/tenants/corner', { region: 'x' }, { 'if-none-match': '*' }),
    ]
    for (const reply of await Promise.all(asked)) expectProblem(reply, 400, 'INPUT_INVALID')
    expect([await countRows(api, 'operation'), await countRows(api, 'tenant')]).toEqual([operations, tenants])
  })

  test.each(['', ' ', ',', 'abc', '"abc', '"a"b"', '"a" "b"', 'w/"a"', '*, "a"', '"a" x', "'a'", `${' '.repeat(10_000)}x`, '"\t"'])(
    'none takes a condition that is none: %j',
    async (given) => {
      expectProblem(await post('/v1/tenants/corner', { region: 'x' }, { 'if-match': given }), 400, 'INPUT_INVALID')
      expectProblem(await get('/v1/tenants/corner', { 'if-none-match': given }), 400, 'INPUT_INVALID')
    },
  )
})

test('whoever may not make a change learns nothing of the version', async () => {
  const viewer = (await api.key('viewer')).key
  for (const given of [await etagOf('/v1/tenants/corner'), STALE]) {
    const reply = await api.call('POST', '/v1/tenants/corner', { key: viewer, json: { region: 'x' }, headers: { 'if-match': given } })
    expectProblem(reply, 403, 'KEY_FORBIDDEN')
  }
})
