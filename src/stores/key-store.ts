import { randomBytes, systemClock } from '../kernel/clock.js'
import { type Fault, fault, isFault } from '../kernel/faults.js'
import type { KeyProvider } from '../kernel/key-provider.js'
import { destroyKeys } from './destroy-keys.js'
import {
  isKeyId,
  type KeyRecord,
  keyAt,
  keyObject,
  keysPrefix,
  newestOf,
  nextKeyId,
  readRecord,
  readTombstone,
  tombstonesPrefix,
  writeRecord,
} from './key-record.js'
import { eraseFrom, type ObjectStore } from './object-store.js'
import { KEY_BYTES } from './wrapped-key.js'

/** Encrypts the archives of one tenant. */
export interface DataKey {
  readonly id: string
  readonly tenant: string
  /** 32 bytes. */
  readonly key: Buffer
}

/** A data key, and what is known of it without unwrapping it. */
export interface KeyFacts {
  readonly tenant: string
  readonly key: string
  readonly provider: string
  readonly madeAt: string
  /** There once the tenant's keys were destroyed. */
  readonly destroyedAt?: string
}

/** The wrapped data keys of tenants, outside of the catalog and of the archives: archives can be restored without the catalog. */
export interface KeyStore {
  /** The tenant's newest key. Makes one where there is none; it is in the store and in every copy before it is used. Throws KEY_DESTROYED. */
  readonly current: (tenant: string) => Promise<DataKey>
  /** Throws KEY_UNAVAILABLE where no provider can unwrap it or no place has it, and KEY_DESTROYED once the tenant's keys were destroyed. */
  readonly find: (tenant: string, key: string) => Promise<DataKey>
  /** A new current key; archives of the old ones stay readable. Throws KEY_DESTROYED. */
  readonly rotate: (tenant: string) => Promise<DataKey>
  /** After the master secret has changed: wraps every key anew with the first provider, and puts it into every copy. No archive is touched. */
  readonly rewrap: () => AsyncIterable<{ readonly tenant: string; readonly key: string }>
  /** By tenant, then by key; those that come after one that was listed before, if that is named. */
  readonly list: (tenant?: string, after?: { readonly tenant: string; readonly key: string }) => AsyncIterable<KeyFacts>
  /**
   * Removes the tenant's keys from the store and all copies, and leaves a tombstone that says when. Repeatable. Answers which keys there were and
   * where nothing is left of them, as looked up afterwards. Throws KEYS_REMAIN.
   */
  readonly destroy: (tenant: string) => Promise<{ readonly keys: readonly string[]; readonly where: readonly string[] }>
}

export interface KeyStoreOptions {
  /** Wraps, and unwraps what it has wrapped. */
  readonly provider: KeyProvider
  /** Those that have wrapped before; they only unwrap. */
  readonly former?: readonly KeyProvider[]
  readonly store: ObjectStore
  readonly copies?: readonly ObjectStore[]
}

export function openKeyStore({ provider, former = [], store, copies = [] }: KeyStoreOptions): KeyStore {
  const places = [store, ...copies]

  const unwrap = async (record: KeyRecord): Promise<Buffer> => {
    const { tenant, key } = record
    const able = [provider, ...former].filter((one) => one.name === record.provider && one.unwraps !== false)
    const reasons: string[] = []
    for (const one of able) {
      try {
        const found = await one.unwrap(record.wrapped, { tenant, key })
        if (found.length === KEY_BYTES) return found
        reasons.push(`the provider ${one.name} answers ${found.length} bytes instead of ${KEY_BYTES}`)
      } catch (error) {
        // A provider of somebody else may put a secret into its message.
        reasons.push(isFault(error) ? reasonOf(error) : `the provider ${one.name} failed`)
      }
    }
    const reason = reasons.length === 0 ? `no provider "${record.provider}" that unwraps is configured` : reasons.join('; ')
    throw fault('KEY_UNAVAILABLE', { tenant, key, reason })
  }

  const assertNotDestroyed = async (tenant: string, within: readonly ObjectStore[]): Promise<void> => {
    for (const place of within) {
      const stone = await readTombstone(place, tenant)
      if (stone !== undefined) throw fault('KEY_DESTROYED', { tenant, destroyedAt: stone.destroyedAt })
    }
  }

  /** The store comes last: what it has, all copies have. */
  const putEverywhere = async (record: KeyRecord): Promise<void> => {
    for (const place of [...copies, store]) await writeRecord(place, record)
    // Keys may have been destroyed while this one was on its way: then it was never there.
    try {
      await assertNotDestroyed(record.tenant, places)
    } catch (error) {
      for (const place of places) await eraseFrom(place, keyObject(record))
      throw error
    }
  }

  const make = async (tenant: string): Promise<DataKey> => {
    await assertNotDestroyed(tenant, places)
    const ids = await Promise.all(places.map((place) => idsIn(place, tenant)))
    const [id, key] = [nextKeyId(ids.flat()), randomBytes(KEY_BYTES)]
    const wrapped = await provider.wrap(key, { tenant, key: id })
    const madeAt = new Date(systemClock.now()).toISOString()
    await putEverywhere({ tenant, key: id, provider: provider.name, madeAt, wrapped })
    return { id, tenant, key }
  }

  const find = async (tenant: string, key: string): Promise<DataKey> => {
    const reasons: string[] = []
    const missing = (reason: string) => fault('KEY_UNAVAILABLE', { tenant, key: key.slice(0, 80), reason })
    if (!isKeyId(key)) throw missing('no key has such an id')
    for (const place of places) {
      try {
        await assertNotDestroyed(tenant, [place])
        return { id: key, tenant, key: await unwrap(await readRecord(place, tenant, key)) }
      } catch (error) {
        if (!isFault(error) || isFault(error, 'KEY_DESTROYED', 'OBJECT_KEY_INVALID')) throw error
        reasons.push(reasonOf(error))
      }
    }
    throw missing([...new Set(reasons)].join('; '))
  }

  const current = async (tenant: string): Promise<DataKey> => {
    if (provider.unwraps === false) return make(tenant)
    let unreachable: unknown
    for (const place of places) {
      try {
        await assertNotDestroyed(tenant, [place])
        const newest = newestOf(await idsIn(place, tenant))
        if (newest !== undefined) return await find(tenant, newest)
      } catch (error) {
        if (!isFault(error) || !error.code.startsWith('STORE_')) throw error
        unreachable ??= error
      }
    }
    if (unreachable !== undefined) throw unreachable
    return make(tenant)
  }

  /** By tenant and key, once each, wherever one is. */
  const everyKey = async (tenant?: string): Promise<ReadonlyMap<string, { readonly tenant: string; readonly key: string }>> => {
    const found = new Map<string, { readonly tenant: string; readonly key: string }>()
    for (const place of places) {
      for await (const { key: object } of place.list(keysPrefix(tenant))) {
        const one = keyAt(object)
        if (one !== undefined) found.set(object, one)
      }
    }
    return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)))
  }

  const anyRecord = async (tenant: string, key: string, isRight: (record: KeyRecord) => Promise<unknown>): Promise<KeyRecord> => {
    const reasons: string[] = []
    for (const place of places) {
      try {
        const record = await readRecord(place, tenant, key)
        await isRight(record)
        return record
      } catch (error) {
        if (!isFault(error)) throw error
        reasons.push(reasonOf(error))
      }
    }
    throw fault('KEY_UNAVAILABLE', { tenant, key, reason: [...new Set(reasons)].join('; ') })
  }

  return {
    current,
    find,
    rotate: make,

    rewrap: async function* () {
      let lost: unknown
      for (const { tenant, key } of (await everyKey()).values()) {
        try {
          await assertNotDestroyed(tenant, places)
          let plain: Buffer | undefined
          const record = await anyRecord(tenant, key, async (one) => {
            plain = await unwrap(one)
          })
          await putEverywhere({ ...record, provider: provider.name, wrapped: await provider.wrap(plain!, { tenant, key }) })
        } catch (error) {
          if (isFault(error, 'KEY_DESTROYED')) continue
          if (!isFault(error, 'KEY_UNAVAILABLE')) throw error
          // One that is lost must not keep the others with the master secret that is to go.
          lost ??= error
          continue
        }
        yield { tenant, key }
      }
      if (lost !== undefined) throw lost
    },

    list: async function* (tenant, after) {
      const destroyed = new Set<string>()
      for await (const { key: object } of store.list(tombstonesPrefix(tenant))) {
        const whose = object.slice(tombstonesPrefix().length)
        if (whose === (tenant ?? whose)) destroyed.add(whose)
      }
      const live = new Map<string, string[]>()
      for (const { tenant: whose, key } of (await everyKey(tenant)).values()) live.set(whose, [...(live.get(whose) ?? []), key])
      const isNext = (whose: string, key: string): boolean =>
        after === undefined || whose > after.tenant || (whose === after.tenant && key > after.key)
      // Names are cheap, and objects are not: only those of what is asked for are read.
      for (const whose of [...new Set([...destroyed, ...live.keys()])].sort()) {
        if (after !== undefined && whose < after.tenant) continue
        const stone = destroyed.has(whose) ? await readTombstone(store, whose) : undefined
        if (stone !== undefined) {
          for (const one of [...stone.keys].sort((a, b) => (a.key < b.key ? -1 : 1))) {
            if (isNext(whose, one.key)) yield { tenant: whose, ...one, destroyedAt: stone.destroyedAt }
          }
          continue
        }
        for (const key of live.get(whose) ?? []) {
          if (!isNext(whose, key)) continue
          const { provider, madeAt } = await anyRecord(whose, key, async () => {})
          yield { tenant: whose, key, provider, madeAt }
        }
      }
    },

    destroy: (tenant) => destroyKeys(places, tenant),
  }
}

/** A part of a longer message. */
const reasonOf = (error: Fault): string => (error.code === 'KEY_UNAVAILABLE' ? String(error.facts.reason) : error.message)

async function idsIn(place: ObjectStore, tenant: string): Promise<readonly string[]> {
  const ids: string[] = []
  for await (const { key: object } of place.list(keysPrefix(tenant))) {
    const one = keyAt(object)
    if (one !== undefined) ids.push(one.key)
  }
  return ids
}
