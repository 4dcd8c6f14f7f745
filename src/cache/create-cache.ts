import type { TenantIdentity } from '../client/after-commit.js'
import type { Scope } from '../client/scope.js'
import type { TenantHandle } from '../client/tenantry.js'
import type { Sql } from '../kernel/sql.js'
import { type CacheCodec, jsonCodec } from './codec.js'
import { createFlights, createFreshFlights } from './flights.js'
import { checkTags, placeOf, tagOf } from './key.js'
import { awaitOther, type Loading, loadAndKeep, loadFresh } from './load.js'
import type { CacheStore, Reading } from './store.js'

export interface CacheOptions {
  /** `redisStore(…)` or `memoryStore(…)`. */
  readonly store: CacheStore
  /**
   * How long a value is kept at most, in milliseconds; a day is the longest. It is also how long something stale can be answered in the cases that no
   * cache can notice: a process that dies between its commit and its invalidation, a write that names no tag. Default 60 000.
   */
  readonly ttlMs?: number
  /** Values with more characters than this are answered and not kept. Default 1 million. */
  readonly maxValueSize?: number
  /** How long to wait for another process that loads the same value, in milliseconds, before loading it too. Default 500. */
  readonly waitMs?: number
  /** Default: JSON that keeps dates, bytes and bigint. */
  readonly codec?: CacheCodec
}

export interface KeptOptions<T> {
  /** Names of what the value is made from, such as tables: when one is made void, so is the value. */
  readonly tags?: readonly string[]
  /** Instead of the cache's, in milliseconds; of each value if a function. 0 keeps nothing. */
  readonly ttlMs?: number | ((value: T) => number)
  /** The answer is the same for all actors of the tenant: they share it, and the loader's scope has no actor. Default false: each has its own. */
  readonly shared?: boolean
}

export interface Question<T> extends KeptOptions<T> {
  /** What is asked, in full: a text, or a list of texts, numbers, dates, plain objects. Tenant and actor come from the handle. */
  readonly key: unknown
}

/** The cache of one tenant. Of another's values it can find none, whatever the key is. */
export interface TenantCache {
  /**
   * What is kept under the key, or what `load` answers: in a read-only scope of its own with the handle's actor and no request, once at a time. The
   * answer is a copy of the caller's own, hit or not. Inside of a scope of the tenant nothing is looked up and nothing kept: `load` is given that
   * scope. Throws what `load` and the scope throw (that is kept by nobody), CACHE_KEY_INVALID, CACHE_VALUE_INVALID.
   */
  readonly get: <T>(question: Question<T>, load: (scope: Scope) => PromiseLike<T>) => Promise<T>
  /** The rows of a statement; its text and values are the key. */
  readonly query: <Row>(statement: Sql<Row>, options?: KeptOptions<readonly Row[]>) => Promise<readonly Row[]>
  /** Makes void what has one of the tags: now, or after the commit of the scope that is open around the call. */
  readonly invalidate: (tags: readonly string[]) => Promise<void>
  /** As `invalidate`, of everything that is kept of the tenant, in one step. */
  readonly drop: () => Promise<void>
}

export interface Cache {
  readonly of: (handle: TenantHandle) => TenantCache
  /**
   * Makes void what has one of the tags when the scope has committed, and not at all when it is rolled back. Whoever waits for `transaction` finds it done,
   * or passed by until it is.
   */
  readonly invalidate: (scope: Scope, tags: readonly string[]) => void
  /** As `invalidate`, of everything that is kept of the tenant. */
  readonly drop: (scope: Scope) => void
  /** Since the start. `pending`: tenants whose invalidation has not reached the store; a number that stays means that it cannot be reached. */
  readonly counts: () => { readonly hits: number; readonly loads: number; readonly bypasses: number; readonly pending: number }
  /** Sends what is still to be made void. Closes nothing that it was given. */
  readonly close: () => Promise<void>
}

/** A cache whose keys carry the tenant and its epoch. One per process. */
export function createCache(options: CacheOptions): Cache {
  const { store, ttlMs = 60_000, maxValueSize = 1_000_000, waitMs = 500, codec = jsonCodec } = options
  const limits = { codec, maxValueSize, waitMs }
  const flights = createFlights()
  const freshFlights = createFreshFlights()
  const counts = { hits: 0, loads: 0, bypasses: 0 }

  /** Undefined when it is none that this process can read: torn, or written otherwise under the same version. */
  const decoded = <T>(text: string): { readonly value: T } | undefined => {
    try {
      return { value: codec.decode(text) as T }
    } catch {
      return undefined
    }
  }

  const answerOf = async <T>(place: ReturnType<typeof placeOf>, loading: Loading<T>): Promise<T> => {
    const bypass = (): Promise<string> => {
      counts.bypasses++
      return freshFlights.join(place.entry, async () => (await loadFresh(loading, place, limits)).text)
    }
    const load = async (first: Reading): Promise<string> => {
      const reading = await awaitOther(store, place, first, waitMs)
      if (reading.state === 'hit' && decoded(reading.text) !== undefined) return reading.text
      if (reading.state === 'bypass') return (await loadFresh(loading, place, limits)).text
      counts.loads++
      return loadAndKeep(store, place, reading, loading, limits)
    }
    const reading = await store.read(place)
    if (reading.state === 'bypass') return codec.decode(await bypass()) as T
    const found = reading.state === 'hit' ? decoded<T>(reading.text) : undefined
    if (found === undefined) return codec.decode(await flights.join(`${place.entry} ${reading.stamp}`, () => load(reading))) as T
    counts.hits++
    return found.value
  }

  const invalidate = (scope: Scope, tags: readonly string[] | undefined): void => {
    const names = tags === undefined ? undefined : [...checkTags(tags)]
    // Also when nobody knows whether it has committed: to make void once too often costs a load.
    scope.afterCommit((tenant) => voidNow(tenant, names), { orUnknown: true })
  }
  const voidNow = (tenant: TenantIdentity, names: readonly string[] | undefined): Promise<void> =>
    store.invalidate(
      tenant,
      names?.map((name) => tagOf(tenant, name)),
    )

  const of = (handle: TenantHandle): TenantCache => {
    const get = async <T>(
      kind: string,
      { key, tags = [], ttlMs: own = ttlMs, shared = false }: Question<T>,
      load: (scope: Scope) => PromiseLike<T>,
    ): Promise<T> => {
      const actor = shared ? '' : (handle.options.actor ?? '')
      const place = placeOf(await handle.identity(), { actor, kind, key, tags, codec: codec.version })
      const around = await handle.scope()
      // What it has written, nobody else may see; and what others have, it may be too old to see.
      if (around !== undefined) return codec.decode(codec.encode(await load(around))) as T
      return answerOf(place, { handle, load, ttlMs: typeof own === 'function' ? own : () => own })
    }
    const makeVoid = async (tags: readonly string[] | undefined): Promise<void> => {
      const around = await handle.scope()
      if (around !== undefined) return invalidate(around, tags)
      const tenant = await handle.identity()
      await voidNow(tenant, tags === undefined ? undefined : checkTags(tags))
    }
    return {
      get: (question, load) => get('key', question, load),
      query: (statement, kept) => get('sql', { ...kept, key: [statement.text, statement.values] }, (scope) => scope.rows(statement)),
      invalidate: async (tags) => makeVoid(checkTags(tags)),
      drop: () => makeVoid(undefined),
    }
  }

  return {
    of,
    invalidate: (scope, tags) => invalidate(scope, checkTags(tags)),
    drop: (scope) => invalidate(scope, undefined),
    counts: () => ({ ...counts, pending: store.pending() }),
    close: () => store.close(),
  }
}
