import { randomBytes } from '../kernel/clock.js'
import { fault } from '../kernel/faults.js'
import { type Log, silent } from '../kernel/log.js'
import type { Place } from './key.js'
import { createPending, type Owed } from './pending.js'
import { createRedisLine, type RedisClient } from './redis-line.js'
import { READ, VOID_TAGS, VOID_TENANT, WRITE } from './redis-scripts.js'
import { type CacheStore, LONGEST_TTL_MS, type Reading } from './store.js'

export interface RedisStoreOptions {
  /** Stands before every key: one for each platform that shares a Redis. Letters, digits, `_` and `-`, at most 40. */
  readonly namespace: string
  /** How long one call may take, in milliseconds; then the cache is passed by. Default 100. */
  readonly callTimeoutMs?: number
  /** How long others wait for a process that has said that it loads a value, should it die, in milliseconds. Default 5 000. */
  readonly leaseMs?: number
  readonly log?: Log
}

// Words outlive every value that was kept under them.
const WORD_LIFE_MS = 2 * LONGEST_TTL_MS

/**
 * In Redis 5 or newer, by a client that the caller has made and will close: that of `redis`, or of `ioredis`. Everything of a tenant is in one slot, so
 * a cluster will do. Throws INPUT_INVALID on a namespace that cannot be used; nothing is sent yet.
 */
export function redisStore(client: RedisClient, options: RedisStoreOptions): CacheStore {
  const { namespace, callTimeoutMs = 100, leaseMs = 5_000, log = silent } = options
  if (!/^[A-Za-z0-9_-]{1,40}$/.test(namespace)) {
    throw fault('INPUT_INVALID', { issues: ['namespace must be at most 40 letters, digits, _ or -'] })
  }
  const line = createRedisLine(client, callTimeoutMs, log)
  const word = (): string => randomBytes(12).toString('hex')

  // The braces keep a tenant in one slot of a cluster. Only what cannot be mistaken for a delimiter may stand in them.
  const prefixOf = (id: string): string => {
    if (!/^[A-Za-z0-9-]{1,64}$/.test(id)) throw fault('CACHE_KEY_INVALID', { reason: 'the tenant has no id' })
    return `${namespace}:{${id}}:`
  }
  const keysOf = ({ tenant, entry, tags }: Place): readonly string[] => {
    const prefix = prefixOf(tenant.id)
    const name = `${tenant.epoch}:${entry}`
    return [`${prefix}value:${name}`, `${prefix}lease:${name}`, `${prefix}tenant`, ...tags.map((tag) => `${prefix}tag:${tag}`)]
  }

  const pay = async ({ tenant, tags }: Owed): Promise<boolean> => {
    const prefix = prefixOf(tenant.id)
    const reply =
      tags === undefined
        ? await line.run(VOID_TENANT, [`${prefix}tenant`], [tenant.epoch, word(), String(WORD_LIFE_MS)])
        : await line.run(
            VOID_TAGS,
            [...tags].map((tag) => `${prefix}tag:${tag}`),
            [word(), String(WORD_LIFE_MS)],
          )
    return reply !== undefined
  }
  const pending = createPending(pay)

  return {
    read: async (place): Promise<Reading> => {
      if (pending.has(place.tenant.id)) return { state: 'bypass' }
      const lease = word()
      const doubt = line.doubtMs()
      const words = [place.tenant.epoch, doubt === undefined ? '-1' : doubt.toFixed(0), lease, String(WORD_LIFE_MS), String(leaseMs)]
      const [state, stamp, text] = ((await line.run(READ, keysOf(place), words)) ?? []) as readonly [string?, string?, string?]
      // Something may have become owed while the question was under way.
      if (stamp === undefined || pending.has(place.tenant.id)) return { state: 'bypass' }
      if (state === 'hit') return { state, stamp, text: text! }
      if (state === 'wait') return { state, stamp }
      return { state: 'load', stamp, lease }
    },
    write: (place, text, { stamp, lease = '', ttlMs }) => {
      const life = Math.floor(Math.min(ttlMs, LONGEST_TTL_MS))
      void line.run(WRITE, keysOf(place), [place.tenant.epoch, stamp, lease, String(Math.max(life, 0)), text])
    },
    release: (place, stamp, lease) => void line.run(WRITE, keysOf(place), [place.tenant.epoch, stamp, lease, '0', '']),
    invalidate: async (tenant, tags) => {
      if (tags !== undefined && tags.length === 0) return
      if (!(await pay({ tenant, tags: tags === undefined ? undefined : new Set(tags) }))) pending.add(tenant, tags)
    },
    pending: pending.size,
    close: async () => {
      await pending.close()
      line.close()
    },
  }
}
