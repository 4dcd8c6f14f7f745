import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { failWith } from '../../src/engine/operation.js'
import { raiseLivingSequences } from '../../src/engine/raising-sequences.js'
import { placed } from '../../src/engine/repointing.js'
import { restoreInto } from '../../src/engine/restore/filling.js'
import { openOrigin } from '../../src/engine/restore/origin.js'
import { sql } from '../../src/kernel/sql.js'
import { restoreBackup } from '../../src/operations/backup/restore.js'
import { repointTenant } from '../../src/operations/tenant/repoint.js'
import { checkPlatform, checkTenant } from '../faults/checker.js'
import { type Rig, startRig, until } from '../faults/rig.js'
import { backedUp, fill, seen, where } from './rig.js'

interface Restored {
  readonly backup: string
  readonly tenant: string
  readonly beside: boolean
  readonly home: string
  readonly database: string
  readonly schema: string
  readonly isolation: string
  readonly version: string
  readonly from: string
  readonly rows: number
}

const KINDS = ['shared', 'schema', 'database'] as const
type Seen = Readonly<Record<string, string>>

let rig: Rig
let bystander: Seen
const backups = new Map<string, string>()
const then = new Map<string, Seen>()

const restore = (backup: string, input: object = {}): Promise<Restored> => rig.fleet.run<Restored>('backup.restore', { backup, ...input })
const inHome = async (slug: string, { database, schema }: Pick<Restored, 'database' | 'schema'>): Promise<Seen> =>
  seen(rig, { tenant: (await where(rig, slug)).tenant, database, schema })
const ofHome = ({ 'platform.account': _, ...rest }: Seen): Seen => rest

beforeAll(async () => {
  rig = await startRig({ shared: 'shared', schema: 'schema', database: 'database', bystander: 'shared' })
  await fill(rig, 'bystander', 'beware')
  for (const slug of KINDS) {
    await fill(rig, slug, 'first')
    then.set(slug, await seen(rig, await where(rig, slug)))
    backups.set(slug, await backedUp(rig, slug))
    await fill(rig, slug, 'second')
  }
  bystander = await seen(rig, await where(rig, 'bystander'))
})
afterAll(() => rig?.stop())

/** Rows that somebody else has left where the restore would go: it is refused, and they stay. */
async function inTheWay(slug: string, far: Restored, restored: () => Promise<unknown>): Promise<void> {
  const { tenant } = await where(rig, slug)
  await rig.eyes.see(far.database, `insert into "${far.schema}".author (tenant_id, name) values ($1, 'in the way')`, [tenant])
  const before = await inHome(slug, far)
  await expect(restored()).rejects.toMatchObject({ code: 'LOAD_OCCUPIED' })
  expect(await inHome(slug, far)).toEqual(before)
  await rig.eyes.see(far.database, `delete from "${far.schema}".author where tenant_id = $1`, [tenant])
}

describe('backup restore', () => {
  test.for(KINDS)('of a %s tenant is beside its home, which is as it was', async (slug) => {
    const live = await seen(rig, await where(rig, slug))
    const restored = await restore(backups.get(slug)!)
    expect(restored).toMatchObject({ tenant: slug, beside: true, isolation: slug === 'shared' ? 'schema' : slug })
    expect(ofHome(await inHome(slug, restored))).toEqual(ofHome(then.get(slug)!))
    expect(await seen(rig, await where(rig, slug))).toEqual(live)
    expect(await checkTenant(rig.subject, slug, { state: 'active', isolation: slug })).toEqual([])
  })

  test('what a tenant has written since is counted before it is pointed there, and exported after', async () => {
    interface Compared {
      readonly equal: boolean
      readonly data: readonly object[]
    }
    const compared = () => rig.fleet.run<Compared>('tenant.compare', { tenant: 'schema' })
    const { schema } = await where(rig, 'schema')
    const { database, tenant } = await where(rig, 'schema')
    await rig.eyes.see(database, `update "${schema}".author set name = 'changed' where tenant_id = $1 and name = 'first 2'`, [tenant])
    await rig.eyes.see(database, `delete from "${schema}".measure where tenant_id = $1 and value = 'NaN'`, [tenant])
    const found = await compared()
    expect(found.equal).toBe(false)
    expect(found.data).toMatchObject([
      { table: 'author', live: 6, beside: 3, onlyLive: 3, onlyBeside: 0, changed: 1 },
      { table: 'event', live: 4, beside: 2, onlyLive: 2, onlyBeside: 0, changed: 0 },
      { table: 'measure', live: 4, beside: 3, onlyLive: 2, onlyBeside: 1, changed: 0 },
      { table: 'note', live: 9, beside: 3, onlyLive: 6, onlyBeside: 0, changed: 0 },
    ])
    const told = await repointTenant.tells!({ platform: rig.fleet.platform, fail: failWith }, { tenant: 'schema' })
    expect(told.join('\n')).toContain('note: 6 rows left behind, 0 with other values, 0 that come back')
    await rig.fleet.run('tenant.repoint', { tenant: 'schema', confirm: 'schema' })
    // Now it is the former home that has what the tenant has no more.
    const page = (cursor?: string) =>
      rig.fleet.run<{ data: { change: string; live: object | null; beside: object | null }[]; nextCursor: string | null }>(
        'tenant.difference',
        { tenant: 'schema', table: 'author', limit: 2, ...(cursor === undefined ? {} : { cursor }) },
      )
    const rows = []
    for (let next = await page(); ; next = await page(next.nextCursor!)) {
      rows.push(...next.data)
      if (next.nextCursor === null) break
    }
    expect(rows.map(({ change }) => change).sort()).toEqual(['changed', 'only-beside', 'only-beside', 'only-beside'])
    expect(rows.find(({ change }) => change === 'changed')).toMatchObject({ live: { name: 'first 2' }, beside: { name: 'changed' } })
    await rig.fleet.run('tenant.pointback', { tenant: 'schema' })
  })

  test('a tenant lives in what was restored when it is pointed there, and can be pointed back', async () => {
    const bodies = () => rig.fleet.app.tenant('schema').query(sql<{ n: number }>`select count(*)::int as n from note`)
    expect(await bodies()).toEqual([{ n: 9 }])
    await rig.fleet.run('tenant.repoint', { tenant: 'schema', confirm: 'schema' })
    expect(await bodies()).toEqual([{ n: 3 }])
    await rig.fleet.run('tenant.pointback', { tenant: 'schema' })
    expect(await bodies()).toEqual([{ n: 9 }])
  })

  test.for(KINDS)('of a %s tenant makes a new tenant in another isolation', async (slug) => {
    const isolation = KINDS[(KINDS.indexOf(slug) + 1) % 3]!
    const made = await restore(slug, { as: `${slug}-again`, isolation })
    expect(made).toMatchObject({ tenant: `${slug}-again`, beside: false, isolation, backup: backups.get(slug), rows: 12 })
    expect(await seen(rig, await where(rig, `${slug}-again`))).toEqual(then.get(slug))
    expect(await checkTenant(rig.subject, `${slug}-again`, { state: 'active', isolation })).toEqual([])
  })

  test('a table is restored by itself, and its rows are merged into the live one', async () => {
    interface Merged {
      readonly inserted: number
      readonly updated: number
      readonly conflicts: readonly { key: readonly string[]; reason: string }[]
    }
    const tenant = 'database-again'
    const id = await backedUp(rig, tenant)
    const bodies = () => rig.fleet.app.tenant(tenant).query(sql<{ body: string }>`select body from note order by id`)
    const before = await bodies()
    const { tenant: tenantId, database, schema } = await where(rig, tenant)
    const see = (text: string, values: readonly string[] = [tenantId]) =>
      rig.eyes.see(database, text.replaceAll('$s', `"${schema}"`), values)
    const [first] = await rig.fleet.app.tenant(tenant).query(sql<{ id: string }>`select min(id)::text as id from note`)
    await see(`delete from $s.note where tenant_id = $1 and id > ${first!.id}`)
    await see(`update $s.note set body = 'later' where tenant_id = $1 and id = ${first!.id}`)
    // What is judged at the end of a transaction is told of its row all the same.
    await see(`alter table $s.note alter constraint note_tenant_id_author_id_fkey deferrable initially deferred`, [])
    // The one who wrote the last note is gone as well: that note has nobody to refer to.
    await see(`delete from $s.author where tenant_id = $1 and id = (select max(id) from $s.author where tenant_id = $1)`)
    const made = await restore(id, { table: ['note'], isolation: 'schema' })
    expect(made).toMatchObject({ beside: true, rows: 3, partial: true })
    expect(restoreBackup.words.says!(made as never)).toContain(`tenantry tenant merge ${tenant}`)
    expect(restoreBackup.words.says!(made as never)).not.toContain('repoint')
    for (const home of [undefined, made.home])
      await expect(rig.fleet.run('tenant.repoint', { tenant, home, confirm: tenant })).rejects.toMatchObject({
        code: 'HOME_PARTIAL',
        remedy: expect.stringContaining(`tenantry tenant merge ${tenant}`),
      })
    await expect(repointTenant.tells!({ platform: rig.fleet.platform, fail: failWith }, { tenant })).rejects.toMatchObject({
      code: 'HOME_PARTIAL',
    })
    const merge = (input: object) => rig.fleet.run<Merged>('tenant.merge', { tenant, table: 'note', ...input })
    expect(await merge({ where: ['size=1'] })).toMatchObject({ inserted: 0, updated: 0, conflicts: [] })
    expect(await merge({ dryRun: true })).toMatchObject({ inserted: 1, updated: 0, conflicts: { length: 2 } })
    expect(await bodies()).toEqual([{ body: 'later' }])
    const kept = await merge({})
    expect(kept).toMatchObject({ inserted: 1, updated: 0 })
    expect(kept.conflicts.map(({ reason }) => reason).sort()).toEqual([
      expect.stringContaining('violates foreign key'),
      'is there with other values, which stay',
    ])
    expect(await bodies()).toEqual([{ body: 'later' }, before[1]])
    expect(await merge({ conflicts: 'take' })).toMatchObject({ inserted: 0, updated: 1, conflicts: { length: 1 } })
    expect(await bodies()).toEqual(before.slice(0, 2))
    await see(`alter table $s.note alter constraint note_tenant_id_author_id_fkey not deferrable`, [])
    const unknown = { code: 'TABLE_UNKNOWN', remedy: expect.stringContaining('author, event, measure, note') }
    await expect(merge({ table: 'nothing' })).rejects.toMatchObject(unknown)
    await expect(rig.fleet.run('tenant.difference', { tenant, table: 'nothing' })).rejects.toMatchObject(unknown)
    await expect(merge({ table: 'platform.account' })).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.stringContaining('platform.account belongs to the database'),
    })
    await expect(restore(id, { table: ['notes'], isolation: 'schema' })).rejects.toMatchObject({
      code: 'TABLE_UNKNOWN',
      remedy: expect.stringMatching(/author.*note/),
    })
    await expect(merge({ where: ['no=1'] })).rejects.toMatchObject({ code: 'INPUT_INVALID' })
  })

  test('into another cluster takes the rows of platform tables along, and leaves none when it is dropped', async () => {
    await rig.fleet.run('cluster.add', { name: 'far', url: 'env:DATABASE_URL', database: `${rig.subject.prefix}far` })
    const slug = 'shared-again'
    const rows = await seen(rig, await where(rig, slug))
    const id = await backedUp(rig, slug)
    const far = await restore(id, { cluster: 'far', isolation: 'shared' })
    expect(far).toMatchObject({ beside: true, isolation: 'shared', rows: 12 })
    expect(await inHome(slug, far)).toEqual(rows)
    await rig.fleet.run('tenant.dropbeside', { tenant: slug, home: far.home, confirm: slug })
    expect(Object.values(await inHome(slug, far)).map((told) => told.split(' ')[0])).toEqual(['0', '0', '0', '0', '0'])
    await inTheWay(slug, far, () => restore(id, { cluster: 'far', isolation: 'shared' }))
  })

  test('into a home of its own takes no rows of platform tables that were there before it', async () => {
    const slug = 'shared-again'
    const { tenant } = await where(rig, slug)
    const database = `${rig.subject.prefix}far`
    const accounts = () => rig.eyes.see<{ email: string }>(database, 'select email from platform.account where tenant_id = $1', [tenant])
    const id = await backedUp(rig, slug)
    await rig.eyes.see(database, `insert into platform.account (tenant_id, email) values ($1, 'in@the.way')`, [tenant])
    await expect(restore(id, { cluster: 'far', isolation: 'schema' })).rejects.toMatchObject({
      code: 'LOAD_OCCUPIED',
      facts: { tables: ['platform.account'] },
    })
    expect(await accounts()).toEqual([{ email: 'in@the.way' }])
    await rig.eyes.see(database, 'delete from platform.account where tenant_id = $1', [tenant])
    const far = await restore(id, { cluster: 'far', isolation: 'schema' })
    expect(await accounts()).toEqual([{ email: 'first@example.com' }])
    await rig.fleet.run('tenant.dropbeside', { tenant: slug, home: far.home, confirm: slug })
    expect(await accounts()).toEqual([])
  })

  test('is refused when what was loaded does not add up to what was backed up', async () => {
    const { platform } = rig.fleet
    const slug = 'schema-again'
    const { home } = await rig.fleet.run<{ home: string }>('tenant.beside', { tenant: slug, isolation: 'schema' })
    const source = await openOrigin(platform, { of: 'backup', backup: await backedUp(rig, slug) })
    const { whole, tables } = await source.fingerprint()
    const other = { ...tables['home.note']!, sum: `${'0'.repeat(31)}1` }
    const wrong = { ...source, fingerprint: async () => ({ whole, tables: { ...tables, 'home.note': other } }) }
    const { tenant } = await where(rig, slug)
    // Of the operation that has made the home: fences remember who was there.
    const { id, token } = await rig.operation('tenant.beside', slug)
    const by = { operation: id, token }
    const to = { ...(await placed(platform.catalog, home)), tenant, slug, ownHome: true, superuser: true, platformRows: false }
    await expect(restoreInto(platform, to, wrong, by)).rejects.toMatchObject({
      code: 'RESTORE_DIFFERS',
      facts: { tables: ['home.note has other values'] },
    })
    await rig.fleet.run('tenant.dropbeside', { tenant: slug, home, confirm: slug })
  })

  test('of a tenant takes the newest backup up to a moment', async () => {
    const before = new Date().toISOString()
    const newer = await backedUp(rig, 'database')
    expect(await restore('database', { as: 'newest', isolation: 'schema' })).toMatchObject({ backup: newer, rows: 27 })
    expect(await restore('database', { as: 'older', at: before, isolation: 'shared' })).toMatchObject({
      backup: backups.get('database'),
      rows: 12,
    })
    await expect(restore('database', { as: 'none', at: '2001-01-01T00:00:00Z' })).rejects.toMatchObject({ code: 'BACKUP_NOT_FOUND' })
  })

  test('of a backup with a flipped bit loads nothing and leaves nothing', async () => {
    const id = await backedUp(rig, 'schema')
    const { tenant } = await where(rig, 'schema')
    const folder = join(rig.fleet.folder, 'archives', 'tenants', tenant, id)
    const segment = join(folder, (await readdir(folder)).find((name) => name.startsWith('segment'))!)
    const bytes = await readFile(segment)
    bytes[bytes.length >> 1]! ^= 4
    await writeFile(segment, bytes)
    await expect(restore(id, { as: 'damaged' })).rejects.toMatchObject({ code: 'ARCHIVE_CORRUPT' })
    await expect(rig.fleet.run('tenant.show', { tenant: 'damaged' })).rejects.toMatchObject({ code: 'TENANT_NOT_FOUND' })
    expect(await checkPlatform(rig.subject)).toEqual([])
  })

  test('exports, backups and clones are never of a home that the tenant lived in before', async () => {
    const { platform } = rig.fleet
    const { tenant, database, schema } = await where(rig, 'schema')
    const catalog = platform.config.catalog.database
    const [former] = await rig.eyes.see<{ id: string; schema: string }>(
      catalog,
      `select h.id, h.schema_name as schema from catalog.beside b join catalog.home h on h.id = b.home_id where b.tenant_id = $1`,
      [tenant],
    )
    const [{ home } = { home: '' }] = await rig.eyes.see<{ home: string }>(
      catalog,
      'select home_id as home from catalog.placement where tenant_id = $1',
      [tenant],
    )
    const says = (id: string) => rig.eyes.see(catalog, 'update catalog.placement set home_id = $2 where tenant_id = $1', [tenant, id])
    const notes = async (of: string) =>
      (await rig.eyes.see<{ n: string }>(database, `select count(*) as n from "${of}".note where tenant_id = $1`, [tenant]))[0]!.n
    expect(await notes(former!.schema)).not.toBe(await notes(schema))
    const to = join(rig.fleet.folder, 'export-schema')
    const exporting = () => rig.fleet.run<{ rows: number }>('tenant.export', { tenant: 'schema', to })
    const cloning = async () => {
      const source = await openOrigin(platform, { of: 'tenant', tenant })
      return (await source.fingerprint().finally(source.close)).tables['home.note']!.rows
    }
    const raising = () =>
      raiseLivingSequences(platform, tenant, [{ table: 'note', file: 'note.csv', columns: ['id', 'body'], rows: async function* () {} }], {
        names: platform.names,
        tenantColumn: platform.config.tenantColumn,
        slug: 'schema',
        renamed: new Map(),
      })
    await rig.eyes.see(database, `insert into "${schema}".note (tenant_id, id, body) overriding system value values ($1, 5000, 'last')`, [
      tenant,
    ])

    // The catalog has not heard of it, and does not.
    await says(former!.id)
    for (const read of [exporting, () => backedUp(rig, 'schema'), cloning])
      await expect(read()).rejects.toMatchObject({ code: 'SNAPSHOT_BLOCKED', remedy: expect.not.stringContaining('migration') })
    await expect(raising()).rejects.toMatchObject({ code: 'TENANT_MOVED' })

    // It hears of it while they wait for a lock there.
    const holder = await rig.eyes.session(database)
    await holder.query(`begin; lock table "${former!.schema}".note in access exclusive mode`)
    const read = Promise.all([exporting(), backedUp(rig, 'schema'), cloning()])
    const waiting = `select from pg_stat_activity where datname = $1 and application_name = 'tenantry snapshot' and wait_event_type = 'Lock'`
    await until('three snapshots to wait', async () => ((await rig.eyes.see(catalog, waiting, [database])).length === 3 ? true : undefined))
    await says(home)
    await holder.query('rollback')
    await holder.end()
    const [exported, id, cloned] = await read
    const kept = await openOrigin(platform, { of: 'backup', backup: id })
    const { tables } = await kept.fingerprint()
    expect([tables['home.note']!.rows, cloned]).toEqual([await notes(schema), await notes(schema)])
    expect(exported.rows).toBe(Object.values(tables).reduce((sum, { rows }) => sum + Number(rows), 0))

    await raising()
    const [next] = await rig.fleet.app
      .tenant('schema')
      .query(sql<{ id: string }>`insert into note (body) values ('next') returning id::text`)
    expect(next).toEqual({ id: '5001' })
  })

  test('raises an older backup to the newest version on the way', async () => {
    const name = '20260202000000_longer.sql'
    const text = `-- migrate:up\nalter table note add column words integer not null default 0;\nupdate note set words = length(body);\n-- migrate:down\nalter table note drop column words;\n`
    await writeFile(join(rig.fleet.folder, 'migrations', 'tenant', name), text)
    await rig.fleet.run('migrate.up', {})
    for (const [i, isolation] of KINDS.entries()) {
      const made = await restore(backups.get('schema')!, { as: `raised-${i}`, isolation })
      expect(made).toMatchObject({ version: '20260202000000', from: '20260101000000' })
      const words = await rig.fleet.app.tenant(`raised-${i}`).query(sql<{ right: boolean }>`
        select bool_and(words = length(body)) as right from note`)
      expect(words).toEqual([{ right: true }])
    }
  })

  test('has changed nothing of anybody else', async () => {
    expect(ofHome(await seen(rig, await where(rig, 'bystander')))).toMatchObject({ author: bystander.author, event: bystander.event })
    expect(await checkPlatform(rig.subject)).toEqual([])
  })
})
