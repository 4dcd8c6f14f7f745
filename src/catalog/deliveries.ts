import { literal, type Sql, sql } from '../kernel/sql.js'
import { allOf } from './all-of.js'
import type { EventRow } from './events.js'

export const DELIVERY_STATES = ['waiting', 'delivered', 'failed'] as const
export type DeliveryState = (typeof DELIVERY_STATES)[number]

export interface DeliveryRow {
  /** The number of the event. */
  readonly event: string
  readonly time: Date
  readonly source: string
  readonly name: string
  readonly eventState: string
  readonly state: DeliveryState
  readonly attempts: number
  readonly nextAt: Date | null
  readonly attemptedAt: Date | null
  readonly status: number | null
  readonly tookMs: number | null
  readonly failure: string | null
  readonly excerpt: string | null
}

/** Deliveries of a webhook, those of the newest events first, by keyset. */
export const listDeliveries = (
  webhook: string,
  state: DeliveryState | null,
  before: string | null,
  limit: number,
): Sql<DeliveryRow> => sql<DeliveryRow>`
  select d.seq::text as event, e.at as time, e.source, e.name, e.state as "eventState", d.state, d.attempts, d.next_at as "nextAt",
         d.attempted_at as "attemptedAt", d.status, d.took_ms as "tookMs", d.failure, d.excerpt
  from catalog.webhook_delivery d
  join catalog.event e on e.id = d.event_id
  where ${allOf([
    sql`d.webhook_id = ${webhook}`,
    // Not as a value: those that have failed are few, and have an index.
    state !== null && sql`d.state = ${literal(state)}`,
    before !== null && sql`d.seq < ${before}::bigint`,
  ])}
  order by d.seq desc
  limit ${limit}`

/** The webhook is to be told of these events. What was delivered, or waits, stays as it is; what has failed is tried anew. */
export const addDeliveries = (webhook: string, events: readonly string[]): Sql => sql`
  insert into catalog.webhook_delivery as d (webhook_id, event_id, seq)
  select ${webhook}, e.id, e.seq
  from catalog.event e
  where e.seq = any (${events}::bigint[])
  on conflict (webhook_id, event_id) do update
    set state = 'waiting', attempts = 0, next_at = clock_timestamp(), lease_until = null
    where d.state = 'failed'`

/** It is to be told of this event, whatever has become of it before. */
export const deliverAgain = (webhook: string, event: string): Sql => sql`
  insert into catalog.webhook_delivery as d (webhook_id, event_id, seq)
  select ${webhook}, e.id, e.seq
  from catalog.event e
  where e.seq = ${event}::bigint
  on conflict (webhook_id, event_id) do update set state = 'waiting', attempts = 0, next_at = clock_timestamp(), lease_until = null`

// --- what the keeper asks

const isDue = sql`
  d.state = 'waiting' and d.next_at <= clock_timestamp() and (d.lease_until is null or d.lease_until < clock_timestamp())`

/** Those that something can be sent to now, whoever has waited longest first. */
export const webhooksDue = sql<{ id: string }>`
  select w.id
  from catalog.webhook w
  cross join lateral (
    select min(d.next_at) as since from catalog.webhook_delivery d where d.webhook_id = w.id and ${isDue}
  ) due
  where w.state = 'live' and due.since is not null
  order by due.since`

export interface ClaimedDelivery extends EventRow {
  readonly eventId: string
  readonly attempts: number
  /** Until when it is ours, by which this try is told apart from any other. */
  readonly lease: string
}

/** Some of those that are due, for so long: nobody else takes them up meanwhile. */
export const claimDeliveries = (webhook: string, most: number, leaseMs: number): Sql<ClaimedDelivery> => sql<ClaimedDelivery>`
  update catalog.webhook_delivery c
  set lease_until = clock_timestamp() + make_interval(secs => ${leaseMs / 1_000})
  from (
    select d.event_id
    from catalog.webhook_delivery d
    where d.webhook_id = ${webhook} and ${isDue}
    order by d.next_at, d.seq
    limit ${most}
    for update skip locked
  ) due, catalog.event e
  where c.webhook_id = ${webhook} and c.event_id = due.event_id and e.id = c.event_id
  returning c.event_id::text as "eventId", c.attempts, c.lease_until::text as lease, e.seq::text as id, e.at as time, e.source, e.name, e.state, e.subject,
            e.operation_id as "operationId", e.facts`

/** A try, told apart from others of the same delivery by its lease: one that is asked for meanwhile, anew, has none. */
export type Try = Pick<ClaimedDelivery, 'eventId' | 'lease'> & { readonly webhook: string }

export interface TryOutcome {
  readonly state: DeliveryState
  /** Until it is tried again; null once it is over. */
  readonly againMs: number | null
  readonly status: number | null
  readonly tookMs: number
  readonly failure: string | null
  readonly excerpt: string | null
}

/** Touches no row where somebody else has said how it went, or it is asked for anew. */
export const recordTry = (t: Try, o: TryOutcome): Sql => sql`
  update catalog.webhook_delivery
  set state = ${o.state},
      attempts = attempts + 1,
      next_at = clock_timestamp() + make_interval(secs => ${o.againMs === null ? null : o.againMs / 1_000}),
      lease_until = null,
      attempted_at = clock_timestamp(),
      status = ${o.status},
      took_ms = ${o.tookMs},
      failure = ${o.failure},
      excerpt = ${o.excerpt}
  where webhook_id = ${t.webhook} and event_id = ${t.eventId} and state = 'waiting' and lease_until = ${t.lease}::timestamptz`

/** It is left to others, who need not wait for the lease to end. */
export const letGo = (t: Try): Sql => sql`
  update catalog.webhook_delivery
  set lease_until = null
  where webhook_id = ${t.webhook} and event_id = ${t.eventId} and state = 'waiting' and lease_until = ${t.lease}::timestamptz`
