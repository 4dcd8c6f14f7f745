import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../src/kernel/sql.js'
import { type Api, countRows, expectProblem, type Reply, startApi } from './api-server.js'

let api: Api
let key: string

beforeAll(async () => {
  api = await startApi()
  key = (await api.key('operator')).key
})
afterAll(() => api.close())

const create = (json: unknown, headers: Readonly<Record<string, string>> = {}) => api.call('POST', '/v1/tenants', { key, json, headers })
/** How many answers of which kind. */
function tally(replies: readonly Reply[]): Readonly<Record<string, number>> {
  const seen: Record<string, number> = {}
  for (const { status, body } of replies) {
    const what = `${status} ${body.code ?? ''}`.trim()
    seen[what] = (seen[what] ?? 0) + 1
  }
  return seen
}

test('of 200 who create the same tenant at once exactly one does', async () => {
  const replies = await Promise.all(Array.from({ length: 200 }, () => create({ slug: 'wanted' })))
  expect(tally(replies)).toEqual({ '201': 1, '409 TENANT_EXISTS': 199 })

  const { catalog, tenantDatabase } = api.control.platform
  const row = await catalog.one(sql<{ tenant: string; database: string; operations: number }>`
    select t.id as tenant, h.database_id as database, (select count(*)::int from catalog.operation where name = 'tenant.create') as operations
    from catalog.tenant t
    join catalog.placement p on p.tenant_id = t.id
    join catalog.home h on h.id = p.home_id`)
  expect(row).toMatchObject({ tenant: replies.find(({ status }) => status === 201)!.body.id, operations: 1 })
  expect([await countRows(api, 'tenant'), await countRows(api, 'placement')]).toEqual([1, 1])
  const { database } = await tenantDatabase(row.database)
  expect(await database.rows(sql`select tenant_id as id from tenantry.placement`)).toEqual([{ id: row.tenant }])
  const { refused } = await catalog.one(sql<{ refused: number }>`
    select count(*)::int as refused from catalog.audit where operation = 'tenant.create' and outcome = 'refused' and fault = 'TENANT_EXISTS'`)
  expect(refused).toBe(199)
})

test('a clone is answered with the address of the new tenant', async () => {
  await create({ slug: 'original' })
  const made = await api.call('POST', '/v1/tenants/original/clone', { key, json: { as: 'copy' } })
  expect([made.status, made.body.slug]).toEqual([201, 'copy'])
  expect(made.headers.get('location')).toBe(`/v1/tenants/${made.body.id}`)
  expect((await api.call('GET', made.headers.get('location')!, { key })).body.slug).toBe('copy')
})

test('what was made is answered with 201, its address and its operation', async () => {
  const made = await create({ slug: 'bakery', name: 'The Bakery' })
  expect(made.status).toBe(201)
  expect(made.body).toMatchObject({
    slug: 'bakery',
    name: 'The Bakery',
    state: 'active',
    createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
  })
  const shown = await api.call('GET', made.headers.get('location')!, { key })
  expect(shown.body).toEqual(made.body)
  const operation = await api.call('GET', `/v1/operations/${made.headers.get('operation-id')}`, { key })
  expect(operation.body).toMatchObject({
    name: 'tenant.create',
    state: 'succeeded',
    subject: made.body.id,
    actor: expect.stringMatching(/^key:/),
  })
})

test('with Prefer: respond-async the answer is the operation, which then ends by itself', async () => {
  const accepted = await create({ slug: 'patient', isolation: 'schema' }, { prefer: 'wait=10, respond-async' })
  expect(accepted.status).toBe(202)
  const id = accepted.headers.get('operation-id')
  expect(accepted.body).toEqual({ operation: id })
  expect(accepted.headers.get('location')).toBe(`/v1/operations/${id}`)
  expect(accepted.headers.get('preference-applied')).toBe('respond-async')
  const watched = await api.call('GET', `/v1/operations/${id}/watch?seconds=20`, { key })
  expect(watched.body).toMatchObject({ state: 'succeeded', result: { slug: 'patient', isolation: 'schema' } })
})

test('a change that is no operation of steps is answered at once, whatever is preferred', async () => {
  const admin = await api.key('fleet-admin')
  const reply = await api.call('POST', '/v1/keys', {
    key: admin.key,
    json: { name: 'x', role: 'viewer' },
    headers: { prefer: 'respond-async' },
  })
  expect(reply.status).toBe(201)
})

test('a tenant in the body may repeat the one in the path', async () => {
  await create({ slug: 'repeated' })
  const { status, body } = await api.call('POST', '/v1/tenants/repeated/suspend', { key, json: { tenant: 'repeated', reason: 'unpaid' } })
  expect([status, body.state, body.reason]).toEqual([200, 'suspended', 'unpaid'])
  const resumed = await api.call('POST', '/v1/tenants/repeated/resume', { key })
  expect([resumed.status, resumed.body.state]).toEqual([200, 'active'])
})

describe('Idempotency-Key', () => {
  const named = (name: string) => ({ 'idempotency-key': name })

  test('the same request twice is one operation with one answer', async () => {
    const first = await create({ slug: 'once', name: 'Once' }, named('k-1'))
    const again = await create({ name: 'Once', slug: 'once' }, named('k-1'))
    expect([first.status, again.status]).toEqual([201, 201])
    expect(again.body).toEqual(first.body)
    expect(again.headers.get('operation-id')).toBe(first.headers.get('operation-id'))
    expect(again.headers.get('location')).toBe(first.headers.get('location'))
    const { operations } = await api.control.platform.catalog.one(sql<{ operations: number }>`
      select count(*)::int as operations from catalog.operation where input ->> 'slug' = 'once'`)
    expect(operations).toBe(1)
  })

  test('another request under the same key is refused', async () => {
    await create({ slug: 'twice' }, named('k-2'))
    expectProblem(await create({ slug: 'thrice' }, named('k-2')), 422, 'IDEMPOTENCY_MISMATCH')
    expectProblem(await api.call('POST', '/v1/tenants/twice/resume', { key, headers: named('k-2') }), 422, 'IDEMPOTENCY_MISMATCH')
  })

  test('keys of two callers have nothing to do with each other', async () => {
    const other = (await api.key('operator')).key
    await create({ slug: 'first-caller' }, named('k-3'))
    const reply = await api.call('POST', '/v1/tenants', { key: other, json: { slug: 'second-caller' }, headers: named('k-3') })
    expect([reply.status, reply.body.slug]).toEqual([201, 'second-caller'])
  })

  test('50 at once with one key are one operation; who comes while it runs is told so', async () => {
    const replies = await Promise.all(Array.from({ length: 50 }, () => create({ slug: 'fifty' }, named('k-4'))))
    const seen = tally(replies)
    expect(Object.keys(seen).every((what) => ['201', '409 OPERATION_STATE'].includes(what))).toBe(true)
    const bodies = new Set(replies.filter(({ status }) => status === 201).map(({ body }) => body.id))
    expect(bodies.size).toBe(1)
    expect((await create({ slug: 'fifty' }, named('k-4'))).status).toBe(201)
  })

  test('a request that was refused leaves its key free', async () => {
    expectProblem(await create({ slug: 'once' }, named('k-5')), 409, 'TENANT_EXISTS')
    expect((await create({ slug: 'another' }, named('k-5'))).status).toBe(201)
  })

  test('255 visible characters are a key', async () => {
    expect((await create({ slug: 'long-key' }, named('~'.repeat(255)))).status).toBe(201)
  })
})
