import { findCluster } from '../../catalog/clusters.js'
import { databasesOnServer, tenantsByScopeKey, type WatchedServer, type WatchedTenant, watchedServers } from '../../catalog/watchdog.js'
import type { Activity } from '../../isolation/collect/activity.js'
import { systemClock } from '../../kernel/clock.js'
import { fault, isFault } from '../../kernel/faults.js'
import { addressOf } from '../../postgres/connection.js'
import { type Platform, serverOf } from '../platform.js'
import { ANSWER_MS, type Eyes, openEyes } from '../watch/eyes.js'

export const APPLICATION_NAME = 'tenantry activity'

export interface Server {
  readonly facts: WatchedServer
  readonly eyes: Eyes
  /** The cluster that a database of the server belongs to; undefined for those that hold no tenants of ours. */
  readonly clusterOf: (database: string | null) => string | undefined
  /** Is it in a database of the platform, or of a login of its? What others do on the same server is theirs. */
  readonly isOurs: (session: Pick<Activity, 'database' | 'platform'>) => boolean
}

export interface Seen<T> {
  readonly data: readonly T[]
  /** Clusters that could not be looked at, and why. */
  readonly unseen: readonly { readonly cluster: string; readonly code: string; readonly reason: string }[]
}

const looking = new WeakMap<Platform, { readonly eyes: Eyes; lookers: number }>()

/** One set of connections for all who look in the same moment: one to each database, for which they queue. However many ask, the server keeps its room. */
async function withEyes<T>(platform: Platform, look: (eyes: Eyes) => Promise<T>): Promise<T> {
  const shared = looking.get(platform) ?? {
    eyes: openEyes(platform, APPLICATION_NAME, { onlyLooks: true, queueMs: ANSWER_MS }),
    lookers: 0,
  }
  looking.set(platform, shared)
  shared.lookers++
  try {
    return await look(shared.eyes)
  } finally {
    shared.lookers--
    if (shared.lookers === 0) {
      looking.delete(platform)
      await shared.eyes.close()
    }
  }
}

/**
 * Looks at every server, or at that of one cluster, once, by connections of its own: it must not queue behind the work that is looked at. A server that does
 * not answer within 3 s, those included in which others are served, keeps nobody from seeing the others. Throws CLUSTER_NOT_FOUND.
 */
export async function onServers<T>(
  platform: Platform,
  cluster: string | undefined,
  look: (server: Server) => Promise<readonly T[]>,
): Promise<Seen<T>> {
  const servers = await serversOf(platform, cluster)
  const looks = await Promise.all(
    servers.map(async (facts): Promise<Seen<T>> => {
      const databases = new Map((await platform.catalog.rows(databasesOnServer(facts.systemId))).map((row) => [row.database, row.cluster]))
      const clusterOf: Server['clusterOf'] = (database) => databases.get(database ?? '')
      const isOurs: Server['isOurs'] = (session) =>
        session.platform || clusterOf(session.database) !== undefined || session.database === platform.config.catalog.database
      try {
        // The connections stay until the look has ended, also when nobody waits for it any more.
        const looking = withEyes(platform, (eyes) => look({ facts, eyes, clusterOf, isOurs }))
        return { data: await inTime(platform, facts, looking), unseen: [] }
      } catch (error) {
        return {
          data: [],
          unseen: [{ cluster: facts.cluster, code: isFault(error) ? error.code : 'INTERNAL', reason: (error as Error).message }],
        }
      }
    }),
  )
  return { data: looks.flatMap(({ data }) => data), unseen: looks.flatMap(({ unseen }) => unseen) }
}

/** Throws SERVER_UNREACHABLE when it takes too long, however little of that is its own. */
async function inTime<T>({ config, secrets }: Platform, { adminRef }: WatchedServer, looking: Promise<T>): Promise<T> {
  const over = new AbortController()
  const late = systemClock.sleep(ANSWER_MS, over.signal).then(() => {
    throw fault('SERVER_UNREACHABLE', {
      server: addressOf(serverOf(config, secrets, adminRef)),
      reason: `no answer within ${ANSWER_MS / 1_000} s`,
    })
  })
  late.catch(() => {})
  try {
    return await Promise.race([looking, late])
  } finally {
    over.abort()
  }
}

/** The server of one cluster. Throws CLUSTER_NOT_FOUND. */
export async function onServer<T>(platform: Platform, cluster: string, act: (facts: WatchedServer, eyes: Eyes) => Promise<T>): Promise<T> {
  const [facts] = await serversOf(platform, cluster)
  if (facts === undefined) throw fault('CLUSTER_NOT_FOUND', { cluster })
  const eyes = openEyes(platform, APPLICATION_NAME)
  try {
    return await act(facts, eyes)
  } finally {
    await eyes.close()
  }
}

async function serversOf({ catalog }: Platform, cluster: string | undefined): Promise<readonly WatchedServer[]> {
  const servers = await catalog.rows(watchedServers)
  if (cluster === undefined) return servers
  const found = await catalog.maybe(findCluster(cluster))
  if (found === undefined) throw fault('CLUSTER_NOT_FOUND', { cluster })
  return servers.filter(({ systemId }) => systemId === found.systemId)
}

/** Whose a session is, by the scopes that it holds: nobody's where it holds none, or several, which only somebody does who has come around the library. */
export async function tenantsOfScopes(
  { catalog }: Platform,
  sessions: readonly { readonly keys: readonly string[] }[],
): Promise<(keys: readonly string[]) => WatchedTenant | undefined> {
  const keys = [...new Set(sessions.flatMap((session) => session.keys))]
  const known = keys.length === 0 ? [] : await catalog.rows(tenantsByScopeKey(keys))
  const byKey = new Map(known.map((tenant) => [tenant.key, tenant]))
  return (held) => {
    const own = held.flatMap((key) => byKey.get(key) ?? [])
    return own.length === 1 ? own[0] : undefined
  }
}
