import { type Sql, sql } from '../kernel/sql.js'
import { tenantOfHome } from './homes.js'
import type { StoredFault } from './operations.js'

export type ItemState = 'waiting' | 'done' | 'failed' | 'skipped'

export interface NewItem {
  readonly item: string
  /** 0 for what is in no wave. */
  readonly wave: number
  /** Whose turn it is within the wave. */
  readonly place: number
  /** How many tenants it serves. */
  readonly tenants: number
}

/** What is journaled already stays as it is: whoever goes on keeps to the order that was begun with. */
export const insertItems = (operation: string, items: readonly NewItem[]): Sql => sql`
  insert into catalog.operation_item (operation_id, item, state, wave, place, tenants)
  select ${operation}, i.item, 'waiting', i.wave, i.place, i.tenants
  from unnest(
    ${items.map(({ item }) => item)}::text[],
    ${items.map(({ wave }) => wave)}::int[],
    ${items.map(({ place }) => place)}::int[],
    ${items.map(({ tenants }) => tenants)}::int[]
  ) as i (item, wave, place, tenants)
  on conflict do nothing`

export const waitingItems = (operation: string): Sql<{ item: string; wave: number }> => sql<{ item: string; wave: number }>`
  select item, wave from catalog.operation_item where operation_id = ${operation} and state = 'waiting' order by wave, place, item`

/** Whatever their state. */
export const itemNames = (operation: string): Sql<{ item: string }> => sql<{ item: string }>`
  select item from catalog.operation_item where operation_id = ${operation}`

/** How often each was worked on to an end. */
export const itemAttempts = (operation: string): Sql<{ item: string; attempts: number }> => sql<{ item: string; attempts: number }>`
  select item, attempts from catalog.operation_item where operation_id = ${operation}`

export interface ItemOutcome {
  readonly item: string
  readonly state: 'done' | 'failed'
  readonly attempts: number
  readonly fault: StoredFault | null
}

/** All outcomes of a batch in one statement. */
export const recordItems = (operation: string, outcomes: readonly ItemOutcome[]): Sql => sql`
  update catalog.operation_item i
  set state = o.state, attempts = i.attempts + o.attempts, fault = o.fault, ended_at = clock_timestamp()
  from unnest(
    ${outcomes.map(({ item }) => item)}::text[],
    ${outcomes.map(({ state }) => state)}::text[],
    ${outcomes.map(({ attempts }) => attempts)}::int[],
    ${outcomes.map(({ fault }) => (fault === null ? null : JSON.stringify(fault)))}::jsonb[]
  ) as o (item, state, attempts, fault)
  where i.operation_id = ${operation} and i.item = o.item`

export interface ItemCounts {
  readonly total: number
  readonly waiting: number
  readonly done: number
  readonly failed: number
  readonly skipped: number
}

/** One row, however many items there are. */
export const countItems = (operation: string): Sql<ItemCounts> => sql<ItemCounts>`
  select count(*)::int as total,
         count(*) filter (where state = 'waiting')::int as waiting,
         count(*) filter (where state = 'done')::int as done,
         count(*) filter (where state = 'failed')::int as failed,
         count(*) filter (where state = 'skipped')::int as skipped
  from catalog.operation_item
  where operation_id = ${operation}`

// An item of a home is its schema and its id; others look otherwise, and have no tenant.
const homeOfItem = sql`substring(i.item from ' ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$')::uuid`

export interface TroubledItem {
  readonly item: string
  /** The slug of the tenant whose home it is, if it is of one. */
  readonly tenant: string | null
  readonly state: 'failed' | 'skipped'
  readonly wave: number
  readonly tenants: number
  readonly fault: StoredFault | null
  readonly reason: string | null
  readonly endedAt: Date | null
}

/** Failed and skipped items, those that came last at the end. */
export const troubledItems = (operation: string, most: number): Sql<TroubledItem> => sql<TroubledItem>`
  select i.item, ${tenantOfHome(homeOfItem)} as tenant, i.state, i.wave, i.tenants, i.fault, i.reason, i.ended_at as "endedAt"
  from catalog.operation_item i
  where operation_id = ${operation} and state in ('failed', 'skipped')
  order by ended_at, item
  limit ${most}`

export interface ItemRow {
  readonly item: string
  readonly tenant: string | null
  readonly state: ItemState
  readonly wave: number
  readonly attempts: number
  readonly fault: StoredFault | null
  readonly reason: string | null
  readonly endedAt: Date | null
}

/** In the order of the work, by the place of each among all: whose state changes keeps it. */
export const listItems = (
  operation: string,
  state: ItemState | null,
  after: string | null,
  limit: number,
): Sql<ItemRow & { id: string }> => sql<ItemRow & { id: string }>`
  select i.number::text as id, i.item, ${tenantOfHome(homeOfItem)} as tenant, i.state, i.wave, i.attempts, i.fault, i.reason, i.ended_at as "endedAt"
  from (
    select n.*
    from (
      select a.*, row_number() over (order by a.wave, a.place, a.item) as number from catalog.operation_item a where a.operation_id = ${operation}
    ) n
    where (${state}::text is null or n.state = ${state}) and (${after}::bigint is null or n.number > ${after}::bigint)
    order by n.number
    limit ${limit}
  ) i
  order by i.number`

/** Failed items that came after this moment and name. */
export const failedSince = (operation: string, at: Date | null, item: string, most: number): Sql<TroubledItem> => sql<TroubledItem>`
  select i.item, ${tenantOfHome(homeOfItem)} as tenant, i.state, i.wave, i.tenants, i.fault, i.reason, i.ended_at as "endedAt"
  from catalog.operation_item i
  where operation_id = ${operation}
    and state = 'failed'
    and (${at}::timestamptz is null or (date_trunc('milliseconds', ended_at), item) > (${at}::timestamptz, ${item}))
  order by date_trunc('milliseconds', ended_at), item
  limit ${most}`

/** The one that failed last. */
export const newestFailure = (operation: string): Sql<{ item: string; at: Date | null }> => sql<{ item: string; at: Date | null }>`
  select item, date_trunc('milliseconds', ended_at) as at
  from catalog.operation_item
  where operation_id = ${operation} and state = 'failed'
  order by date_trunc('milliseconds', ended_at) desc, item desc
  limit 1`

/** By its whole name, or one word of it: the schema or the id of a home; or by the slug of the tenant whose home it is. */
export const itemsNamed = (operation: string, name: string): Sql<{ item: string; state: ItemState }> => sql<{
  item: string
  state: ItemState
}>`
  select i.item, i.state
  from catalog.operation_item i
  where operation_id = ${operation} and (item = ${name} or ${name} = any (string_to_array(item, ' ')) or ${tenantOfHome(homeOfItem)} = ${name})
  order by item
  limit 2
  for update`

export const skipItems = (operation: string, items: readonly string[], reason: string): Sql => sql`
  update catalog.operation_item
  set state = 'skipped', reason = ${reason}, ended_at = clock_timestamp()
  where operation_id = ${operation} and item = any(${items}::text[]) and state in ('waiting', 'failed')`

/** The failed ones wait again. */
export const retryItems = (operation: string): Sql => sql`
  update catalog.operation_item set state = 'waiting', fault = null, ended_at = null where operation_id = ${operation} and state = 'failed'`

export interface OpenRun extends ItemCounts {
  readonly operation: string
  readonly name: string
  readonly state: string
  readonly reason: string | null
  readonly waitsFor: string | null
}

/** Running and paused operations whose names begin so, with their counts. */
export const openRuns = (prefix: string): Sql<OpenRun> => sql<OpenRun>`
  select o.id as operation, o.name, o.state, o.fault -> 'facts' ->> 'says' as reason, o.waits_for as "waitsFor",
         count(i.item)::int as total,
         count(*) filter (where i.state = 'waiting')::int as waiting,
         count(*) filter (where i.state = 'done')::int as done,
         count(*) filter (where i.state = 'failed')::int as failed,
         count(*) filter (where i.state = 'skipped')::int as skipped
  from catalog.operation o
  left join catalog.operation_item i on i.operation_id = o.id
  where o.state in ('running', 'undoing', 'paused') and starts_with(o.name, ${prefix})
  group by o.id
  order by o.created_at`

export interface TroubledInRun {
  readonly operation: string
  readonly item: string
  readonly tenant: string | null
  readonly state: 'failed' | 'skipped'
  readonly sqlstate: string | null
  readonly message: string
}

/** What failed or was skipped in open operations whose names begin so, and in the one with items that ended last. */
export const troubledInRuns = (prefix: string, most: number): Sql<TroubledInRun> => sql<TroubledInRun>`
  select i.operation_id as operation, i.item, ${tenantOfHome(homeOfItem)} as tenant, i.state, i.fault -> 'facts' ->> 'sqlstate' as sqlstate,
         coalesce(i.reason, i.fault ->> 'message', '') as message
  from catalog.operation_item i
  where i.state in ('failed', 'skipped')
    and i.operation_id in (
      select o.id from catalog.operation o where o.state in ('running', 'undoing', 'paused') and starts_with(o.name, ${prefix})
      union all
      (select o.id
       from catalog.operation o
       where o.ended_at is not null
         and starts_with(o.name, ${prefix})
         and exists (select from catalog.operation_item any_item where any_item.operation_id = o.id)
       order by o.created_at desc
       limit 1))
  order by i.state, i.operation_id, i.item
  limit ${most}`

// --- waves

export const insertWaves = (operation: string, names: readonly string[]): Sql => sql`
  insert into catalog.operation_wave (operation_id, wave, name)
  select ${operation}, w.wave, w.name from unnest(${names}::text[]) with ordinality as w (name, wave)
  on conflict do nothing`

export interface WaveRow extends ItemCounts {
  readonly wave: number
  readonly name: string
  readonly tenants: number
  readonly beganAt: Date | null
  readonly endedAt: Date | null
  /** Since it ended, by the catalog's clock. */
  readonly endedMsAgo: number | null
  readonly released: boolean
}

export const wavesOf = (operation: string): Sql<WaveRow> => sql<WaveRow>`
  select w.wave, w.name, w.released, w.began_at as "beganAt", w.ended_at as "endedAt",
         (extract(epoch from clock_timestamp() - w.ended_at) * 1000)::float8 as "endedMsAgo",
         count(i.item)::int as total,
         coalesce(sum(i.tenants), 0)::int as tenants,
         count(*) filter (where i.state = 'waiting')::int as waiting,
         count(*) filter (where i.state = 'done')::int as done,
         count(*) filter (where i.state = 'failed')::int as failed,
         count(*) filter (where i.state = 'skipped')::int as skipped
  from catalog.operation_wave w
  left join catalog.operation_item i on i.operation_id = w.operation_id and i.wave = w.wave
  where w.operation_id = ${operation}
  group by w.operation_id, w.wave
  order by w.wave`

export const waveBegan = (operation: string, wave: number): Sql => sql`
  update catalog.operation_wave set began_at = coalesce(began_at, clock_timestamp()), ended_at = null where operation_id = ${operation} and wave = ${wave}`

export const waveEnded = (operation: string, wave: number): Sql => sql`
  update catalog.operation_wave set ended_at = coalesce(ended_at, clock_timestamp()) where operation_id = ${operation} and wave = ${wave}`

/** Whoever goes on has seen the waves that are over. */
export const releaseWaves = (operation: string): Sql => sql`
  update catalog.operation_wave set released = true where operation_id = ${operation} and ended_at is not null`

// --- what stands in the way of the next item

export interface Freeze {
  readonly reason: string
  readonly actor: string
  readonly since: Date
  readonly until: Date | null
}

const inForce = sql`(f.until is null or f.until > clock_timestamp())`

export const currentFreeze = sql<Freeze>`
  select f.reason, f.actor, f.since, f.until from catalog.migration_freeze f where ${inForce}`

export const putFreeze = (reason: string, actor: string, until: Date | null): Sql => sql`
  insert into catalog.migration_freeze (reason, actor, until)
  values (${reason}, ${actor}, ${until})
  on conflict (only_one) do update set reason = excluded.reason, actor = excluded.actor, until = excluded.until, since = clock_timestamp()`

/** Answers what was lifted; a freeze whose time was over already is taken away without a word. */
export const liftFreeze = sql<{ reason: string; lifted: boolean }>`
  delete from catalog.migration_freeze f returning f.reason, ${inForce} as lifted`

export interface Outlook {
  readonly cancel: boolean
  readonly pause: string | null
  readonly freeze: Freeze | null
}

/** No row when the lease is lost. `until` and `since` are text here. */
export const lookAhead = (operation: string, token: number): Sql<Outlook> => sql<Outlook>`
  select o.cancel_requested as cancel, o.pause_requested as pause,
         (select jsonb_build_object('reason', f.reason, 'actor', f.actor, 'since', f.since, 'until', f.until)
          from catalog.migration_freeze f where ${inForce}) as freeze
  from catalog.operation o
  where o.id = ${operation} and o.token = ${token} and o.state in ('running', 'undoing')`

/** Without the lease: what is told here is for whoever looks on. */
export const tellWait = (operation: string, token: number, waitsFor: string | null): Sql => sql`
  update catalog.operation set waits_for = ${waitsFor} where id = ${operation} and token = ${token} and state = 'running'`
