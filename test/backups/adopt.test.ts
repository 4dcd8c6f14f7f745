import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newestBackup, recordVerified } from '../../src/catalog/backups.js'
import { randomBackups } from '../../src/catalog/protection.js'
import { toldBy } from '../../src/engine/backup/adoptable.js'
import { adoptArchives } from '../../src/engine/backup/adopting.js'
import { backUp } from '../../src/engine/backup/back-up.js'
import { placesOf } from '../../src/engine/backup/places.js'
import type { Platform } from '../../src/engine/platform.js'
import { UNFIT } from '../../src/kernel/plain-text.js'
import { adoptBackups } from '../../src/operations/backup/adopt.js'
import { showBackup } from '../../src/operations/backup/show.js'
import type { Session } from '../../src/postgres/session.js'
import { openArchive } from '../../src/transfer/archive/reader.js'
import { HEADER, headerLines } from '../archives/forged.js'
import { checkPlatform } from '../faults/checker.js'
import { runKilled, withWorkers } from '../faults/children.js'
import { type Rig, startRig } from '../faults/rig.js'
import { fill, seen, where } from '../restore/rig.js'
import { backupsOf, codeOf, type Row } from './rig.js'

type Adopted = Parameters<NonNullable<typeof adoptBackups.words.says>>[0]
type Shown = Parameters<NonNullable<typeof showBackup.words.says>>[0]

const MASTER = createHash('sha256').update('master').digest('hex')
// What becomes of the archive of each before it is to be adopted.
const WHOLE = ['acme', 'bolt'] as const
const SPOILT = ['halved', 'flipped', 'keyless', 'torn', 'shredded', 'unended', 'clear'] as const

describe('archives that the catalog does not know', () => {
  let first: Rig
  let second: Rig
  const made: Record<string, Row> = {}
  const then: Record<string, Readonly<Record<string, string>>> = {}
  let before: Readonly<Record<string, string>>

  const adopt = (input: object = {}): Promise<Adopted> => second.fleet.run<Adopted>('backup.adopt', input)
  const journalOf =
    ({ catalog }: Platform) =>
    <T>(body: (tx: Session) => Promise<T>): Promise<T> =>
      catalog.transaction(body)
  const folders = () => [join(first.fleet.folder, 'archives'), join(first.fleet.folder, 'copies')]
  const ids = (found: Adopted): readonly string[] => found.data.map(({ id }) => id)

  /** Both copies of an archive, or one of them. */
  async function spoil(
    slug: string,
    stores: readonly string[],
    how: (path: string) => Promise<unknown>,
    what = /^manifest$/,
  ): Promise<void> {
    for (const store of stores) {
      const folder = join(store, 'tenants', (await first.fleet.tenant(slug === 'begun' ? 'acme' : slug)).id, made[slug]!.id)
      await how(join(folder, (await readdir(folder)).find((name) => what.test(name))!))
    }
  }
  async function flip(path: string): Promise<void> {
    const bytes = await readFile(path)
    bytes[bytes.length - 40]! ^= 1
    await writeFile(path, bytes)
  }
  /** Every file of the stores and the key store, with its digest. */
  async function digests(): Promise<Readonly<Record<string, string>>> {
    const found: Record<string, string> = {}
    for (const store of [...folders(), join(first.fleet.folder, 'keys')]) {
      for (const file of await readdir(store, { recursive: true, withFileTypes: true })) {
        const path = join(file.parentPath, file.name)
        if (file.isFile())
          found[relative(first.fleet.folder, path)] = createHash('sha256')
            .update(await readFile(path))
            .digest('hex')
      }
    }
    return found
  }

  beforeAll(async () => {
    const secrets = { 'env:MASTER': MASTER, 'env:OTHER': createHash('sha256').update('other').digest('hex') }
    const keys = (folder: string) => ({ provider: { secrets: ['env:MASTER'] }, store: { folder }, copies: [] })
    const tenants = Object.fromEntries([...WHOLE, ...SPOILT, 'gone'].map((slug) => [slug, slug === 'bolt' ? 'shared' : 'schema'] as const))
    first = await startRig(tenants, { secrets, config: { archives: { copies: [{ folder: 'copies' }], keys: keys('keys') } } })
    for (const slug of WHOLE) {
      await fill(first, slug, `of ${slug}`)
      then[slug] = await seen(first, await where(first, slug))
    }
    for (const slug of [...WHOLE, ...SPOILT]) if (slug !== 'clear') made[slug] = await backupsOf(first).create(slug)
    const { database } = await first.fleet.tenant('acme')
    made.platform = (await first.fleet.run<{ backup: Row }>('backup.create', { platform: `main/${database}` })).backup

    const { platform } = first.fleet
    const { id: clear } = await first.fleet.tenant('clear')
    const context = {
      platform: withArchives(platform, { keys: undefined }),
      by: { operation: randomUUID(), token: 1 },
      journal: journalOf(platform),
    }
    made.clear = (await backUp(context, { tenant: clear, kind: 'demand' })) as unknown as Row

    // Of a tenant of which another archive is whole: it may be being written.
    made.begun = await backupsOf(first).create('acme')

    const [store, copy] = folders()
    await spoil('halved', [store!], flip)
    await spoil('flipped', [store!, copy!], flip)
    await rm(join(first.fleet.folder, 'keys', 'keys', (await first.fleet.tenant('keyless')).id), { recursive: true })
    await spoil('torn', [store!, copy!], (path) => truncate(path, 20), /^segment/)
    await placesOf(platform).keys!.destroy((await first.fleet.tenant('shredded')).id)
    for (const slug of ['unended', 'begun']) await spoil(slug, [store!, copy!], (path) => rm(path))

    const archives = { store: { folder: store! }, copies: [{ folder: copy! }], keys: keys(join(first.fleet.folder, 'keys')) }
    second = await startRig({}, { secrets, config: { archives } })
    before = await digests()
  })
  afterAll(async () => {
    await second?.stop()
    await first?.stop()
  })

  const withArchives = (platform: Platform, other: object): Platform => ({
    ...platform,
    config: { ...platform.config, archives: { ...platform.config.archives, ...other } },
  })

  test('a dry run tells what would be entered, and enters nothing', async () => {
    const found = await adopt({ dryRun: true })
    expect(found).toMatchObject({ entered: 4, placed: 0, dryRun: true })
    expect([...ids(found)].sort()).toEqual([made.acme, made.bolt, made.halved, made.platform].map((one) => one!.id).sort())
    expect(await backupsOf(second).list()).toEqual([])
  })

  test('one is entered although whoever did it was killed, and it alone was asked for', async () => {
    const { id } = made.acme!
    await runKilled(second.fleet, 'backup.adopt', { backup: id }, `backup.adopt/read[${id}]:entered`, { secrets: { MASTER } })
    expect(await backupsOf(second).list()).toMatchObject([{ id }])
    const [operation] = await second.eyes.see<{ id: string }>(
      second.subject.catalog,
      `select id from catalog.operation where name = 'backup.adopt' and state = 'running'`,
    )
    await withWorkers(
      second.fleet,
      1,
      async () => {
        expect(await second.endOf(operation!.id)).toMatchObject({ state: 'succeeded' })
      },
      { secrets: { MASTER } },
    )
    const [ended] = await second.eyes.see<{ result: Adopted }>(
      second.subject.catalog,
      'select result from catalog.operation where id = $1',
      [operation!.id],
    )
    expect(ended!.result).toMatchObject({ entered: 1, unread: 0, data: [{ id, of: 'acme', standing: 'unknown' }] })
    expect(await backupsOf(second).list()).toHaveLength(1)
  })

  test('the others are entered with what their manifests say, and what cannot be read is told and left alone', async () => {
    const found = await adopt()
    const [store, copy] = placesOf(second.fleet.platform).all.map(({ name }) => name)
    expect(found).toMatchObject({ entered: 3, placed: 0 })
    expect([...ids(found)].sort()).toEqual([made.bolt, made.halved, made.platform].map((one) => one!.id).sort())
    const told = found.faults.map(({ archive, place, code }) => ({ archive, place, code }))
    const codes = {
      flipped: 'ARCHIVE_CORRUPT',
      keyless: 'KEY_UNAVAILABLE',
      torn: 'ARCHIVE_TRUNCATED',
      shredded: 'KEY_DESTROYED',
      unended: 'ARCHIVE_MISSING',
      begun: 'ARCHIVE_MISSING',
      clear: 'ARCHIVE_UNENCRYPTED',
    }
    const everywhere = Object.entries(codes).flatMap(([slug, code]) =>
      [store, copy].map((place) => ({ archive: made[slug]!.id, place, code })),
    )
    const wanted = [...everywhere, { archive: made.halved!.id, place: store, code: 'ARCHIVE_CORRUPT' }]
    const byAll = (a: object, b: object) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)
    expect(told.sort(byAll)).toEqual(wanted.sort(byAll))
    expect(adoptBackups.words.passes!(found)).toBe(false)
    for (const code of Object.values(codes)) expect(adoptBackups.words.says(found)).toContain(code)

    const listed = await backupsOf(second).list()
    expect(listed.map(({ id }) => id).sort()).toEqual([made.acme, made.bolt, made.halved, made.platform].map((one) => one!.id).sort())
    for (const slug of ['acme', 'bolt', 'platform'] as const) {
      const was = await first.fleet.run<Shown>('backup.show', { backup: made[slug]!.id })
      const is = await second.fleet.run<Shown>('backup.show', { backup: made[slug]!.id })
      // All that this catalog says of it, but when it came to know of it, and from whom.
      const { operation: _, keptAt: __, ...rest } = was
      expect(is).toMatchObject({ ...rest, standing: slug === 'platform' ? null : 'unknown', adopted: true, verifiedAt: null })
    }
    const half = await second.fleet.run<Shown>('backup.show', { backup: made.halved!.id })
    expect(half.places).toEqual([copy])
    expect(showBackup.words.says(half)).toContain('adopted backup of halved, which this catalog does not know')
  })

  test('a second run enters none, and a place that is not named is refused', async () => {
    expect(await adopt()).toMatchObject({ entered: 0, placed: 0, data: [], added: [], unread: 15 })
    expect(await backupsOf(second).list()).toHaveLength(4)
    expect(await adopt({ backup: made.acme!.id })).toMatchObject({ entered: 0, unread: 0 })
    expect(await codeOf(adopt({ backup: '019aa000-0000-7000-8000-000000000001' }))).toBe('BACKUP_NOT_FOUND')
    expect(await codeOf(adopt({ place: '/nowhere' }))).toBe('INPUT_INVALID')
  })

  test.for(WHOLE)('the one of %s is verified in every place and restored as a new tenant, with the rows that there were', async (slug) => {
    const { id, rows } = made[slug]!
    expect(await second.fleet.run('backup.verify', { backup: id })).toMatchObject({
      backups: 1,
      rows,
      places: [expect.any(String), expect.any(String)],
    })
    expect(await backupsOf(second).list({ tenant: slug })).toMatchObject([{ id, verifiedAt: expect.any(Date) }])
    const restored = await second.fleet.run('backup.restore', { backup: id, as: `${slug}-again` })
    expect(restored).toMatchObject({ rows, beside: false, isolation: slug === 'bolt' ? 'shared' : 'schema' })
    expect(await seen(second, await where(second, `${slug}-again`))).toEqual(then[slug])
  })

  test('that of platform tables and one that is in one place alone are verified as well', async () => {
    expect(await second.fleet.run('backup.verify', { backup: made.platform!.id })).toMatchObject({ backups: 1, rows: made.platform!.rows })
    const { places } = await second.fleet.run<{ places: string[] }>('backup.verify', { backup: made.halved!.id })
    expect(places).toHaveLength(1)
    expect(await second.fleet.run('backup.restore', { backup: made.halved!.id, as: 'halved-again' })).toMatchObject({
      tenant: 'halved-again',
    })
  })

  test('no policy and no prune takes one away, nor what another platform may be writing beside it', async () => {
    await second.fleet.run('backup.schedule', { all: true, daily: 1 })
    expect(await second.fleet.run('backup.prune')).toMatchObject({ backups: 0, cleared: 0 })
    expect(await digestsOfBefore()).toEqual(before)
    expect(await backupsOf(second).list({ tenant: 'acme' })).toMatchObject([{ state: 'kept', expiresAt: null }])
  })

  /** A new tenant has a key of its own; of what was there, nothing may be missing or other. */
  async function digestsOfBefore(): Promise<Readonly<Record<string, string>>> {
    const now = await digests()
    return Object.fromEntries(Object.keys(before).map((path) => [path, now[path] ?? 'gone']))
  }

  test('under another master secret, and where there are no keys, nothing encrypted is entered, and the rest all the same', async () => {
    const { platform } = second.fleet
    const other = { provider: { secrets: ['env:OTHER'] }, former: [], store: { folder: join(first.fleet.folder, 'keys') }, copies: [] }
    const codesWith = async (archives: object) => {
      const context = {
        platform: withArchives(platform, archives),
        by: { operation: randomUUID(), token: 1 },
        journal: journalOf(platform),
      }
      const options = { place: null, archive: null, unencrypted: false, dryRun: true, parallel: 2 }
      await second.eyes.see(second.subject.catalog, `delete from catalog.backup where id = $1`, [made.platform!.id])
      const { entered, unread } = await adoptArchives(context, options)
      const codeFor = (slug: string) =>
        [...new Set(unread.filter(({ archive }) => archive === made[slug]!.id).map(({ code }) => code))].join()
      return { entered: entered.map(({ id }) => id), platform: codeFor('platform'), clear: codeFor('clear') }
    }
    expect(await codesWith({ keys: other })).toEqual({ entered: [], platform: 'KEY_UNAVAILABLE', clear: 'ARCHIVE_UNENCRYPTED' })
    expect(await codesWith({ keys: undefined })).toEqual({ entered: [made.clear!.id], platform: 'KEY_UNAVAILABLE', clear: '' })
    expect(await adopt({ unencrypted: true, backup: made.clear!.id })).toMatchObject({ entered: 1, data: [{ encrypted: false }] })
    expect(await second.fleet.run('backup.verify', { backup: made.clear!.id })).toMatchObject({ backups: 1 })
  })

  test('a place that is out of reach is told and the others are looked through, and of all of them the first fault is', async () => {
    const { platform } = second.fleet
    const [store, copy] = folders()
    const options = { place: null, archive: made.platform!.id, unencrypted: false, dryRun: true, parallel: 2 }
    const look = () => adoptArchives({ platform, by: { operation: randomUUID(), token: 1 }, journal: journalOf(platform) }, options)
    const away = async (folder: string) => {
      await rename(folder, `${folder}-away`)
      await writeFile(folder, 'no folder')
    }
    const back = async (folder: string) => {
      await rm(folder)
      await rename(`${folder}-away`, folder)
    }
    await away(store!)
    try {
      const found = await look()
      expect(found.places).toMatchObject([{ code: 'STORE_NOT_FOLDER', archives: 0 }, { code: null }])
      expect(found.entered).toMatchObject([{ id: made.platform!.id, places: [found.places[1]!.name] }])
      await away(copy!)
      try {
        expect(await codeOf(look())).toBe('STORE_NOT_FOLDER')
      } finally {
        await back(copy!)
      }
    } finally {
      await back(store!)
    }
  })

  test('what a forged header says is told as no terminal and no catalog minds, and keeps nobody from entering the rest', async () => {
    const of = (fields: object) => headerLines({ ...HEADER, ...fields }).lines
    const strange = ['\u0000', '\ud800', '\u001b[2J\u202e']
    const encrypted = { seal: 'aes-256-gcm', check: 'cd'.repeat(32) }
    const forged = strange.flatMap((name) => [{ tenant: name }, { archive: name }, { key: name, ...encrypted }, { format: name }])
    const put: string[] = []
    for (const fields of forged) {
      const [tenant, archive] = [randomUUID(), randomUUID()]
      const folder = join(folders()[0]!, 'tenants', tenant, archive)
      await mkdir(folder, { recursive: true })
      await writeFile(join(folder, 'manifest'), of({ tenant, archive, ...fields }))
      put.push(archive)
    }
    await second.eyes.see(second.subject.catalog, 'delete from catalog.backup where id = $1', [made.platform!.id])
    const found = await adopt()
    expect(found).toMatchObject({ entered: 1, data: [{ id: made.platform!.id }] })
    const told = found.faults.filter(({ archive }) => put.includes(archive))
    expect(told.map(({ code }) => code).sort()).toEqual(
      forged.map((one) => ('format' in one ? 'ARCHIVE_VERSION' : 'ARCHIVE_CORRUPT')).sort(),
    )
    expect(adoptBackups.words.says(found).replaceAll('\n', '')).not.toMatch(new RegExp(`[${UNFIT}]`, 'u'))
    for (const { owner, archive } of told) await rm(join(folders()[0]!, 'tenants', owner, archive), { recursive: true })
  })

  test('what is found damaged is kept in the catalog, whatever it says', async () => {
    const { id } = made.halved!
    const { catalog } = second.fleet.platform
    for (const name of ['\u0000', '\ud800']) {
      await catalog.run(recordVerified(id, `ARCHIVE_CORRUPT: of ${name}`))
      expect(await second.fleet.run<Shown>('backup.show', { backup: id })).toMatchObject({ damage: 'ARCHIVE_CORRUPT: of  ' })
    }
    await catalog.run(recordVerified(id, null))
  })

  test('a further place of a backup that is known is added, and only if it is the same archive', async () => {
    const { id } = made.acme!
    await first.fleet.run('backup.verify', { backup: id })
    await first.eyes.see(first.subject.catalog, `update catalog.backup set copies = '{}' where id = any ($1::uuid[])`, [
      [id, made.bolt!.id],
    ])
    const [, copy] = folders()
    const manifest = join(copy!, 'tenants', (await first.fleet.tenant('bolt')).id, made.bolt!.id, 'manifest')
    const right = await readFile(manifest)
    await first.eyes.see(first.subject.catalog, `update catalog.backup set manifest_digest = $2 where id = $1`, [
      made.bolt!.id,
      'a'.repeat(64),
    ])
    const found = await first.fleet.run<Adopted>('backup.adopt')
    expect(found).toMatchObject({
      entered: 0,
      placed: 1,
      added: [{ id }],
      faults: expect.arrayContaining([expect.objectContaining({ archive: made.bolt!.id, code: 'ARCHIVE_STALE' })]),
    })
    expect(await readFile(manifest)).toEqual(right)
    const shown = await first.fleet.run<Shown>('backup.show', { backup: id })
    expect(shown).toMatchObject({ verifiedAt: null, adopted: false, standing: 'here' })
    expect(shown.places).toHaveLength(2)
    expect(await first.fleet.run('backup.verify', { backup: id })).toMatchObject({ places: [expect.any(String), expect.any(String)] })
    expect(await first.fleet.run<Adopted>('backup.adopt')).toMatchObject({ entered: 0, placed: 0 })
  })

  test('that a place was added is told although whoever did it was killed', async () => {
    const { id } = made.acme!
    await first.eyes.see(first.subject.catalog, `update catalog.backup set copies = '{}' where id = $1`, [id])
    await runKilled(first.fleet, 'backup.adopt', { backup: id }, `backup.adopt/read[${id}]:entered`, { secrets: { MASTER } })
    const [operation] = await first.eyes.see<{ id: string }>(
      first.subject.catalog,
      `select id from catalog.operation where name = 'backup.adopt' and state = 'running'`,
    )
    const work = async () => expect(await first.endOf(operation!.id)).toMatchObject({ state: 'succeeded' })
    await withWorkers(first.fleet, 1, async () => void (await work()), { secrets: { MASTER } })
    const [ended] = await first.eyes.see<{ result: Adopted }>(first.subject.catalog, 'select result from catalog.operation where id = $1', [
      operation!.id,
    ])
    expect(ended!.result).toMatchObject({ entered: 0, placed: 1, added: [{ id, places: [expect.any(String), expect.any(String)] }] })
  })

  test('one of a tenant that was purged is shown as such, stays until somebody says so, and under hold whatever they say', async () => {
    await fill(first, 'gone', 'gone')
    await first.fleet.run('tenant.delete', { tenant: 'gone', reason: 'left us', grace: '0s' })
    const { id } = await first.fleet.tenant('gone')
    const { backup } = await first.fleet.run<{ backup: string }>('tenant.purge', { tenant: 'gone', keepBackup: '1ms' })
    await first.eyes.see(first.subject.catalog, 'delete from catalog.backup where tenant_id = $1', [id])
    await first.fleet.run('backup.schedule', { all: true, daily: 1 })
    expect(await first.fleet.run('backup.adopt', { backup })).toMatchObject({ entered: 1, data: [{ of: 'gone', standing: 'purged' }] })
    const shown = await first.fleet.run<Shown>('backup.show', { backup })
    expect(shown).toMatchObject({ standing: 'purged', adopted: true, expiresAt: null })
    expect(showBackup.words.says(shown)).toContain('which was purged')
    expect(await first.fleet.run('backup.prune', { tenant: 'gone', dryRun: true })).toMatchObject({ backups: 0 })
    await first.fleet.run('backup.hold', { tenant: 'gone', reason: 'a claim' })
    expect(await codeOf(first.fleet.run('backup.expire', { backup }))).toBe('TENANT_HELD')
    await first.fleet.run('backup.unhold', { tenant: 'gone' })
    await first.fleet.run('backup.expire', { backup })
    expect(await first.fleet.run('backup.prune', { tenant: 'gone', dryRun: true })).toMatchObject({ backups: 1 })
  })

  test('a name means whom this catalog has known before whom adopted archives tell of, and of several of these nobody', async () => {
    const { catalog } = first.subject
    const [ours] = await backupsOf(first).list({ tenant: 'gone' })
    const copy = (slug: string) =>
      first.eyes.see<{ id: string; tenant: string }>(
        catalog,
        `insert into catalog.backup select (jsonb_populate_record(b, jsonb_build_object(
           'id', gen_random_uuid(), 'tenant_id', gen_random_uuid(), 'slug', $2::text, 'begun_at', now(), 'taken_at', now()))).*
         from catalog.backup b where b.id = $1 returning id, tenant_id as tenant`,
        [ours!.id, slug],
      )
    const others = [...(await copy('gone')), ...(await copy('stranger')), ...(await copy('stranger'))]
    try {
      expect(await backupsOf(first).list({ tenant: 'gone' })).toMatchObject([{ id: ours!.id }])
      expect(await first.fleet.run('backup.restore', { backup: 'gone', as: 'gone-again' })).toMatchObject({ backup: ours!.id })
      const named = { tenant: 'stranger' }
      for (const [name, input] of [
        ['backup.list', named],
        ['backup.verify', named],
        ['backup.prune', { ...named, dryRun: true }],
        ['backup.drill', named],
        ['backup.restore', { backup: 'stranger', as: 'stranger-again' }],
      ] as const)
        expect([name, await codeOf(first.fleet.run(name, input))]).toEqual([name, 'TENANT_AMBIGUOUS'])
      expect(await backupsOf(first).list({ tenant: others[1]!.tenant })).toMatchObject([{ id: others[1]!.id }])
    } finally {
      await first.eyes.see(catalog, 'delete from catalog.backup where id = any ($1::uuid[])', [others.map(({ id }) => id)])
    }
  })

  test('what no key proves is of no time to come and of a tenant with a slug, stands for no backup of ours, and is taken by its id alone', async () => {
    const { platform } = first.fleet
    const { catalog } = first.subject
    const { id: tenant } = await first.fleet.tenant('acme')
    const { id: archive } = made.acme!
    const { all, keys } = placesOf(platform)
    const opened = await openArchive({ store: all[0]!, tenant, archive, keys })
    const facts = opened.facts as { tenant: object }
    const taken = Date.parse(toldBy(opened, tenant, archive, Date.now()).takenAt)
    const tell = async (changed: object, now = taken) => toldBy({ ...opened, ...changed }, tenant, archive, now)
    expect(await codeOf(tell({ key: null }, taken - 660_000))).toBe('ARCHIVE_CORRUPT')
    expect(await codeOf(tell({ key: null }, taken - 540_000))).toBe('succeeded')
    expect(await codeOf(tell({}, taken - 660_000))).toBe('succeeded')
    expect(await codeOf(tell({ facts: { ...facts, tenant: { ...facts.tenant, slug: 'No slug' } } }))).toBe('ARCHIVE_CORRUPT')

    const clear = made.clear!.id
    await first.eyes.see(catalog, 'delete from catalog.backup where id = $1', [clear])
    await first.fleet.run('backup.adopt', { unencrypted: true, backup: clear })
    await first.fleet.run('backup.verify', { backup: clear })
    const { id: ours } = await backupsOf(first).create('clear')
    const older = `update catalog.backup set taken_at = taken_at - interval '1 day', expires_at = now() - interval '1 hour' where id = $1`
    await first.eyes.see(catalog, older, [ours])
    expect(await first.fleet.run('backup.prune', { tenant: 'clear', dryRun: true })).toMatchObject({ backups: 0 })
    expect(await platform.catalog.one(newestBackup('clear', null))).toMatchObject({ id: ours })
    expect(await platform.catalog.rows(randomBackups({ tenant: 'clear', count: 1 }))).toMatchObject([{ id: ours }])
  })

  test('afterwards both platforms are in order', async () => {
    expect(await checkPlatform(first.subject)).toEqual([])
    expect(await checkPlatform(second.subject)).toEqual([])
  })
})
