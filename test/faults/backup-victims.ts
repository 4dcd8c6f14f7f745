import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { seen, where } from '../restore/rig.js'
import type { Victim } from './archive-kills.js'
import { archivesOf } from './archive-stores.js'
import { checkPurged, placesOf } from './checker.js'
import { pointsOf, type Rig, slugOf } from './rig.js'
import { all, filled, isolationAt, made, same } from './victims-of.js'

const ARCHIVE_BORDERS = ['begun', 'written', 'copied', 'kept'] as const

/** What was said of a backup, by the catalog's rows alone. */
interface BackupRow extends Record<string, unknown> {
  readonly id: string
  readonly kind: string
  readonly state: string
  readonly verified: boolean
}

const backupsWhere = (rig: Rig, condition: string, values: readonly unknown[]): Promise<readonly BackupRow[]> =>
  rig.eyes.see<BackupRow>(
    rig.subject.catalog,
    `select id, kind, state, verified_at is not null as verified from catalog.backup where ${condition} order by begun_at`,
    values,
  )

/** Restores it as a tenant and looks at the rows of that. */
export async function checkContent(rig: Rig, backup: string, as: string, rows: unknown): Promise<readonly string[]> {
  await rig.fleet.run('backup.restore', { backup, as, isolation: 'schema' })
  const wrong = same(`rows of backup ${backup}`, await seen(rig, await where(rig, as)), rows)
  await rig.fleet.run('tenant.delete', { tenant: as, reason: 'looked at', grace: '0s' })
  await rig.fleet.run('tenant.purge', { tenant: as, waiveBackup: 'looked at' })
  return wrong
}

/** `backup create` of one tenant each. */
export function tenantBackups(rig: Rig, choose = all): Promise<readonly Victim[]> {
  const points = choose([...pointsOf('backup.create'), ...ARCHIVE_BORDERS.map((border) => `backup.create/archive:${border}`)])
  return made(points, async (point, n) => {
    const slug = slugOf('b', point)
    const rows = await filled(rig, slug, isolationAt(n))
    return {
      ...{ point, run: 'backup.create', input: { tenant: slug, verify: true } },
      adds: { backups: 1 },
      check: async () => {
        const found = await backupsWhere(rig, 'slug = $1', [slug])
        if (found.length !== 1 || !found[0]!.verified) return same('its backups', found, 'one that is verified')
        return checkContent(rig, found[0]!.id, slugOf('of-b', point), rows)
      },
    }
  })
}

/** `backup create --all`, killed while it is at this tenant or that. These are all that there are. */
export async function allBackups(rig: Rig, slugs: readonly string[], choose = all): Promise<readonly Victim[]> {
  const rows = new Map<string, unknown>()
  for (const slug of slugs) rows.set(slug, await seen(rig, await where(rig, slug)))
  const items = await Promise.all(slugs.map(async (slug) => `${slug} ${(await where(rig, slug)).tenant}`))
  const inside = items.flatMap((item) => ARCHIVE_BORDERS.map((border) => `backup.create/archive[${item}]:${border}`))
  return choose([...pointsOf('backup.create'), ...inside]).map((point, n) => ({
    point,
    run: 'backup.create',
    input: { all: true, note: point, verify: true, parallel: 1 + (n % 2) },
    adds: { backups: slugs.length },
    check: async () => {
      const found = await rig.eyes.see<{ id: string; slug: string }>(
        rig.subject.catalog,
        `select id, slug from catalog.backup where note = $1 and state = 'kept' and verified_at is not null order by slug`,
        [point],
      )
      const wrong = same(
        'tenants with a verified backup',
        found.map(({ slug }) => slug),
        [...slugs].sort(),
      )
      if (wrong.length > 0) return wrong
      const one = found[n % found.length]!
      return checkContent(rig, one.id, `of-m-${n}`, rows.get(one.slug))
    },
  }))
}

/** `backup create --platform` and `backup database`, of the database that tenants share. */
export async function databaseBackups(rig: Rig, run: 'backup.create' | 'backup.database', choose = all): Promise<readonly Victim[]> {
  const { database } = await rig.fleet.tenant('bystander-shared')
  const step = run === 'backup.create' ? 'archive' : 'dump'
  const inside = ARCHIVE_BORDERS.map((border) => `${run}/${step}:${border}`)
  return choose([...pointsOf(run), ...inside]).map((point, n) => ({
    point,
    run,
    input: { [run === 'backup.create' ? 'platform' : 'database']: `main/${database}`, note: `${run} ${point}`, verify: true },
    adds: { backups: 1 },
    check: async () => {
      const found = await backupsWhere(rig, 'note = $1', [`${run} ${point}`])
      if (found.length !== 1 || !found[0]!.verified) return same('its backups', found, 'one that is verified')
      const folder = join(rig.fleet.folder, `extracted-${step}-${n}`)
      await rig.fleet.run('backup.extract', { backup: found[0]!.id, folder })
      const files = await readdir(folder)
      const content = await Promise.all(files.map((file) => readFile(join(folder, file))))
      const whole =
        run === 'backup.create'
          ? content.some((one) => one.includes('pro\t49.00'))
          : content.some((one) => one.subarray(0, 5).toString() === 'PGDMP')
      return whole ? [] : [`what is in it is not what should be: ${files.join(' ')}`]
    },
  }))
}

/** `backup due`; one tenant has a policy at a time, since one run does all that is due. */
export async function dueBackup(rig: Rig, point: string, n: number): Promise<{ readonly slug: string; readonly victim: Victim }> {
  const slug = slugOf('d', point.replace(/\[.*\]/, ''))
  const rows = await filled(rig, slug, isolationAt(n))
  await rig.fleet.run('backup.schedule', { tenant: slug, daily: 1 })
  const { tenant } = await where(rig, slug)
  const victim: Victim = {
    // The name of an item is not known before there is its tenant.
    point: point.replace('[]', `[${slug} ${tenant}]`),
    run: 'backup.due',
    // Told from others by its number of tenants at once.
    input: { parallel: n + 1 },
    adds: { tenants: 1, backups: 1 },
    check: async () => {
      const found = await backupsWhere(rig, `tenant_id = $1 and kind <> 'demand'`, [tenant])
      if (found.length !== 1 || !found[0]!.verified) return same('its backups', found, 'one that is verified')
      return checkContent(rig, found[0]!.id, slugOf('of-d', point.replace(/\[.*\]/, '')), rows)
    },
  }
  return { slug, victim }
}

export const DUE_POINTS: readonly string[] = [
  ...pointsOf('backup.due'),
  ...ARCHIVE_BORDERS.map((border) => `backup.due/archive[]:${border}`),
]

/** `backup prune`: the older of two goes, the younger stays. */
export function pruned(rig: Rig, stores: readonly string[], choose = all): Promise<readonly Victim[]> {
  const inside = ['begun', 'removed'].map((border) => `backup.prune/remove[]:${border}`)
  return made(choose([...pointsOf('backup.prune'), ...inside]), async (point) => {
    const slug = slugOf('p', point.replace('[]', ''))
    await filled(rig, slug, 'shared')
    const backup = async (input: object) =>
      (await rig.fleet.run<{ backup: { id: string } }>('backup.create', { tenant: slug, ...input })).backup.id
    const [old, young] = [await backup({ keep: '1ms' }), await backup({ verify: true })]
    return {
      point: point.replace('[]', `[${slug} ${old}]`),
      run: 'backup.prune',
      input: { tenant: slug },
      adds: { backups: -1 },
      check: async () => {
        const found = (await backupsWhere(rig, 'slug = $1', [slug])).map(({ id }) => id)
        const left = await Promise.all(stores.map(async (store) => (await archivesOf(rig, store)).some((one) => one.startsWith(old))))
        return [
          ...same('its backups', found, [young]),
          ...same(
            'archives of the older one',
            left,
            stores.map(() => false),
          ),
        ]
      },
    }
  })
}

/** `tenant purge` with its final backup. */
export function purges(rig: Rig, choose = all): Promise<readonly Victim[]> {
  const points = choose([...pointsOf('tenant.purge'), ...ARCHIVE_BORDERS.map((border) => `tenant.purge/backup:${border}`)])
  return made(points, async (point, n) => {
    const slug = slugOf('pu', point)
    const rows = await filled(rig, slug, isolationAt(n))
    const [place] = await placesOf(rig.subject, slug)
    await rig.fleet.run('tenant.delete', { tenant: slug, reason: 'left us', grace: '0s' })
    return {
      ...{ point, run: 'tenant.purge', input: { tenant: slug } },
      adds: { tenants: -1, backups: 1 },
      check: async () => {
        const wrong = await checkPurged(rig.subject, slug, place!)
        const found = await backupsWhere(rig, 'tenant_id = $1', [place!.id])
        const certificates = await rig.eyes.see(rig.subject.catalog, 'select from catalog.certificate where tenant_id = $1', [place!.id])
        const told = [...wrong, ...same('certificates', certificates.length, 1)]
        const [kind, state, verified] = [found[0]?.kind, found[0]?.state, found[0]?.verified]
        const backups = same('its backups', [found.length, kind, state, verified], [1, 'final', 'kept', true])
        if (backups.length > 0) return [...told, ...backups]
        return [...told, ...(await checkContent(rig, found[0]!.id, slugOf('of-pu', point), rows))]
      },
    }
  })
}

const EXPORT_BORDERS = ['begun', 'written', 'published'] as const
export const EXPORT_POINTS: readonly string[] = EXPORT_BORDERS.map((border) => `tenant.export/write:${border}`)

/** `tenant export` is nobody's to go on with: afterwards there is the whole folder or none, beside at most a part that says so, and a second one is made. */
export async function checkExport(rig: Rig, slug: string, to: string, point: string): Promise<readonly string[]> {
  const names = await readdir(dirname(to))
  const parts = names.filter((name) => name.endsWith('.partial'))
  const published = point.endsWith(':published')
  const wrong = [...same('folders', names.length - parts.length, published ? 1 : 0), ...same('parts', parts.length, published ? 0 : 1)]
  if (!published) await rig.fleet.run('tenant.export', { tenant: slug, to })
  const told = JSON.parse(await readFile(join(to, 'export.json'), 'utf8')) as { tables: { table: string; rows: number }[] }
  const rows = Object.fromEntries(told.tables.map(({ table, rows: n }) => [table, n]))
  const wanted = { author: 3, note: 3, event: 2, measure: 3, 'platform.account': 1 }
  return [
    ...wrong,
    ...same(
      'rows',
      Object.entries(wanted).filter(([table, n]) => rows[table] !== n),
      [],
    ),
  ]
}
