import { type Sql, sql } from '../kernel/sql.js'

/** A key, as one caller uses it for one request. */
export interface KeyUse {
  readonly actor: string
  readonly key: string
  /** Of the request: the same one has the same. */
  readonly digest: string
}

/** What became of a request. */
export interface KeyFound {
  readonly digest: string
  /** Of a request that is journaled. */
  readonly operationId: string | null
  /** Somebody is at work on it. */
  readonly running: boolean
  /** Somebody was, and has not said how it ended. */
  readonly unfinished: boolean
  /** What was answered, where it was kept. */
  readonly answer: unknown
}

const until = (holdMs: number | null): Sql<unknown> =>
  sql`clock_timestamp() + make_interval(secs => ${holdMs === null ? null : holdMs / 1_000})`

/** A request whose operation has not ended keeps its key, however old that is: asked again it would be done a second time. */
const goesOn = (operation: Sql): Sql => sql`
  exists (select from catalog.operation o where o.id = ${operation} and o.state in ('running', 'undoing', 'paused'))`

/** Takes the key for a request that is journaled, or, for so long, for one that is not; touches no row when it is taken. */
export const reserveKey = (
  { actor, key, digest }: KeyUse,
  { operation = null, holdMs = null }: { readonly operation?: string | null; readonly holdMs?: number | null },
): Sql => sql`
  insert into catalog.idempotency (actor, key, request_digest, operation_id, held_until)
  values (${actor}, ${key}, ${digest}, ${operation}, ${until(holdMs)})
  on conflict (actor, key) do update
    set request_digest = excluded.request_digest,
        operation_id = excluded.operation_id,
        held_until = excluded.held_until,
        answer = null,
        created_at = now()
    where catalog.idempotency.created_at < now() - interval '24 hours'
      and (catalog.idempotency.held_until is null or catalog.idempotency.held_until < clock_timestamp())
      and not ${goesOn(sql`catalog.idempotency.operation_id`)}`

export const findKeyUse = ({ actor, key }: KeyUse): Sql<KeyFound> => sql<KeyFound>`
  select request_digest as digest, operation_id as "operationId", answer,
         held_until is not null and held_until >= clock_timestamp() as running,
         held_until is not null as unfinished
  from catalog.idempotency
  where actor = ${actor} and key = ${key}`

/** Whoever is at work on it still is. */
export const holdKey = ({ actor, key, digest }: KeyUse, holdMs: number): Sql => sql`
  update catalog.idempotency
  set held_until = ${until(holdMs)}
  where actor = ${actor} and key = ${key} and request_digest = ${digest} and held_until is not null`

/** It is over; `answer` is JSON, or null where it is not to be kept. */
export const keepAnswer = ({ actor, key, digest }: KeyUse, answer: string | null): Sql => sql`
  update catalog.idempotency
  set held_until = null, answer = ${answer}::jsonb
  where actor = ${actor} and key = ${key} and request_digest = ${digest} and held_until is not null`

/** It was refused: the key is as if it had never been used. */
export const freeKey = ({ actor, key, digest }: KeyUse): Sql => sql`
  delete from catalog.idempotency where actor = ${actor} and key = ${key} and request_digest = ${digest} and held_until is not null`

/** Removes some of the keys that are worth nothing any more. */
export const removeOldKeys = (most: number): Sql => sql`
  delete from catalog.idempotency
  where (actor, key) in (
    select actor, key
    from catalog.idempotency
    where created_at < now() - interval '24 hours'
      and (held_until is null or held_until < clock_timestamp())
      and not ${goesOn(sql`operation_id`)}
    order by created_at
    limit ${most}
    for update skip locked
  )`
