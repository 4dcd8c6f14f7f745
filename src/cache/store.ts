import type { TenantIdentity } from '../client/after-commit.js'
import type { Place } from './key.js'

/**
 * What a store knows of a place. A `stamp` stands for everything that was not void when it was read: what is kept under it is found until the first of
 * its tags, or the tenant as a whole, is made void, whenever it was kept.
 */
export type Reading =
  | { readonly state: 'hit'; readonly text: string; readonly stamp: string }
  /** Nothing there, and the reader is the one to load it. */
  | { readonly state: 'load'; readonly stamp: string; readonly lease: string }
  /** Nothing there, and somebody else loads it. */
  | { readonly state: 'wait'; readonly stamp: string }
  /** The store cannot tell, or must not be believed: load, and keep nothing. */
  | { readonly state: 'bypass' }

export interface WriteOptions {
  readonly stamp: string
  /** Given back with the value. */
  readonly lease: string | undefined
  readonly ttlMs: number
}

/** Where values are kept. None of these throws: a store that fails is passed by. */
export interface CacheStore {
  readonly read: (place: Place) => Promise<Reading>
  readonly write: (place: Place, text: string, options: WriteOptions) => void
  /** Gives a lease back without a value. */
  readonly release: (place: Place, stamp: string, lease: string) => void
  /** Makes void what has one of the tags, or (undefined) all that is the tenant's. Answers when it is so, or when it is remembered to be done. */
  readonly invalidate: (tenant: TenantIdentity, tags: readonly string[] | undefined) => Promise<void>
  /** Tenants whose invalidation has not reached the store yet. */
  readonly pending: () => number
  readonly close: () => Promise<void>
}

/** The longest that anything is kept. */
export const LONGEST_TTL_MS = 86_400_000
