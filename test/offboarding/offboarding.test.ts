import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../src/kernel/sql.js'
import { commandLine } from '../cli/cli.js'
import { checkPlatform, checkPurged, checkTenant, type Place, placesOf } from '../faults/checker.js'
import { runKilledTogether } from '../faults/children.js'
import { atMost, bordersOf, ISOLATIONS, slugOf, until } from '../faults/rig.js'
import { withWork } from '../faults/with-work.js'
import { type OffboardingRig, opensslVerifies, startOffboarding } from './rig.js'

const DESTROY = bordersOf('datakey.destroy')
const ROTATE = bordersOf('datakey.rotate')
const INSIDE = ['begun', 'written', 'copied', 'kept'].map((border) => `tenant.purge/backup:${border}`)
const PURGE = [...INSIDE, ...bordersOf('tenant.purge').filter((point) => /archive|certify/.test(point))]

// A connection string has no place in a reason; but people write what they write.
const WAIVER = 'its keys are gone, see postgres://admin:hunter22@old/db'

interface Certificate {
  readonly tenant: string
  readonly content: string
  readonly signature: string
  readonly keyId: string
  readonly publicKey: string
}

describe('offboarding', () => {
  let rig: OffboardingRig
  const places = new Map<string, Place>()
  const run = <T = Record<string, unknown>>(name: string, tenant: string, input: object = {}): Promise<T> =>
    rig.fleet.run<T>(name, { tenant, ...input })
  const idOf = (slug: string): string => places.get(slug)!.id
  const del = (slug: string) => run('tenant.delete', slug, { reason: 'left us', grace: '0s' })
  const certificate = (slug: string, kind = 'purge') => run<Certificate>('tenant.certificate', slug, { kind })
  const backups = (slug: string) =>
    rig.eyes.see<{ id: string; kind: string; state: string; verified: boolean }>(
      rig.subject.catalog,
      'select id, kind, state, verified_at is not null as verified from catalog.backup where tenant_id = $1',
      [idOf(slug)],
    )
  const manifests = async (slug: string): Promise<number> => {
    const all = [...(await rig.files(rig.places.store)), ...(await rig.files(rig.places.copy))]
    return all.filter((path) => path.includes(idOf(slug)) && path.endsWith('manifest')).length
  }

  beforeAll(async () => {
    const kept = ['neighbour', 'alive', 'clear', 'torn', 'blocked', 'begun', 'rotated']
    rig = await startOffboarding({
      ...Object.fromEntries(ISOLATIONS.map((isolation) => [`leaves-${isolation}`, isolation])),
      ...Object.fromEntries(
        [...kept, ...PURGE.map((p) => slugOf('p', p)), ...DESTROY.map((p) => slugOf('k', p)), ...ROTATE.map((p) => slugOf('r', p))].map(
          (s) => [s, 'shared'],
        ),
      ),
    })
    const slugs = (await rig.eyes.see<{ slug: string }>(rig.subject.catalog, 'select slug from catalog.tenant')).map(({ slug }) => slug)
    await atMost(
      4,
      slugs.map((slug) => async () => {
        places.set(slug, (await placesOf(rig.subject, slug))[0]!)
        await rig.fleet.app.tenant(slug).query(sql`insert into note (body) values (${`of ${slug}`})`)
      }),
    )
  })
  afterAll(() => rig?.stop())

  test.for(ISOLATIONS)('%s: a purge leaves a verified backup, a tombstone and a certificate that openssl verifies', async (isolation) => {
    const slug = `leaves-${isolation}`
    await del(slug)
    const stone = await run<{ backup: string; waiver: null }>('tenant.purge', slug, { keepBackup: '90d' })
    expect(stone.waiver).toBeNull()
    expect(await checkPurged(rig.subject, slug, places.get(slug)!)).toEqual([])
    expect(await backups(slug)).toEqual([{ id: stone.backup, kind: 'final', state: 'kept', verified: true }])
    for (const folder of [rig.places.store, rig.places.copy])
      expect(await rig.read(folder, idOf(slug), stone.backup)).toContain(`of ${slug}`)

    const made = await certificate(slug)
    const said = JSON.parse(made.content)
    const { database, schema, id } = places.get(slug)!
    expect(said).toMatchObject({ tenant: { id, slug }, finalBackup: { id: stone.backup, rows: 1 }, signedWith: { key: made.keyId } })
    expect(said.destroyed).toMatchObject([{ isolation, cluster: 'main', database, schema, lived: 'in it', after: 'nothing is left' }])
    expect(said.archivesThatStay.map((copy: { archive: string; standing: string }) => [copy.archive, copy.standing])).toEqual([
      [stone.backup, 'encrypted'],
      [stone.backup, 'encrypted'],
    ])
    expect(await opensslVerifies(made)).toBe(true)
    expect(await opensslVerifies({ ...made, content: made.content.replace(schema, `${schema}x`) })).toBe(false)
    const other = Buffer.from(made.signature, 'base64')
    other[5]! ^= 1
    expect(await opensslVerifies({ ...made, signature: other.toString('base64') })).toBe(false)
  })

  test('a purge whose backup cannot be written destroys nothing, and leaves nothing behind', async () => {
    await del('blocked')
    // Where the folder of its archives should be, there is a file.
    await writeFile(join(rig.places.copy, 'tenants', idOf('blocked')), 'in the way')
    await expect(run('tenant.purge', 'blocked')).rejects.toMatchObject({ code: 'FINAL_BACKUP_FAILED' })
    expect(await checkTenant(rig.subject, 'blocked', { state: 'deleted', isolation: 'shared' })).toEqual([])
    await run('tenant.undelete', 'blocked')
    expect(await rig.fleet.app.tenant('blocked').query(sql`select body from note`)).toEqual([{ body: 'of blocked' }])
    await expect(certificate('blocked')).rejects.toMatchObject({ code: 'CERTIFICATE_NOT_FOUND' })
  })

  test('a purge whose backup does not verify in one of its places destroys nothing', async () => {
    await del('torn')
    rig.at = async (point) => {
      if (point !== 'tenant.purge/backup:copied') return
      const segment = (await rig.files(rig.places.copy)).find((path) => path.includes(idOf('torn')) && path.includes('segment'))!
      const bytes = await readFile(segment)
      bytes[bytes.length >> 1]! ^= 1
      await writeFile(segment, bytes)
    }
    await expect(run('tenant.purge', 'torn')).rejects.toMatchObject({
      code: 'FINAL_BACKUP_FAILED',
      message: expect.stringContaining('ARCHIVE_CORRUPT'),
    })
    rig.at = async () => {}
    await run('tenant.undelete', 'torn')
    expect(await rig.fleet.app.tenant('torn').query(sql`select body from note`)).toEqual([{ body: 'of torn' }])
  })

  test('a purge that leaves rows says so, and is gone on with from its own backup and counts', async () => {
    const { database, schema } = places.get('begun')!
    await del('begun')
    // Somebody has the server keep what is deleted.
    await rig.eyes.see(
      database,
      `create function "${schema}".keep() returns trigger language plpgsql as $$ begin return case when old.body = 'of begun' then null else old end; end $$;
       create trigger keep before delete on "${schema}".note for each row execute function "${schema}".keep();
       alter table "${schema}".note enable always trigger keep`,
    )
    await expect(run('tenant.purge', 'begun')).rejects.toMatchObject({
      code: 'DATA_REMAINS',
      message: expect.stringContaining('1 rows of 1'),
    })
    await expect(run('tenant.undelete', 'begun')).rejects.toMatchObject({ code: 'TENANT_STATE' })
    await rig.eyes.see(database, `drop function "${schema}".keep() cascade`)
    const [made] = await backups('begun')
    expect(await run('tenant.purge', 'begun')).toMatchObject({ backup: made!.id, destroyed: { rows: 1, tables: 1 } })
    expect(await backups('begun')).toHaveLength(1)
    expect(JSON.parse((await certificate('begun')).content)).toMatchObject({
      destroyed: [{ before: { rows: 1 } }],
      finalBackup: { id: made!.id },
    })
    expect(await checkPurged(rig.subject, 'begun', places.get('begun')!)).toEqual([])
  })

  test('after a rotation the next archive has another key, and both are read; rewrapped keys open without the former secret', async () => {
    const id = idOf('rotated')
    await rig.archive(id, 'first')
    const { key } = await run<{ key: string }>('datakey.rotate', 'rotated')
    await rig.archive(id, 'second')
    const shown = await run<{ copies: { archive: string; key: string; standing: string }[] }>('datakey.show', 'rotated')
    expect(new Set(shown.copies.map((copy) => `${copy.archive} ${copy.standing} ${copy.key === key}`))).toEqual(
      new Set(['first encrypted false', 'second encrypted true']),
    )
    const before = await rig
      .files(join(rig.places.keys, 'keys', id))
      .then((paths) => Promise.all(paths.map((path) => readFile(path, 'utf8'))))
    expect(((await rig.fleet.run('datakey.rewrap')) as { keys: number }).keys).toBeGreaterThan(1)

    type Page = { readonly data: readonly { readonly key: string }[]; readonly nextCursor: string | null }
    const whole = (await rig.fleet.run('datakey.list', { limit: 500 })) as Page
    const walked: { readonly key: string }[] = []
    for (let page: Page | undefined, cursor: string | undefined; page?.nextCursor !== null; cursor = page.nextCursor ?? undefined) {
      page = (await rig.fleet.run('datakey.list', { limit: 1, ...(cursor === undefined ? {} : { cursor }) })) as Page
      walked.push(...page.data)
    }
    expect(walked.length).toBeGreaterThan(2)
    expect(walked).toEqual(whole.data)
    const after = await rig
      .files(join(rig.places.keys, 'keys', id))
      .then((paths) => Promise.all(paths.map((path) => readFile(path, 'utf8'))))
    expect(after).toHaveLength(2)
    expect(after.filter((text) => before.includes(text))).toEqual([])
    for (const archive of ['first', 'second']) expect(await rig.read(rig.places.copy, id, archive)).toBe(`rows of ${id}\n`)
  })

  test('keys are not destroyed of whoever lives or is held, nor while an archive has no need of them', async () => {
    const destroy = (tenant: string, more: object = {}) => run('datakey.destroy', tenant, { reason: 'asked to', ...more })
    await rig.archive(idOf('alive'), 'one')
    await expect(destroy('alive')).rejects.toMatchObject({ code: 'TENANT_STATE' })
    await run('tenant.hold', 'alive', { reason: 'a lawsuit' })
    await expect(destroy('alive', { alive: true })).rejects.toMatchObject({ code: 'TENANT_HELD' })
    await rig.archive(idOf('clear'), 'open', true)
    await del('clear')
    await expect(destroy('clear')).rejects.toMatchObject({
      code: 'ARCHIVES_READABLE',
      message: expect.stringContaining('open in the folder'),
    })
    await expect(destroy('nobody')).rejects.toMatchObject({ code: 'TENANT_NOT_FOUND' })
    expect(await rig.read(rig.places.store, idOf('alive'), 'one')).toBe(`rows of ${idOf('alive')}\n`)
    await run('tenant.unhold', 'alive')
    await destroy('alive', { alive: true })
    await expect(rig.read(rig.places.store, idOf('alive'), 'one')).rejects.toMatchObject({ code: 'KEY_DESTROYED' })
    await del('alive')
    await expect(run('tenant.purge', 'alive')).rejects.toMatchObject({ code: 'FINAL_BACKUP_FAILED' })
    expect(await run('tenant.purge', 'alive', { waiveBackup: WAIVER })).toMatchObject({
      waiver: WAIVER,
      backup: null,
    })
  })

  test('the command line prints byte for byte what was signed', async () => {
    const { fleet, master } = rig
    const cli = await commandLine({
      TENANTRY_CONFIG: join(fleet.folder, 'tenantry.config.json'),
      DATABASE_URL: fleet.secrets('env:DATABASE_URL'),
      TENANTRY_APP_PASSWORD: fleet.secrets('env:TENANTRY_APP_PASSWORD'),
      MASTER: master,
    })
    for (const slug of ['leaves-schema', 'alive']) {
      const part = async (...more: readonly string[]) => (await cli.run('tenant', 'certificate', slug, ...more)).stdout
      const [content, signature, publicKey] = [await part(), await part('--part', 'signature'), await part('--part', 'key')]
      expect(content).not.toContain('hunter22')
      expect(await opensslVerifies({ content, signature: signature.trimEnd(), publicKey })).toBe(true)
    }
    const shown = await cli.run('datakey', 'show', 'alive')
    expect(shown.stdout).toMatch(
      /^alive is purged\nkey 000001-[0-9a-f]{16}, wrapped by secrets, of .*, destroyed .*\n(archive one in the folder .*\n){2}1 key, 2 copies/,
    )
    expect(await cli.run('tenant', 'certificate', 'neighbour')).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('CERTIFICATE_NOT_FOUND'),
    })
    expect(await cli.run('datakey', 'destroy', 'neighbour', '--reason', 'x')).toMatchObject({ status: 5 })
  })

  test('the keys of a purged tenant are destroyed by its id, and its last backup counts as damaged', async () => {
    const id = idOf('leaves-schema')
    const [made] = await backups('leaves-schema')
    await run('backup.hold', 'leaves-schema', { reason: 'a lawsuit' })
    await expect(rig.fleet.run('backup.expire', { backup: made!.id })).rejects.toMatchObject({ code: 'TENANT_HELD' })
    await expect(run('datakey.destroy', id, { reason: 'asked to' })).rejects.toMatchObject({ code: 'TENANT_HELD' })
    await rig.eyes.see(rig.subject.catalog, `update catalog.backup set expires_at = clock_timestamp() where slug like 'leaves-%'`)
    expect(await rig.fleet.run('backup.prune', {})).toMatchObject({ backups: 2 })
    expect(await backups('leaves-shared')).toEqual([])
    expect(await rig.read(rig.places.copy, id, made!.id)).toContain('of leaves-schema')
    await run('backup.unhold', 'leaves-schema')
    const done = await run<{ copies: { archive: string }[]; where: string[] }>('datakey.destroy', id, { reason: 'asked to' })
    expect(done.copies.map(({ archive }) => archive)).toEqual([made!.id, made!.id])
    expect(done.where).toHaveLength(2)
    for (const folder of [rig.places.store, rig.places.copy])
      await expect(rig.read(folder, id, made!.id)).rejects.toMatchObject({ code: 'KEY_DESTROYED' })
    expect(await backups('leaves-schema')).toMatchObject([{ state: 'kept', verified: false }])
  })

  describe('by workers that were killed with SIGKILL', () => {
    const secrets = () => ({ MASTER: rig.master })
    beforeAll(async () => {
      await rig.archive(idOf('neighbour'), 'theirs')
      for (const point of DESTROY) await rig.archive(idOf(slugOf('k', point)), 'one')
      await atMost(
        4,
        [...PURGE.map((p) => slugOf('p', p)), ...DESTROY.map((p) => slugOf('k', p))].map((slug) => () => del(slug)),
      )
      const input = (name: string, tenant: string): object => (name === 'datakey.destroy' ? { tenant, reason: 'asked to' } : { tenant })
      const victims = (run: string, points: readonly string[], start: string) =>
        points.map((killAt) => ({ run, killAt, input: input(run, slugOf(start, killAt)) }))
      for (const point of ROTATE) await rig.archive(idOf(slugOf('r', point)), 'one')
      const together = [
        ...victims('datakey.rotate', ROTATE, 'r'),
        ...victims('tenant.purge', PURGE, 'p'),
        ...victims('datakey.destroy', DESTROY, 'k'),
      ]
      await runKilledTogether(rig.fleet, together, { secrets: secrets() })
      await withWork(rig.fleet, async () => {
        for (const p of PURGE) expect(await rig.end('tenant.purge', slugOf('p', p))).toMatchObject({ state: 'succeeded' })
        for (const p of ROTATE) expect(await rig.end('datakey.rotate', slugOf('r', p))).toMatchObject({ state: 'succeeded' })
        for (const p of DESTROY) expect(await rig.end('datakey.destroy', slugOf('k', p))).toMatchObject({ state: 'succeeded' })
      })
    }, 120_000)

    test.for(PURGE)('%s: nothing is left of the tenant but one verified backup and one certificate', async (point) => {
      const slug = slugOf('p', point)
      expect(await checkPurged(rig.subject, slug, places.get(slug)!)).toEqual([])
      expect(await backups(slug)).toMatchObject([{ kind: 'final', state: 'kept', verified: true }])
      expect(await manifests(slug)).toBe(2)
      expect(await opensslVerifies(await certificate(slug))).toBe(true)
    })

    test.for(DESTROY)('%s: no copy of any archive can be read', async (point) => {
      const slug = slugOf('k', point)
      for (const folder of [rig.places.store, rig.places.copy])
        await expect(rig.read(folder, idOf(slug), 'one')).rejects.toMatchObject({ code: 'KEY_DESTROYED' })
      for (const folder of [rig.places.keys, rig.places.keysCopy]) expect(await rig.files(join(folder, 'keys', idOf(slug)))).toEqual([])
      const made = await certificate(slug, 'keys')
      expect(JSON.parse(made.content)).toMatchObject({ reason: 'asked to', triedAndUnreadable: [{ archive: 'one' }, { archive: 'one' }] })
      expect(await opensslVerifies(made)).toBe(true)
    })

    test('there is exactly one new key of each tenant whose rotation was killed, in the store and in its copy', async () => {
      for (const point of ROTATE) {
        const id = idOf(slugOf('r', point))
        for (const folder of [rig.places.keys, rig.places.keysCopy])
          expect(await rig.files(join(folder, 'keys', id)), point).toHaveLength(2)
        expect(await rig.read(rig.places.copy, id, 'one')).toBe(`rows of ${id}\n`)
      }
    })

    test('what others have is as it was', async () => {
      expect(await rig.read(rig.places.copy, idOf('neighbour'), 'theirs')).toBe(`rows of ${idOf('neighbour')}\n`)
      expect(await rig.fleet.app.tenant('neighbour').query(sql`select body from note`)).toEqual([{ body: 'of neighbour' }])
      // Workers hand pruning to each other, and may have been stopped in the middle of it.
      await withWork(rig.fleet, () =>
        until('the workers to be done', async () => {
          const { open } = await rig.fleet.platform.catalog.one(
            sql<{ open: number }>`select count(*)::int as open from catalog.operation where state in ('running', 'undoing')`,
          )
          return open === 0 ? true : undefined
        }),
      )
      expect(await checkPlatform(rig.subject)).toEqual([])
    })
  })
})
