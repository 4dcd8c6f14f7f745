import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isFault } from '../../src/kernel/faults.js'
import type { Log } from '../../src/kernel/log.js'
import { ident, sql } from '../../src/kernel/sql.js'
import { parseUrl } from '../../src/postgres/connection.js'
import { openDatabase } from '../../src/postgres/session.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { fleetOn } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'

const NOTE = `-- migrate:up
create table note (tenant_id uuid not null default tenantry.tenant(), id bigint generated always as identity, body text, primary key (tenant_id, id));
-- migrate:down
drop table note;
`

let fleet: Fleet
beforeAll(async () => {
  const slugs = ['acme', 'other', 'left', 'right', 'limited', 'labelled', 'plain', 'shut', 'raced']
  fleet = await fleetOn(testServer(), {
    assurance: 'standard',
    migrations: { 'tenant/20260101000000_note.sql': NOTE },
    tenants: Object.fromEntries(slugs.map((slug) => [slug, 'shared' as const])),
  })
})
afterAll(() => fleet?.stop())

const rename = (tenant: string, slug: string, more: object = {}) =>
  fleet.run<{ slug: string; name: string }>('tenant.rename', { tenant, slug, ...more })
const set = (tenant: string, facts: object) => fleet.run<Record<string, unknown>>('tenant.set', { tenant, ...facts })
const whoami = sql<{ id: string }>`select tenantry.tenant() as id`
const codeOf = async (what: Promise<unknown>): Promise<string> =>
  what.then(
    () => 'done',
    (error: unknown) => (isFault(error) ? error.code : String(error)),
  )

describe('a renamed tenant', () => {
  test('keeps its id, and is found by both slugs; a client that asks by the old one is led to it and warned', async () => {
    const { id } = await fleet.tenant('acme')
    expect(await rename('acme', 'acme-two', { name: 'Acme II' })).toMatchObject({
      id,
      slug: 'acme-two',
      name: 'Acme II',
      formerSlugs: [{ slug: 'acme', redirects: true }],
    })
    expect(await fleet.run('tenant.show', { tenant: 'acme' })).toMatchObject({ id, slug: 'acme-two' })

    const warned: unknown[] = []
    const log: Log = { info: () => {}, error: () => {}, warn: (facts) => void warned.push(facts) }
    const client = fleet.client({ log })
    expect(await client.tenant('acme').query(whoami)).toEqual([{ id }])
    const named = await client.tenant('acme').transaction(async (scope) => {
      await scope.one(whoami)
      return scope.tenant
    })
    expect(named).toEqual({ id, slug: 'acme-two' })
    expect(await client.tenant('acme-two').query(whoami)).toEqual([{ id }])
    expect(warned).toEqual([{ tenant: 'acme', slug: 'acme-two' }])
  })

  test('keeps its old slug from everybody else', async () => {
    expect(await codeOf(fleet.run('tenant.create', { slug: 'acme', isolation: 'shared' }))).toBe('TENANT_EXISTS')
    expect(await codeOf(rename('other', 'acme'))).toBe('TENANT_EXISTS')
    expect(await codeOf(rename('other', 'acme-two'))).toBe('TENANT_EXISTS')
    expect((await fleet.tenant('other')).slug).toBe('other')
  })

  test('may take its old slug back', async () => {
    expect(await rename('acme-two', 'acme')).toMatchObject({ slug: 'acme', formerSlugs: [{ slug: 'acme-two', redirects: true }] })
  })

  test('gives its old slug up only when told to', async () => {
    const release = (slug: string) => fleet.run('tenant.release', { tenant: 'acme', slug })
    expect(await codeOf(release('other'))).toBe('FORMER_SLUG_NOT_FOUND')
    expect(await codeOf(release('acme'))).toBe('FORMER_SLUG_NOT_FOUND')
    expect(await release('acme-two')).toMatchObject({ slug: 'acme', formerSlugs: [] })
    expect(await codeOf(fleet.client().tenant('acme-two').query(whoami))).toBe('TENANT_NOT_FOUND')
    expect(await rename('other', 'acme-two')).toMatchObject({ slug: 'acme-two' })
  })

  test('refuses the old slug with the new one, when that is wanted', async () => {
    const { id } = await fleet.tenant('shut')
    const before = fleet.client({ placementTtlMs: 300 })
    expect(await before.tenant('shut').query(whoami)).toEqual([{ id }])
    await rename('shut', 'open', { refuseOld: true })
    const error = await fleet
      .client()
      .tenant('shut')
      .query(whoami)
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'TENANT_RENAMED', facts: { tenant: 'shut', slug: 'open' }, kind: { http: 409 } })
    // Who had asked before notices when what it knows is as old as placementTtlMs.
    await expect.poll(() => codeOf(before.tenant('shut').query(whoami))).toBe('TENANT_RENAMED')
    expect(await before.tenant('open').query(whoami)).toEqual([{ id }])
  })

  test.each(['Upper', '-x', 'x', 'ends-', '3f2504e0-4f89-41d3-9a0c-0305e82c3301'])('is not called %s', async (slug) => {
    expect(await codeOf(rename('acme', slug))).toBe('SLUG_INVALID')
  })

  test('of ten tenants that want the same slug at once exactly one gets it', async () => {
    const wants = ['left', 'right'].flatMap((slug) => Array.from({ length: 5 }, () => slug))
    const ids = await Promise.all(wants.map(async (slug) => (await fleet.tenant(slug)).id))
    const outcomes = await Promise.all(ids.map((id) => codeOf(rename(id, 'wanted'))))
    // The winner's other four attempts either find it renamed meanwhile, or done already.
    const winner = (await fleet.tenant('wanted')).id
    ids.forEach((id, at) => void (id !== winner && expect(outcomes[at]).toBe('TENANT_EXISTS')))
    expect(outcomes.filter((_, at) => ids[at] === winner)).toContain('done')
  })

  test('of two who rename one tenant at once exactly one wins, and the other is told', async () => {
    const { catalog } = fleet.platform
    let both: Promise<string[]> | undefined
    await catalog.transaction(async (tx) => {
      await tx.run(sql`select from catalog.tenant where slug = 'raced' for update`)
      both = Promise.all([codeOf(rename('raced', 'raced-a')), codeOf(rename('raced', 'raced-b'))])
      await waiting(2)
    })
    expect((await both!).sort()).toEqual(['TENANT_RENAMED', 'done'])
  })

  test('a slug that is being given up cannot be snatched', async () => {
    const { catalog } = fleet.platform
    const plain = await fleet.tenant('plain')
    let snatched: Promise<string> | undefined
    // The rename, step by step, so that the creation meets it half-way: it waits for the index, and then goes on.
    await catalog.transaction(async (tx) => {
      await tx.run(sql`update catalog.tenant set slug = 'plainer' where id = ${plain.id}`)
      snatched = codeOf(fleet.run('tenant.create', { slug: 'plain', isolation: 'shared' }))
      await waiting(1)
      await tx.run(sql`insert into catalog.former_slug (slug, tenant_id, redirects) values ('plain', ${plain.id}, true)`)
    })
    expect(await snatched).toBe('TENANT_EXISTS')
    expect((await fleet.tenant('plain')).id).toBe(plain.id)
  })
})

test('a client newer than its catalog asks as the release before did', async () => {
  const { catalog } = fleet.platform
  const { id } = await fleet.tenant('labelled')
  const hidden: string[] = []
  try {
    for (const name of ['resolve_v4', 'resolve_v3', 'resolve_v2']) {
      await catalog.run(sql`alter function ${ident('catalog', name)}(text) rename to ${ident(`${name}_later`)}`)
      hidden.push(name)
      expect(await fleet.client().tenant('labelled').query(whoami)).toEqual([{ id }])
      expect(await codeOf(fleet.client().tenant('nobody').query(whoami))).toBe('TENANT_NOT_FOUND')
    }
  } finally {
    for (const name of hidden) await catalog.run(sql`alter function ${ident('catalog', `${name}_later`)}(text) rename to ${ident(name)}`)
  }
})

test("the application's role may resolve, and read nothing of what is new", async () => {
  const resolver = openDatabase(parseUrl(fleet.catalogUrl, 'url'), { applicationName: 'resolver', max: 1 })
  try {
    for (const table of ['former_slug', 'tenant_domain', 'audit'])
      await expect(resolver.rows(sql`select from ${ident('catalog', table)}`)).rejects.toMatchObject({ code: '42501' })
    await expect(resolver.rows(sql`select catalog.tenant_facts(gen_random_uuid())`)).rejects.toMatchObject({ code: '42501' })
  } finally {
    await resolver.end()
  }
})

test('a warm tenant is nobody to change: not found by its id, and who claims it gets nothing of what was tried', async () => {
  await fleet.run('stock.fill', { target: 1, isolation: 'shared' })
  const { id: tenant } = await fleet.platform.catalog.one(sql<{ id: string }>`select id from catalog.tenant where state = 'warm'`)
  const tried: Readonly<Record<string, object>> = {
    'tenant.set': { tier: 'gold', label: ['team=a'], statementTimeoutMs: 100 },
    'tenant.rename': { slug: 'mine' },
    'tenant.release': { slug: 'mine' },
    'tenant.hold': { reason: 'a court order' },
    'tenant.unhold': {},
    'tenant.suspend': { reason: 'unpaid' },
    'tenant.resume': {},
    'tenant.delete': { reason: 'gone' },
    'tenant.undelete': {},
    'tenant.purge': { waiveBackup: 'none' },
    'tenant.unadopt': {},
    'domain.add': { domain: 'mine.example.org' },
    'domain.remove': { domain: 'mine.example.org' },
    'domain.verify': { domain: 'mine.example.org' },
    'key.create': { name: 'mine', role: 'tenant-admin' },
  }
  for (const [name, input] of Object.entries(tried))
    expect([name, await codeOf(fleet.run(name, { tenant, ...input }))]).toEqual([name, 'TENANT_NOT_FOUND'])
  await fleet.run('tenant.create', { slug: 'claimed', isolation: 'shared' })
  const none = { tier: null, labels: {}, statementTimeoutMs: null, heldFor: null, formerSlugs: [], domains: [] }
  expect(await fleet.run('tenant.show', { tenant: 'claimed' })).toMatchObject({ id: tenant, state: 'active', ...none })
  expect((await fleet.run<{ data: object[] }>('key.list')).data).toEqual([])
  await fleet.run('stock.fill', { target: 0, isolation: 'shared' })
})

describe('facts', () => {
  test('are set one by one, and stay when they are not named', async () => {
    await set('labelled', { tier: 'gold', label: ['team=a', 'plan=big one'], region: 'eu-west' })
    expect(await set('labelled', { label: ['team=b'], unlabel: ['plan'], statementTimeoutMs: 5_000 })).toMatchObject({
      tier: 'gold',
      region: 'eu-west',
      labels: { team: 'b' },
      statementTimeoutMs: 5_000,
    })
    expect(await set('labelled', { unset: ['region', 'statement-timeout-ms'] })).toMatchObject({
      tier: 'gold',
      region: null,
      statementTimeoutMs: null,
    })
  })

  test('find tenants', async () => {
    await set('limited', { tier: 'gold', label: ['team=b', 'zone=1'] })
    const found = async (filter: object) =>
      (await fleet.run<{ data: { slug: string }[] }>('tenant.list', filter)).data.map(({ slug }) => slug).sort()
    expect(await found({ tier: 'gold' })).toEqual(['labelled', 'limited'])
    expect(await found({ label: 'team=b' })).toEqual(['labelled', 'limited'])
    expect(await found({ label: 'team=b,zone=1' })).toEqual(['limited'])
    expect(await found({ label: 'team=c' })).toEqual([])
  })

  test('that make no sense are refused', async () => {
    for (const facts of [
      {},
      { tier: 'Gold!' },
      { label: ['novalue'] },
      { label: ['a=b,c=d'] },
      { statementTimeoutMs: 1 },
      { unset: ['slug'] },
    ])
      expect(await codeOf(set('labelled', facts))).toBe('INPUT_INVALID')
    expect(await codeOf(set('nobody', { tier: 'gold' }))).toBe('TENANT_NOT_FOUND')
  })

  test('of two who set different labels at once none is lost', async () => {
    await Promise.all(Array.from({ length: 10 }, (_, at) => set('left', { label: [`n${at}=x`] })))
    expect(Object.keys((await fleet.tenant('left')).labels)).toHaveLength(10)
  })
})

describe('limits', () => {
  const timeouts = sql<{ statement: string; idle: string }>`
    select current_setting('statement_timeout') as statement, current_setting('idle_in_transaction_session_timeout') as idle`

  test('take effect in every kind of scope, and leave nothing behind', async () => {
    await set('limited', { statementTimeoutMs: 300, idleTimeoutMs: 400 })
    const client = fleet.client({ maxConnections: 1 })
    const limited = client.tenant('limited')
    // The first entry is the long way in, the second the short one.
    for (const _ of ['long', 'short']) expect(await limited.query(timeouts)).toEqual([{ statement: '300ms', idle: '400ms' }])
    expect(await limited.query(timeouts, { readOnly: true })).toEqual([{ statement: '300ms', idle: '400ms' }])
    expect(await limited.transaction((scope) => scope.rows(timeouts))).toEqual([{ statement: '300ms', idle: '400ms' }])
    const slow = sql`select count(*) from generate_series(1, 1000000000)`
    await expect(limited.query(slow)).rejects.toMatchObject({ code: '57014' })
    await expect(limited.transaction((scope) => scope.run(slow))).rejects.toMatchObject({ code: '57014' })
    const [{ statement } = { statement: '' }] = await client.tenant('left').query(timeouts)
    expect(statement).not.toBe('300ms')
  })

  test('are a ceiling for what the application asks for', async () => {
    const limited = fleet.client().tenant('limited')
    expect(await limited.query(timeouts, { timeoutMs: 9_000 })).toMatchObject([{ statement: '300ms' }])
    expect(await limited.query(timeouts, { timeoutMs: 100 })).toMatchObject([{ statement: '100ms' }])
  })

  test('end a transaction that its application leaves open', async () => {
    const limited = fleet.client().tenant('limited')
    const left = limited.transaction(async (scope) => {
      await scope.run(sql`insert into note (body) values ('never there')`)
      await new Promise((resolve) => setTimeout(resolve, 900))
      await scope.run(sql`select`)
    })
    expect(await codeOf(left)).toBe('CONNECTION_LOST')
    expect(await limited.query(sql`select from note`)).toEqual([])
  })
})

async function waiting(sessions: number): Promise<void> {
  const witness = openDatabase(fleet.platform.catalog.config, { applicationName: 'witness', max: 1 })
  const blocked = sql<{ n: number }>`
    select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
  await expect.poll(async () => (await witness.one(blocked)).n).toBeGreaterThanOrEqual(sessions)
  await witness.end()
}
