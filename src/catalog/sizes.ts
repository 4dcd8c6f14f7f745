import { type Sql, sql } from '../kernel/sql.js'
import { type Isolation, tenantsIn } from './homes.js'

export interface DueHome {
  readonly id: string
  readonly schema: string
  readonly database: string
  readonly adminRef: string
}

const isDue = (ms: number): Sql => sql`(z.tried_at is null or z.tried_at < clock_timestamp() - make_interval(secs => ${ms / 1_000}))`

/** Of the homes on a server whose turn it is, those that have waited the longest, all in one database. */
export const dueHomes = (systemId: string, everyMs: number, most: number): Sql<DueHome> => sql<DueHome>`
  with first as (
    select d.id, d.name, c.admin_ref
    from catalog.cluster c
    join catalog.database d on d.cluster_id = c.id and d.state = 'live'
    join catalog.home h on h.database_id = d.id and h.state = 'live'
    left join catalog.home_fact z on z.home_id = h.id
    where c.system_id = ${systemId} and ${isDue(everyMs)}
    order by z.tried_at nulls first, h.number
    limit 1
  )
  select h.id, h.schema_name as schema, first.name as database, first.admin_ref as "adminRef"
  from first
  join catalog.home h on h.database_id = first.id and h.state = 'live'
  left join catalog.home_fact z on z.home_id = h.id
  where ${isDue(everyMs)}
  order by z.tried_at nulls first, h.number
  limit ${most}::int`

export interface MeasuredHome {
  readonly home: string
  /** Null: it could not be measured, and what was known of it before is all that is known. */
  readonly size: { readonly bytes: number; readonly rows: number; readonly dead: number; readonly held: number } | null
}

const TODAY = sql`(clock_timestamp() at time zone 'UTC')::date`

/** Homes that are gone by now are not recorded. */
export const recordSizes = (measured: readonly MeasuredHome[]): Sql => sql`
  with given as (
    select g.*
    from unnest(
      ${measured.map(({ home }) => home)}::uuid[],
      ${measured.map(({ size }) => size?.bytes ?? null)}::bigint[],
      ${measured.map(({ size }) => size?.rows ?? null)}::bigint[],
      ${measured.map(({ size }) => size?.dead ?? null)}::bigint[],
      ${measured.map(({ size }) => size?.held ?? 0)}::int[]
    ) as g (home, bytes, rows, dead, held)
    join catalog.home h on h.id = g.home
  ), facts as (
    insert into catalog.home_fact as z (home_id, tried_at, measured_at, bytes, rows, dead, held, tenants, week_ago)
    select g.home, clock_timestamp(), case when g.bytes is not null then clock_timestamp() end, g.bytes, g.rows, g.dead, g.held,
           ${tenantsIn(sql`g.home`)},
           (select s.bytes from catalog.home_size s where s.home_id = g.home and s.day <= ${TODAY} - 7 order by s.day desc limit 1)
    from given g
    on conflict (home_id) do update
      set tried_at = excluded.tried_at,
          measured_at = coalesce(excluded.measured_at, z.measured_at),
          bytes = coalesce(excluded.bytes, z.bytes),
          rows = coalesce(excluded.rows, z.rows),
          dead = coalesce(excluded.dead, z.dead),
          held = excluded.held,
          tenants = excluded.tenants,
          week_ago = excluded.week_ago
  )
  insert into catalog.home_size as s (home_id, day, bytes, rows, dead)
  select g.home, ${TODAY}, g.bytes, g.rows, g.dead
  from given g
  where g.bytes is not null
    and not exists (
      select
      from (select l.bytes, l.rows from catalog.home_size l where l.home_id = g.home order by l.day desc limit 1) n
      where n.bytes = g.bytes and n.rows = g.rows
    )
  on conflict (home_id, day) do update set bytes = excluded.bytes, rows = excluded.rows, dead = excluded.dead`

/** Days that are older than this, of homes that have a newer one: the last is what is known of those after it. */
export const removeOldSizes = (days: number, most: number): Sql => sql`
  delete from catalog.home_size
  where ctid = any (array(
    select s.ctid
    from catalog.home_size s
    where s.day < ${TODAY} - ${days}::int
      and exists (select from catalog.home_size n where n.home_id = s.home_id and n.day > s.day and n.day <= ${TODAY} - ${days}::int)
    limit ${most}::int
  ))`

/** What all homes of each cluster are together, as one sample of it. */
export const sampleHomes = (step: number, at: Date): Sql => sql`
  insert into catalog.sample (cluster_id, source, step, at, facts)
  select c.id, 'homes', ${step}, ${at},
         jsonb_build_object('at', extract(epoch from clock_timestamp())::float8, 'of', jsonb_build_object('', jsonb_build_object(
           'homes', count(*), 'measured', count(z.bytes), 'bytes', sum(z.bytes), 'rows', sum(z.rows), 'dead', sum(z.dead),
           'deadShare', sum(z.dead) * 100.0 / nullif(sum(z.rows) + sum(z.dead), 0)
         )))
  from catalog.cluster c
  join catalog.database d on d.cluster_id = c.id
  join catalog.home h on h.database_id = d.id and h.state = 'live'
  left join catalog.home_fact z on z.home_id = h.id
  group by c.id
  on conflict do nothing`

// --- reading

export interface HomeFact {
  readonly home: string
  readonly isolation: Isolation
  readonly bytes: number | null
  readonly rows: number | null
  readonly dead: number | null
  readonly held: number
  readonly tenants: number
  readonly weekAgo: number | null
  readonly measuredAt: Date
}

/** Of those that were measured. */
export const factsOfHomes = (homes: readonly string[]): Sql<HomeFact> => sql<HomeFact>`
  select z.home_id as home, h.isolation, z.bytes::float8 as bytes, z.rows::float8 as rows, z.dead::float8 as dead, z.held, z.tenants,
         z.week_ago::float8 as "weekAgo", z.measured_at as "measuredAt"
  from catalog.home_fact z
  join catalog.home h on h.id = z.home_id
  where z.home_id = any (${homes}::uuid[]) and z.measured_at is not null`

/** Of tenants with a home of their own, those with the most bytes. */
export const largestTenants = (most: number): Sql<{ cluster: string; tenant: string; bytes: number }> => sql<{
  cluster: string
  tenant: string
  bytes: number
}>`
  select c.name as cluster, t.slug as tenant, z.bytes::float8 as bytes
  from catalog.home_fact z
  join catalog.home h on h.id = z.home_id and h.isolation <> 'shared'
  join catalog.placement p on p.home_id = h.id
  join catalog.tenant t on t.id = p.tenant_id and not starts_with(t.slug, '~')
  join catalog.database d on d.id = h.database_id
  join catalog.cluster c on c.id = d.cluster_id
  where z.bytes is not null
  order by z.bytes desc, t.slug
  limit ${most}::int`

export interface DaySize {
  /** Beginning of the day in UTC, in seconds since 1970. */
  readonly time: number
  readonly bytes: number
  readonly rows: number
  readonly dead: number
}

/** Each day of the last ones, oldest first: what was measured last by then. From the first day on that it was known. */
export const daysOfHome = (home: string, days: number): Sql<DaySize> => sql<DaySize>`
  select extract(epoch from e.day::timestamp at time zone 'UTC')::float8 as time, s.bytes::float8 as bytes, s.rows::float8 as rows, s.dead::float8 as dead
  from generate_series(0, ${days - 1}::int) as back
  cross join lateral (select ${TODAY} - back as day) e
  cross join lateral (
    select l.bytes, l.rows, l.dead from catalog.home_size l where l.home_id = ${home} and l.day <= e.day order by l.day desc limit 1
  ) s
  order by e.day`
