import { backupsLeft, deleteBackup, giveUpBackup, orphanedArchives } from '../../catalog/backups.js'
import { listArchives, removeArchive } from '../../transfer/archive/keep.js'
import type { Platform } from '../platform.js'
import { placesOf, removeEverywhere } from './places.js'

/** Removes what operations that have ended left half-written or half-removed. Any number may do it at once. Answers how many; throws the first failure, at the end. */
export async function clearLeft(platform: Platform): Promise<number> {
  let cleared = 0
  let failed: { readonly error: unknown } | undefined
  for (const backup of await platform.catalog.rows(backupsLeft)) {
    try {
      if ((await platform.catalog.run(giveUpBackup(backup.id))) === 0) continue
      await removeEverywhere(placesOf(platform), backup)
      cleared += await platform.catalog.run(deleteBackup(backup.id))
    } catch (error) {
      failed ??= { error }
    }
  }
  if (failed !== undefined) throw failed.error
  return cleared
}

const IDLE_MS = 86_400_000
const BATCH = 500

/**
 * Goes through every place for archives without a manifest that the catalog does not know: left by a process that was taken for dead, and died after it had
 * awoken. Complete ones are never touched, whoever made them, nor is anything of owners that this catalog has never heard of. Answers how many it has removed.
 */
export async function clearOrphans(platform: Platform): Promise<number> {
  let cleared = 0
  for (const place of placesOf(platform).all) {
    await place.clearLeftovers(IDLE_MS)
    let found: { tenant: string; archive: string }[] = []
    // The catalog is asked after the store: what is being written has a row before it has an object.
    const settle = async (): Promise<void> => {
      for (const { tenant, archive } of await platform.catalog.rows(orphanedArchives(found))) {
        await removeArchive(place, tenant, archive)
        cleared++
      }
      found = []
    }
    for await (const { tenant, archive, complete } of listArchives(place)) {
      if (!complete) found.push({ tenant, archive })
      if (found.length === BATCH) await settle()
    }
    if (found.length > 0) await settle()
  }
  return cleared
}
