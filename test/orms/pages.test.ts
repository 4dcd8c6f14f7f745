import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '../../src/index.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { fleetOn } from '../support/fleet.js'
import { type RedisServer, startRedis, whyNoRedis } from '../support/redis.js'
import { testServer } from '../support/servers-injected.js'

const OWN = 'tenant_id uuid not null default tenantry.tenant()'
const MIGRATIONS = {
  'tenant/20260101000000_all.sql': `-- migrate:up
create table product (${OWN}, sku text not null, price numeric, primary key (tenant_id, sku));
create table sale (${OWN}, id bigint generated always as identity, month text, amount numeric, primary key (tenant_id, id));
create table note (${OWN}, id bigint generated always as identity, body text, at timestamptz, primary key (tenant_id, id));
create table stock (${OWN}, sku text not null, on_hand integer, primary key (tenant_id, sku));
-- migrate:down
drop table product, sale, note, stock;
`,
}

let fleet: Fleet
let redis: RedisServer | undefined
beforeAll(async () => {
  ;[fleet, redis] = await Promise.all([
    fleetOn(testServer(), { migrations: MIGRATIONS, tenants: { acme: 'shared' } }),
    whyNoRedis === undefined ? startRedis() : undefined,
  ])
  Object.assign(process.env, {
    TENANTRY_CATALOG_URL: fleet.catalogUrl,
    TENANTRY_APP_PASSWORD: fleet.secrets('env:TENANTRY_APP_PASSWORD'),
    REDIS_URL: redis?.url,
  })
})
afterAll(async () => {
  for (const name of ['TENANTRY_CATALOG_URL', 'TENANTRY_APP_PASSWORD', 'REDIS_URL']) delete process.env[name]
  await redis?.stop()
  await fleet?.stop()
})

/** The programs of a page, one after the other, as a module; each name that is asked for is exported. */
async function runPage(page: string, { names, end = '' }: { readonly names: readonly string[]; readonly end?: string }) {
  const text = await readFile(join(process.cwd(), 'docs', page), 'utf8')
  const programs = [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map((found) => found[1]!)
  const folder = join(import.meta.dirname, '.build')
  await mkdir(folder, { recursive: true })
  const path = join(folder, page.replace('.md', '.ts'))
  await writeFile(path, `${programs.join('\n')}\n${end}\nexport { ${names.join(', ')} }\n`)
  // Written as it is read, and not as the formatter would have it: it does not stay.
  return (await import(/* @vite-ignore */ path).finally(() => rm(path))) as Readonly<Record<string, unknown>>
}

test.skipIf(whyNoRedis !== undefined)('docs/cache.md: its program runs as it is written', async () => {
  await fleet.app.tenant('acme').query(sql`insert into product (sku, price) values ('tea', 2)`)
  const { menu, total } = await runPage('cache.md', { names: ['menu', 'total'] })
  expect(menu).toEqual([{ sku: 'tea', price: '2' }])
  expect(total).toEqual({ sum: null })
  expect(await fleet.app.tenant('acme').query(sql`select price from product`)).toEqual([{ price: '4' }])
})

test('docs/querying.md: its programs run as they are written', async () => {
  await fleet.app.tenant('acme').query(sql`insert into note (body) select 'n' || n from generate_series(1, 60) n`)
  const { first, second } = await runPage('querying.md', { names: ['first', 'second'], end: 'await tenantry.close()' })
  expect(first).toMatchObject({ rows: { length: 50 }, next: expect.any(String) })
  expect(second).toMatchObject({ rows: { length: 10 }, next: undefined })
  expect(await fleet.app.tenant('acme').query(sql`select sku from stock order by sku`)).toEqual([{ sku: 'rum' }, { sku: 'tea' }])
})
