import { fault } from '../../kernel/faults.js'
import type { ObjectStore } from '../../stores/object-store.js'
import { ALL_TENANTS, archivePrefix, checkPlace, manifestKey, objectOf, tenantPrefix } from './format.js'

/** Removes all of an archive, the manifest first: what remains of a removal that was broken off is no archive. Repeatable. */
export async function removeArchive(store: ObjectStore, tenant: string, archive: string): Promise<void> {
  checkPlace({ tenant, archive })
  await store.remove(manifestKey({ store, tenant, archive }))
  const keys: string[] = []
  for await (const { key } of store.list(archivePrefix(tenant, archive))) keys.push(key)
  for (const key of keys) await store.remove(key)
}

export interface ListedArchive {
  readonly tenant: string
  readonly archive: string
  /** False without a manifest: it is being written or removed, or was left by whoever did that. */
  readonly complete: boolean
  readonly bytes: number
}

/** What a store has of archives, of one tenant or of all, in the order of their ids. */
export async function* listArchives(store: ObjectStore, tenant?: string): AsyncGenerator<ListedArchive> {
  let open: ListedArchive | undefined
  for await (const { key, bytes } of store.list(tenant === undefined ? ALL_TENANTS : tenantPrefix(tenant))) {
    const found = objectOf(key)
    if (found === undefined) continue
    const complete = found.object === 'manifest'
    if (open !== undefined && open.tenant === found.tenant && open.archive === found.archive) {
      open = { ...open, complete: open.complete || complete, bytes: open.bytes + bytes }
      continue
    }
    if (open !== undefined) yield open
    open = { tenant: found.tenant, archive: found.archive, complete, bytes }
  }
  if (open !== undefined) yield open
}

/** Copies an archive as it is, its manifest last; no key is needed. Repeatable. Throws ARCHIVE_MISSING. */
export async function copyArchive(
  from: ObjectStore,
  to: ObjectStore,
  tenant: string,
  archive: string,
): Promise<{ readonly bytes: number }> {
  checkPlace({ tenant, archive })
  const manifest = manifestKey({ store: from, tenant, archive })
  if ((await from.size(manifest)) === undefined) throw fault('ARCHIVE_MISSING', { archive, tenant, store: from.name })
  const keys: string[] = []
  for await (const { key } of from.list(archivePrefix(tenant, archive))) if (key !== manifest) keys.push(key)
  let bytes = 0
  for (const key of [...keys, manifest]) bytes += (await to.write(key, from.read(key))).bytes
  return { bytes }
}
