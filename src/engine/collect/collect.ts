import {
  type CollectedCluster,
  clustersOnServer,
  insertSamples,
  type NewSample,
  passedAt,
  type Readings,
  STEPS,
  takeTurn,
} from '../../catalog/samples.js'
import type { WatchedServer } from '../../catalog/watchdog.js'
import { askDatabases } from '../../isolation/collect/databases.js'
import { askReplicas, askSlots, type ReplicaReading } from '../../isolation/collect/replication.js'
import { askServer, type ServerReading } from '../../isolation/collect/server.js'
import { askVersion, majorOf } from '../../isolation/collect/versions.js'
import { systemClock } from '../../kernel/clock.js'
import { isFault } from '../../kernel/faults.js'
import type { Database } from '../../postgres/session.js'
import type { Platform } from '../platform.js'
import type { Eyes } from '../watch/eyes.js'

/** How samples are taken by one worker: its own connections, which only look. */
export interface Collector {
  readonly platform: Platform
  readonly eyes: Eyes
}

export interface Collected {
  /** Was it our turn? Of all workers one looks at a server in each step. */
  readonly taken: boolean
  /** Until the next step. */
  readonly restMs: number
  /** Why the server could not be asked. */
  readonly blind: string | undefined
}

const [STEP_S] = STEPS
const AWAY = ['SERVER_UNREACHABLE', 'LOGIN_REFUSED', 'CONNECTION_LOST'] as const

/** Looks at one server, if it is our turn, and keeps what is seen for each of its clusters. Throws when the catalog does not answer. */
export async function collectServer({ platform, eyes }: Collector, server: WatchedServer): Promise<Collected> {
  const { catalog } = platform
  const { at, restMs } = await catalog.one(takeTurn(server.systemId, 'server', STEP_S))
  if (at === null) return { taken: false, restMs, blind: undefined }
  const clusters = await catalog.rows(clustersOnServer(server.systemId))
  let samples: readonly NewSample[]
  let blind: string | undefined
  try {
    samples = await look(platform, eyes.on(server.adminRef), clusters)
  } catch (error) {
    blind = (error as Error).message
    // A question that one server cannot answer, or not in time, says nothing of whether it is up.
    const facts = { at: systemClock.now() / 1_000, of: { '': { up: 0 } } }
    samples = isFault(error, ...AWAY) ? clusters.map(({ id }) => ({ cluster: id, source: 'server', facts })) : []
  }
  await catalog.run(insertSamples(STEP_S, at, samples))
  return { taken: true, restMs, blind }
}

/** One question after the other, each a transaction of its own: nothing here holds back a vacuum. */
async function look(platform: Platform, server: Database, clusters: readonly CollectedCluster[]): Promise<readonly NewSample[]> {
  const major = majorOf((await server.one(askVersion)).version)
  const whole = await server.one(askServer(major))
  const databases = await server.rows(askDatabases([...new Set(clusters.flatMap((cluster) => cluster.databases))]))
  const replicas = await server.rows(askReplicas)
  const slots = await server.rows(askSlots(major))
  const lags = await lagsOf(platform, whole, replicas, clusters[0]).catch((error: Error) => {
    // The catalog's fault, and not the server's.
    platform.log.warn({ error: error.message }, 'how far replicas are behind is not known')
    return new Map<string, number | null>()
  })
  const { at } = whole
  const byName = (rows: readonly { readonly name: string; readonly facts: Readings }[]) =>
    Object.fromEntries(rows.map(({ name, facts }) => [name, facts]))
  return clusters.flatMap(({ id, databases: own }) => {
    const readings: readonly (readonly [source: string, of: Readonly<Record<string, Readings>>])[] = [
      ['server', { '': whole.facts }],
      ['databases', byName(databases.filter(({ name }) => own.includes(name)))],
      ['replicas', byName(replicas.map(({ name, facts }) => ({ name, facts: { ...facts, lag: lags.get(name) ?? null } })))],
      ['slots', byName(slots)],
    ]
    // What there is none of takes no room.
    return readings.filter(([, of]) => Object.keys(of).length > 0).map(([source, of]) => ({ cluster: id, source, facts: { at, of } }))
  })
}

/**
 * How old the data is that each replica shows, in seconds. The server measures it by what the replica confirms, and so tells nothing new of one that
 * stands still: it is as old as the first position in the WAL that it has not reached.
 */
async function lagsOf(
  { catalog }: Platform,
  { at, facts }: ServerReading,
  replicas: readonly ReplicaReading[],
  cluster: CollectedCluster | undefined,
): Promise<ReadonlyMap<string, number | null>> {
  const lags = new Map<string, number | null>()
  for (const { name, replayed, facts: own } of replicas) {
    const measured = typeof own.replayLag === 'number' ? own.replayLag : null
    if (replayed === null || cluster === undefined) lags.set(name, measured)
    else if (replayed >= Number(facts.wal)) lags.set(name, 0)
    else {
      const passed = (await catalog.one(passedAt(cluster.id, replayed))).at
      lags.set(name, passed === null ? (measured ?? 0) : Math.max(measured ?? 0, at - passed))
    }
  }
  return lags
}
