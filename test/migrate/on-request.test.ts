import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { SchemaOptions } from '../../src/client/ranges.js'
import type { Tenantry } from '../../src/client/tenantry.js'
import { ident, sql } from '../../src/kernel/sql.js'
import { migrationStatus } from '../../src/operations/migrate/status.js'
import { migrateUp } from '../../src/operations/migrate/up.js'
import { parseUrl } from '../../src/postgres/connection.js'
import { type Database, openDatabase } from '../../src/postgres/session.js'
import { readMigrations } from '../../src/schema/migration-files.js'
import { filesUpTo } from '../../src/schema/on-request.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { keepWishes } from '../../src/worker/wish-keeper.js'
import { startChild, withWorkers, writeConfig } from '../faults/children.js'
import { until } from '../faults/rig.js'
import { fleetOn } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'
import { addFile, FIRST, fileOf, marks, note, outcome, V1, V2, V3, written } from './releases.js'

const TENANTS = { crowd: 'shared', own: 'schema', whole: 'database' } as const
const SLUGS = Object.keys(TENANTS)

let fleet: Fleet
let resolver: Database
let stopWorker: (() => Promise<void>) | undefined

const app = (schema: SchemaOptions): Tenantry => fleet.client({ schema: { waitMs: 20_000, ...schema } })
const startWorker = (): void => {
  const stop = new AbortController()
  const ended = keepWishes(fleet.platform, stop.signal)
  stopWorker = async () => {
    stop.abort()
    await ended
  }
}
const offer = async (version: string, text = marks(version)): Promise<void> => {
  await addFile(fleet, version, text)
  await fleet.run('migrate.up', { mode: 'on_request' })
}
const wishes = () =>
  fleet.platform.catalog.rows(sql<{ slug: string; taken: boolean }>`
    select min(t.slug) as slug, w.operation_id is not null as taken
    from catalog.migration_wish w join catalog.placement p using (home_id) join catalog.tenant t on t.id = p.tenant_id
    group by w.home_id`)
/** Those that found something to do: a worker that comes late finds that it has been done. */
const operations = async (slug: string): Promise<readonly string[]> => {
  const found = await fleet.platform.catalog.rows(sql<{ state: string }>`
    select o.state from catalog.operation o join catalog.tenant t on o.input ->> 'tenant' in (t.id::text, t.slug)
    where o.name = 'migrate.home' and t.slug = ${slug} and coalesce(o.result ->> 'migrated', 'true') = 'true' order by o.created_at`)
  return found.map(({ state }) => state)
}
const forget = () => fleet.platform.catalog.run(sql`delete from catalog.operation where name = 'migrate.home'`)
const versions = () => Promise.all(SLUGS.map(async (slug) => (await fleet.tenant(slug)).version))

beforeAll(async () => {
  fleet = await fleetOn(testServer(), {
    migrations: { [fileOf(V1)]: FIRST },
    tenants: TENANTS,
    config: { lease: '1s', assurance: { shared: 'standard', database: 'strict' } },
  })
  await writeConfig(fleet)
  resolver = openDatabase(parseUrl(fleet.catalogUrl, 'catalogUrl'), { applicationName: 'attacker', max: 8 })
})
afterEach(async () => {
  await stopWorker?.()
  stopWorker = undefined
})
afterAll(async () => {
  await resolver?.end()
  await fleet?.stop()
})

describe('migrations on request', () => {
  test('are offered only where they are fast and only add', async () => {
    const refused = {
      'update note set app = app': /longer the more rows/,
      'do $$ begin perform 1; end $$': /longer|runs code/,
      'create index on note (app)': /longer the more rows/,
      'alter table note drop column app': /takes away/,
      'alter table note rename column app to who': /takes away/,
      'drop table note': /takes away/,
      'create table if not exists more (tenant_id uuid)': /depends on what is there/,
    }
    for (const [statement, reason] of Object.entries(refused)) {
      await addFile(fleet, V2, marks(V2, `${statement};`))
      const heard = await outcome(fleet.run('migrate.up', { mode: 'on_request' }))
      expect(heard, statement).toMatchObject({ code: 'MIGRATION_NOT_ON_REQUEST', message: expect.stringMatching(reason) })
      expect(await outcome(fleet.run('migrate.up', { mode: 'on_request', dryRun: true }))).toMatchObject({
        code: 'MIGRATION_NOT_ON_REQUEST',
      })
    }
    const { offers } = await fleet.platform.catalog.one(
      sql<{ offers: number }>`select count(*)::int as offers from catalog.migration_offer`,
    )
    expect(offers).toBe(0)
  })

  test('are run only as they were offered', async () => {
    const asked = () => outcome(fleet.run('migrate.home', { tenant: 'own' }))
    expect(await asked()).toMatchObject({ code: 'MIGRATION_NOT_OFFERED', facts: { track: 'tenant' } })
    await offer(V2)
    await addFile(fleet, V2, `${marks(V2)}\n-- edited\n`)
    expect(await asked()).toMatchObject({ code: 'MIGRATION_NOT_OFFERED', facts: { version: V2 } })
    expect(await versions()).toEqual([V1, V1, V1])
    await addFile(fleet, V2, marks(V2))
    await fleet.platform.catalog.run(sql`delete from catalog.migration_offer`)
  })

  test('wait: until somebody offers them the scope is refused at once, and until a scope needs them no home is touched', async () => {
    const next = app({ from: V2 })
    expect(await outcome(next.tenant('own').query(note('next')))).toMatchObject({ code: 'SCHEMA_BEHIND', facts: { version: V1 } })
    expect(await wishes()).toEqual([])
    await addFile(fleet, V2, marks(V2))
    const dry = await fleet.run<never>('migrate.up', { mode: 'on_request', dryRun: true })
    expect(migrateUp.words.says(dry)).toMatch(`would be offered to homes as soon as a scope needs it: ${V2}`)
    const told = async () => migrationStatus.words.says(await fleet.run<never>('migrate.status'))
    expect(await told()).not.toContain('on request')
    await fleet.run('migrate.up', { mode: 'on_request' })
    expect(await told()).toContain(`${V2} is offered on request: 3 homes behind it get it when a scope needs it`)
    startWorker()
    await app({ from: V1 }).tenant('own').query(note('old'))
    expect(await versions()).toEqual([V1, V1, V1])
    expect(await wishes()).toEqual([])
  })

  test.each(SLUGS)('bring the home of %s up while the scope waits', async (slug) => {
    startWorker()
    expect(await app({ from: V2 }).tenant(slug).query(note('next'))).toEqual([{ mark: V2 }])
    await expect.poll(() => operations(slug)).toEqual(['succeeded'])
    await expect.poll(wishes).toEqual([])
    expect(await written(fleet, slug)).toMatchObject({ next: [V2] })
  })

  test('end with a fault that says so when no worker takes them up; what was asked for is seen, and is done when one comes', async () => {
    await offer(V3)
    await forget()
    const late = app({ from: V3, waitMs: 300 })
    const heard = await outcome(late.tenant('own').query(note('late')))
    expect(heard).toMatchObject({ code: 'SCHEMA_BEHIND', message: expect.stringContaining('no worker has taken it up within 300 ms') })
    expect(await fleet.run('migrate.status')).toMatchObject({ wishes: { waiting: 1, failed: 0 } })
    startWorker()
    expect(await app({ from: V3 }).tenant('own').query(note('late'))).toEqual([{ mark: V3 }])
    expect(await fleet.run('migrate.status')).toMatchObject({ wishes: { waiting: 0, failed: 0 } })
    await expect.poll(() => operations('own')).toEqual(['succeeded'])
  })

  test('of 200 scopes and two workers at once: one wish, one migration, and all go on', async () => {
    await forget()
    // Two workers have to begin meanwhile.
    const next = app({ from: V3, waitMs: 50_000 })
    const scopes = Array.from({ length: 200 }, (_, i) =>
      outcome(i % 2 === 0 ? next.tenant('crowd').query(note('many')) : next.tenant('crowd').transaction((tx) => tx.rows(note('many')))),
    )
    await until('the wish', async () => ((await wishes()).length > 0 ? true : undefined))
    expect(await wishes()).toEqual([{ slug: 'crowd', taken: false }])
    await withWorkers(fleet, 2, async () => {
      expect(new Set(await Promise.all(scopes))).toEqual(new Set(['let in']))
      await expect.poll(() => operations('crowd')).toEqual(['succeeded'])
    })
    expect((await written(fleet, 'crowd')).many).toEqual([V3])
  })

  test('are finished by another worker when the one who had them is killed', async () => {
    await forget()
    const killed = startChild(fleet, { killAt: 'migrate.home/apply:acted' })
    const scope = outcome(app({ from: V3, waitMs: 50_000 }).tenant('whole').query(note('survivor')))
    expect(await killed.ended()).toMatchObject({ signal: 'SIGKILL', last: 'killed at migrate.home/apply:acted' })
    // A scope is let in a moment before its operation has ended.
    await withWorkers(fleet, 1, async () => {
      expect(await scope).toBe('let in')
      await expect.poll(() => operations('whole')).toEqual(['succeeded'])
      await expect.poll(wishes).toEqual([])
    })
  })

  test('are begun by one of two who are at it at the same moment', async () => {
    const version = '20260315000000'
    await offer(version)
    const { id, home } = await fleet.tenant('own')
    await resolver.run(sql`select catalog.wish_v1(${id}, ${version})`)
    const race = await fleet.platform.catalog.transaction(async (tx) => {
      await tx.run(sql`select from catalog.migration_wish where home_id = ${home} for update`)
      const both = [0, 1].map(() => outcome(fleet.run('migrate.home', { tenant: 'own' })))
      await until('both to wait', async () => {
        // Of a connection of its own: a transaction sees pg_stat_activity as it was at its first look.
        const { waiting } = await fleet.platform.catalog.one(sql<{ waiting: number }>`
          select count(*)::int as waiting from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`)
        return waiting >= 2 ? true : undefined
      })
      return both
    })
    const heard = await Promise.all(race)
    expect(heard.filter((one) => one === 'let in')).toHaveLength(1)
    expect(heard.find((one) => one !== 'let in')).toMatchObject({ code: 'OPERATION_STATE' })
  })

  test('go on without a scope that has given up', async () => {
    const version = '20260401000000'
    await offer(version)
    const next = app({ from: version })
    const stop = new AbortController()
    const scope = outcome(next.tenant('own').query(note('gone'), { signal: stop.signal }))
    await until('the wish', async () => ((await wishes()).length > 0 ? true : undefined))
    stop.abort(new Error('the user has left'))
    expect(await scope).toMatchObject({ message: 'the user has left' })
    expect(next.connections().open - next.connections().idle).toBe(0)
    startWorker()
    expect(await outcome(next.tenant('own').query(note('back')))).toBe('let in')
    expect(await written(fleet, 'own')).toMatchObject({ back: [version] })
    expect(Object.keys(await written(fleet, 'own'))).not.toContain('gone')
  })

  test('that fail for a home tell every scope why, at once, until somebody has them done again', async () => {
    const version = '20260501000000'
    await offer(
      version,
      marks(version, 'create table extra (tenant_id uuid not null default tenantry.tenant(), id int, primary key (tenant_id, id));'),
    )
    const { schema } = await fleet.tenant('own')
    const witness = await fleet.witness('own')
    await witness.run(sql`create table ${ident(schema, 'extra')} ()`)
    await forget()
    startWorker()
    const next = app({ from: version })
    for (let i = 0; i < 3; i++)
      expect(await outcome(next.tenant('own').query(note('next')))).toMatchObject({
        code: 'SCHEMA_STUCK',
        message: expect.stringContaining('relation "extra" already exists'),
      })
    expect(await operations('own')).toEqual(['failed'])
    expect(await fleet.run('migrate.status')).toMatchObject({ wishes: { waiting: 0, failed: 1 } })
    // Other homes are not held up by it.
    expect(await outcome(next.tenant('whole').query(note('next')))).toBe('let in')
    await witness.run(sql`drop table ${ident(schema, 'extra')}`)
    expect(await fleet.run('migrate.home', { tenant: 'own' })).toMatchObject({ version, migrated: true })
    expect(await fleet.run('migrate.home', { tenant: 'own' })).toMatchObject({ version, migrated: false })
    expect(await outcome(next.tenant('own').query(note('next')))).toBe('let in')
  })

  test('that a home cannot have while somebody waits say so at once, and a worker with other files leaves them alone', async () => {
    const version = '20260601000000'
    await addFile(fleet, version, marks(version, 'update note set app = app;'))
    const files = await readMigrations(fleet.platform.config.migrations, 'tenant')
    // As it was offered before a home of an older version came back.
    const { digest } = filesUpTo(files, version)
    await fleet.platform.catalog.run(sql`update catalog.migration_offer set version = ${version}, digest = 'of others'`)
    startWorker()
    const next = app({ from: version, waitMs: 600 })
    expect(await outcome(next.tenant('own').query(note('never')))).toMatchObject({ code: 'SCHEMA_BEHIND', facts: { taken: false } })
    await stopWorker!()
    await fleet.platform.catalog.run(sql`update catalog.migration_offer set digest = ${digest}`)
    startWorker()
    expect(await outcome(app({ from: version }).tenant('own').query(note('never')))).toMatchObject({
      code: 'SCHEMA_STUCK',
      message: expect.stringContaining('not for migrations on request'),
    })
    await fleet.run('migrate.up')
    expect(await outcome(next.tenant('own').query(note('done')))).toBe('let in')
    expect(Object.keys(await written(fleet, 'own'))).not.toContain('never')
  })
})

describe("the application's role at the catalog", () => {
  const version = '20260701000000'
  const ask = async (tenant: string, wanted: string | null) =>
    (await resolver.one(sql<{ found: { state: string } | null }>`select catalog.wish_v1(${tenant}, ${wanted}) as found`)).found

  test('wishes for what was offered to homes that are behind, and nothing else comes of it', async () => {
    await offer(version)
    const { id } = await fleet.tenant('crowd')
    const unknown = '00000000-0000-4000-8000-000000000000'
    for (const wanted of ['', 'x', '1; drop table t', '9'.repeat(21), '-1', null]) expect(await ask(id, wanted)).toBeNull()
    for (const tenant of [unknown]) expect(await ask(tenant, version)).toBeNull()
    expect(await ask(id, '9'.repeat(20))).toEqual({ state: 'none' })
    expect(await ask(id, V1)).toEqual({ state: 'done' })
    await fleet.run('tenant.suspend', { tenant: 'crowd', reason: 'a test' })
    expect(await ask(id, version)).toBeNull()
    await fleet.run('tenant.resume', { tenant: 'crowd' })
    expect(await wishes()).toEqual([])
  })

  test('makes one row of a flood of wishes, and can neither read nor change it', async () => {
    const ids = await Promise.all(SLUGS.map(async (slug) => (await fleet.tenant(slug)).id))
    await Promise.all(Array.from({ length: 300 }, (_, i) => ask(ids[i % 3]!, version)))
    expect(await wishes()).toHaveLength(3)
    for (const attempt of [
      sql`select * from catalog.migration_wish`,
      sql`select * from catalog.migration_offer`,
      sql`delete from catalog.migration_wish`,
      sql`update catalog.migration_offer set version = '1'`,
      sql`insert into catalog.migration_offer (track, version, digest) values ('tenant', '1', '')`,
      sql`insert into catalog.migration_wish (home_id) select home_id from catalog.placement`,
    ])
      expect(await outcome(resolver.run(attempt))).toMatchObject({ code: '42501' })
  })

  test('lets scopes fail closed while the catalog does not answer', async () => {
    const role = ident(parseUrl(fleet.catalogUrl, 'catalogUrl').user!)
    const next = app({ from: version })
    await next.tenant('own').identity()
    await fleet.platform.catalog.run(sql`revoke execute on function catalog.wish_v1(uuid, text) from ${role}`)
    expect(await outcome(next.tenant('own').query(note('never')))).toMatchObject({ code: 'CATALOG_UNREACHABLE' })
    await fleet.platform.catalog.run(sql`grant execute on function catalog.wish_v1(uuid, text) to ${role}`)
    startWorker()
    expect(await outcome(next.tenant('own').query(note('again')))).toBe('let in')
  })
})
