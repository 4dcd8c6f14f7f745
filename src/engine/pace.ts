import { stopwatch } from '../kernel/clock.js'
import { humanDuration } from '../kernel/durations.js'
import { sql } from '../kernel/sql.js'
import type { Database } from '../postgres/session.js'
import type { PaceLimits } from './pace-config.js'
import type { Platform } from './platform.js'

interface Replica {
  readonly name: string
  readonly replayed: number
  readonly lagMs: number | null
}

interface Sample {
  /** Positions in the WAL are bytes since its beginning. */
  readonly wal: number
  readonly clients: number
  readonly room: number
  readonly replicas: readonly Replica[]
}

const look = sql<Sample>`
  select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 as wal,
         (select count(*) from pg_stat_activity where backend_type = 'client backend')::int as clients,
         current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
           - coalesce(current_setting('reserved_connections', true), '0')::int as room,
         coalesce((
           select jsonb_agg(jsonb_build_object(
             'name', coalesce(nullif(application_name, ''), client_addr::text, pid::text),
             'replayed', pg_wal_lsn_diff(replay_lsn, '0/0')::float8,
             'lagMs', (extract(epoch from replay_lag) * 1000)::float8))
           from pg_stat_replication
           where replay_lsn is not null), '[]') as replicas`

// A commit that changes nothing, but must be as safe as any other: it tells how long those of tenants take.
const commit = sql`select pg_logical_emit_message(true, 'tenantry', '')`

const SAMPLE_MS = 1_000
const REMEMBERED = 600

/** A cluster, and how its administrator gets there. */
export interface PacedCluster {
  readonly name: string
  readonly adminRef: string
}

export interface Pace {
  /** What the next item on this cluster has to wait for, in words; undefined when nothing is in its way. Asks the cluster once a second at most. */
  readonly holds: (cluster: PacedCluster) => Promise<string | undefined>
}

export function createPace(platform: Platform, limits: PaceLimits = platform.config.pace): Pace {
  const watches = new Map<string, () => Promise<string | undefined>>()
  return {
    holds: (cluster) => {
      let watch = watches.get(cluster.name)
      if (watch === undefined) {
        watch = watchCluster(platform, cluster, limits)
        watches.set(cluster.name, watch)
      }
      return watch()
    },
  }
}

function watchCluster(platform: Platform, { name, adminRef }: PacedCluster, limits: PaceLimits): () => Promise<string | undefined> {
  const judge = judgeOf(name, limits)
  const elapsed = stopwatch()
  let sampledAt = Number.NEGATIVE_INFINITY
  let sampling: Promise<void> | undefined
  let verdict: string | undefined
  let blind = false
  const sample = async (): Promise<void> => {
    try {
      const database = platform.connect(adminRef)
      const found = await database.one(look)
      verdict = judge(found, elapsed(), await commitTime(database, limits))
    } catch (error) {
      // Without the right to look, or without the cluster: what is wrong with it the items will say themselves.
      verdict = undefined
      if (!blind) platform.log.warn({ cluster: name, error: (error as Error).message }, 'the load of a cluster cannot be looked at')
      blind = true
    }
    sampledAt = elapsed()
  }
  return async () => {
    if (elapsed() - sampledAt >= SAMPLE_MS)
      sampling ??= sample().finally(() => {
        sampling = undefined
      })
    await sampling
    return verdict
  }
}

async function commitTime(database: Database, { commitMs }: PaceLimits): Promise<number> {
  if (commitMs === undefined) return 0
  const elapsed = stopwatch()
  await database.run(commit)
  return elapsed()
}

/** Judges samples of one cluster, which come in the order of time. */
export function judgeOf(cluster: string, limits: PaceLimits): (sample: Sample, atMs: number, commitMs: number) => string | undefined {
  // A replica whose replay stands still reports no lag of its own: it is as old as the first position that it has not reached.
  const history: { readonly at: number; readonly wal: number }[] = []
  return ({ wal, clients, room, replicas }, at, commitMs) => {
    const last = history.at(-1)
    history.push({ at, wal })
    if (history.length > REMEMBERED) history.shift()
    for (const replica of replicas) {
      const missed = history.find((one) => one.wal > replica.replayed)
      const lag = Math.max(replica.lagMs ?? 0, missed === undefined ? 0 : at - missed.at)
      if (limits.replicaLagMs !== undefined && lag > limits.replicaLagMs)
        return `replica ${replica.name} of ${cluster} is ${humanDuration(lag)} behind; ${humanDuration(limits.replicaLagMs)} are allowed`
    }
    const rate = last === undefined || at <= last.at ? 0 : ((wal - last.wal) / (at - last.at)) * 1_000
    if (limits.walBytesPerS !== undefined && rate > limits.walBytesPerS)
      return `${cluster} writes ${inMegabytes(rate)} MB of WAL a second; ${inMegabytes(limits.walBytesPerS)} MB are allowed`
    if (limits.commitMs !== undefined && commitMs > limits.commitMs)
      return `a commit on ${cluster} takes ${humanDuration(commitMs)}; ${humanDuration(limits.commitMs)} are allowed`
    const most = Math.floor((room * limits.connections) / 100)
    if (clients > most) return `${cluster} has ${clients} of ${room} connections in use; ${most} are allowed`
    return undefined
  }
}

const inMegabytes = (bytes: number): string => (bytes / 1_048_576).toFixed(1)
