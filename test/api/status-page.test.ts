import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Sql, sql } from '../../src/kernel/sql.js'
import { createApp } from '../../src/server/app.js'
import { statusPage } from '../../src/server/status-page.js'
import { type Api, type Reply, startApi } from './api-server.js'

let api: Api
let page: Reply

beforeAll(async () => {
  api = await startApi()
  await api.control.run('tenant.create', { slug: 'visible-slug', name: 'Visible Name' })
  await api.control.run('tenant.create', { slug: 'other-slug', isolation: 'schema' })
  await api.control.run('tenant.suspend', { tenant: 'other-slug', reason: 'a reason of theirs' })
  page = await api.call('GET', '/status')
})
afterAll(() => api.close())

test('it shows how many of what there are', () => {
  expect(page.status).toBe(200)
  expect(page.headers.get('content-type')).toBe('text/html; charset=UTF-8')
  expect(page.text).toContain(api.control.platform.id)
  const text = page.text
    .replaceAll(/<style>.*<\/style>/gs, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
  expect(text).toContain('Tenants 2 State Isolation Tenants active shared 1 suspended schema 1')
  expect(text).toMatch(/Clusters 1 Server Walls Clusters PostgreSQL \d+\.\d+ hardened 1/)
  expect(text).toContain('Migrations 2 / 2 homes at 20260907090000')
  expect(text).toContain('Nothing is pending.')
  expect(text).toMatch(/Operations 4 State Operations succeeded 4/)
  expect(text).toContain(`curl -H "Authorization: Bearer $TENANTRY_KEY" ${api.url}/v1/tenants`)
})

test('it names no tenant, no cluster and no database', async () => {
  const { names } = await api.control.platform.catalog.one(sql<{ names: string[] }>`
    select array_agg(name) as names from (
      select slug as name from catalog.tenant
      union all select name from catalog.tenant
      union all select id::text from catalog.tenant
      union all select state_reason from catalog.tenant where state_reason is not null
      union all select name from catalog.database
      union all select schema_name from catalog.home
      union all select app_host || ':' || app_port from catalog.cluster
    ) n`)
  expect(names.length).toBeGreaterThan(8)
  for (const name of names) expect(page.text).not.toContain(name)
})

test('it may load and run nothing, and its policy allows exactly its own style', () => {
  const style = /<style>(.*)<\/style>/s.exec(page.text)![1]!
  const hash = createHash('sha256').update(style).digest('base64')
  const policy = page.headers.get('content-security-policy')!
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain(`style-src 'sha256-${hash}'`)
  expect(policy).not.toContain('unsafe')
  expect(page.text).not.toMatch(/<script|<link|<img|<iframe| on\w+=| style=|https?:\/\/(?!127\.0\.0\.1)/i)
})

test('it can be read without eyes: language, one main heading, labelled sections, heads of columns', () => {
  expect(page.text).toContain('<html lang="en">')
  expect(page.text.match(/<h1>/g)).toHaveLength(1)
  for (const [, id] of page.text.matchAll(/aria-labelledby="(\w+)"/g)) expect(page.text).toContain(`<h2 id="${id}">`)
  expect(page.text.match(/<th /g)).toHaveLength(page.text.match(/<th scope="col"/g)!.length)
})

test('every value on it is escaped', () => {
  const evil = `<img src=x onerror="alert('1')">`
  const text = String(
    statusPage(
      {
        platform: evil,
        catalogVersion: evil,
        tenants: [{ state: evil, isolation: evil, tenants: 1 }],
        clusters: [{ version: evil, hardened: true, clusters: 1 }],
        operations: [{ state: evil, operations: 1 }],
        migrations: { newest: evil, homes: 1, pendingHomes: 0, pendingPlatforms: 0, pendingTenants: 0 },
      },
      evil,
    ),
  )
  expect(text).not.toContain('<img')
  expect(text).not.toMatch(/onerror="/)
  expect(text.match(/&lt;img src=x onerror=&quot;alert\(&#39;1&#39;\)&quot;&gt;/g)).toHaveLength(8)
})

test('however many ask, the catalog is asked once, also by a look that takes longer than its answer is kept; a failure is kept for nobody', async () => {
  const { platform } = api.control
  let looks = 0
  let fail = false
  let release = (): void => {}
  let held = new Promise<void>((resolve) => (release = resolve))
  const catalog = new Proxy(platform.catalog, {
    get: (target, name: keyof typeof target) => {
      if (name !== 'one') return target[name]
      return async (statement: Sql<object>) => {
        if (!statement.text.includes('server_version_num')) return target.one(statement)
        looks++
        await held
        if (fail) throw new Error('away')
        return target.one(statement)
      }
    },
  })
  const app = createApp({ ...platform, catalog }, { log: platform.log })
  const ask = () => app.fetch(new Request('http://api/status'))
  const first = ask()
  await expect.poll(() => looks).toBe(1)
  await new Promise((resolve) => setTimeout(resolve, 1_100))
  const second = ask()
  await new Promise((resolve) => setImmediate(resolve))
  expect(looks).toBe(1)
  fail = true
  release()
  expect([(await first).status, (await second).status]).toEqual([503, 503])
  fail = false
  held = Promise.resolve()
  expect((await ask()).status).toBe(200)
  expect(looks).toBe(2)
})

test('a Host that is none gets no page', async () => {
  const { status, text } = await api.call('GET', '/status', { headers: { host: '"><script>alert(1)</script>' } })
  expect(status).toBe(400)
  expect(text).not.toContain('script')
})

test('with a migration file that cannot be read it says so and shows the rest', async () => {
  await writeFile(`${api.control.platform.config.migrations}/tenant/broken.sql`, 'select')
  await expect.poll(async () => (await api.call('GET', '/status')).text).toContain('The migration files cannot be read.')
})
