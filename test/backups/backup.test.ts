import { createHash, randomUUID } from 'node:crypto'
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { backupById, newestBackup } from '../../src/catalog/backups.js'
import { backUp } from '../../src/engine/backup/back-up.js'
import { placesOf, removeEverywhere } from '../../src/engine/backup/places.js'
import { verifyBackup } from '../../src/engine/backup/verify.js'
import { openOrigin } from '../../src/engine/restore/origin.js'
import { sql } from '../../src/kernel/sql.js'
import { listAllBackups } from '../../src/operations/backup/list.js'
import { showBackup } from '../../src/operations/backup/show.js'
import type { Session } from '../../src/postgres/session.js'
import { findDumpPrograms } from '../../src/programs/pg-dump.js'
import { type Rig, startRig, until } from '../faults/rig.js'
import { backupsOf, codeOf, type Row } from './rig.js'

const KINDS = ['shared', 'schema', 'database'] as const

describe('backups', () => {
  let rig: Rig
  const run = <T = unknown>(name: string, input: object = {}): Promise<T> => rig.fleet.run<T>(name, input)
  const create = (tenant: string, more: object = {}) => backupsOf(rig).create(tenant, more)
  const list = (input: object = {}) => backupsOf(rig).list(input)
  const folderOf = async (store: string, { of, id }: Row): Promise<string> =>
    join(rig.fleet.folder, store, 'tenants', (await rig.fleet.tenant(of)).id, id)
  const write = (tenant: string, body: string) => backupsOf(rig).write(tenant, body)

  beforeAll(async () => {
    rig = await startRig(Object.fromEntries([...KINDS.map((kind) => [kind, kind]), ['peace', 'shared'], ['broken', 'schema']]), {
      secrets: { 'env:MASTER': createHash('sha256').update('master').digest('hex') },
      config: {
        archives: {
          copies: [{ folder: 'copies' }],
          keys: { provider: { secrets: ['env:MASTER'] }, store: { folder: 'keys' } },
        },
      },
    })
    for (const tenant of [...KINDS, 'peace', 'broken']) for (const body of ['one', 'two', 'three']) await write(tenant, `${tenant} ${body}`)
  })
  afterAll(() => rig?.stop())

  test.for(KINDS)('a tenant of isolation %s is backed up, listed, shown and verified', async (tenant) => {
    const { id } = await rig.fleet.tenant(tenant)
    const made = await create(tenant, { note: 'before the release', keep: '30d' })
    expect(made).toMatchObject({ of: tenant, kind: 'demand', state: 'kept', encrypted: true, verifiedAt: null })
    expect(await list({ tenant })).toMatchObject([{ id: made.id, note: 'before the release' }])
    expect(await list({ tenant: id, unverified: true })).toHaveLength(1)
    expect(await run('backup.verify', { backup: made.id })).toMatchObject({
      backups: 1,
      rows: made.rows,
      places: [expect.any(String), expect.any(String)],
    })
    expect(await list({ tenant, unverified: true })).toEqual([])
    const shown = await run<Parameters<NonNullable<typeof showBackup.words.says>>[0]>('backup.show', { backup: made.id })
    const expires = (other: object) => /expires +(.*)/.exec(showBackup.words.says!({ ...shown, ...other }))![1]
    expect(expires({ expiresAt: null })).toContain(`backup expire ${made.id}`)
    expect(expires({ expiresAt: null, kind: 'weekly' })).toContain('policy')
    expect(expires({})).toBe(shown.expiresAt!.toISOString())
    expect(shown).toMatchObject({ isolation: tenant, lsnExact: false, damage: null, places: [expect.any(String), expect.any(String)] })
    // What plain SQL counts.
    const witness = await rig.fleet.witness(tenant)
    const { schema } = await rig.fleet.tenant(tenant)
    const tables = await witness.rows(sql<{ name: string }>`
      select quote_ident(n.nspname) || '.' || quote_ident(c.relname) as name
      from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
      where c.relkind in ('r', 'p') and not c.relispartition and a.attname = 'tenant_id' and n.nspname in (${schema}, 'platform')`)
    let rows = 0
    for (const { name } of tables) {
      const text = `select count(*)::int as n from ${name} where tenant_id = $1`
      rows += (await rig.eyes.see<{ n: number }>((await rig.fleet.tenant(tenant)).database, text, [id]))[0]!.n
    }
    expect(rows).toBeGreaterThan(2)
    expect(made.rows).toBe(rows)
  })

  test('a backup shows one moment: what is written afterwards is not in it', async () => {
    const before = await create('peace')
    await write('peace', 'later')
    expect((await create('peace')).rows).toBeGreaterThan(before.rows)
    expect((await run<{ rows: number }>('backup.verify', { backup: before.id })).rows).toBe(before.rows)
  })

  test('what was written holds nothing in the clear, and its copy is the same', async () => {
    const made = await create('peace')
    const [here, there] = [await folderOf('archives', made), await folderOf('copies', made)]
    const names = (await readdir(here)).sort()
    expect((await readdir(there)).sort()).toEqual(names)
    for (const name of names) {
      const bytes = await readFile(join(here, name))
      expect(bytes.includes('peace one')).toBe(false)
      expect(await readFile(join(there, name))).toEqual(bytes)
    }
  })

  test('damage in one place is found, remembered and told, and mended it counts as verified again', async () => {
    const made = await create('broken', { verify: true })
    expect(made.verifiedAt).not.toBeNull()
    const folder = await folderOf('copies', made)
    const segment = (await readdir(folder)).find((name) => name.startsWith('segment'))!
    const bytes = await readFile(join(folder, segment))
    const flipped = Buffer.from(bytes)
    flipped[flipped.length >> 1]! ^= 4
    await writeFile(join(folder, segment), flipped)
    expect(await codeOf(run('backup.verify', { backup: made.id }))).toBe('ARCHIVE_CORRUPT')
    expect(listAllBackups.words.columns).toContain('damage')
    expect(await list({ tenant: 'broken', unverified: true })).toMatchObject([
      { id: made.id, damage: expect.stringContaining('ARCHIVE_CORRUPT') },
    ])
    await writeFile(join(folder, segment), bytes)
    expect(await run('backup.verify', { tenant: 'broken' })).toMatchObject({ backups: 1 })
    expect(await list({ tenant: 'broken' })).toMatchObject([{ damage: null, verifiedAt: expect.any(Date) }])
  })

  test('only places that it was put in count, whatever the configuration names by now', async () => {
    const made = await create('peace')
    const { platform } = rig.fleet
    const backup = await platform.catalog.one(backupById(made.id))
    const { archives } = platform.config
    const later = { folder: join(rig.fleet.folder, 'later') }
    const named = (other: object) => ({ ...platform, config: { ...platform.config, archives: { ...archives, ...other } } })
    const verify = (other: object) =>
      verifyBackup({ platform: named(other), journal: (work) => platform.catalog.transaction(work) }, backup)
    expect((await verify({ copies: [...archives.copies, later] })).places).toEqual([backup.store, ...backup.copies])
    expect((await verify({ copies: [] })).places).toEqual([backup.store])
    expect(await codeOf(verify({ store: later, copies: [] }))).toBe('BACKUP_STATE')
    expect(await codeOf(removeEverywhere(placesOf(named({ copies: [later] })), backup))).toBe('BACKUP_STATE')
    expect((await verify({})).places).toHaveLength(2)
    expect((await list({ tenant: 'peace' })).find(({ id }) => id === made.id)).toMatchObject({ damage: null, verifiedAt: expect.any(Date) })
    const read = (other: object) => codeOf(openOrigin(named(other), { of: 'backup', backup: made.id }))
    expect(await read({ store: later, copies: archives.copies })).toBe('succeeded')
    // Carried to a place that the catalog has not heard of.
    await cp(join(rig.fleet.folder, 'archives'), later.folder, { recursive: true })
    expect(await read({ store: later, copies: [] })).toBe('succeeded')
    // What is wrong where it was put is told, and not that it is missing where it never was.
    await rm(later.folder, { recursive: true })
    const folder = await folderOf('copies', made)
    const segment = join(folder, (await readdir(folder)).find((name) => name.startsWith('segment'))!)
    const bytes = await readFile(segment)
    await writeFile(segment, bytes.subarray(0, -1))
    expect(await read({ store: later, copies: archives.copies })).toBe('ARCHIVE_TRUNCATED')
    await writeFile(segment, bytes)
  })

  test('another archive in its place, even a right one of the same tenant, does not pass for it', async () => {
    const [older, newer] = [await create('peace'), await create('peace')]
    const [from, to] = [await folderOf('archives', older), await folderOf('archives', newer)]
    const manifest = await readFile(join(to, 'manifest'))
    await writeFile(join(to, 'manifest'), await readFile(join(from, 'manifest')))
    expect(await codeOf(run('backup.verify', { backup: newer.id }))).toBe('ARCHIVE_STALE')
    await writeFile(join(to, 'manifest'), manifest)
    expect(await codeOf(run('backup.verify', { backup: newer.id }))).toBe('succeeded')
    // One that is whole and bears its name, and still is not the one that was written.
    await rig.eyes.see(rig.subject.catalog, 'update catalog.backup set manifest_digest = $2 where id = $1', [newer.id, 'a'.repeat(64)])
    expect(await codeOf(run('backup.verify', { backup: newer.id }))).toBe('ARCHIVE_STALE')
  })

  test('the tables that all tenants of a database share are backed up, and verified', async () => {
    const { database } = await rig.fleet.tenant('schema')
    const { backup } = await run<{ backup: Row }>('backup.create', { platform: `main/${database}`, verify: true })
    expect(backup).toMatchObject({ of: database, kind: 'platform', tenant: null, verifiedAt: expect.any(Date) })
    const tables = await rig.eyes.see<{ name: string }>(
      database,
      `select relname as name from pg_class c where relnamespace = 'platform'::regnamespace and relkind = 'r' and not relispartition
       and not exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id')`,
    )
    let rows = 0
    for (const { name } of tables)
      rows += (await rig.eyes.see<{ n: number }>(database, `select count(*)::int as n from platform."${name}"`))[0]!.n
    expect(tables.length).toBeGreaterThan(0)
    expect(backup.rows).toBe(rows)
    expect(await codeOf(run('backup.create', { platform: 'main/none' }))).toBe('DATABASE_UNKNOWN')
  })

  test.for([
    ['emptied', `truncate platform.plan; insert into platform.plan values ('free', 0), ('team', 99), ('pro', 49)`],
    ['rewritten', 'alter table platform.plan alter column price type double precision'],
  ])('what all share is backed up with its rows while a table is %s', async ([how, change]) => {
    const { database } = await rig.fleet.tenant('schema')
    const other = await rig.eyes.session(database)
    try {
      await other.query(`begin; ${change}`)
      const making = run<{ backup: Row }>('backup.create', { platform: `main/${database}`, verify: true })
      await until('the snapshot to wait for the table', async () => {
        const text = `select 1 from pg_stat_activity where application_name = 'tenantry snapshot' and datname = $1 and wait_event_type = 'Lock'`
        return (await rig.eyes.see(database, text, [database]))[0]
      })
      await other.query('commit')
      const { backup } = await making
      const folder = join(rig.fleet.folder, `plans-${how}`)
      await run('backup.extract', { backup: backup.id, folder })
      const plans = (await readFile(join(folder, 'platform.plan.copy'), 'utf8')).trimEnd().split('\n')
      expect(plans.map((line) => line.split('\t')[0]).sort()).toEqual(['free', 'pro', 'team'])
    } finally {
      await other.query('rollback; alter table platform.plan alter column price type numeric(12, 2)')
      await other.end()
    }
  })

  test('what a backup holds is written out as it came from COPY', async () => {
    const made = await create('shared')
    const folder = join(rig.fleet.folder, 'written-out')
    const { files } = await run<{ files: string[] }>('backup.extract', { backup: made.id, folder })
    expect(files).toContain('home.note.copy')
    expect(await readFile(join(folder, 'home.note.copy'), 'utf8')).toContain('shared two')
    expect(await codeOf(run('backup.extract', { backup: made.id, folder }))).toBe('INPUT_INVALID')
  })

  test('all are backed up at once, and one that cannot be does not stop the others', async () => {
    expect(await run('backup.create', { label: 'plan=gold' })).toMatchObject({ backups: 0, backup: null })
    // Its database does not know its home any more.
    const { database, home } = await rig.fleet.tenant('broken')
    const other = await rig.eyes.session(database)
    const rename = (from: string, to: string) => other.query('update tenantry.home set id = $2 where id = $1', [from, to])
    await other.query('set session_replication_role = replica')
    const strange = randomUUID()
    try {
      await rename(home, strange)
      const before = (await list()).length
      expect(await codeOf(run('backup.create', { all: true }))).toBe('FLEET_PARTIAL')
      expect(await list()).toHaveLength(before + 4)
    } finally {
      await rename(strange, home)
      await other.end()
    }
  })

  test('a backup that a purge has overtaken is not kept, and the final one is the newest of whoever is gone', async () => {
    const { platform } = rig.fleet
    const { id: tenant } = await rig.fleet.tenant('broken')
    const standing = (state: string) =>
      rig.eyes.see(rig.subject.catalog, 'update catalog.tenant set state = $2 where id = $1', [tenant, state])
    const atBorder = async (border: string) => void (border === 'written' && (await standing('purging')))
    const journal = <T>(body: (tx: Session) => Promise<T>): Promise<T> => platform.catalog.transaction(body)
    const context = { platform, by: { operation: randomUUID(), token: 1 }, journal }
    const before = (await list({ tenant: 'broken' })).length
    await run('tenant.delete', { tenant: 'broken', reason: 'left us', grace: '0s' })
    expect(await codeOf(backUp(context, { tenant, kind: 'demand', atBorder }))).toBe('TENANT_STATE')
    await standing('deleted')
    expect(await list({ tenant: 'broken' })).toHaveLength(before)

    const { backup } = await run<{ backup: string }>('tenant.purge', { tenant: 'broken' })
    const later = `insert into catalog.backup select (jsonb_populate_record(b, jsonb_build_object(
      'id', gen_random_uuid(), 'kind', 'demand', 'taken_at', now()))).* from catalog.backup b where b.id = $1`
    await rig.eyes.see(rig.subject.catalog, later, [backup])
    expect(await platform.catalog.one(newestBackup('broken', null))).toMatchObject({ id: backup, kind: 'final' })
  })

  test('where no client fits the server, a dump is refused with what there is, and nothing is left', async () => {
    const { database } = await rig.fleet.tenant('schema')
    const fits = await codeOf(findDumpPrograms(18))
    expect(await codeOf(run('backup.database', { database: `main/${database}` }))).toBe(fits)
    expect(await list({ kind: 'database' })).toHaveLength(fits === 'succeeded' ? 1 : 0)
    expect(await codeOf(findDumpPrograms(99))).toBe('DUMP_UNFIT')
  })

  test('what is refused says why', async () => {
    expect(await codeOf(create('nobody'))).toBe('TENANT_NOT_FOUND')
    expect(await codeOf(run('backup.create', {}))).toBe('INPUT_INVALID')
    expect(await codeOf(run('backup.show', { backup: '019aa000-0000-7000-8000-000000000001' }))).toBe('BACKUP_NOT_FOUND')
    expect(await codeOf(run('backup.verify', { backup: '019aa000-0000-7000-8000-000000000001' }))).toBe('BACKUP_NOT_FOUND')
  })
})
