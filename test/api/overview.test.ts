import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { countOverdue } from '../../src/catalog/backup-policies.js'
import { type Sql, sql } from '../../src/kernel/sql.js'
import { fleetOverview } from '../../src/operations/fleet/overview.js'
import { until } from '../faults/rig.js'
import { type Api, expectProblem, type Reply, startApi, untilWaiting } from './api-server.js'

let api: Api
let key: string
const catalog = () => api.control.platform.catalog
const get = (path: string, as = key) => api.call('GET', path, { key: as })
const post = (path: string, json: object, as = key) => api.call('POST', path, { key: as, json })
const addFile = (name: string, text: string) =>
  writeFile(join(api.control.platform.config.migrations, 'tenant', name), `-- migrate:up\n${text}`)

beforeAll(async () => {
  api = await startApi()
  key = (await api.key('fleet-admin')).key
  await api.control.run('tenant.create', { slug: 'first', isolation: 'shared' })
  await api.control.run('tenant.create', { slug: 'second', isolation: 'schema' })
  await api.control.run('tenant.create', { slug: 'third', isolation: 'schema' })
})
afterAll(() => api?.close())

describe('homes by their version', () => {
  const walk = async (query = ''): Promise<Reply['body'][]> => {
    const rows: Reply['body'][] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const reply = await get(`/v1/migrations/homes?limit=1${query}${cursor === '' ? '' : `&cursor=${cursor}`}`)
      expect(reply.status, reply.text).toBe(200)
      rows.push(...reply.body.data)
      cursor = reply.body.nextCursor
    }
    return rows
  }
  const set = (slug: string, change: Sql) =>
    catalog().run(sql`
    update catalog.home h set ${change} from catalog.placement p join catalog.tenant t on t.id = p.tenant_id where p.home_id = h.id and t.slug = ${slug}`)

  test('come page by page, each once, with who lives there', async () => {
    const rows = await walk()
    expect(rows.map(({ tenant, tenants, isolation, standing, track }) => ({ tenant, tenants, isolation, standing, track }))).toEqual([
      { tenant: null, tenants: 1, isolation: 'shared', standing: 'current', track: 'tenant' },
      { tenant: 'second', tenants: 1, isolation: 'schema', standing: 'current', track: 'tenant' },
      { tenant: 'third', tenants: 1, isolation: 'schema', standing: 'current', track: 'tenant' },
    ])
    expect(rows[1]).toMatchObject({
      cluster: 'main',
      version: '20260907090000',
      applied: 1,
      schema: expect.any(String),
      database: expect.any(String),
    })
  })

  test('stand current, behind, newer, different or under no name', async () => {
    const second = async () => (await walk('&isolation=schema')).find(({ tenant }) => tenant === 'second')
    const { version, digest, track } = await catalog().one(sql<{ version: string; digest: string; track: string }>`
      select h.version, h.digest, h.track from catalog.home h where h.isolation = 'shared'`)
    const standings: string[] = []
    for (const change of [
      sql`version = '1', digest = 'x'`,
      sql`version = '29990101000000', digest = 'x'`,
      sql`version = ${version}, digest = 'x'`,
      sql`track = 'billing'`,
    ]) {
      await set('second', change)
      standings.push((await second()).standing)
    }
    expect(standings).toEqual(['behind', 'newer', 'different', 'unnamed'])
    expect((await walk('&behind=true')).map(({ tenant }) => tenant)).toEqual(['second'])
    expect((await walk('&track=billing')).length).toBe(1)
    await set('second', sql`version = ${version}, digest = ${digest}, track = ${track}`)
    expect([(await walk('&behind=true')).length, (await walk('&version=1')).length, (await walk('&cluster=other')).length]).toEqual([
      0, 0, 0,
    ])
  })

  test('a cursor of another list is refused', async () => {
    const { nextCursor } = (await get('/v1/tenants?limit=1')).body
    expectProblem(await get(`/v1/migrations/homes?cursor=${nextCursor}`), 400, 'INPUT_INVALID')
    expectProblem(await get('/v1/migrations/homes?isolation=row'), 400, 'INPUT_INVALID')
  })
})

describe('the fleet at a glance', () => {
  /** What is shown may be a moment old. */
  const shows = (what: string, seen: (body: Reply['body']) => boolean): Promise<Reply['body']> =>
    until(what, async () => {
      const { body } = await get('/v1/fleet')
      return seen(body) ? body : undefined
    })

  test('has what the lists count, and says when it was looked at', async () => {
    await api.control.run('tenant.suspend', { tenant: 'third', reason: 'x' })
    const body = await shows('a suspended one', ({ tenants }) => tenants.data.some((row: { state: string }) => row.state === 'suspended'))
    expect(body.tenants).toEqual({
      total: 3,
      data: expect.arrayContaining([
        { state: 'active', isolation: 'shared', tenants: 1 },
        { state: 'active', isolation: 'schema', tenants: 1 },
        { state: 'suspended', isolation: 'schema', tenants: 1 },
      ]),
    })
    expect(body.migrations).toEqual({ homes: 3, behind: 0, platformsBehind: 0, frozen: null, unreadable: [] })
    expect(body.backups).toMatchObject({ tenants: 3, without: 3, damaged: 0, overdue: 0, oldest: null })
    expect(body.clusters).toMatchObject([{ name: 'main', state: 'live', homes: 3, tenants: 3, warm: 0, connections: null }])
    expect(body.clusters[0].homesBy).toEqual([
      { isolation: 'schema', homes: 2 },
      { isolation: 'shared', homes: 1 },
    ])
    await catalog().run(sql`
      insert into catalog.sample (cluster_id, source, step, at, facts)
      select id, 'server', 15, date_trunc('minute', clock_timestamp()), '{"at": 1, "of": {"": {"clients": 7, "room": 97}}}' from catalog.cluster`)
    const seen = await shows('a sample', ({ clusters }) => clusters[0].connections !== null)
    expect(seen.clusters[0].connections).toMatchObject({ used: 7, room: 97 })
    expect(body.at).toMatch(/^\d{4}-.*Z$/)
  })

  test('tells what runs, stands still and has failed', async () => {
    const operations = async () => (await get('/v1/fleet')).body.operations
    const before = await operations()
    await catalog().run(sql`
      insert into catalog.operation (id, name, input, state, actor, lease_until, created_at)
      select gen_random_uuid(), 'tenant.purge', '{}', s, 'test', now() + interval '1 h', now() - a
      from (values ('running', '0'::interval), ('undoing', '0'), ('paused', '0'), ('failed', '0'), ('failed', '2 days')) as x (s, a)`)
    const after = await shows('the operations', ({ operations: found }) => found.paused > before.paused)
    expect([after.operations.running, after.operations.paused, after.operations.failed]).toEqual([
      before.running + 2,
      before.paused + 1,
      before.failed + 1,
    ])
    await catalog().run(sql`delete from catalog.operation where actor = 'test'`)
  })

  test('tells who is behind, what is frozen, and which backups are overdue', async () => {
    await addFile('20991231000000_more.sql', 'alter table shops add column more text;\n')
    await api.control.run('migrate.freeze', { reason: 'the holidays' })
    const body = await shows('homes that are behind', ({ migrations }) => migrations.behind > 0)
    expect(body.migrations).toEqual({ homes: 3, behind: 3, platformsBehind: 0, frozen: 'the holidays', unreadable: [] })
    await api.control.run('migrate.unfreeze', {})
  })

  test('a file of migrations that cannot be read is named, and takes nothing else with it', async () => {
    const file = '20991231000002_broken.sql'
    await writeFile(join(api.control.platform.config.migrations, 'tenant', file), 'select 1;\n')
    const body = await shows('the file', ({ migrations }) => migrations?.unreadable.length > 0)
    expect(body.migrations).toMatchObject({ homes: 3, behind: 0, platformsBehind: 0, unreadable: [expect.stringContaining(file)] })
    expect([body.tenants.total, body.clusters.length]).toEqual([3, 1])
    const { words } = fleetOverview
    expect(words.says((await api.control.run('fleet.overview', {})) as never)).toContain(file)
    await rm(join(api.control.platform.config.migrations, 'tenant', file))
    await shows('the others', ({ migrations }) => migrations.unreadable.length === 0)
  })

  test('counts a tenant as overdue of which a policy has wanted a backup for an hour', async () => {
    const overdue = async () => (await catalog().one(countOverdue)).tenants
    const hour = new Date(Date.now() - 2 * 3_600_000).getUTCHours()
    expect(await overdue()).toBe(0)
    await catalog().run(sql`
      insert into catalog.backup_policy (id, scope, target, daily, weekly, monthly, hour) values (gen_random_uuid(), 'all', '', 1, 0, 0, ${hour})`)
    // Made a moment ago: nobody could have made a backup of it.
    expect(await overdue()).toBe(0)
    await catalog().run(sql`update catalog.tenant set created_at = now() - interval '1 day' where slug in ('first', 'third')`)
    expect(await overdue()).toBe(2)
    await catalog().run(sql`delete from catalog.backup_policy`)
  })

  test('the command line says it in a few lines', async () => {
    const { words } = fleetOverview
    const lines = words.says((await api.control.run('fleet.overview', {})) as never).split('\n')
    expect(lines[0]).toMatch(/^tenants {5}3: .*suspended.*schema/)
    expect(lines.map((line) => line.split(' ')[0])).toEqual(['tenants', 'operations', 'migrations', 'backups', 'cluster'])
  })
})

describe('the review of migrations', () => {
  test('is what the linter says of the files of the server', async () => {
    await addFile('20991231000001_bad.sql', 'alter table receipts alter column total type text;\n')
    const { body, status } = await get('/v1/migrations/lint')
    expect(status).toBe(200)
    expect(body.data.length).toBeGreaterThan(0)
    expect(body).toEqual(JSON.parse(JSON.stringify(await api.control.run('migrate.lint', {}))))
    expect(body.data.every(({ file }: { file: string }) => file.startsWith('migrations/tenant/'))).toBe(true)
    const pending = (await get('/v1/migrations/lint?pending=true')).body
    expect([pending.files, body.files]).toEqual([2, 3])
    expectProblem(await get('/v1/migrations/lint?service=absent'), 404, 'SERVICE_UNKNOWN')
  })
})

describe('saved views', () => {
  let other: string
  let viewer: string
  const list = async (as = key, query = '') => (await get(`/v1/views?limit=500${query}`, as)).body.data as Reply['body'][]
  const remove = (id: string, as = key, query = '') => api.call('DELETE', `/v1/views/${id}${query}`, { key: as })

  beforeAll(async () => {
    other = (await api.key('operator')).key
    viewer = (await api.key('viewer')).key
  })

  test('are kept under a name, and replaced under it', async () => {
    const saved = await post('/v1/views', { screen: 'tenants', name: ' Late <b>payers</b> ', query: 'state=suspended&sort=-since' })
    expect([saved.status, saved.body]).toEqual([
      200,
      expect.objectContaining({ name: 'Late <b>payers</b>', query: 'state=suspended&sort=-since', shared: false, mine: true }),
    ])
    const again = await post('/v1/views', { screen: 'tenants', name: 'Late <b>payers</b>', query: 'state=read_only' })
    expect([again.body.id, again.body.query]).toEqual([saved.body.id, 'state=read_only'])
    await post('/v1/views', { screen: 'operations', name: 'Late <b>payers</b>', query: '' })
    expect([(await list()).length, (await list(key, '&screen=tenants')).length]).toEqual([2, 1])
  })

  test('are seen by others where they are shared, and nowhere else', async () => {
    expect(await list(other)).toEqual([])
    const shared = await post('/v1/views', { screen: 'tenants', name: 'All', query: '', shared: true }, other)
    expect((await list()).map(({ name, mine }) => [name, mine])).toEqual([
      ['All', false],
      ['Late <b>payers</b>', true],
      ['Late <b>payers</b>', true],
    ])
    expect((await list(viewer)).map(({ name }) => name)).toEqual(['All'])
    expectProblem(await post('/v1/views', { screen: 'tenants', name: 'Mine', query: '', shared: true }, viewer), 403, 'KEY_FORBIDDEN')
    expect((await post('/v1/views', { screen: 'tenants', name: 'Mine', query: '' }, viewer)).status).toBe(200)
    expectProblem(await remove(shared.body.id, viewer), 404, 'VIEW_NOT_FOUND')
    expectProblem(await remove(shared.body.id, viewer, '?shared=true'), 403, 'KEY_FORBIDDEN')
    expectProblem(await remove(shared.body.id), 404, 'VIEW_NOT_FOUND')
    expect((await remove(shared.body.id, key, '?shared=true')).body.name).toBe('All')
    const [own] = await list(viewer)
    expectProblem(await remove(own!.id, key, '?shared=true'), 404, 'VIEW_NOT_FOUND')
    expect((await remove(own!.id, viewer)).status).toBe(200)
    expect(await list(viewer)).toEqual([])
  })

  test('hold no key, nothing that is too long, and nothing that cannot be seen', async () => {
    const secret = (await api.key('viewer')).key
    for (const wrong of [
      { query: `search=${secret}` },
      { query: 'x'.repeat(2_001) },
      { query: 'a\u0000b' },
      { name: '' },
      { name: 'x'.repeat(101) },
      { name: '\u200b' },
      { screen: '../tenants' },
      { more: 1 },
    ])
      expectProblem(await post('/v1/views', { screen: 'tenants', name: 'n', query: '', ...wrong }), 400, 'INPUT_INVALID')
  })

  test('are a hundred at most, also of two that are saved at once; they come in pages', async () => {
    const owner = (await list())[0]!.owner
    await catalog().run(sql`
      insert into catalog.saved_view (id, owner, screen, name, query, shared)
      select gen_random_uuid(), ${owner}, 'tenants', 'view ' || lpad(n::text, 3, '0'), '', false from generate_series(1, 97) n`)
    const both = await catalog().transaction(async (tx) => {
      await tx.run(sql`lock table catalog.saved_view in exclusive mode`)
      const both = ['a', 'b'].map((name) => post('/v1/views', { screen: 'tenants', name, query: '' }))
      await untilWaiting(api, 2)
      return { both }
    })
    expect((await Promise.all(both.both)).map(({ status }) => status).sort()).toEqual([200, 409])
    expectProblem(await post('/v1/views', { screen: 'tenants', name: 'one more', query: '' }), 409, 'VIEWS_FULL')
    expect((await post('/v1/views', { screen: 'tenants', name: 'view 001', query: 'held=true' })).status).toBe(200)
    const names: string[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const { body } = await get(`/v1/views?limit=33${cursor === '' ? '' : `&cursor=${cursor}`}`)
      names.push(...body.data.map(({ id }: { id: string }) => id))
      cursor = body.nextCursor
    }
    expect([names.length, new Set(names).size]).toEqual([100, 100])
  })
})
