import { type Sql, sql } from '../kernel/sql.js'
import { isBehind, isGoing, type TrackDigests } from './homes.js'

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

/** Live homes, and those of them that have not applied exactly what the digest of their track says. */
export const countHomes = (digests: TrackDigests): Sql<{ total: number; behind: number }> => sql<{ total: number; behind: number }>`
  select count(*)::int as total, count(*) filter (where ${isBehind(digests, null)})::int as behind
  from catalog.home h
  where h.state = 'live' and not ${isGoing}`
