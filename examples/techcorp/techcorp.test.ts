import { randomUUID } from 'node:crypto'
import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { createTenantry, sql, type Tenantry } from 'tenantry'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adminUrl, type CommandLine, commandLine } from '../../test/cli/cli.js'
import { testServer } from '../../test/support/servers-injected.js'

const SERVICES = ['identity', 'orders', 'billing'] as const

let cli: CommandLine
let tenantry: Tenantry

const ok = async (...argv: readonly string[]): Promise<string> => {
  const ran = await cli.run(...argv)
  expect(ran, `${argv.join(' ')}\n${ran.stderr}`).toMatchObject({ status: 0 })
  return ran.stdout + ran.stderr
}
const show = async (service: string) => JSON.parse(await ok('tenant', 'show', service, '--json')) as { schema: string; version: string }
const addFile = async (service: string, text: string): Promise<void> => {
  const wrote = /wrote (\S+\.sql)/.exec(await ok('migrate', 'new', 'more', '--service', service))![1]!
  expect(wrote).toMatch(new RegExp(`^services/${service}/\\d{14}_more\\.sql$`))
  await writeFile(join(cli.folder, wrote), `-- migrate:up\n${text};\n`)
}

// As the README says it, in a copy of the folder, with names that other tests do not have.
beforeAll(async () => {
  cli = await commandLine({ DATABASE_URL: adminUrl(testServer()) })
  const mark = `techcorp_${randomUUID().slice(0, 8)}`
  for (const part of ['migrations', 'services']) await cp(join(import.meta.dirname, part), join(cli.folder, part), { recursive: true })
  const config = await readFile(join(import.meta.dirname, 'tenantry.config.ts'), 'utf8')
  await writeFile(join(cli.folder, 'tenantry.config.ts'), config.replace('techcorp_catalog', `${mark}_catalog`))
  await ok('init')
  await ok('cluster', 'add', 'main', '--database', mark)
  for (const service of SERVICES) await ok('tenant', 'create', service, '--service', service)
  const env = parseEnv(await readFile(join(cli.folder, '.env'), 'utf8')) as Record<string, string>
  tenantry = createTenantry({ catalogUrl: env.TENANTRY_CATALOG_URL!, secrets: (reference) => env[reference.slice(4)]! })
}, 90_000)
afterAll(() => tenantry?.close())

describe('three services of one company', () => {
  const account = randomUUID()

  test('each is a tenant in a schema of its own, and says which service it is', async () => {
    const list = await ok('tenant', 'list')
    for (const service of SERVICES) expect(list).toMatch(new RegExp(`^${service} .* schema +${service} `, 'm'))
    expect(await ok('tenant', 'show', 'billing')).toMatch(/^ {2}service +billing$/m)
    expect(new Set(await Promise.all(SERVICES.map(async (service) => (await show(service)).schema))).size).toBe(3)
  })

  test('each works with its own tables, and names no schema', async () => {
    const orders = tenantry.tenant('orders')
    const order = await orders.transaction(async (scope) => {
      const { id } = await scope.one(sql<{ id: string }>`insert into orders (account_id, currency) values (${account}, 'EUR') returning id`)
      await scope.run(sql`insert into order_lines values (${id}, 1, 'anvil', 2, 19.5), (${id}, 2, 'rope', 1, 1)`)
      return scope.one(sql<{ id: string; total: string }>`select id, total from order_totals where id = ${id}`)
    })
    const billing = tenantry.tenant('billing')
    await billing.query(sql`
      insert into invoices (order_id, account_id, currency, amount) values (${order.id}, ${account}, 'EUR', ${order.total}::numeric)`)
    expect(await billing.query(sql`select account_id, open::float8 as open from open_invoices`)).toEqual([
      { account_id: account, open: 40 },
    ])
  })

  test('all read what the platform keeps for all', async () => {
    for (const service of SERVICES) {
      expect(await tenantry.tenant(service).query(sql`select minor_units from platform.currency where code = 'JPY'`)).toEqual([
        { minor_units: 0 },
      ])
      await expect(tenantry.tenant(service).query(sql`delete from platform.currency`)).rejects.toMatchObject({ code: '42501' })
    }
  })

  test('none sees the tables of another', async () => {
    const billing = tenantry.tenant('billing')
    await expect(billing.query(sql`select id from orders`)).rejects.toMatchObject({ code: '42P01' })
    // The names of schemas are no secret, and no help.
    expect((await show('orders')).schema).toBe('service_002')
    await expect(billing.query(sql`select id from service_002.orders`)).rejects.toMatchObject({ code: '42501' })
    await expect(billing.query(sql`update service_002.orders set state = 'cancelled'`)).rejects.toMatchObject({ code: '42501' })
    await expect(billing.query(sql`select id from service_001.accounts`)).rejects.toMatchObject({ code: '42501' })
  })

  test('one is migrated alone', async () => {
    await addFile('billing', 'alter table invoices add reminded_at timestamptz')
    await addFile('identity', 'alter table accounts add locale text')
    const before = await Promise.all(SERVICES.map(show))
    expect(await ok('migrate', 'status')).toMatch(/2 homes and 0 platform schemas are behind/)
    expect(await ok('migrate', 'up', '--service', 'billing')).toMatch(/migrated 1 home to \d{14}/)
    const after = await Promise.all(SERVICES.map(show))
    expect(after.slice(0, 2)).toEqual(before.slice(0, 2))
    expect(after[2]!.version).not.toBe(before[2]!.version)
    expect(await tenantry.tenant('billing').query(sql`select reminded_at from invoices`)).toEqual([{ reminded_at: null }])
    expect(await ok('migrate', 'up')).toMatch(/migrated 1 home, each to the newest of its track: .*identity \d{14}/)
    expect(await ok('migrate', 'status')).toMatch(/every home is at the newest of its track/)
  })
})
