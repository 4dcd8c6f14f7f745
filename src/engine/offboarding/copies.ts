import { type Fault, fault, isFault } from '../../kernel/faults.js'
import type { KeyStore } from '../../stores/key-store.js'
import type { ObjectStore } from '../../stores/object-store.js'
import { listArchives } from '../../transfer/archive/keep.js'
import { openArchive } from '../../transfer/archive/reader.js'

/** An archive in one of the stores. */
export interface ArchiveCopy {
  readonly archive: string
  readonly store: string
  readonly bytes: number
  /** The id of the data key that it was written with; null where it was written in the clear, or cannot be said any more. */
  readonly key: string | null
  /** `clear`: no key protects it. `incomplete`: it has no manifest, so that nobody reads it as an archive. `damaged`: its manifest is not whole. */
  readonly standing: 'encrypted' | 'clear' | 'incomplete' | 'damaged'
}

/** Every copy of every archive of a tenant, as the stores have them. Throws STORE_…. */
export async function copiesOf(stores: readonly ObjectStore[], tenant: string): Promise<readonly ArchiveCopy[]> {
  const copies: ArchiveCopy[] = []
  for (const store of stores) {
    for await (const { archive, complete, bytes } of listArchives(store, tenant)) {
      const found = complete ? await lookAt({ store, tenant, archive }) : ({ standing: 'incomplete', key: null } as const)
      copies.push({ archive, store: store.name, bytes, ...found })
    }
  }
  return copies
}

type Place = { readonly store: ObjectStore; readonly tenant: string; readonly archive: string }

/** By the header alone, without any key. */
async function lookAt(place: Place): Promise<Pick<ArchiveCopy, 'standing' | 'key'>> {
  const opened = await tryToOpen(place, null)
  if (!isFault(opened)) return { standing: 'clear', key: null }
  return opened.code === 'KEY_UNAVAILABLE' ? { standing: 'encrypted', key: String(opened.facts.key) } : { standing: 'damaged', key: null }
}

/**
 * After keys were destroyed: tries to read each copy with all keys that there are. Throws ARCHIVES_READABLE with those that can be read, and STORE_…. What
 * is incomplete or damaged proves nothing, and is only answered.
 */
export async function assertUnreadable(
  stores: readonly ObjectStore[],
  keys: KeyStore,
  owner: { readonly id: string; readonly slug: string },
): Promise<readonly ArchiveCopy[]> {
  const copies = await copiesOf(stores, owner.id)
  const readable: string[] = []
  for (const { archive, store: name, standing } of copies) {
    const store = stores.find((one) => one.name === name)!
    if (standing === 'incomplete' || standing === 'damaged') continue
    const refusal = await tryToOpen({ store, tenant: owner.id, archive }, keys)
    // A key that merely cannot be had now may be there again tomorrow.
    if (refusal?.code !== 'KEY_DESTROYED' && refusal?.code !== 'ARCHIVE_MISSING') readable.push(`${archive} in ${name}`)
  }
  if (readable.length > 0) throw fault('ARCHIVES_READABLE', { tenant: owner.slug, archives: readable })
  return copies
}

/** What keeps it from being opened; undefined when nothing does. */
async function tryToOpen(place: Place, keys: KeyStore | null): Promise<Fault | undefined> {
  try {
    await openArchive({ ...place, keys, expected: { encrypted: false } })
    return undefined
  } catch (error) {
    // A store that does not answer says nothing about the archive.
    if (!isFault(error) || error.code.startsWith('STORE_')) throw error
    return error
  }
}
