import { clusterOfDatabase, type LimitBounds, tenantsByScopeKey, type WatchedServer, type WatchedTenant } from '../../catalog/watchdog.js'
import { rolePrefix } from '../../isolation/doctor/finding.js'
import { judge, MARGIN_MS, type Verdict, type WatchLimits } from '../../isolation/watch/judge.js'
import { type BlockingLock, type Look, lookAt, placesOf, type TablePlace, type WatchedSession } from '../../isolation/watch/look.js'
import type { Platform } from '../platform.js'
import type { Eyes } from './eyes.js'
import { soon } from './soon.js'

/** A session that is to be stopped. */
export interface Offender {
  readonly cluster: string
  readonly session: WatchedSession
  readonly verdict: Verdict
  /** Undefined where the session is in no tenant's scope, or in several. */
  readonly tenant: WatchedTenant | undefined
}

/** For how long others wait because of a lock of a session, in milliseconds. */
export type Held = (session: WatchedSession, lock: BlockingLock) => number

export interface Watched {
  readonly look: Look
  /** Databases that did not say which tables are locked there: of their locks nothing is known. */
  readonly unseen: readonly string[]
  readonly offenders: readonly Offender[]
}

/** Looks at a server once, and says who is to be stopped there, and for what. Changes nothing. */
export async function findOffenders(
  platform: Platform,
  server: WatchedServer,
  eyes: Eyes,
  bounds: LimitBounds,
  held: Held = (_, lock) => lock.waitedMs,
): Promise<Watched> {
  const { limits } = platform.config
  const look = await eyes.on(server.adminRef).one(
    lookAt({
      prefix: rolePrefix(platform.id),
      statementMs: least(bounds.leastStatementMs, limits.statementTimeoutMs) + MARGIN_MS,
      idleMs: least(bounds.leastIdleMs, limits.idleTimeoutMs) + MARGIN_MS,
      superuser: server.hardened,
    }),
  )
  if (look.sessions.length === 0) return { look, unseen: [], offenders: [] }
  const keys = [...new Set(look.sessions.flatMap((session) => session.keys))]
  const known = keys.length === 0 ? [] : await soon(platform.catalog.rows(tenantsByScopeKey(keys)))
  const { places, unseen } = await placesOfLocks(server, eyes, look.sessions)
  const judged = look.sessions.map(async (session): Promise<Offender | undefined> => {
    const own = known?.filter(({ key }) => session.keys.includes(key)) ?? []
    const tenant = own.length === 1 ? own[0] : undefined
    // Whose session it is can only not be said while the catalog is silent: nobody is held to another's limits then.
    const allowed = known === undefined && session.keys.length > 0 ? mostGenerous(platform, bounds) : limitsOf(platform, tenant)
    const verdict = judge(session, allowed, places.get(session.database) ?? [], (lock) => held(session, lock))
    if (verdict === undefined) return undefined
    const named = await soon(platform.catalog.maybe(clusterOfDatabase(server.systemId, session.database)))
    return { cluster: named?.cluster ?? server.cluster, session, verdict, tenant }
  })
  return { look, unseen, offenders: (await Promise.all(judged)).filter((one) => one !== undefined) }
}

const least = (one: number | null, other: number): number => Math.min(one ?? other, other)
const most = (one: number | null, other: number): number => Math.max(one ?? other, other)

const limitsOf = ({ config: { limits } }: Platform, tenant: WatchedTenant | undefined): WatchLimits => ({
  statementMs: tenant?.statementTimeoutMs ?? limits.statementTimeoutMs,
  idleMs: tenant?.idleTimeoutMs ?? limits.idleTimeoutMs,
  lockMs: tenant?.lockTimeoutMs ?? limits.lockTimeoutMs,
})

const mostGenerous = ({ config: { limits } }: Platform, bounds: LimitBounds): WatchLimits => ({
  statementMs: most(bounds.mostStatementMs, limits.statementTimeoutMs),
  idleMs: most(bounds.mostIdleMs, limits.idleTimeoutMs),
  lockMs: most(bounds.mostLockMs, limits.lockTimeoutMs),
})

/**
 * Tables are known by number within their database: what they are called, and whose home they are in, is asked there. Of a database that does not answer
 * nothing is known, and its locks are nobody's offence for now; the others are looked at all the same.
 */
async function placesOfLocks(
  server: WatchedServer,
  eyes: Eyes,
  sessions: readonly WatchedSession[],
): Promise<{ readonly places: ReadonlyMap<string, readonly TablePlace[]>; readonly unseen: readonly string[] }> {
  const relations = new Map<string, Set<string>>()
  for (const { database, locks } of sessions) {
    const found = relations.get(database) ?? new Set()
    for (const { relation } of locks) found.add(relation)
    if (found.size > 0) relations.set(database, found)
  }
  const unseen: string[] = []
  const places = [...relations].map(async ([database, found]): Promise<readonly [string, readonly TablePlace[]]> => {
    try {
      return [database, await eyes.on(server.adminRef, database).rows(placesOf([...found]))]
    } catch (error) {
      unseen.push(`${database}: ${(error as Error).message}`)
      return [database, []]
    }
  })
  return { places: new Map(await Promise.all(places)), unseen }
}
