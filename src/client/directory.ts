import { askHost, askPurged, type HostAnswer, type Resolved } from '../catalog/resolve.js'
import { systemClock } from '../kernel/clock.js'
import { fault, isFault } from '../kernel/faults.js'
import { checkTenantRef } from '../kernel/identifiers.js'
import type { Log } from '../kernel/log.js'
import { addressOf } from '../postgres/connection.js'
import { sqlstate } from '../postgres/errors.js'
import type { Database } from '../postgres/session.js'
import { createCatalogLine } from './catalog-line.js'
import { createMemory } from './memory.js'
import type { Resolver } from './resolver.js'
import { createTurnstile } from './turnstile.js'

/** A tenant as the catalog lists it. */
export interface ListedTenant {
  readonly id: string
  readonly slug: string
  /** As it was last heard of: the tenant's database decides when a scope is opened. */
  readonly state: string
  /** The name of the service that it is, in place of a tenant; undefined in catalogs of older releases. */
  readonly service: string | null | undefined
  /** Grows with every change of placement or state. */
  readonly epoch: string
}

export interface RefOptions {
  /** What is known must be at most two seconds old, while the catalog answers. */
  readonly fresh?: boolean
  /** What is known must be at least at this epoch, if the catalog is. */
  readonly atLeast?: string
  /** The name is no stranger's word: it was signed, or is written in the application. Then it need not wait behind those that are. */
  readonly vouched?: boolean
}

/** Who is meant by a name. What it says may be some seconds old; the database checks every scope. */
export interface Directory {
  /**
   * By id or slug; undefined when there is no such tenant. Throws CATALOG_UNREACHABLE of tenants that are not known yet, DIRECTORY_BUSY when too many
   * such are asked for at once, SLUG_INVALID.
   */
  readonly byRef: (ref: string, options?: RefOptions) => Promise<ListedTenant | undefined>
  /** By a verified domain of theirs, in lower case and ASCII. Throws the same. */
  readonly byHost: (host: string) => Promise<ListedTenant | undefined>
  /**
   * Was the tenant of this id purged? Of one whom the catalog does not know, false: it may have been set back to before the tenant was made. Throws
   * CATALOG_UNREACHABLE, CATALOG_BEHIND.
   */
  readonly isPurged: (id: string) => Promise<boolean>
}

export interface DirectoryOptions {
  readonly catalog: Database
  readonly resolver: Resolver
  readonly log: Log
}

/** How long a change of domains, or of a tenant that is not active, may go unnoticed; and how long nobody is asked again for a name that is nobody's. */
export const NOTICED_WITHIN_MS = 2_000
// After so long without a word from the catalog a domain may have been given to another, and no database would notice.
const BELIEVED_FOR_MS = 3_600_000
// A catalog that has gone silent: whoever is known waits less long.
const PATIENCE_MS = 3_000
const PATIENCE_WHEN_KNOWN_MS = 1_000
const REMEMBERED = 50_000
// Names are the caller's to choose: those that nobody has heard of must not take the catalog away from those that are known.
const UNKNOWN_AT_ONCE = 16
const UNKNOWN_WAITING = 1_000

export function createDirectory({ catalog, resolver, log }: DirectoryOptions): Directory {
  // Of its own: what strangers ask for by host must not make placements look unreachable. By slug they ask as scopes do, through the resolver: one answer
  // serves both, and the turnstile bounds how many of them ask at once.
  const line = createCatalogLine(addressOf(catalog.config), log)
  const nobody = createMemory<number>(REMEMBERED)
  const seen = createMemory<true>(REMEMBERED)
  const hosts = createMemory<HostAnswer>(REMEMBERED)
  // Apart, so that made-up names push no known one out.
  const strangers = createMemory<HostAnswer>(REMEMBERED)
  // When each stamp was last seen: until then everything that was answered with it was true.
  const confirmed = createMemory<number>(REMEMBERED)
  const asked = new WeakMap<Resolved, number>()
  let stamp: { readonly value: string; readonly at: number } | undefined
  let stamping: Promise<void> | undefined
  const turnstile = createTurnstile(UNKNOWN_AT_ONCE)
  const askingHosts = new Map<string, Promise<HostAnswer>>()
  let failing = false

  const admitted = async <T>(isKnown: boolean, question: () => Promise<T>): Promise<T> => {
    if (isKnown) return question()
    if (turnstile.waiting() >= UNKNOWN_WAITING) throw fault('DIRECTORY_BUSY', { waiting: UNKNOWN_WAITING })
    return turnstile.through(question)
  }

  const find = async (ref: string, vouched: boolean): Promise<Resolved | undefined> => {
    try {
      return await admitted(vouched || seen.get(ref) === true, async () => {
        const found = resolver.resolve(ref)
        if (!(found instanceof Promise)) return found
        const place = await found
        asked.set(place, systemClock.now())
        return place
      })
    } catch (error) {
      if (isFault(error, 'TENANT_NOT_FOUND', 'TENANT_RENAMED')) return undefined
      throw error
    }
  }

  const byRef: Directory['byRef'] = async (ref, { fresh = false, atLeast, vouched = false } = {}) => {
    checkTenantRef(ref)
    // What strangers have asked for must not hide a tenant that was made since from those who know of it.
    if (!fresh && !vouched && (nobody.get(ref) ?? 0) > systemClock.now()) return undefined
    let place = await find(ref, vouched)
    const isOld = place !== undefined && (asked.get(place) ?? 0) + NOTICED_WITHIN_MS <= systemClock.now()
    const isBehind = place !== undefined && atLeast !== undefined && BigInt(place.epoch) < BigInt(atLeast)
    if (place !== undefined && ((isOld && (fresh || place.state !== 'active')) || isBehind)) place = await again(ref, place)
    if (place === undefined) {
      nobody.set(ref, systemClock.now() + NOTICED_WITHIN_MS)
      return undefined
    }
    nobody.forget(ref)
    seen.set(ref, true)
    const service = place.track === 'tenant' ? null : place.track
    return { id: place.tenant, slug: place.slug, state: place.state, service, epoch: place.epoch }
  }

  const again = async (ref: string, than: Resolved): Promise<Resolved | undefined> => {
    try {
      const place = await resolver.refresh(ref, than)
      asked.set(place, systemClock.now())
      return place
    } catch (error) {
      if (isFault(error, 'TENANT_NOT_FOUND', 'TENANT_RENAMED')) return undefined
      if (isFault(error, 'CATALOG_UNREACHABLE')) return than
      throw error
    }
  }

  const question = async (host: string | null, patienceMs: number): Promise<HostAnswer> => {
    const at = systemClock.now()
    const answer = await line.ask(host ?? 'of a known host', () => orOlder(() => catalog.one(askHost(host))), patienceMs)
    if (answer === undefined) throw fault('CATALOG_BEHIND', { found: 16, missing: ['0017_hosts'] })
    const { found } = answer
    if ((confirmed.get(found.stamp) ?? 0) < at) confirmed.set(found.stamp, at)
    // It was true at some moment since `at`.
    if (stamp === undefined || stamp.at <= at) stamp = { value: found.stamp, at }
    return found
  }

  /** Has any domain changed? Asked once for all hosts. While the catalog is down, nobody who is known waits for it. */
  const freshen = async (): Promise<void> => {
    const now = systemClock.now()
    if (stamp !== undefined && now < stamp.at + NOTICED_WITHIN_MS) return
    const isBelieved = stamp !== undefined && now < stamp.at + BELIEVED_FOR_MS
    if (isBelieved && line.isDown()) return
    const isProbe = isBelieved && failing
    stamping ??= question(null, PATIENCE_WHEN_KNOWN_MS)
      .then(
        () => {
          failing = false
        },
        (error: unknown) => {
          failing = true
          if (!isFault(error, 'CATALOG_UNREACHABLE') || !isBelieved) throw error
        },
      )
      .finally(() => {
        stamping = undefined
      })
    if (isProbe) stamping.catch(() => {})
    else await stamping
  }

  /** Whose it is may be believed for a while, but not that it is nobody's: it may have been verified since. */
  const mayStand = ({ tenant, stamp }: HostAnswer): boolean =>
    tenant !== null && systemClock.now() < (confirmed.get(stamp) ?? 0) + BELIEVED_FOR_MS

  const lookUp = (host: string, known: HostAnswer | undefined): Promise<HostAnswer> => {
    const already = askingHosts.get(host)
    if (already !== undefined) return already
    const patienceMs = known !== undefined && mayStand(known) ? PATIENCE_WHEN_KNOWN_MS : PATIENCE_MS
    const asking = admitted(hosts.get(host) !== undefined, () => question(host, patienceMs))
      .then((found) => {
        const isSomebodys = found.tenant !== null
        if (!isSomebodys) hosts.forget(host)
        ;(isSomebodys ? hosts : strangers).set(host, found)
        return found
      })
      .catch((error: unknown) => {
        // Some domain has changed since it was answered, most likely another one; the catalog cannot say which.
        if (known !== undefined && mayStand(known) && isFault(error, 'CATALOG_UNREACHABLE')) return known
        throw error
      })
      .finally(() => askingHosts.delete(host))
    askingHosts.set(host, asking)
    return asking
  }

  return {
    byRef,
    isPurged: async (id) => {
      const found = await line.ask(id, () => orOlder(() => catalog.one(askPurged(id))), PATIENCE_MS)
      if (found === undefined) throw fault('CATALOG_BEHIND', { found: 16, missing: ['0017_hosts'] })
      return found.purged
    },
    byHost: async (host) => {
      const known = hosts.get(host) ?? strangers.get(host)
      if (known !== undefined) await freshen()
      const { tenant } = known !== undefined && known.stamp === stamp?.value ? known : await lookUp(host, known)
      return tenant === null ? undefined : byRef(tenant)
    },
  }
}

/** Undefined: the catalog is of an older release. */
async function orOlder<T>(question: () => Promise<T>): Promise<T | undefined> {
  try {
    return await question()
  } catch (error) {
    if (sqlstate(error) === '42883') return undefined
    throw error
  }
}
