import { randomBytes } from 'node:crypto'
import { fault } from '../../src/kernel/faults.js'
import type { DataKey, KeyStore } from '../../src/stores/key-store.js'
import type { ObjectStore } from '../../src/stores/object-store.js'

export interface MemoryStore extends ObjectStore {
  readonly objects: Map<string, Buffer>
  /** Keys in the order in which they were written and removed. */
  readonly log: string[]
}

/** Keeps objects in a map that tests look into and spoil. Chunks come out in awkward sizes. */
export function memoryStore(objects: Map<string, Buffer> = new Map(), chunkBytes = 65_521): MemoryStore {
  const log: string[] = []
  return {
    name: 'the store of a test',
    objects,
    log,
    write: async (key, chunks) => {
      const pieces: Uint8Array[] = []
      // What a writer yields may be used again by it once the next is asked for.
      for await (const chunk of chunks) pieces.push(Buffer.from(chunk))
      objects.set(key, Buffer.concat(pieces))
      log.push(`write ${key}`)
      return { bytes: objects.get(key)!.length }
    },
    read: async function* (key, range) {
      const whole = objects.get(key)
      if (whole === undefined) throw fault('OBJECT_MISSING', { store: 'the store of a test', key })
      const bytes = range === undefined ? whole : whole.subarray(range.from, range.from + range.bytes)
      for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes)
    },
    size: async (key) => objects.get(key)?.length,
    list: async function* (prefix) {
      for (const key of [...objects.keys()].sort()) if (key.startsWith(prefix)) yield { key, bytes: objects.get(key)!.length }
    },
    remove: async (key) => {
      if (objects.delete(key)) log.push(`remove ${key}`)
    },
    clearLeftovers: async () => [],
  }
}

export const newKey = (tenant: string, id = 'k1'): DataKey => ({ id, tenant, key: randomBytes(32) })

/** Has these keys, and no others. */
export const keysOf = (...keys: readonly DataKey[]): Pick<KeyStore, 'find'> => ({
  find: async (tenant, id) => {
    const found = keys.find((key) => key.tenant === tenant && key.id === id)
    if (found === undefined) throw fault('KEY_UNAVAILABLE', { tenant, key: id, reason: 'no place has it' })
    return found
  },
})
