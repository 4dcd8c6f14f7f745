import { type Sql, sql } from '../kernel/sql.js'

export const WEBHOOK_STATES = ['live', 'disabled'] as const
export type WebhookState = (typeof WEBHOOK_STATES)[number]

export interface Webhook {
  readonly id: string
  readonly name: string
  readonly url: string
  /** Null: all. */
  readonly types: readonly string[] | null
  readonly state: WebhookState
  readonly because: 'asked' | 'failing' | 'gone' | null
  readonly generation: number
  /** Until when the secret before is good; null when it is not. */
  readonly beforeUntil: Date | null
  readonly failingSince: Date | null
  readonly createdAt: Date
  readonly createdBy: string
}

const columns = sql`
  w.id, w.name, w.url, w.types, w.state, w.because, w.generation,
  case when w.before_until > clock_timestamp() then w.before_until end as "beforeUntil",
  w.failing_since as "failingSince", w.created_at as "createdAt", w.created_by as "createdBy"`

export interface NewWebhook {
  readonly id: string
  readonly name: string
  readonly url: string
  readonly types: readonly string[] | null
  readonly createdBy: string
}

/** It is told of what gets a number from now on. No row where one is called so already. */
export const insertWebhook = (w: NewWebhook): Sql<Webhook> => sql<Webhook>`
  insert into catalog.webhook as w (id, name, url, types, reached, created_by)
  select ${w.id}, ${w.name}, ${w.url}, ${w.types}::text[], s.published, ${w.createdBy}
  from catalog.event_stream s
  on conflict (lower(name)) do nothing
  returning ${columns}`

const named = (ref: string): Sql => sql`(w.id::text = ${ref} or lower(w.name) = lower(${ref}))`

export const findWebhook = (ref: string): Sql<Webhook> => sql<Webhook>`select ${columns} from catalog.webhook w where ${named(ref)}`

export const lockWebhook = (ref: string): Sql<Webhook> => sql<Webhook>`${findWebhook(ref)} for no key update`

/** A page of them, oldest first, by keyset, with how many deliveries wait and have failed. */
export const listWebhooks = (
  after: { readonly at: string; readonly id: string } | null,
  limit: number,
): Sql<Webhook & { at: string; waiting: number; failed: number }> => sql<Webhook & { at: string; waiting: number; failed: number }>`
  select ${columns}, w.created_at::text as at,
         (select count(*)::int from catalog.webhook_delivery d where d.webhook_id = w.id and d.state = 'waiting') as waiting,
         (select count(*)::int from catalog.webhook_delivery d where d.webhook_id = w.id and d.state = 'failed') as failed
  from catalog.webhook w
  where (${after?.at ?? null}::timestamptz is null or (w.created_at, w.id) > (${after?.at ?? null}::timestamptz, ${after?.id ?? null}::uuid))
  order by w.created_at, w.id
  limit ${limit}`

/** Another one of that name, if there is. */
export const webhookCalled = (name: string, but: string): Sql<{ id: string }> => sql<{ id: string }>`
  select w.id from catalog.webhook w where lower(w.name) = lower(${name}) and w.id <> ${but}`

export const changeWebhook = (w: Pick<Webhook, 'id' | 'name' | 'url' | 'types'>): Sql<Webhook> => sql<Webhook>`
  update catalog.webhook as w
  set name = ${w.name}, url = ${w.url}, types = ${w.types}::text[],
      -- What failed elsewhere says nothing of this address.
      failing_since = case when w.url = ${w.url} then w.failing_since end,
      failed_at = case when w.url = ${w.url} then w.failed_at end
  where w.id = ${w.id}
  returning ${columns}`

/** One that was disabled goes on with what gets a number from now on. */
export const enableWebhook = (id: string): Sql<Webhook> => sql<Webhook>`
  update catalog.webhook as w
  set state = 'live', because = null, failing_since = null, reached = s.published
  from catalog.event_stream s
  where w.id = ${id}
  returning ${columns}`

export const disableWebhook = (id: string, because: NonNullable<Webhook['because']>): Sql<Webhook> => sql<Webhook>`
  update catalog.webhook as w set state = 'disabled', because = ${because} where w.id = ${id} returning ${columns}`

/** From now on there is another secret; the one before is good for so long. */
export const rotateWebhook = (id: string, beforeMs: number): Sql<Webhook> => sql<Webhook>`
  update catalog.webhook as w
  set generation = w.generation + 1, before_until = clock_timestamp() + make_interval(secs => ${beforeMs / 1_000})
  where w.id = ${id}
  returning ${columns}`

export const deleteWebhook = (id: string): Sql => sql`delete from catalog.webhook where id = ${id}`

// --- what the keeper asks

/** Those for which events have got a number, or wait for one, that were not looked at for them yet. */
export const webhooksBehind = sql<{ id: string }>`
  select w.id
  from catalog.webhook w, catalog.event_stream s
  where w.state = 'live'
    and (w.reached < s.published or exists (select from catalog.event where seq is null))`

/** Takes its row, unless another process is at the same. */
export const holdBehind = (id: string): Sql<{ reached: number; types: readonly string[] | null }> => sql<{
  reached: number
  types: readonly string[] | null
}>`
  select w.reached::float8 as reached, w.types
  from catalog.webhook w
  where w.id = ${id} and w.state = 'live'
  for no key update skip locked`

export const reachWebhook = (id: string, seq: number): Sql => sql`update catalog.webhook set reached = ${seq}::bigint where id = ${id}`

/** Looks again at all since this moment, as far as it is kept. Answers after which number. */
export const lookAgain = (id: string, since: { readonly at: string } | { readonly secondsAgo: number }): Sql<{ reached: string }> => {
  const from = 'at' in since ? sql`${since.at}::timestamptz` : sql`clock_timestamp() - make_interval(secs => ${since.secondsAgo})`
  return sql<{ reached: string }>`
    update catalog.webhook w
    set reached = least(w.reached, coalesce((select min(e.seq) - 1 from catalog.event e where e.seq is not null and e.at >= ${from}), w.reached))
    where w.id = ${id}
    returning w.reached::text as reached`
}

/**
 * Nothing was delivered to this address, which it may have no more: then nothing is changed. One that has answered that it is gone, or to which nothing could be delivered for so long, is disabled: `because` says so. A pause
 * that is longer than between any two tries ends a row of failures: what has happened since then nobody knows.
 */
export const webhookFails = (
  id: string,
  { url, gone, longestMs, pauseMs }: { readonly url: string; readonly gone: boolean; readonly longestMs: number; readonly pauseMs: number },
): Sql<{ because: Webhook['because'] }> => sql<{ because: Webhook['because'] }>`
  with failing as (
    select w.id, case when w.failed_at > clock_timestamp() - make_interval(secs => ${pauseMs / 1_000}) then w.failing_since end as since
    from catalog.webhook w
    where w.id = ${id} and w.state = 'live' and w.url = ${url}
    for no key update
  ), judged as (
    select f.id, f.since, case when ${gone}::boolean then 'gone' when f.since < clock_timestamp() - make_interval(secs => ${longestMs / 1_000}) then 'failing' end as because
    from failing f
  )
  update catalog.webhook w
  set failing_since = coalesce(j.since, clock_timestamp()),
      failed_at = clock_timestamp(),
      state = case when j.because is null then w.state else 'disabled' end,
      because = j.because
  from judged j
  where w.id = j.id
  returning w.because`

export const webhookWorks = (id: string): Sql => sql`
  update catalog.webhook set failing_since = null where id = ${id} and failing_since is not null`
