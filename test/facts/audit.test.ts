import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../src/kernel/sql.js'
import { type Api, expectProblem, startApi } from '../api/api-server.js'

interface Entry {
  readonly actor: string
  readonly key: string | null
  readonly operation: string
  readonly operationId: string | null
  readonly tenant: string | null
  readonly outcome: string
  readonly fault: string | null
  readonly changed: string
  readonly before: Readonly<Record<string, unknown>> | null
  readonly after: Readonly<Record<string, unknown>> | null
}

let api: Api
let admin: { readonly id: string; readonly key: string }
let auditor: string
beforeAll(async () => {
  api = await startApi()
  admin = await api.key('fleet-admin')
  auditor = (await api.key('security-auditor')).key
})
afterAll(() => api?.close())

const post = (path: string, json: unknown = {}) => api.call('POST', path, { key: admin.key, json })
const log = async (query: string): Promise<readonly Entry[]> => {
  const reply = await api.call('GET', `/v1/audit?${query}`, { key: auditor })
  expect(reply.status).toBe(200)
  return reply.body.data
}

describe('an entry', () => {
  test('of a change tells the key that asked, and the tenant before and after', async () => {
    const { id } = (await post('/v1/tenants', { slug: 'acme', name: 'Acme' })).body
    await post('/v1/tenants/acme', { tier: 'gold', label: ['team=a'], statementTimeoutMs: 900 })
    await post('/v1/tenants/acme/rename', { slug: 'acme-two' })
    await post('/v1/tenants/acme/domains', { domain: 'shop.example' })

    const [domain, renamed, set] = await log(`tenant=${id}&limit=3`)
    expect(set).toMatchObject({
      actor: `key:${admin.id}`,
      key: admin.id,
      operation: 'tenant.set',
      tenant: id,
      outcome: 'succeeded',
      changed: 'tier - -> gold; labels {} -> {"team":"a"}; statementTimeoutMs - -> 900',
      before: { slug: 'acme', tier: null, labels: {} },
      after: { slug: 'acme', tier: 'gold', labels: { team: 'a' }, statementTimeoutMs: 900 },
    })
    expect(renamed).toMatchObject({
      operation: 'tenant.rename',
      before: { slug: 'acme', formerSlugs: {} },
      after: { slug: 'acme-two', formerSlugs: { acme: 'redirects' } },
    })
    expect(domain).toMatchObject({ operation: 'domain.add', before: { domains: {} }, after: { domains: { 'shop.example': 'pending' } } })
  })

  test('of an operation of steps tells what it began with and what it left', async () => {
    const { id } = (await post('/v1/tenants', { slug: 'sleepy' })).body
    await post('/v1/tenants/sleepy/suspend', { reason: 'unpaid' })
    const [ended, accepted, created, begun] = await log(`tenant=${id}`)
    expect(begun).toMatchObject({ operation: 'tenant.create', outcome: 'accepted', before: null, after: null })
    expect(created).toMatchObject({
      operation: 'tenant.create',
      outcome: 'succeeded',
      before: null,
      after: { state: 'active', slug: 'sleepy' },
    })
    expect(accepted).toMatchObject({ operation: 'tenant.suspend', outcome: 'accepted', before: { state: 'active' }, after: null })
    expect(ended).toMatchObject({
      operation: 'tenant.suspend',
      operationId: accepted!.operationId,
      key: admin.id,
      outcome: 'succeeded',
      before: { state: 'active', reason: null, epoch: 1 },
      after: { state: 'suspended', reason: 'unpaid', epoch: 2 },
      changed: 'epoch 1 -> 2; state active -> suspended; reason - -> unpaid',
    })
  })

  test('of an operation that was taken back says that nothing differs', async () => {
    const { id } = (await post('/v1/tenants', { slug: 'kept' })).body
    await post('/v1/tenants/kept/domains', { domain: 'kept.invalid' })
    expect((await post('/v1/tenants/kept/domains/kept.invalid/verify')).status).toBeGreaterThanOrEqual(400)
    const [failed] = await log(`tenant=${id}&operation=domain.verify`)
    expect(failed).toMatchObject({ outcome: 'failed', changed: '', key: admin.id })
    expect(failed!.after).toEqual(failed!.before)
  })

  test('of a change that is not about a tenant tells what it answered, and no secret', async () => {
    const made = (await post('/v1/keys', { name: 'for a while', role: 'viewer' })).body
    await api.call('DELETE', `/v1/keys/${made.id}`, { key: admin.key })
    const [revoked, created] = await log('limit=2')
    expect(created).toMatchObject({ operation: 'key.create', before: null, after: { id: made.id, name: 'for a while', role: 'viewer' } })
    expect(revoked).toMatchObject({
      operation: 'key.revoke',
      before: { id: made.id, revoked_at: null },
      after: { revokedAt: expect.any(String) },
    })
    const all = JSON.stringify(await log('limit=500'))
    expect(all).not.toContain(made.key)
    expect(all).not.toMatch(/hash|password/)
  })

  test('of a refusal tells the key as well, and has no before and after', async () => {
    await post('/v1/tenants/acme-two/rename', { slug: 'sleepy' })
    const viewer = await api.key('viewer')
    await api.call('POST', '/v1/tenants/acme-two', { key: viewer.key, json: { tier: 'gold' } })
    const refused = (await log('limit=10')).filter(({ outcome }) => outcome === 'refused')
    expect(refused).toMatchObject([
      { operation: 'tenant.set', fault: 'KEY_FORBIDDEN', key: viewer.id, before: null, after: null },
      { operation: 'tenant.rename', fault: 'TENANT_EXISTS', key: admin.id, before: null, after: null },
    ])
  })

  test('of one transaction takes nothing from the one before it on the same connection', async () => {
    await Promise.all(Array.from({ length: 12 }, (_, at) => post(`/v1/tenants/${at % 2 === 0 ? 'acme' : 'kept'}`, { label: [`n${at}=x`] })))
    const entries = (await log('operation=tenant.set&limit=12')) as readonly (Entry & {
      after: { slug: string; labels: object }
      before: { labels: object }
    })[]
    for (const { before, after } of entries) expect(Object.keys(after.labels).length).toBe(Object.keys(before.labels).length + 1)
  })
})

describe('the log', () => {
  test('is paged, newest first, without a gap or a repetition', async () => {
    const all = (await api.call('GET', '/v1/audit?limit=500', { key: auditor })).body.data as { id: string; time: string }[]
    expect(all.map(({ time }) => time)).toEqual(
      all
        .map(({ time }) => time)
        .sort()
        .reverse(),
    )
    const paged: { id: string }[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const { body }: { body: { data: { id: string }[]; nextCursor: string | null } } = await api.call(
        'GET',
        `/v1/audit?limit=7${cursor && `&cursor=${cursor}`}`,
        { key: auditor },
      )
      paged.push(...body.data)
      cursor = body.nextCursor
    }
    expect(paged.map(({ id }) => id)).toEqual(all.map(({ id }) => id))
  })

  test('is narrowed by tenant, operation, actor and time', async () => {
    expect((await log('tenant=acme')).every(({ after }) => after === null || String(after.slug).startsWith('acme'))).toBe(true)
    expect(new Set((await log('operation=tenant.set')).map(({ operation }) => operation))).toEqual(new Set(['tenant.set']))
    expect(new Set((await log(`actor=key:${admin.id}`)).map(({ key }) => key))).toEqual(new Set([admin.id]))
    const all = (await log('limit=500')).length
    expect((await log('limit=500&since=1h')).length).toBe(all)
    expect((await log('limit=500&since=2000-01-01')).length).toBe(all)
    expect(await log('since=1ms')).toEqual([])
    expect(await log('since=2999-01-01T00:00:00Z')).toEqual([])
    expect(await log('tenant=7c9e6679-7425-40de-944b-e07fc1f90ae7')).toEqual([])
  })

  test('refuses what it does not understand', async () => {
    const get = (query: string) => api.call('GET', `/v1/audit?${query}`, { key: auditor })
    for (const query of [
      'since=yesterday',
      'since=2026-13-45',
      'cursor=abc',
      `cursor=${Buffer.from('2026-01-01 00:00:00+00|1; drop').toString('base64url')}`,
    ])
      expectProblem(await get(query), 400, 'INPUT_INVALID')
    expectProblem(await get('tenant=nobody'), 404, 'TENANT_NOT_FOUND')
  })

  test('is only added to, by a superuser as well', async () => {
    const { catalog } = api.control.platform
    for (const statement of [
      sql`update catalog.audit set actor = 'somebody else'`,
      sql`delete from catalog.audit`,
      sql`delete from catalog.audit where false`,
      sql`truncate catalog.audit`,
    ]) {
      await expect(catalog.run(statement)).rejects.toMatchObject({ code: '42501' })
      const asReplica = catalog.transaction(async (tx) => {
        await tx.run(sql`set local session_replication_role = replica`)
        await tx.run(statement)
      })
      await expect(asReplica).rejects.toMatchObject({ code: '42501' })
    }
  })

  test('has no entry of a change that was rolled back, and no change is there without one', async () => {
    const { catalog } = api.control.platform
    const set = () => post('/v1/tenants/kept', { tier: 'silver' })
    await catalog.run(sql`alter table catalog.audit add constraint planted check (operation <> 'tenant.set') not valid`)
    expect((await set()).status).toBe(500)
    await catalog.run(sql`alter table catalog.audit drop constraint planted`)
    expect((await api.call('GET', '/v1/tenants/kept', { key: admin.key })).body.tier).toBe(null)
    expect((await set()).status).toBe(200)
  })
})
