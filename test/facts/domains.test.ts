import { createSocket } from 'node:dgram'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '../../src/kernel/sql.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { fleetOn } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'
import { type NameServer, startNameServer } from './name-server.js'

interface Domain {
  readonly domain: string
  readonly slug: string
  readonly state: string
  readonly record: string
  readonly token: string
  readonly verifiedAt: Date | null
}

let names: NameServer
let fleet: Fleet
beforeAll(async () => {
  names = await startNameServer()
  fleet = await fleetOn(testServer(), {
    migrations: { 'tenant/20260101000000_note.sql': NOTE },
    tenants: { bakery: 'shared', florist: 'shared' },
    config: { dns: [names.address] },
  })
})
afterAll(async () => {
  await fleet?.stop()
  await names.close()
})

const NOTE = `-- migrate:up
create table note (tenant_id uuid not null default tenantry.tenant(), id bigint generated always as identity, primary key (tenant_id, id));
-- migrate:down
drop table note;
`
const add = (tenant: string, domain: string) => fleet.run<Domain>('domain.add', { tenant, domain })
const verify = (tenant: string, domain: string) => fleet.run<Domain>('domain.verify', { tenant, domain })

test('a domain is noted in one form, and belongs to one tenant of the platform', async () => {
  expect(await add('bakery', 'Bücher.Example.')).toMatchObject({
    domain: 'xn--bcher-kva.example',
    state: 'pending',
    record: '_tenantry.xn--bcher-kva.example',
    token: expect.stringMatching(/^tenantry-[a-z2-7]{32}$/),
  })
  await expect(add('florist', 'BÜCHER.example')).rejects.toMatchObject({ code: 'DOMAIN_TAKEN' })
  expect((await fleet.tenant('bakery')).domains).toEqual([{ domain: 'xn--bcher-kva.example', state: 'pending' }])
  expect(await fleet.run('domain.show', { domain: 'bücher.example' })).toMatchObject({ slug: 'bakery', state: 'pending' })
})

test.each([
  'localhost',
  '192.168.0.1',
  '1.2',
  'a..b',
  '*.a.com',
  'x_y.com',
  'https://a.com',
  'a.com:80',
  'exa%6dple.com',
  'u@a.com',
  '-a.com',
  `${'a.'.repeat(125)}com`,
])('%s is no domain of a customer', async (domain) => {
  await expect(add('bakery', domain)).rejects.toMatchObject({ code: 'DOMAIN_INVALID' })
})

test('of ten who add the same domain at once exactly one does', async () => {
  const all = await Promise.allSettled(Array.from({ length: 10 }, (_, at) => add(at % 2 === 0 ? 'bakery' : 'florist', 'wanted.example')))
  expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  expect(all.flatMap((one) => (one.status === 'rejected' ? [(one.reason as { code: string }).code] : []))).toEqual(
    Array(9).fill('DOMAIN_TAKEN'),
  )
})

test('it is verified by its TXT record alone, and until then what was found is said', async () => {
  const { token, record } = await add('bakery', 'shop.example')
  await expect(verify('bakery', 'shop.example')).rejects.toMatchObject({
    code: 'DOMAIN_UNVERIFIED',
    facts: { record, found: 'there is no TXT record' },
  })
  names.txt.set(record, [['v=spf1 -all'], [`${token}x`], ['\u001b[2Jevil']])
  await expect(verify('bakery', 'shop.example')).rejects.toMatchObject({
    code: 'DOMAIN_UNVERIFIED',
    facts: { found: `found "v=spf1 -all", "${token}x", "?[2Jevil"` },
  })
  expect((await fleet.tenant('bakery')).domains).toContainEqual({ domain: 'shop.example', state: 'pending' })

  // A record may come in several strings, which are one text.
  names.txt.set(record, [['something else'], [token.slice(0, 10), token.slice(10)]])
  expect(await verify('bakery', 'Shop.Example')).toMatchObject({ state: 'verified', slug: 'bakery', verifiedAt: expect.any(Date) })
  expect((await fleet.tenant('bakery')).domains).toContainEqual({ domain: 'shop.example', state: 'verified' })
  expect(names.asked).toContain('_tenantry.shop.example')
})

test('only a domain of this tenant can be verified or removed', async () => {
  await expect(verify('florist', 'shop.example')).rejects.toMatchObject({ code: 'DOMAIN_NOT_FOUND' })
  await expect(fleet.run('domain.remove', { tenant: 'florist', domain: 'shop.example' })).rejects.toMatchObject({
    code: 'DOMAIN_NOT_FOUND',
  })
  expect(await fleet.run('domain.show', { domain: 'shop.example' })).toMatchObject({ slug: 'bakery', state: 'verified' })
})

test('a domain that changes hands needs another token', async () => {
  const { token: first, record } = await add('bakery', 'moved.example')
  names.txt.set(record, [[first]])
  await fleet.run('domain.remove', { tenant: 'bakery', domain: 'moved.example' })
  const { token: second } = await add('florist', 'moved.example')
  expect(second).not.toBe(first)
  await expect(verify('florist', 'moved.example')).rejects.toMatchObject({ code: 'DOMAIN_UNVERIFIED' })
})

test('name servers that fail, or do not answer, are another fault than an absent record', async () => {
  await add('bakery', 'broken.example')
  names.failing = true
  await expect(verify('bakery', 'broken.example')).rejects.toMatchObject({ code: 'DNS_UNREACHABLE', kind: { retry: true } })
  names.failing = false

  const silent = createSocket('udp4')
  await new Promise<void>((resolve) => silent.bind(0, '127.0.0.1', resolve))
  const { txtRecords } = await import('../../src/operations/domain/txt-records.js')
  await expect(txtRecords('_tenantry.broken.example', [`127.0.0.1:${silent.address().port}`])).rejects.toMatchObject({
    code: 'DNS_UNREACHABLE',
    facts: { reason: 'no answer in time' },
  })
  await new Promise<void>((resolve) => silent.close(() => resolve()))
})

test.each(['removed', 'added anew'])('a domain that is %s while DNS is asked is not verified', async (what) => {
  const domain = `${what.replace(' ', '-')}.example`
  const { token, record } = await add('bakery', domain)
  names.txt.set(record, [[token]])
  const { id } = await fleet.tenant('bakery')
  let release = (): void => {}
  names.hold = new Promise((resolve) => {
    release = resolve
  })
  const verifying = verify('bakery', domain).catch((error: unknown) => error)
  await expect.poll(() => names.asked.includes(record)).toBe(true)
  const { catalog } = fleet.platform
  await catalog.run(sql`delete from catalog.tenant_domain where domain = ${domain}`)
  if (what === 'added anew')
    await catalog.run(
      sql`insert into catalog.tenant_domain (domain, tenant_id, token, state) values (${domain}, ${id}, 'another', 'pending')`,
    )
  release()
  expect(await verifying).toMatchObject({ code: 'DOMAIN_NOT_FOUND' })
  expect(await catalog.rows(sql`select from catalog.tenant_domain where domain = ${domain} and state = 'verified'`)).toEqual([])
})
