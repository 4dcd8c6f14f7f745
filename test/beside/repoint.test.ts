import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { watchedServers } from '../../src/catalog/watchdog.js'
import { measureHomes } from '../../src/engine/collect/sizes.js'
import { sql } from '../../src/kernel/sql.js'
import { checkPlatform, checkTenant } from '../faults/checker.js'
import { type Rig, startRig, until } from '../faults/rig.js'
import { withWork } from '../faults/with-work.js'
import { beside, bodiesIn, fill, KINDS, type Kind, letIn, type Made } from './rig.js'

interface Listed {
  readonly data: readonly (Made & { kind: string; version: string; rows: number | null; bytes: number | null; until: Date | null })[]
}

describe('homes beside', () => {
  let rig: Rig
  let at: (point: string) => Promise<void> = async () => {}
  const pairs: readonly (readonly [Kind, Kind])[] = KINDS.flatMap((from) => KINDS.map((to) => [from, to] as const))
  const slugOf = (from: string, to: string): string => `${from}-to-${to}`
  const run = <T = unknown>(name: string, tenant: string, input: object = {}): Promise<T> => rig.fleet.run<T>(name, { tenant, ...input })
  const repoint = (tenant: string, input: object = {}) => run('tenant.repoint', tenant, { confirm: tenant, ...input })
  const bodies = (tenant: string) => rig.fleet.app.tenant(tenant).query(sql<{ body: string }>`select body from note order by body`)
  const write = (tenant: string, body: string) => rig.fleet.app.tenant(tenant).query(sql`insert into note (body) values (${body})`)

  beforeAll(async () => {
    const others = { graced: 'schema', held: 'schema', gone: 'shared', states: 'schema', picky: 'schema', peace: 'schema' } as const
    rig = await startRig(
      { ...Object.fromEntries(pairs.map(([from, to]) => [slugOf(from, to), from])), ...others },
      { failpoint: (point) => at(point) },
    )
    await rig.fleet.run('cluster.add', { name: 'far', url: 'env:DATABASE_URL', database: `${rig.subject.prefix}far` })
  })
  afterAll(() => rig?.stop())

  test.for(pairs)('a tenant is pointed from %s to %s, and back, and back again', async ([from, to]) => {
    const tenant = slugOf(from, to)
    await write(tenant, 'old')
    const before = await rig.fleet.tenant(tenant)
    const made = await beside(rig, tenant, { isolation: to, ...(from === to ? { cluster: 'far' } : {}) })
    expect(made.isolation).toBe(to)
    await fill(rig, tenant, made, 'new')
    expect(await bodies(tenant)).toEqual([{ body: 'old' }])
    expect(await repoint(tenant)).toMatchObject({ isolation: to, schema: made.schema, database: made.database, state: 'active' })
    expect(await bodies(tenant)).toEqual([{ body: 'new' }])
    expect(await letIn(rig, before.id)).toEqual([`${made.database} ${made.home}`])
    expect(await run('tenant.pointback', tenant)).toMatchObject({ isolation: from, schema: before.schema })
    expect(await bodies(tenant)).toEqual([{ body: 'old' }])
    expect(await letIn(rig, before.id)).toEqual([`${before.database} ${before.home}`])
    expect(await checkTenant(rig.subject, tenant, { state: 'active', isolation: from })).toEqual([])
    await run('tenant.pointback', tenant)
    expect(await bodies(tenant)).toEqual([{ body: 'new' }])
    expect((await rig.fleet.tenant(tenant)).epoch).toBeGreaterThan(before.epoch + 2)
  })

  test('a suspended tenant stays suspended, and a read-only one read-only', async () => {
    await run('tenant.suspend', 'states', { reason: 'unpaid' })
    await beside(rig, 'states', { isolation: 'database' })
    expect(await repoint('states')).toMatchObject({ state: 'suspended', reason: 'unpaid', isolation: 'database' })
    expect(await checkTenant(rig.subject, 'states', { state: 'suspended', isolation: 'database' })).toEqual([])
    await run('tenant.suspend', 'states', { reason: 'audit', allowReads: true })
    expect(await run('tenant.pointback', 'states')).toMatchObject({ state: 'read_only', isolation: 'schema' })
    expect(await checkTenant(rig.subject, 'states', { state: 'read_only', isolation: 'schema' })).toEqual([])
    await run('tenant.resume', 'states')
    expect(await checkTenant(rig.subject, 'states', { state: 'active', isolation: 'schema' })).toEqual([])
  })

  test('what is refused says why: no home, several, no confirmation, another version, another operation', async () => {
    await expect(repoint('picky')).rejects.toMatchObject({ code: 'HOME_NOT_BESIDE' })
    await expect(run('tenant.pointback', 'picky')).rejects.toMatchObject({ code: 'HOME_FORMER' })
    const one = await beside(rig, 'picky')
    await beside(rig, 'picky', { isolation: 'shared' })
    await expect(beside(rig, 'picky', { isolation: 'shared' })).rejects.toMatchObject({ code: 'HOME_TAKEN' })
    await expect(repoint('picky')).rejects.toMatchObject({ code: 'HOME_CHOICE' })
    await expect(repoint('picky', { home: one.home, confirm: 'another' })).rejects.toMatchObject({ code: 'CONFIRMATION_NEEDED' })
    await rig.eyes.see(rig.subject.catalog, `update catalog.home set version = 'older' where id = $1`, [one.home])
    await expect(repoint('picky', { home: one.home })).rejects.toMatchObject({ code: 'HOME_BEHIND' })
    const { version } = await rig.fleet.tenant('picky')
    await rig.eyes.see(rig.subject.catalog, 'update catalog.home set version = $2 where id = $1', [one.home, version])
    const sizes = async () => (await run<Listed>('tenant.homes', 'picky')).data.map(({ rows, bytes }) => [typeof rows, typeof bytes])
    expect(await sizes()).toEqual(Array(3).fill(['object', 'object']))
    const { platform } = rig.fleet
    for (const server of await platform.catalog.rows(watchedServers))
      expect((await measureHomes(platform, server)).homes).toBeGreaterThan(0)
    const listed = await run<Listed>('tenant.homes', 'picky')
    expect(listed.data.map(({ kind, isolation }) => `${kind} ${isolation}`)).toEqual(['live schema', 'restored schema', 'restored shared'])
    // How much of a shared home is whose, nobody asks.
    expect(await sizes()).toEqual([
      ['number', 'number'],
      ['number', 'number'],
      ['object', 'object'],
    ])
  })

  test('a purge that fails leaves a home that was being dropped already as it was', async () => {
    const { id, database, schema } = await rig.fleet.tenant('picky')
    const { data } = await run<Listed>('tenant.homes', 'picky')
    const dropped = data.find(({ kind, isolation }) => kind === 'restored' && isolation === 'schema')!
    await rig.eyes.see(rig.subject.catalog, `update catalog.beside set state = 'going' where home_id = $1`, [dropped.home])
    await rig.eyes.see(rig.subject.catalog, `update catalog.home set state = 'creating' where id = $1`, [dropped.home])
    await rig.eyes.see(database, `create schema watcher create view seen as select body from "${schema}".note`)
    await run('tenant.delete', 'picky', { reason: 'left us', grace: '0s' })
    const purge = () => run('tenant.purge', 'picky', { waiveBackup: 'a test' })
    await expect(purge()).rejects.toMatchObject({ code: 'TENANT_DEPENDED' })
    const besides = `select h.isolation, b.state, h.state as home from catalog.beside b join catalog.home h on h.id = b.home_id
      where b.tenant_id = $1 order by h.isolation`
    expect(await rig.eyes.see(rig.subject.catalog, besides, [id])).toEqual([
      { isolation: 'schema', state: 'going', home: 'creating' },
      { isolation: 'shared', state: 'kept', home: 'live' },
    ])
    await rig.eyes.see(database, 'drop schema watcher cascade')
    await purge()
  })

  test('a former home is dropped by a worker when its grace has ended, and not before, and not while the tenant is held', async () => {
    for (const tenant of ['graced', 'held']) {
      await write(tenant, 'old')
      await beside(rig, tenant, { isolation: 'shared' })
    }
    const [graced, held] = [await rig.fleet.tenant('graced'), await rig.fleet.tenant('held')]
    await run('tenant.hold', 'held', { reason: 'a lawsuit' })
    await repoint('graced', { grace: '1d' })
    await repoint('held', { grace: '0s' })
    const kept = { home: graced.home, afterGrace: true }
    await expect(run('tenant.dropbeside', 'graced', kept)).rejects.toMatchObject({ code: 'HOME_GRACE' })
    await expect(run('tenant.dropbeside', 'held', { home: held.home, confirm: 'held' })).rejects.toMatchObject({ code: 'TENANT_HELD' })
    // Only the catalog's clock counts.
    await rig.eyes.see(rig.subject.catalog, `update catalog.beside set until = now() where home_id = $1`, [graced.home])
    await withWork(rig.fleet, () =>
      until('the home of graced to be dropped', async () => {
        const left = await rig.eyes.see(rig.subject.catalog, 'select from catalog.home where id = $1', [graced.home])
        return left.length === 0 ? true : undefined
      }),
    )
    await expect(run('tenant.pointback', 'graced')).rejects.toMatchObject({ code: 'HOME_FORMER' })
    expect(await bodiesIn(rig, held.id, held)).toEqual(['old'])
    await run('tenant.pointback', 'held')
    expect(await bodies('held')).toEqual([{ body: 'old' }])
  })

  test('what goes with a home in a shared database is that home: the platform rows stay, as do the neighbours', async () => {
    const platformRows = () => rig.fleet.app.tenant('gone').query(sql`select email from platform.account`)
    await write('gone', 'old')
    await rig.fleet.app.tenant('gone').query(sql`insert into platform.account (email) values ('gone@example.org')`)
    const before = await rig.fleet.tenant('gone')
    const neighbours = await rig.eyes.see(before.database, `select count(*) from "${before.schema}".note where tenant_id <> $1`, [
      before.id,
    ])
    await beside(rig, 'gone', { isolation: 'schema' })
    await repoint('gone')
    let held: unknown
    at = async (point) => {
      if (point === 'tenant.dropbeside/destroy:before')
        held = await run('tenant.hold', 'gone', { reason: 'late' }).catch(({ code }) => code)
    }
    expect(await run('tenant.dropbeside', 'gone', { home: before.home, confirm: 'gone' })).toMatchObject({ destroyed: { rows: 1 } })
    expect(held).toBe('TENANT_STATE')
    expect(await platformRows()).toEqual([{ email: 'gone@example.org' }])
    expect(await bodiesIn(rig, before.id, before)).toEqual([])
    expect(await rig.eyes.see(before.database, `select count(*) from "${before.schema}".note where tenant_id <> $1`, [before.id])).toEqual(
      neighbours,
    )
  })

  test('migrations of the fleet bring them all up, and the doctor tells of one that nobody has dropped', async () => {
    await beside(rig, 'states', { isolation: 'shared' })
    const file = join(rig.fleet.folder, 'migrations', 'tenant', '20991231000000_later.sql')
    await writeFile(
      file,
      '-- migrate:up\ncreate table later (tenant_id uuid not null default tenantry.tenant(), primary key (tenant_id));\n',
    )
    await rig.fleet.run('migrate.up')
    const { data } = await run<Listed>('tenant.homes', 'states')
    expect(data.map(({ kind, version }) => `${kind} ${version}`)).toEqual(
      ['live', 'former', 'restored'].map((kind) => `${kind} 20991231000000`),
    )
    for (const one of data)
      expect(await rig.eyes.see(one.database, 'select to_regclass($1) is not null as there', [`"${one.schema}".later`])).toEqual([
        { there: true },
      ])
    const findings = async () =>
      (await rig.fleet.run<{ data: { check: string; severity: string; reason: string }[] }>('doctor.run')).data.filter(
        ({ check, severity }) => severity === 'error' || ['orphan.home', 'orphan.schema', 'home.beside'].includes(check),
      )
    await rig.eyes.see(rig.subject.catalog, `update catalog.beside set until = now() - interval '2 hours' where home_id = $1`, [
      data[1]!.home,
    ])
    expect(await findings()).toMatchObject([{ check: 'home.beside', reason: expect.stringContaining('former home of states ended') }])
  })

  test('a cluster with homes beside is not removed, and a purge takes all homes of the tenant with it', async () => {
    const tenant = slugOf('schema', 'schema')
    await run('tenant.pointback', tenant)
    await run('tenant.pointback', slugOf('shared', 'shared'))
    await run('tenant.pointback', slugOf('database', 'database'))
    await expect(rig.fleet.run('cluster.remove', { cluster: 'far', confirm: 'far' })).rejects.toMatchObject({
      code: 'CLUSTER_OCCUPIED',
      message: expect.stringContaining('3 homes of tenants that live elsewhere'),
    })
    for (const slug of KINDS.map((kind) => slugOf(kind, kind))) {
      await run('tenant.delete', slug, { reason: 'left us', grace: '0s' })
      await run('tenant.purge', slug, { waiveBackup: 'a test' })
    }
    expect(await checkPlatform(rig.subject)).toEqual([])
    await rig.fleet.run('cluster.remove', { cluster: 'far', confirm: 'far' })
    expect(await checkPlatform(rig.subject)).toEqual([])
  })
})
