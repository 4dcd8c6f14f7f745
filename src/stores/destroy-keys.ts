import { systemClock } from '../kernel/clock.js'
import { fault, isFault } from '../kernel/faults.js'
import { keyAt, keysPrefix, readRecord, readTombstone, type Tombstone, writeTombstone } from './key-record.js'
import { eraseFrom, type ObjectStore } from './object-store.js'

type Buried = Tombstone['keys'][number]

/**
 * Tombstones first, then the keys, then a look whether anything is left. Wherever it is stopped, tombstones already make the keys unusable, and it
 * is repeated from the start. A place that fails does not save the keys in the others. Throws KEYS_REMAIN, with the places not known to be empty.
 */
export async function destroyKeys(
  places: readonly ObjectStore[],
  tenant: string,
): Promise<{ readonly keys: readonly string[]; readonly where: readonly string[] }> {
  const failed = new Map<ObjectStore, unknown>()
  const inEach = async (act: (place: ObjectStore) => Promise<void>): Promise<void> => {
    for (const place of places) {
      try {
        await act(place)
      } catch (error) {
        if (!isFault(error) || isFault(error, 'OBJECT_KEY_INVALID')) throw error
        if (!failed.has(place)) failed.set(place, error)
      }
    }
  }

  const keys = new Map<string, Buried>()
  let destroyedAt = new Date(systemClock.now()).toISOString()
  await inEach(async (place) => {
    const stone = await readTombstone(place, tenant)
    if (stone !== undefined && stone.destroyedAt < destroyedAt) destroyedAt = stone.destroyedAt
    for (const one of stone?.keys ?? []) keys.set(one.key, one)
    for (const object of await everything(place, tenant)) {
      const one = keyAt(object)
      if (one !== undefined && !keys.has(one.key)) keys.set(one.key, await buried(place, tenant, one.key))
    }
  })
  const stone: Tombstone = { tenant, destroyedAt, keys: [...keys.values()].sort((a, b) => (a.key < b.key ? -1 : 1)) }

  await inEach((place) => writeTombstone(place, stone))
  await inEach(async (place) => {
    // Found again each time: somebody may make one in this moment, and will see the tombstone only afterwards.
    for (const object of await everything(place, tenant)) await eraseFrom(place, object)
  })
  await inEach(async (place) => {
    const left = await everything(place, tenant)
    if (left.length > 0) throw fault('KEYS_REMAIN', { tenant, where: left.map((object) => `${place.name}: ${object}`) })
  })

  if (failed.size > 0) {
    const where = [...failed].map(([place, error]) => `${place.name} (${(error as Error).message})`)
    throw fault('KEYS_REMAIN', { tenant, where }, { cause: [...failed.values()][0] })
  }
  return { keys: stone.keys.map(({ key }) => key), where: places.map(({ name }) => name) }
}

/** Whatever lies under the tenant's name, older versions as well. */
async function everything(place: ObjectStore, tenant: string): Promise<readonly string[]> {
  const found = new Set<string>()
  for await (const { key } of place.list(keysPrefix(tenant))) found.add(key)
  if (place.remains !== undefined) for await (const key of place.remains(keysPrefix(tenant))) found.add(key)
  return [...found]
}

/** What the tombstone keeps of it; a record that cannot be read is destroyed like any other. */
async function buried(place: ObjectStore, tenant: string, key: string): Promise<Buried> {
  try {
    const { provider, madeAt } = await readRecord(place, tenant, key)
    return { key, provider, madeAt }
  } catch (error) {
    if (!isFault(error, 'KEY_UNAVAILABLE', 'OBJECT_MISSING', 'OBJECT_TOO_LARGE')) throw error
    return { key, provider: 'unknown', madeAt: 'unknown' }
  }
}
