import { RESOLVING, type Renamed, type Resolved } from '../catalog/resolve.js'
import { jitter, systemClock } from '../kernel/clock.js'
import { fault, isFault } from '../kernel/faults.js'
import type { Log } from '../kernel/log.js'
import { addressOf } from '../postgres/connection.js'
import { sqlstate } from '../postgres/errors.js'
import type { Database } from '../postgres/session.js'
import { createCatalogLine } from './catalog-line.js'

/**
 * Finds out where a tenant lives, and remembers it. What it remembers may be stale: the database checks every entry. While the catalog is down nothing
 * is forgotten, and only CATALOG_UNREACHABLE is told of tenants that are not known.
 */
export interface Resolver {
  readonly resolve: (ref: string) => Resolved | Promise<Resolved>
  /** Asks the catalog again, unless somebody has since `than` was learnt. */
  readonly refresh: (ref: string, than: Resolved) => Promise<Resolved>
  /** The home's database said that its schema is at another version. */
  readonly learnVersion: (ref: string, than: Resolved, version: string) => Resolved
}

// A catalog that has gone silent: those who know where to go wait less long than those who do not.
const PATIENCE_MS = 3_000
const PATIENCE_WHEN_KNOWN_MS = 1_000

interface Entry {
  readonly resolved: Resolved
  readonly until: number
}

export function createResolver(catalog: Database, options: { readonly ttlMs: number; readonly size: number; readonly log: Log }): Resolver {
  // In the order of use: the first is the one to forget.
  const entries = new Map<string, Entry>()
  const asking = new Map<string, Promise<Resolved>>()

  const line = createCatalogLine(addressOf(catalog.config), options.log)

  const remember = (ref: string, resolved: Resolved, forMs = options.ttlMs): Resolved => {
    entries.delete(ref)
    entries.set(ref, { resolved, until: systemClock.now() + forMs })
    if (entries.size > options.size) entries.delete(entries.keys().next().value!)
    return resolved
  }

  const lookUp = async (ref: string): Promise<Resolved | Renamed | null> => {
    for (let i = 0; ; i++) {
      try {
        return (await catalog.one(RESOLVING[i]!(ref))).found
      } catch (error) {
        if (sqlstate(error) !== '42883' || i === RESOLVING.length - 1) throw error
      }
    }
  }

  const ask = (ref: string, patienceMs = PATIENCE_MS): Promise<Resolved> => {
    const already = asking.get(ref)
    if (already !== undefined) return already
    const promise = (async () => {
      const found = await line.ask(ref, () => lookUp(ref), patienceMs)
      if (found !== null && !('renamed' in found)) return remember(ref, found)
      entries.delete(ref)
      if (found === null) throw fault('TENANT_NOT_FOUND', { tenant: ref })
      if (!found.redirects) throw fault('TENANT_RENAMED', { tenant: ref, slug: found.renamed })
      const place = await line.ask(ref, () => lookUp(found.id), patienceMs)
      if (place === null || 'renamed' in place) throw fault('TENANT_NOT_FOUND', { tenant: ref })
      options.log.warn({ tenant: ref, slug: found.renamed }, 'the tenant was renamed; use its new slug, or its id')
      return remember(ref, place)
    })().finally(() => asking.delete(ref))
    asking.set(ref, promise)
    return promise
  }

  // Another object, so that what was learnt of this one is learnt anew. Each for another while: when the catalog is back, not all ask at once.
  const keep = (ref: string, { resolved }: Entry): Resolved => remember(ref, { ...resolved }, options.ttlMs * 0.75 * jitter(0.25))

  const resolve = (ref: string): Resolved | Promise<Resolved> => {
    const entry = entries.get(ref)
    if (entry === undefined) return ask(ref)
    if (entry.until > systemClock.now()) return entry.resolved
    if (line.isDown()) return keep(ref, entry)
    return ask(ref, PATIENCE_WHEN_KNOWN_MS).catch((error: unknown) => {
      // A catalog that is down stops nobody who was known before: the local placement decides anyway.
      if (!isFault(error, 'CATALOG_UNREACHABLE')) throw error
      return keep(ref, entry)
    })
  }

  return {
    resolve,
    refresh: async (ref, than) => {
      const entry = entries.get(ref)
      return entry !== undefined && entry.resolved !== than ? entry.resolved : ask(ref)
    },
    learnVersion: (ref, than, version) => remember(ref, { ...than, version }),
  }
}
