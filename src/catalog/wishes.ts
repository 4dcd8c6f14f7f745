import { type Sql, sql } from '../kernel/sql.js'
import { isGoing } from './homes.js'

/** What the homes of a track are brought to as soon as a scope needs it. */
export interface Offer {
  readonly track: string
  readonly version: string
  /** Of the files up to that version. */
  readonly digest: string
}

export const offerOf = (track: string): Sql<Offer> => sql<Offer>`
  select track, version, digest from catalog.migration_offer where track = ${track}`

export const putOffer = ({ track, version, digest }: Offer): Sql => sql`
  insert into catalog.migration_offer (track, version, digest)
  values (${track}, ${version}, ${digest})
  on conflict (track) do update
    set version = excluded.version, digest = excluded.digest, offered_at = clock_timestamp()`

export const dropOffer = (track: string): Sql => sql`delete from catalog.migration_offer where track = ${track}`

/** What became of older offers does not stand in the way of a new one. */
export const forgetEnded = (track: string): Sql => sql`
  delete from catalog.migration_wish w
  using catalog.home h
  where h.id = w.home_id
    and h.track = ${track}
    and not exists (select from catalog.operation o where o.id = w.operation_id and o.state in ('running', 'undoing'))`

/** The versions that live homes of a track stand at. */
export const versionsOf = (track: string): Sql<{ version: string }> => sql<{ version: string }>`
  select distinct h.version from catalog.home h where h.track = ${track} and h.state = 'live' and not ${isGoing}`

/** Locks the wish of a home, made where there is none. */
export const lockWish = (home: string): Sql => sql`
  insert into catalog.migration_wish as w (home_id)
  values (${home})
  on conflict (home_id) do update set asked_at = w.asked_at`

/** Which operation has it in hand. A statement of its own, behind the lock: one that waits for it sees the world as it was before. */
export const wishInHand = (home: string): Sql<{ operation: string }> => sql<{ operation: string }>`
  select o.id as operation
  from catalog.migration_wish w
  join catalog.operation o on o.id = w.operation_id and o.state in ('running', 'undoing')
  where w.home_id = ${home}`

/** An operation that brings up a home of this track for a scope. */
export const wishInHandOn = (track: string): Sql<{ operation: string }> => sql<{ operation: string }>`
  select o.id as operation
  from catalog.migration_wish w
  join catalog.home h on h.id = w.home_id and h.track = ${track}
  join catalog.operation o on o.id = w.operation_id and o.state in ('running', 'undoing')
  limit 1`

export const takeWish = (home: string, operation: string): Sql => sql`
  update catalog.migration_wish set operation_id = ${operation} where home_id = ${home}`

export const deleteWish = (home: string): Sql => sql`delete from catalog.migration_wish where home_id = ${home}`

export interface OpenWish {
  readonly home: string
  /** One of those who live there. */
  readonly tenant: string
  readonly track: string
}

/** Those that no worker has taken up yet, the oldest first. */
export const openWishes = sql<OpenWish>`
  select w.home_id as home, (select p.tenant_id from catalog.placement p where p.home_id = h.id limit 1) as tenant, h.track
  from catalog.migration_wish w
  join catalog.home h on h.id = w.home_id
  where w.operation_id is null
    and not ${isGoing}
    and exists (select from catalog.placement p where p.home_id = h.id)
  order by w.asked_at
  limit 64`

/** Homes for which scopes wait, those whose migration on request has failed, and the version that is offered of each track. */
export const wishCounts = sql<{ waiting: number; failed: number; offers: Readonly<Record<string, string>> }>`
  select (select coalesce(jsonb_object_agg(f.track, f.version), '{}') from catalog.migration_offer f) as offers,
         count(*) filter (where o.state is distinct from 'failed' and o.state is distinct from 'cancelled')::int as waiting,
         count(*) filter (where o.state in ('failed', 'cancelled'))::int as failed
  from catalog.migration_wish w
  left join catalog.operation o on o.id = w.operation_id`
