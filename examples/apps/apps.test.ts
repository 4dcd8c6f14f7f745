import { request } from 'node:http'
import { join } from 'node:path'
import { createHeaderSigner } from 'tenantry/web'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ident, sql } from '../../src/index.js'
import { choosePort } from '../../src/programs/port.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { fleetOn } from '../../test/support/fleet.js'
import { testServer } from '../../test/support/servers-injected.js'
import config from '../pos/tenantry.config.js'
import { start as express } from './express-prisma/app.js'
import { start as fastify } from './fastify-kysely/app.js'
import { start as hono } from './hono-drizzle/app.js'

const APPS = [
  ['Hono and Drizzle', hono],
  ['Fastify and Kysely', fastify],
  ['Express and Prisma', express],
] as const

const [ACME, GLOBEX] = ['acme', 'globex'] as const
const gateway = { keys: { gateway: 'env:GATEWAY_KEY' }, audience: 'customers' }

let fleet: Fleet
let sign: ReturnType<typeof createHeaderSigner>
beforeAll(async () => {
  process.env.GATEWAY_KEY = 'g'.repeat(32)
  sign = createHeaderSigner({ ...gateway, sign: 'gateway' } as never)
  const { catalog: _, ...rest } = config
  fleet = await fleetOn(testServer(), {
    migrations: join(import.meta.dirname, '..', 'pos', 'migrations'),
    config: rest,
    tenants: { [ACME]: 'shared', [GLOBEX]: 'schema', closed: 'shared', 'late-1': 'shared', 'late-2': 'shared', 'late-3': 'shared' },
  })
  await fleet.run('tenant.suspend', { tenant: 'closed', reason: 'unpaid' })
}, 120_000)
afterAll(() => fleet?.stop())

describe.each(APPS)('%s', (name, start) => {
  let port: number
  let close: () => Promise<void>
  beforeAll(async () => {
    port = await choosePort()
    close = await start(fleet.app, { base: 'shops.test', gateway, port })
  })
  afterAll(() => close?.())

  const ask = async (shop: string, path: string, body?: object, signedFor = shop) => {
    return new Promise<{ readonly status: number; readonly body: never }>((resolve, reject) => {
      const headers = { host: `${shop}.shops.test`, 'tenantry-tenant': sign(signedFor), 'content-type': 'application/json' }
      const asked = request({ port, path, method: body === undefined ? 'GET' : 'POST', headers }, async (answer) => {
        let text = ''
        for await (const chunk of answer) text += chunk
        resolve({ status: answer.statusCode!, body: (text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text) as never })
      })
      asked.once('error', reject)
      asked.end(body === undefined ? undefined : JSON.stringify(body))
    })
  }
  const number = (n: number): string => `${name}-${String(n).padStart(2, '0')}`
  const address = { line1: 'Ring 1', city: 'Wien', country: 'AT' }

  test('two shops at once each have their own customers, under the same numbers', async () => {
    const numbers = Array.from({ length: 20 }, (_, n) => number(n))
    const made = await Promise.all(
      numbers.flatMap((one) =>
        [ACME, GLOBEX].map((shop) => ask(shop, '/customers', { number: one, firstName: 'Customer', lastName: `of ${shop}`, address })),
      ),
    )
    expect(made.filter(({ status }) => status !== 201)).toEqual([])

    const seen = await Promise.all(
      numbers.flatMap((one) =>
        [ACME, GLOBEX].map(async (shop) => {
          const { body } = await ask(shop, `/customers/${encodeURIComponent(one)}`)
          expect(body).toEqual({ number: one, name: `Customer of ${shop}`, email: null, addresses: [address] })
        }),
      ),
    )
    expect(seen).toHaveLength(40)
    const listed = await ask(GLOBEX, `/customers?after=${encodeURIComponent(number(9))}`)
    const mine = (listed.body as { number: string }[]).filter((one) => one.number.startsWith(name))
    expect(mine).toEqual(numbers.slice(10).map((one) => ({ number: one, name: `Customer of ${GLOBEX}`, email: null })))

    for (const shop of [ACME, GLOBEX]) {
      const { id, schema } = await fleet.tenant(shop)
      const witness = await fleet.witness(shop)
      const { n } = await witness.one(sql<{ n: number }>`
        select count(*)::int as n
        from ${ident(schema, 'customers')} c
        join ${ident(schema, 'customer_addresses')} a on a.tenant_id = c.tenant_id and a.customer_id = c.id
        where c.tenant_id = ${id}
          and c.last_name = ${`of ${shop}`}
          and starts_with(c.number, ${name})`)
      expect(n).toBe(20)
    }
  })

  test('what fails leaves nothing behind, and says what was wrong', async () => {
    expect(await ask(ACME, '/customers', { number: number(0) })).toMatchObject({ status: 409 })
    const half = { number: number(90), address: { ...address, country: 'Austria' } }
    expect(await ask(ACME, '/customers', half)).toMatchObject({ status: 400 })
    expect(await ask(ACME, '/customers', { firstName: 'Nobody' })).toMatchObject({ status: 400 })
    expect(await ask(ACME, `/customers/${encodeURIComponent(number(90))}`)).toMatchObject({ status: 404 })
  })

  test('nobody is served who is not proven to be of the shop', async () => {
    expect(await ask(ACME, '/customers', undefined, GLOBEX)).toMatchObject({ status: 403 })
    expect(await ask('nobody', '/customers')).toMatchObject({ status: 404 })
    expect(await ask('closed', '/customers')).toMatchObject({ status: 503 })
  })

  test('a shop that was suspended after its request was admitted is told so, whatever the library makes of it', async () => {
    const shop = `late-${1 + APPS.findIndex(([app]) => app === name)}`
    expect(await ask(shop, '/customers')).toMatchObject({ status: 200 })
    await fleet.run('tenant.suspend', { tenant: shop, reason: 'unpaid' })
    expect(await ask(shop, '/customers')).toMatchObject({ status: 503, body: { code: 'TENANT_SUSPENDED' } })
  })
})
