import { type Sql, sql } from '../kernel/sql.js'
import type { Isolation } from './homes.js'

export interface Stock {
  readonly cluster: string
  readonly clusterId: string
  readonly isolation: Isolation
  readonly target: number
  readonly warm: number
  readonly preparing: number
}

/** A slug that nobody can ask for. */
export const warmSlug = (tenant: string): string => `~${tenant}`

export const setStockTarget = (cluster: string, isolation: Isolation, target: number): Sql => sql`
  insert into catalog.stock (cluster_id, isolation, target) values (${cluster}, ${isolation}, ${target})
  on conflict (cluster_id, isolation) do update set target = excluded.target`

const counted = sql`
  select c.name as cluster, c.id as "clusterId", s.isolation, s.target,
         count(t.id) filter (where t.state = 'warm')::int as warm,
         count(t.id) filter (where t.state = 'creating')::int as preparing
  from catalog.stock s
  join catalog.cluster c on c.id = s.cluster_id
  left join (
    catalog.tenant t
    join catalog.placement p on p.tenant_id = t.id
    join catalog.home h on h.id = p.home_id
    join catalog.database d on d.id = h.database_id
  ) on d.cluster_id = s.cluster_id and t.isolation = s.isolation and starts_with(t.slug, '~')`

export const listStock = sql<Stock>`${counted} group by c.name, c.id, s.isolation, s.target order by c.name, s.isolation`

export const stockOf = (cluster: string, isolation: Isolation): Sql<Stock> => sql<Stock>`
  ${counted} where s.cluster_id = ${cluster} and s.isolation = ${isolation} group by c.name, c.id, s.isolation, s.target`

/** Of many who prepare at once each sees what the others have reserved. */
export const lockStock = (cluster: string, isolation: Isolation): Sql => sql`
  select from catalog.stock where cluster_id = ${cluster} and isolation = ${isolation} for update`

/** Turns a warm tenant into this one; of many at once each gets another. The newest schema first. Raises 23505 when the slug is taken. */
export const claimWarm = (t: {
  readonly slug: string
  readonly name: string
  readonly isolation: Isolation
  readonly cluster: string | null
}): Sql<{ id: string }> => sql<{ id: string }>`
  update catalog.tenant
  set slug = ${t.slug}, name = ${t.name}, state = 'active', state_since = clock_timestamp(), created_at = clock_timestamp()
  where id = (
    select w.id
    from catalog.tenant w
    join catalog.placement p on p.tenant_id = w.id
    join catalog.home h on h.id = p.home_id
    join catalog.database d on d.id = h.database_id
    join catalog.cluster c on c.id = d.cluster_id
    where w.state = 'warm' and w.isolation = ${t.isolation} and (${t.cluster}::text is null or c.name = ${t.cluster})
      and c.state = 'live'
      and not c.draining
    order by h.version desc, w.created_at
    limit 1
    for update of w skip locked
    for share of c
  )
  returning id`
