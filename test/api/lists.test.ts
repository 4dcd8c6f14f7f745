import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { listTenants, TENANT_SORTS } from '../../src/catalog/tenant-lists.js'
import { findTenant } from '../../src/catalog/tenants.js'
import { parseOperation } from '../../src/cli/flags.js'
import { ident, isPlannedAnew, type Sql, sql } from '../../src/kernel/sql.js'
import { catalogFilter, tenantFilter } from '../../src/operations/tenant/filter.js'
import { listAllTenants } from '../../src/operations/tenant/list.js'
import { type Api, expectProblem, type Reply, startApi } from './api-server.js'

const TENANTS = 300
const SORTS = TENANT_SORTS.flatMap((sort) => [sort, `-${sort}`])

let api: Api
let key: string
const catalog = () => api.control.platform.catalog
const get = (path: string) => api.call('GET', path, { key })

/** Tenants of the catalog alone, in one statement: `each` and `of` tell them apart by `n`. */
const tenantsInCatalog = (first: number, last: number): Sql => sql`
  with made as (
    insert into catalog.tenant (id, slug, name, isolation, state, state_since, created_at)
    select gen_random_uuid(), 'walked-' || lpad(n::text, 5, '0'), (array['Zoë', 'zoë', 'Alma|Ärger', 'é' || repeat('ü', 150)])[1 + n % 4], 'shared',
           case when n % 10 = 0 then 'suspended' else 'active' end,
           timestamptz '2026-01-01 00:00:00.000001+00' + (n % 3) * interval '1 day', timestamptz '2026-01-01 00:00:00.123456+00' + (n % 4) * interval '1 h'
    from generate_series(${first}::int, ${last}::int) n
    returning id
  )
  insert into catalog.placement (tenant_id, home_id, epoch)
  select made.id, (select h.id from catalog.home h where h.isolation = 'shared' limit 1), 1 from made`

beforeAll(async () => {
  api = await startApi()
  key = (await api.key('fleet-admin')).key
  await api.control.run('tenant.create', { slug: 'first', isolation: 'shared', tier: 'gold', region: 'eu-west', label: ['team=a'] })
  await api.control.run('tenant.create', { slug: 'second', isolation: 'schema' })
  await catalog().run(tenantsInCatalog(1, TENANTS))
})
afterAll(() => api?.close())

/** Goes from page to page by the header alone, as a client that knows nothing of cursors; `between` happens before each next one. */
async function walk(path: string, between: (page: number) => Promise<void> = async () => {}): Promise<Reply['body'][]> {
  const rows: Reply['body'][] = []
  for (let next: string | undefined = path, page = 1; next !== undefined; page++) {
    const reply = await get(next)
    expect(reply.status, reply.text).toBe(200)
    rows.push(...reply.body.data)
    const link = reply.headers.get('link')
    expect(link === null).toBe(reply.body.nextCursor === null)
    next = link === null ? undefined : /^<(\/v1\/[^>]+)>; rel="next"$/.exec(link)![1]
    if (next !== undefined) await between(page)
  }
  return rows
}

const sorted = (values: readonly (string | number)[]) => [...values].sort((a, b) => (a < b ? -1 : 1))

describe('a walk over tenants', () => {
  let made = TENANTS

  test.each(SORTS)('by %s meets each of 300 once, though many are equal in it and others are made meanwhile', async (sort) => {
    const known = await catalog().rows(sql<{ id: string }>`select id from catalog.tenant where not starts_with(slug, '~')`)
    const rows = await walk(`/v1/tenants?sort=${sort}&limit=37`, async () => {
      await catalog().run(tenantsInCatalog(made + 1, made + 3))
      made += 3
    })
    const ids = rows.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(known.filter(({ id }) => !ids.includes(id))).toEqual([])
    const field = { created: 'createdAt', slug: 'slug', name: 'name', since: 'since', size: 'bytes' }[sort.replace('-', '')]!
    const values: (string | number)[] = rows.map((row) => (field === 'bytes' ? (row.bytes ?? -1) : row[field].toLowerCase()))
    // Of names the server's collation decides; that it is one order is seen by each value standing in one place.
    const runs = values.filter((value, at) => value !== values[at - 1])
    expect(runs.length).toBe(new Set(values).size)
    if (field !== 'name' && field !== 'slug') expect(runs).toEqual(sort.startsWith('-') ? sorted(runs).reverse() : sorted(runs))
  })

  test('backwards is the other way round', async () => {
    const slugs = async (sort: string) => (await walk(`/v1/tenants?sort=${sort}&limit=500`)).map(({ slug }) => slug)
    expect(await slugs('-name')).toEqual((await slugs('name')).reverse())
  })

  test('a cursor of another order is refused, and so is one whose text no server could read', async () => {
    const { nextCursor } = (await get('/v1/tenants?sort=name&limit=1')).body
    for (const sort of SORTS.filter((one) => one !== 'name')) {
      expectProblem(await get(`/v1/tenants?sort=${sort}&cursor=${nextCursor}`), 400, 'INPUT_INVALID')
    }
    expect((await get(`/v1/tenants?sort=name&limit=1&cursor=${nextCursor}`)).status).toBe(200)
  })

  test('with a filter it meets those that it lets through, and the address of the next page keeps the filter', async () => {
    const { total } = (await get('/v1/tenant-counts?state=suspended')).body
    const rows = await walk('/v1/tenants?state=suspended&search=walked-&limit=7&sort=-name')
    expect(rows.length).toBe(total)
    expect(new Set(rows.map(({ state }) => state))).toEqual(new Set(['suspended']))
  })

  test('the command line takes an order that begins with a hyphen', () => {
    const io = { stdout: process.stdout, stderr: process.stderr } as never
    for (const args of [['--sort', '-name'], ['--sort=-name']]) {
      expect(parseOperation(listAllTenants, args, io)?.input).toEqual({ sort: '-name' })
    }
  })

  test('a HEAD has the header as well', async () => {
    const reply = await api.call('HEAD', '/v1/tenants?limit=1', { key })
    expect(reply.headers.get('link')).toMatch(/^<\/v1\/tenants\?limit=1&cursor=[\w-]+>; rel="next"$/)
  })
})

describe('filters of tenants', () => {
  const slugs = async (query: string) => (await get(`/v1/tenants?${query}&limit=500`)).body.data.map(({ slug }: { slug: string }) => slug)

  test('by region, domain, hold, version, and what they lack', async () => {
    await api.control.run('domain.add', { tenant: 'first', domain: 'Shop.First.example' })
    await api.control.run('tenant.hold', { tenant: 'second', reason: 'a dispute' })
    expect(await slugs('region=eu-west')).toEqual(['first'])
    expect(await slugs('domain=FIRST.ex')).toEqual(['first'])
    expect(await slugs('held=true')).toEqual(['second'])
    expect(await slugs('version=20260907090000&search=second')).toEqual(['second'])
    expect(await slugs('version=1')).toEqual([])
    expect(await slugs('behind=true')).toEqual([])
    expect(await slugs('search=first&withoutBackup=true')).toEqual(['first'])
  })

  test('a backup that is whole takes a tenant out of those without; a damaged one does not', async () => {
    const { id } = (await get('/v1/tenants/first')).body
    await catalog().run(sql`
      insert into catalog.backup (id, tenant_id, slug, kind, state, operation_id, store, kept_at, taken_at, manifest_digest)
      select gen_random_uuid(), ${id}, 'first', 'demand', 'kept', gen_random_uuid(), 'main', now(), now(), 'x'`)
    expect(await slugs('search=first&withoutBackup=true')).toEqual([])
    await catalog().run(sql`update catalog.backup set damage = 'a flipped bit' where tenant_id = ${id}`)
    expect(await slugs('search=first&withoutBackup=true')).toEqual(['first'])
  })

  test('a home that has not applied what there is, is behind', async () => {
    const behind = sql`update catalog.home set digest = 'another' where isolation = 'schema'`
    await catalog().transaction(async (tx) => tx.run(behind))
    expect(await slugs('behind=true')).toEqual(['second'])
  })
})

describe('counts', () => {
  test('are those of the list, by state, isolation, cluster, tier and version', async () => {
    const { body } = await get('/v1/tenant-counts')
    const rows = await walk('/v1/tenants?limit=500')
    expect(body.total).toBe(rows.length)
    const of = (by: string) => body.data.filter((row: { by: string }) => row.by === by)
    for (const by of ['state', 'isolation', 'cluster', 'tier', 'version']) {
      const counted: Record<string, number> = {}
      for (const row of rows) counted[row[by]] = (counted[row[by]] ?? 0) + 1
      expect(Object.fromEntries(of(by).map((row: { value: string; tenants: number }) => [row.value, row.tenants]))).toEqual(counted)
    }
  })

  test('take the same filters', async () => {
    expect((await get('/v1/tenant-counts?tier=gold')).body).toMatchObject({
      total: 1,
      data: expect.arrayContaining([{ by: 'isolation', value: 'shared', tenants: 1 }]),
    })
    expect((await get('/v1/tenant-counts?search=nobody')).body).toEqual({ total: 0, data: [] })
    expectProblem(await get('/v1/tenant-counts?limit=5'), 400, 'INPUT_INVALID')
  })
})

describe('operations', () => {
  const found = async (query: string) =>
    (await get(`/v1/operations?${query}&limit=500`)).body.data as { id: string; name: string; state: string }[]

  test('by tenant, actor, time and several states', async () => {
    const { id } = (await get('/v1/tenants/first')).body
    const [made] = await found('tenant=first&name=tenant.create')
    expect((await found(`tenant=${id}`)).map((one) => one.id)).toContain(made!.id)
    expect((await found('tenant=first')).every(({ name }) => name.startsWith('tenant.') || name.startsWith('domain.'))).toBe(true)
    const mine = await api.call('POST', '/v1/tenants/first/hold', { key, json: { reason: 'mine' } })
    expect(mine.status).toBe(200)
    const { body } = await get(`/v1/operations/${mine.headers.get('operation-id')}`)
    expect((await found(`actor=${encodeURIComponent(body.actor)}`)).map((one) => one.id)).toEqual([body.id])
    expect(await found('actor=nobody')).toEqual([])
    const all = await found('since=1h')
    expect(all.length).toBeGreaterThan(4)
    expect(await found('since=2999-01-01')).toEqual([])
    expect((await found('state=failed,running,succeeded')).length).toBe(all.length)
    expect(await found('state=failed,running')).toEqual([])
  })

  test('of a tenant that nobody knows, and in a state that there is not', async () => {
    expectProblem(await get('/v1/operations?tenant=absent'), 404, 'TENANT_NOT_FOUND')
    expectProblem(await get('/v1/operations?tenant=A'), 400, 'INPUT_INVALID')
    expectProblem(await get('/v1/operations?state=running,dead'), 400, 'INPUT_INVALID')
    expectProblem(await get('/v1/operations?since=yesterday'), 400, 'INPUT_INVALID')
    expect(await found('tenant=7c9e6679-7425-40de-944b-e07fc1f90ae7')).toEqual([])
  })

  test('a walk meets each once while others are made', async () => {
    const before = (await found('since=1d')).map(({ id }) => id)
    const ids = (
      await walk('/v1/operations?limit=2', async () => {
        await api.control.run('tenant.set', { tenant: 'first', region: 'eu-east' })
      })
    ).map(({ id }) => id)
    expect(ids).toEqual(before)
  })
})

test('keys come in pages, and each once', async () => {
  for (let n = 0; n < 7; n++) await api.key('viewer')
  const all = (await get('/v1/keys?limit=500')).body.data.map(({ id }: { id: string }) => id)
  expect(all.length).toBe(8)
  expect((await walk('/v1/keys?limit=3')).map(({ id }) => id)).toEqual(all)
})

describe('with 10,000 tenants', () => {
  beforeAll(async () => {
    await catalog().transaction(async (tx) => {
      // What the audit keeps of a change grows with each tenant of the transaction, and nobody asks for it here.
      await tx.run(sql`set local session_replication_role = replica`)
      await tx.run(tenantsInCatalog(10_001, 20_000))
    })
    await catalog().run(sql`analyze catalog.tenant`)
    await catalog().run(sql`analyze catalog.placement`)
  })

  interface Node {
    readonly 'Node Type': string
    readonly 'Actual Rows': number
    readonly 'Actual Loops': number
    readonly 'Index Name'?: string
    readonly 'Relation Name'?: string
    readonly Plans?: readonly Node[]
  }
  const nodesOf = (node: Node): readonly Node[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)]

  const planOf = async (statement: Sql): Promise<readonly Node[]> => {
    const found = await catalog().one(
      sql<Record<'QUERY PLAN', readonly [{ readonly Plan: Node }]>>`explain (analyze, format json) ${statement}`,
    )
    return nodesOf(found['QUERY PLAN'][0].Plan)
  }

  const readOf = (nodes: readonly Node[], relation: string): number =>
    nodes.filter((node) => node['Relation Name'] === relation).reduce((sum, node) => sum + node['Actual Rows'] * node['Actual Loops'], 0)

  // Sizes stand beside the tenants, where nobody waits for whoever measures: by size, those are sorted that have one.
  const indexed = SORTS.filter((sort) => !sort.endsWith('size'))

  test.each(indexed)('a page by %s, wherever it is, is read from an index, and costs what stands on it', async (sort) => {
    const page = { by: sort.replace('-', '') as 'name', descending: sort.startsWith('-'), limit: 51 }
    const middle = (await catalog().rows(listTenants({}, { ...page, limit: 5_000, after: null }))).at(-1)!
    for (const after of [null, { at: middle.at, id: middle.id }]) {
      const nodes = await planOf(listTenants({}, { ...page, after }))
      const ofTenant = nodes.filter((node) => node['Relation Name'] === 'tenant')
      expect(ofTenant.map((node) => node['Node Type'])).toEqual(['Index Scan'])
      expect(ofTenant[0]!['Actual Rows']).toBeLessThan(400)
      expect(nodes.filter((node) => node['Relation Name'] === 'tenant_domain').map((node) => node['Actual Loops'])).toEqual([51])
    }
  })

  test('the slugs and domains of tenants are worked out for those on the page alone, though a filter has them sorted', async () => {
    const nodes = await planOf(
      listTenants({ state: 'suspended', search: 'walked' }, { by: 'name', descending: false, after: null, limit: 51 }),
    )
    expect(nodes.filter((node) => node['Relation Name'] === 'tenant_domain').map((node) => node['Actual Loops'])).toEqual([51])
  })

  test.each([true, false])(
    'of those that share a home, and so have no size, a page by size reads no more than it shows (descending: %s)',
    async (descending) => {
      const nodes = await planOf(listTenants({}, { by: 'size', descending, after: null, limit: 51 }))
      expect(nodes.filter((node) => node['Relation Name'] === 'tenant_domain').map((node) => node['Actual Loops'])).toEqual([0, 1, 51])
      expect(readOf(nodes, 'tenant')).toBeLessThan(400)
    },
  )

  test('of those that have a home of their own, the next page by size looks at each once', async () => {
    await catalog().transaction(async (tx) => {
      await tx.run(sql`set local session_replication_role = replica`)
      await tx.run(sql`
        with moved as (
          update catalog.tenant set isolation = 'schema' where slug between 'walked-00001' and 'walked-00300' returning id, slug
        ), made as (
          insert into catalog.home (id, database_id, isolation, schema_name, role_name, login_name, state)
          select m.id, (select database_id from catalog.home limit 1), 'schema', m.slug, m.slug, m.slug, 'live' from moved m
        ), placed as (
          update catalog.placement p set home_id = m.id from moved m where p.tenant_id = m.id
        )
        insert into catalog.home_fact (home_id, tried_at, measured_at, bytes)
        select m.id, now(), now(), (uuid_hash_extended(m.id, 0) & 1023) * 8192 from moved m`)
    })
    for (const table of ['tenant', 'placement', 'home', 'home_fact']) await catalog().run(sql`analyze ${ident('catalog', table)}`)
    for (const descending of [true, false]) {
      const page = { by: 'size', descending, limit: 51 } as const
      const first = await catalog().rows(listTenants({ isolation: 'schema' }, { ...page, after: null }))
      const { at, id } = first.filter((row) => row.at !== '-1').at(-1)!
      const nodes = await planOf(listTenants({ isolation: 'schema' }, { ...page, after: { at, id } }))
      for (const relation of ['tenant', 'placement', 'home']) expect(readOf(nodes, relation)).toBeLessThan(1_000)
    }
  })

  test('the list as it is without any filter keeps its plan, and one with a filter is planned anew', async () => {
    const filter = async (given: object) => catalogFilter(api.control.platform, z.strictObject(tenantFilter).parse(given))
    const page = { by: 'created', descending: false, after: null, limit: 51 } as const
    expect(isPlannedAnew(listTenants(await filter({}), page))).toBe(false)
    expect(isPlannedAnew(listTenants(await filter({ held: true }), page))).toBe(true)
  })

  test('a tenant is found by indexes alone, by its slug, by one that it had, and by its id', async () => {
    const { id } = await catalog().one(findTenant('walked-00007'))
    for (const ref of ['walked-00007', 'never-heard-of', id]) {
      const nodes = await planOf(findTenant(ref))
      const kinds = nodes.filter((node) => node['Relation Name'] === 'tenant').map((node) => node['Node Type'])
      expect(new Set(kinds)).toEqual(new Set(['Index Scan']))
    }
  })
})
