import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { parseOperation } from '../../src/cli/flags.js'
import { submit } from '../../src/engine/submit.js'
import { systemClock } from '../../src/kernel/clock.js'
import { silent } from '../../src/kernel/log.js'
import { type Sql, sql } from '../../src/kernel/sql.js'
import { bulkTenants } from '../../src/operations/tenant/bulk.js'
import { serve } from '../../src/server.js'
import { addMigration } from '../../src/testing.js'
import { runKilled } from '../faults/children.js'
import { type Rig, startRig } from '../faults/rig.js'
import { withWork } from '../faults/with-work.js'
import { expectProblem, type Reply, send } from './api-server.js'

const TENANTS = 200

/** Two hundred tenants of the shared home, as `tenant.create` leaves them, but in one statement of each database. */
const inCatalog = sql<{ id: string }>`
  with made as (
    insert into catalog.tenant (id, slug, name, isolation, state, tier)
    select gen_random_uuid(), 'many-' || lpad(n::text, 3, '0'), 'Many ' || n, 'shared', 'active', 'many'
    from generate_series(1, ${TENANTS}::int) n
    returning id
  ), placed as (
    insert into catalog.placement (tenant_id, home_id, epoch)
    select made.id, (select h.id from catalog.home h where h.isolation = 'shared'), 1 from made
  )
  select id from made`
const inHome = (ids: readonly string[]): Sql => sql`
  insert into tenantry.placement (tenant_id, home_id, epoch, state, role_name, search_path, version)
  select t.id, p.home_id, 1, 'active', p.role_name, p.search_path, p.version
  from unnest(${ids}::uuid[]) as t (id), (select * from tenantry.placement limit 1) p`

describe('the same for many tenants', () => {
  let rig: Rig
  let api: { readonly url: string; readonly close: () => Promise<void> }
  let key: string
  /** Called at the borders of whatever runs here. */
  let at: (point: string) => Promise<void> = async () => {}

  const catalog = () => rig.fleet.platform.catalog
  const call = (method: string, path: string, json?: object): Promise<Reply> => send(api.url, method, path, { key, ...(json && { json }) })
  const bulk = (json: object): Promise<Reply> => call('POST', '/v1/tenant-bulk', json)
  const states = async (): Promise<Readonly<Record<string, number>>> =>
    Object.fromEntries(
      (
        await catalog().rows(sql<{ state: string; n: number }>`
          select state, count(*)::int as n from catalog.tenant where tier = 'many' group by state`)
      ).map(({ state, n }) => [state, n]),
    )
  /** Of those that the bulk has started, by name, state, and how many. */
  const started = async (name: string, since: Date): Promise<Readonly<Record<string, number>>> =>
    Object.fromEntries(
      (
        await catalog().rows(sql<{ state: string; n: number }>`
          select state, count(*)::int as n from catalog.operation where name = ${name} and created_at >= ${since} group by state`)
      ).map(({ state, n }) => [state, n]),
    )
  const now = async () => (await catalog().one(sql<{ at: Date }>`select clock_timestamp() as at`)).at
  const stateOf = async (slug: string) => (await call('GET', `/v1/tenants/${slug}`)).body.state
  const bulkId = async () => (await call('GET', '/v1/operations?name=tenant.bulk&limit=1')).body.data[0].id as string

  beforeAll(async () => {
    rig = await startRig({ first: 'shared', own: 'schema', beside: 'schema' }, { failpoint: (point) => at(point) })
    const ids = (await catalog().rows(inCatalog)).map(({ id }) => id)
    await (await rig.fleet.witness('first')).run(inHome(ids))
    key = (await rig.fleet.run<{ key: string }>('key.create', { name: 'all', role: 'fleet-admin' })).key
    const unlimited = { credential: { perSecond: 1e6, burst: 1e6 }, stranger: { perSecond: 1e6, burst: 1e6 } }
    api = await serve(rig.fleet.platform, { port: 0, log: silent, limits: unlimited, graceMs: 500 })
  })
  afterAll(async () => {
    await api?.close()
    await rig?.stop()
  })
  beforeEach(() => {
    at = async () => {}
  })

  test('another number than was expected is refused, and nothing is done', async () => {
    const since = await now()
    const reply = await bulk({ action: 'suspend', reason: 'unpaid', tier: 'many', expect: TENANTS - 1 })
    expectProblem(reply, 409, 'SELECTION_CHANGED')
    expect(reply.body.detail).toContain('200')
    expectProblem(
      await bulk({ action: 'suspend', reason: 'unpaid', tenants: ['many-001', 'many-002'], expect: 3 }),
      409,
      'SELECTION_CHANGED',
    )
    expect([await states(), await started('tenant.suspend', since), await started('tenant.bulk', since)]).toEqual([
      { active: TENANTS },
      {},
      {},
    ])
  })

  test.each([
    ['a reason is missing', { action: 'suspend' }, 'reason'],
    ['nothing to set', { action: 'set' }, 'nothing to set'],
    ['a field of another action', { action: 'resume', note: 'why' }, 'note'],
    ['a tier that is no word', { action: 'set', setTier: 'A!' }, 'setTier'],
    ['a limit that its own operation refuses', { action: 'set', setIdleTimeoutMs: 1 }, 'setIdleTimeoutMs'],
    ['a filter and names', { action: 'resume', tenants: ['first'], state: 'active' }, 'tenants'],
    ['a filter that there is not', { action: 'resume', colour: 'red' }, 'colour'],
    ['no number', { action: 'resume', expect: undefined }, 'expect'],
    ['a number that is none', { action: 'resume', expect: -1 }, 'expect'],
  ])('%s: refused as a whole', async (_, given, told) => {
    const reply = await bulk({ expect: 1, ...given })
    expectProblem(reply, 400, 'INPUT_INVALID')
    expect(reply.body.detail).toContain(told)
  })

  test('a tenant that nobody knows is refused, and one that is named twice counts once', async () => {
    expectProblem(await bulk({ action: 'resume', tenants: ['many-001', 'absent'], expect: 2 }), 404, 'TENANT_NOT_FOUND')
    const { id } = (await call('GET', '/v1/tenants/many-001')).body
    const reply = await bulk({ action: 'resume', tenants: ['many-001', id, 'many-001'], expect: 1 })
    expect([reply.status, reply.body]).toEqual([200, { action: 'resume', tenants: 1, done: 1, skipped: 0 }])
  })

  test('none is no error', async () => {
    expect((await bulk({ action: 'backup', search: 'nobody-at-all', expect: 0 })).body).toMatchObject({ tenants: 0, done: 0 })
  })

  test('two hundred are suspended, paused in between and gone on with; those that are so already are done, and no one is asked twice', async () => {
    const since = await now()
    expect((await bulk({ action: 'suspend', reason: 'before', tenants: ['many-001', 'many-200'], expect: 2 })).body.done).toBe(2)
    let paused: Promise<Reply> | undefined
    at = async (point) => {
      if (!point.startsWith('tenant.bulk/tenants[many-050 ') || !point.endsWith(':acted')) return
      paused ??= bulkId().then((id) => call('POST', `/v1/operations/${id}/pause`, { reason: 'lunch' }))
      expect((await paused).status).toBe(200)
    }
    expectProblem(await bulk({ action: 'suspend', reason: 'unpaid', tier: 'many', expect: TENANTS, parallel: 1 }), 409, 'OPERATION_PAUSED')
    const id = await bulkId()
    const { suspended = 0 } = await states()
    expect(suspended).toBeGreaterThan(2)
    expect(suspended).toBeLessThan(TENANTS)
    // Whoever comes to match now was not meant.
    await rig.fleet.run('tenant.set', { tenant: 'first', tier: 'many' })
    expect((await call('POST', `/v1/operations/${id}/resume`, {})).status).toBe(200)
    await rig.fleet.run('tenant.set', { tenant: 'first', unset: ['tier'] })
    expect([await states(), await stateOf('first')]).toEqual([{ suspended: TENANTS }, 'active'])
    expect(await started('tenant.suspend', since)).toEqual({ succeeded: TENANTS })
    const { reason } = (await call('GET', '/v1/tenants/many-001')).body
    expect(reason).toBe('before')
    const shown = (await call('GET', `/v1/operations/${id}`)).body
    expect(shown).toMatchObject({ state: 'succeeded', result: { tenants: TENANTS, done: TENANTS, skipped: 0 } })
    const asked = await catalog().one(sql<{ n: number }>`
      select count(*)::int as n from catalog.audit where operation = 'tenant.suspend' and actor = ${shown.actor} and source = 'worker'`)
    expect(asked.n).toBeGreaterThanOrEqual(TENANTS)
  })

  test('killed in the middle, between a tenant and its journal, the rest is done by whoever takes over, and nothing twice', async () => {
    const since = await now()
    const { id } = (await call('GET', '/v1/tenants/many-040')).body
    await runKilled(
      rig.fleet,
      'tenant.bulk',
      { action: 'resume', tier: 'many', expect: TENANTS },
      `tenant.bulk/tenants[many-040 ${id}]:acted`,
    )
    expect((await states()).suspended).toBeGreaterThan(0)
    const killed = await bulkId()
    await withWork(rig.fleet, async () => expect(await rig.endOf(killed)).toMatchObject({ state: 'succeeded' }))
    expect(await states()).toEqual({ active: TENANTS })
    expect(await started('tenant.resume', since)).toEqual({ succeeded: TENANTS })
  })

  test('killed in the middle of a tenant, its own operation is taken up, and counted once', async () => {
    const since = await now()
    const wanted = { action: 'backup', tenants: ['many-001', 'many-002', 'many-003'], expect: 3, parallel: 1 }
    await runKilled(rig.fleet, 'tenant.bulk', wanted, 'backup.create/archive:acted')
    const killed = await bulkId()
    await withWork(rig.fleet, async () => expect(await rig.endOf(killed)).toMatchObject({ state: 'succeeded' }))
    expect(await started('backup.create', since)).toEqual({ succeeded: 3 })
  })

  test('an item that fails is told with its reason, stops no other, and is done by a retry', async () => {
    await rig.fleet.run('tenant.suspend', { tenant: 'many-007', reason: 'for the test' })
    const held = await catalog().one(sql<{ id: string }>`select id from catalog.tenant where slug = 'many-007'`)
    // An operation on it that is nobody's: whoever wants to change it is refused.
    await catalog().run(sql`
      insert into catalog.operation (id, name, input, state, actor, subject, lease_until)
      values (gen_random_uuid(), 'tenant.resume', '{}', 'running', 'test', ${held.id}, now() + interval '1 h')`)
    const reply = await bulk({ action: 'resume', search: 'many-00', expect: 9 })
    expectProblem(reply, 500, 'FLEET_PARTIAL')
    expect(reply.body.detail).toMatch(/1 of 9 tenants/)
    const id = await bulkId()
    const items = (await call('GET', `/v1/operations/${id}/items?state=failed`)).body.data
    expect(items).toMatchObject([{ item: `many-007 ${held.id}`, fault: { code: 'TENANT_STATE' } }])
    await catalog().run(sql`delete from catalog.operation where name = 'tenant.resume' and actor = 'test' and state = 'running'`)
    expect((await call('POST', `/v1/operations/${id}/retry`, {})).status).toBe(200)
    expect([await stateOf('many-007'), (await call('GET', `/v1/operations/${id}`)).body.state]).toEqual(['active', 'succeeded'])
  })

  test('one that was cancelled by itself fails alone', async () => {
    at = async (point) => {
      if (point !== 'tenant.suspend/fence:before') return
      at = async () => {}
      const { data } = (await call('GET', '/v1/operations?name=tenant.suspend&state=running&limit=1')).body
      expect((await call('POST', `/v1/operations/${data[0].id}/cancel`, {})).status).toBe(200)
    }
    const wanted = { action: 'suspend', reason: 'x', tenants: ['many-010', 'many-011'], expect: 2, parallel: 1 }
    expectProblem(await bulk(wanted), 500, 'FLEET_PARTIAL')
    expect([await stateOf('many-010'), await stateOf('many-011')].sort()).toEqual(['active', 'suspended'])
    expect((await call('POST', `/v1/operations/${await bulkId()}/retry`, {})).status).toBe(200)
    expect([await stateOf('many-010'), await stateOf('many-011')]).toEqual(['suspended', 'suspended'])
  })

  test('set and delete: each by its own operation, and delete asks for the number', async () => {
    const some = { tenants: ['many-021', 'many-022'], expect: 2 }
    expect((await bulk({ action: 'set', ...some, setRegion: 'eu-west', setLabel: ['wave=1'] })).status).toBe(200)
    expect((await call('GET', '/v1/tenants/many-022')).body).toMatchObject({ region: 'eu-west', labels: { wave: '1' }, tier: 'many' })
    const doomed = { action: 'delete', reason: 'closed', ...some }
    expectProblem(await bulk(doomed), 409, 'CONFIRMATION_NEEDED')
    expectProblem(await bulk({ ...doomed, confirm: '20' }), 409, 'CONFIRMATION_NEEDED')
    expect(await stateOf('many-021')).toBe('active')
    expect((await bulk({ ...doomed, confirm: '2', grace: '1d' })).body.done).toBe(2)
    expect([await stateOf('many-021'), await stateOf('many-022')]).toEqual(['deleted', 'deleted'])
    expect((await bulk({ ...doomed, confirm: '2' })).body.done).toBe(2)
  })

  test('migrate brings the homes of those that were chosen to the newest migration, each once, and no other', async () => {
    await addMigration(rig.fleet, 'tenant/29990101000000_later.sql', '-- migrate:up\nalter table note add column later text;\n')
    const since = await now()
    const reply = await bulk({ action: 'migrate', tenants: ['many-031', 'many-032', 'many-033', 'own'], expect: 4 })
    expect([reply.status, reply.body]).toEqual([200, { action: 'migrate', tenants: 4, done: 4, skipped: 0 }])
    const versions = await Promise.all(
      ['many-031', 'own', 'beside'].map(async (slug) => (await call('GET', `/v1/tenants/${slug}`)).body.version === '29990101000000'),
    )
    expect(versions).toEqual([true, true, false])
    const migrated = await catalog().one(sql<{ n: number }>`
      select count(*)::int as n from catalog.operation where name = 'migrate.home' and created_at >= ${since} and (result ->> 'migrated')::boolean`)
    expect(migrated.n).toBe(2)
    // Offered to nobody: without `newest` there is nothing to bring a home to.
    expectProblem(await call('POST', '/v1/migrations/home', { tenant: 'beside' }), 409, 'MIGRATION_NOT_OFFERED')
  })

  test('migrate goes past no run that stands still', async () => {
    await catalog().run(sql`
      insert into catalog.operation (id, name, input, state, actor) values (gen_random_uuid(), 'migrate.up', '{}', 'paused', 'test')`)
    expectProblem(await bulk({ action: 'migrate', tenants: ['beside'], expect: 1 }), 500, 'FLEET_PARTIAL')
    const failed = (await call('GET', `/v1/operations/${await bulkId()}/items`)).body.data
    expect(failed).toMatchObject([{ state: 'failed', fault: { code: 'MIGRATIONS_OVERLAP' } }])
    await catalog().run(sql`delete from catalog.operation where name = 'migrate.up' and actor = 'test'`)
  })

  test('migrate is refused while migrations are frozen, and stands still when they are frozen meanwhile', async () => {
    await rig.fleet.run('migrate.freeze', { reason: 'the sale' })
    const wanted = { action: 'migrate', tenants: ['beside'], expect: 1 }
    expectProblem(await bulk(wanted), 409, 'MIGRATIONS_FROZEN')
    await rig.fleet.run('migrate.unfreeze', {})
    // Between the first tenant and the second.
    at = async (point) => {
      if (!/^tenant\.bulk\/tenants\[.*:acted$/.test(point)) return
      at = async () => {}
      await rig.fleet.run('migrate.freeze', { reason: 'the sale' })
      await systemClock.sleep(300)
    }
    const since = await now()
    const two = { action: 'migrate', tenants: ['many-041', 'own'], expect: 2, parallel: 1 }
    expectProblem(await bulk(two), 409, 'OPERATION_PAUSED')
    const id = await bulkId()
    expect(Object.values(await started('migrate.home', since)).reduce((a, b) => a + b, 0)).toBe(1)
    await rig.fleet.run('migrate.unfreeze', {})
    expect((await call('POST', `/v1/operations/${id}/resume`, {})).status).toBe(200)
    expect((await call('GET', `/v1/operations/${id}`)).body.state).toBe('succeeded')
  })

  test('migrate begins nothing on a cluster that is burdened enough, as a run over the fleet', async () => {
    const { platform } = rig.fleet
    const burdened = { ...platform, config: { ...platform.config, pace: { ...platform.config.pace, connections: 0 } } }
    const since = await now()
    const wanted = { action: 'migrate', tenants: ['beside'], expect: 1 }
    const ended = submit(burdened, bulkTenants, wanted, { actor: 'test', source: 'library' }).catch((error: unknown) => error)
    const waits = async () => (await call('GET', `/v1/operations/${await bulkId()}`)).body.waitsFor
    await expect.poll(waits).toContain('connections')
    expect((await call('POST', `/v1/operations/${await bulkId()}/cancel`, {})).status).toBe(200)
    expect(await ended).toMatchObject({ code: 'OPERATION_CANCELLED' })
    expect(await started('migrate.home', since)).toEqual({})
  })

  test('whose tenant nobody can finish is cancelled all the same', async () => {
    // Somebody has it in hand, and will not be heard of again.
    const stolen = new Promise<void>((resolve) => {
      at = async (point) => {
        if (point !== 'tenant.suspend/fence:before') return
        at = async () => {}
        await catalog().run(sql`
          update catalog.operation set token = token + 1, lease_owner = 'gone', lease_until = now() + interval '1 h'
          where name = 'tenant.suspend' and state = 'running'`)
        resolve()
      }
    })
    await bulk({ action: 'resume', tenants: ['many-051', 'many-052'], expect: 2 })
    const ended = bulk({ action: 'suspend', reason: 'x', tenants: ['many-051', 'many-052'], expect: 2, parallel: 1 })
    await stolen
    expect((await call('POST', `/v1/operations/${await bulkId()}/cancel`, {})).status).toBe(200)
    expectProblem(await ended, 409, 'OPERATION_CANCELLED')
    expect(await stateOf('many-052')).not.toBe('suspended')
    await catalog().run(sql`delete from catalog.operation where lease_owner = 'gone'`)
  })

  test('one that was cancelled is not begun anew: its filter may match others by now', async () => {
    at = async (point) => {
      if (!/^tenant\.bulk\/tenants\[.*:acted$/.test(point)) return
      at = async () => {}
      expect((await call('POST', `/v1/operations/${await bulkId()}/cancel`, {})).status).toBe(200)
    }
    expectProblem(await bulk({ action: 'backup', search: 'many-1', expect: 100, parallel: 1 }), 409, 'OPERATION_CANCELLED')
    expectProblem(await call('POST', `/v1/operations/${await bulkId()}/retry`, {}), 409, 'OPERATION_STATE')
  })

  test('the command line has its filter, and its own fields', () => {
    const io = { stdout: process.stdout, stderr: process.stderr } as never
    const args = ['set', '--tier', 'trial', '--set-tier', 'free', '--set-label', 'a=1', '--expect', '20']
    expect(parseOperation(bulkTenants, args, io)?.input).toEqual({
      action: 'set',
      tier: 'trial',
      setTier: 'free',
      setLabel: ['a=1'],
      expect: 20,
    })
  })
})
