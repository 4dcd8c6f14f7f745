import { LRUCache } from 'lru-cache'
import type { TenantIdentity } from '../client/after-commit.js'
import type { Place } from './key.js'
import { type CacheStore, LONGEST_TTL_MS } from './store.js'

export interface MemoryStoreOptions {
  /** What all values together may take, in characters. What was used longest ago makes room. Default 64 million. */
  readonly maxSize?: number
}

interface Entry {
  readonly stamp: string
  readonly text: string
}

// What is forgotten here makes void what was kept under it, so a bound costs loads, never wrong answers.
const MAX_STAMPS = 100_000
const KEY_SIZE = 100

/** Within this process. Other processes do not hear of what is made void here: with several, give short times to live, or use Redis. */
export function memoryStore({ maxSize = 64_000_000 }: MemoryStoreOptions = {}): CacheStore {
  const entries = new LRUCache<string, Entry>({ maxSize, sizeCalculation: ({ stamp, text }) => KEY_SIZE + stamp.length + text.length })
  const stamps = new LRUCache<string, number>({ max: MAX_STAMPS })
  const epochs = new LRUCache<string, bigint>({ max: MAX_STAMPS })
  let counter = 0

  const stampOf = (name: string): number => {
    const known = stamps.get(name)
    if (known !== undefined) return known
    stamps.set(name, ++counter)
    return counter
  }

  /** Undefined when the tenant is known to have another life by now. */
  const stampAt = ({ tenant, tags }: Place): string | undefined => {
    const epoch = BigInt(tenant.epoch)
    const newest = epochs.get(tenant.id)
    if (newest !== undefined && newest > epoch) return undefined
    if (newest !== epoch) epochs.set(tenant.id, epoch)
    return [`t ${tenant.id}`, ...tags].map(stampOf).join(',')
  }

  return {
    read: async (place) => {
      const stamp = stampAt(place)
      if (stamp === undefined) return { state: 'bypass' }
      const found = entries.get(place.entry)
      return found?.stamp === stamp ? { state: 'hit', text: found.text, stamp } : { state: 'load', stamp, lease: '' }
    },
    write: (place, text, { stamp, ttlMs }) => {
      if (ttlMs > 0 && stamp === stampAt(place)) entries.set(place.entry, { stamp, text }, { ttl: Math.min(ttlMs, LONGEST_TTL_MS) })
    },
    release: () => {},
    invalidate: async ({ id }: TenantIdentity, tags) => {
      for (const name of tags ?? [`t ${id}`]) stamps.set(name, ++counter)
    },
    pending: () => 0,
    close: async () => {
      entries.clear()
    },
  }
}
