import { beginRemoval, lockForRemoval, lockTenantOf, type Prunable, prunableBackups } from '../../catalog/backup-policies.js'
import { deleteBackup } from '../../catalog/backups.js'
import { type ItemContext, workThroughItems } from '../items.js'
import { assertPlaces, placesOf, removeEverywhere } from './places.js'

const MOST = 10_000

export interface Pruned {
  readonly backups: number
  readonly bytes: number
}

/** Removes the backups that nobody wants any more, from every place; each is asked about once more when its turn comes. */
export async function pruneBackups(
  context: ItemContext,
  { tenant, atBorder }: { readonly tenant: string | null; readonly atBorder?: (key: string, border: string) => Promise<void> },
): Promise<Pruned> {
  const { platform, journal } = context
  const places = placesOf(platform)
  const found = await platform.catalog.rows(prunableBackups(tenant, MOST))
  const items = new Map<string, Prunable>(found.map((one) => [`${one.slug} ${one.id}`, one]))
  let [backups, bytes] = [0, 0]
  await workThroughItems(
    context,
    items,
    async (one, key) => {
      assertPlaces(places, one)
      const begun = await journal(async (tx) => {
        await tx.run(lockTenantOf(one.id))
        await tx.run(lockForRemoval(one.id))
        return (await tx.run(beginRemoval(one.id))) === 1
      })
      await atBorder?.(key, 'begun')
      if (begun) {
        await removeEverywhere(places, one)
        await atBorder?.(key, 'removed')
        backups++
        bytes += one.bytes ?? 0
      }
      return async (tx) => {
        // Whoever else has begun is still at it: a row that goes sooner leaves an archive that nobody knows of.
        if (begun) await tx.run(deleteBackup(one.id))
      }
    },
    { parallel: 4, what: 'backups' },
  )
  return { backups, bytes }
}
