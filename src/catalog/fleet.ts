import { type Sql, sql } from '../kernel/sql.js'
import { type Isolation, isBehind, isGoing, type TrackDigests } from './homes.js'

/** A whole fleet in a few numbers. */
export interface OperationCounts {
  /** Those on their way back included. */
  readonly running: number
  readonly paused: number
  /** Of those that were begun in the last day. */
  readonly succeeded: number
  readonly failed: number
  readonly cancelled: number
}

export const countOperations: Sql<OperationCounts> = sql<OperationCounts>`
  select (select count(*)::int from catalog.operation where state in ('running', 'undoing')) as running,
         (select count(*)::int from catalog.operation where state = 'paused') as paused,
         ended.succeeded, ended.failed, ended.cancelled
  from (
    select count(*) filter (where state = 'succeeded')::int as succeeded, count(*) filter (where state = 'failed')::int as failed,
           count(*) filter (where state = 'cancelled')::int as cancelled
    from catalog.operation
    where created_at >= now() - interval '24 hours' and state in ('succeeded', 'failed', 'cancelled')
  ) ended`

/** Live homes, and those of them that have not applied exactly what the digest of their track says; of the tracks that nobody can read none is counted. */
export const countHomes = (digests: TrackDigests, unread: readonly string[] = []): Sql<{ total: number; behind: number }> => sql<{
  total: number
  behind: number
}>`
  select count(*)::int as total,
         count(*) filter (where ${isBehind(digests, null)} and h.track <> all (${unread}))::int as behind
  from catalog.home h
  where h.state = 'live' and not ${isGoing}`

/** All homes of each cluster, those beside tenants included, by how they are kept apart. */
export const homesByIsolation: Sql<{ cluster: string; isolation: Isolation; homes: number }> = sql<{
  cluster: string
  isolation: Isolation
  homes: number
}>`
  select c.name as cluster, h.isolation, count(*)::int as homes
  from catalog.home h
  join catalog.database d on d.id = h.database_id
  join catalog.cluster c on c.id = d.cluster_id
  group by c.name, h.isolation
  order by c.name, h.isolation`

/** What the newest sample of each cluster's server says of its connections, if one was taken in the last two minutes. */
export const connectionsNow: Sql<{ cluster: string; used: number; room: number; at: Date }> = sql<{
  cluster: string
  used: number
  room: number
  at: Date
}>`
  select c.name as cluster, n.at, (n.facts #>> '{of,"",clients}')::int as used, (n.facts #>> '{of,"",room}')::int as room
  from catalog.cluster c
  cross join lateral (
    select s.at, s.facts
    from catalog.sample s
    where s.cluster_id = c.id and s.source = 'server' and s.step = 15 and s.at > clock_timestamp() - interval '2 minutes'
    order by s.at desc
    limit 1
  ) n
  where n.facts #> '{of,"",clients}' is not null and n.facts #> '{of,"",room}' is not null`
