import type { Scope } from '../client/scope.js'
import type { TenantHandle } from '../client/tenantry.js'
import { jitter, stopwatch, systemClock } from '../kernel/clock.js'
import type { CacheCodec } from './codec.js'
import type { Place } from './key.js'
import type { CacheStore, Reading } from './store.js'

/** How one value is loaded and kept. */
export interface Loading<T> {
  readonly handle: TenantHandle
  readonly load: (scope: Scope) => PromiseLike<T>
  readonly ttlMs: (value: T) => number
}

export interface Limits {
  readonly codec: CacheCodec
  readonly maxValueSize: number
  readonly waitMs: number
}

interface Loaded<T> {
  readonly text: string
  readonly value: T
  /** Was it read in the scope, and is it the tenant's that the place belongs to? */
  readonly own: boolean
}

/**
 * Loads in a scope of its own that is read-only and begins after the stamp was read. So it never sees what is not committed, nor less than what had been
 * committed when the stamp was read. That holds only for what was read in this very scope: an id where the slug should be is one that never entered.
 */
export async function loadFresh<T>({ handle, load }: Loading<T>, place: Place, { codec }: Limits): Promise<Loaded<T>> {
  return handle.transaction(
    async (scope) => {
      const value = await load(scope)
      const { id, slug } = scope.tenant
      return { text: codec.encode(value), value, own: id === place.tenant.id && slug !== id }
    },
    // Said in full: where a scope is open around this one, and would be joined, it must be one that fulfils what is said above. The actor is that of the
    // place, and the request nobody's, since the answer is for other requests too.
    { readOnly: true, isolation: 'read committed', actor: place.actor, request: '' },
  )
}

export async function loadAndKeep<T>(
  store: CacheStore,
  place: Place,
  reading: Exclude<Reading, { readonly state: 'bypass' }>,
  loading: Loading<T>,
  limits: Limits,
): Promise<string> {
  const lease = reading.state === 'load' ? reading.lease : undefined
  try {
    const { text, value, own } = await loadFresh(loading, place, limits)
    const ttlMs = own && text.length <= limits.maxValueSize ? loading.ttlMs(value) : 0
    if (ttlMs > 0) store.write(place, text, { stamp: reading.stamp, lease, ttlMs: ttlMs * (1 - Math.abs(1 - jitter(0.1))) })
    else if (lease !== undefined) store.release(place, reading.stamp, lease)
    return text
  } catch (error) {
    if (lease !== undefined) store.release(place, reading.stamp, lease)
    throw error
  }
}

const FIRST_PAUSE_MS = 5
const LONGEST_PAUSE_MS = 50

/** Somebody else loads it: looks again until it is there, until nobody loads it any more, or until that takes too long. */
export async function awaitOther(store: CacheStore, place: Place, first: Reading, waitMs: number): Promise<Reading> {
  const waited = stopwatch()
  let reading = first
  for (let pause = FIRST_PAUSE_MS; reading.state === 'wait' && waited() < waitMs; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    await systemClock.sleep(pause * jitter())
    reading = await store.read(place)
  }
  return reading
}
