import type { Backup } from '../../catalog/backups.js'
import { type Fault, type FaultCode, fault } from '../../kernel/faults.js'
import type { KeyStore } from '../../stores/key-store.js'
import type { ObjectStore } from '../../stores/object-store.js'
import { openKeys, openStore } from '../../stores/open-store.js'
import { removeArchive } from '../../transfer/archive/keep.js'
import type { Platform } from '../platform.js'

/** What a store and the key store may answer, besides that there is no room. Opening them throws SECRET_MISSING. */
export const PLACE_FAULTS = [
  'STORE_UNREACHABLE',
  'STORE_REFUSED',
  'STORE_FAILED',
  'STORE_NOT_FOLDER',
  'STORE_NOT_WRITABLE',
  'STORE_CLIENT_MISSING',
  'KEY_UNAVAILABLE',
  'KEY_DESTROYED',
] as const satisfies readonly FaultCode[]

/** Where archives are, and the keys to them. */
export interface Places {
  readonly store: ObjectStore
  readonly copies: readonly ObjectStore[]
  /** Store and copies. */
  readonly all: readonly ObjectStore[]
  /** Null: archives are not encrypted. */
  readonly keys: KeyStore | null
}

// A client of S3 holds connections: one for each place, however many tenants are backed up.
const opened = new WeakMap<Platform, Places>()

/** As the configuration names them. Looks at nothing yet. */
export function placesOf(platform: Platform): Places {
  const known = opened.get(platform)
  if (known !== undefined) return known
  const { archives } = platform.config
  const store = openStore(archives.store, platform.secrets)
  const copies = archives.copies.map((one) => openStore(one, platform.secrets))
  const keys = archives.keys === undefined ? null : openKeys(archives.keys, platform.secrets)
  const places = { store, copies, all: [store, ...copies], keys }
  opened.set(platform, places)
  return places
}

/** What stands for a tenant in the names of objects: the platform tables of a database are nobody's. */
export const ownerOf = ({ tenant, databaseId }: { readonly tenant: string | null; readonly databaseId: string | null }): string =>
  tenant ?? `platform-${databaseId}`

/** Which backup, and where it was put. */
export type Kept = Pick<Backup, 'id' | 'tenant' | 'databaseId' | 'store' | 'copies'>

/** Where a backup was put, whatever the configuration names by now: those places that it still names, and the names of the others. */
export function placesOfBackup(
  { all }: Places,
  { store, copies }: Kept,
): { readonly there: readonly ObjectStore[]; readonly lost: readonly string[] } {
  const names = [store, ...copies]
  return {
    there: all.filter(({ name }) => names.includes(name)),
    lost: names.filter((name) => !all.some((place) => place.name === name)),
  }
}

/** Throws BACKUP_STATE. */
export function assertPlaces(places: Places, backup: Kept): void {
  const { lost } = placesOfBackup(places, backup)
  if (lost.length > 0) throw unnamed(backup, lost)
}

export const unnamed = ({ id }: Kept, lost: readonly string[]): Fault =>
  fault('BACKUP_STATE', {
    backup: id,
    state: `in ${lost.join(', ')}, which the configuration does not name`,
    wanted: 'that place in `archives` of the configuration, as the store or a copy',
  })

/** The copies first: whoever is killed in between still finds it by the store. Repeatable. Throws BACKUP_STATE, before anything is removed. */
export async function removeEverywhere(places: Places, backup: Kept): Promise<void> {
  assertPlaces(places, backup)
  for (const place of places.all.toReversed()) await removeArchive(place, ownerOf(backup), backup.id)
}
