import { type Sql, sql } from '../kernel/sql.js'
import type { Isolation } from './homes.js'
import type { NewTenantFacts } from './tenants.js'

export interface Stock {
  readonly cluster: string
  readonly clusterId: string
  readonly isolation: Isolation
  /** Of a cluster that is draining none are kept. */
  readonly target: number
  /** Ready to be claimed. */
  readonly warm: number
  readonly preparing: number
  /** Warm, but with seeds that are others today: nobody claims them any more. */
  readonly outdated: number
  /** How many would be taken away. */
  readonly surplus: number
}

/** What tells warm tenants that are as they should be from outdated ones: the seeds of today. */
export interface Today {
  readonly seeds: readonly string[]
  /**
   * Outdated ones that have been warm for fewer seconds are no surplus yet: another process may have made them, with other files. Nor are those that
   * somebody failed to take away so shortly before.
   */
  readonly patienceS: number
}

/** A slug that nobody can ask for. */
export const warmSlug = (tenant: string): string => `~${tenant}`

export const setStockTarget = (cluster: string, isolation: Isolation, target: number): Sql => sql`
  insert into catalog.stock (cluster_id, isolation, target) values (${cluster}, ${isolation}, ${target})
  on conflict (cluster_id, isolation) do update set target = excluded.target`

const counted = ({ seeds, patienceS }: Today): Sql => sql`
  select s.cluster, s."clusterId", s.isolation, s.target, s.warm, s.preparing, s.outdated,
         greatest(s.warm - s.target, 0) + s."outdatedLong" + s.unfinished as surplus
  from (
    select c.name as cluster, c.id as "clusterId", s.isolation, case when c.draining then 0 else s.target end as target,
           count(t.id) filter (where t.state = 'warm' and t.seeds <@ ${seeds}::text[])::int as warm,
           count(t.id) filter (where t.state = 'creating')::int as preparing,
           count(t.id) filter (where t.state = 'warm' and not t.seeds <@ ${seeds}::text[])::int as outdated,
           count(t.id) filter (
             where t.state = 'warm' and not t.seeds <@ ${seeds}::text[] and t.state_since <= clock_timestamp() - make_interval(secs => ${patienceS})
           )::int as "outdatedLong",
           count(t.id) filter (where t.state = 'purging' and ${nobodyIsAt(patienceS)})::int as unfinished
    from catalog.stock s
    join catalog.cluster c on c.id = s.cluster_id
    left join (
      catalog.tenant t
      join catalog.placement p on p.tenant_id = t.id
      join catalog.home h on h.id = p.home_id
      join catalog.database d on d.id = h.database_id
    ) on d.cluster_id = s.cluster_id and t.isolation = s.isolation and starts_with(t.slug, '~')
    group by c.id, s.isolation, s.target
  ) s`

const nobodyIsAt = (patienceS: number): Sql => sql`
  not exists (
    select from catalog.operation o
    where o.subject = t.id and (o.state in ('running', 'undoing') or o.ended_at > clock_timestamp() - make_interval(secs => ${patienceS}))
  )`

export const listStock = (today: Today): Sql<Stock> => sql<Stock>`${counted(today)} order by s.cluster, s.isolation`

export const stockOf = (cluster: string, isolation: Isolation, today: Today): Sql<Stock> => sql<Stock>`
  ${counted(today)} where s."clusterId" = ${cluster} and s.isolation = ${isolation}`

/** Of many who prepare or take away at once each sees what the others have reserved. The cluster is locked before, by both. */
export const lockStock = (cluster: string, isolation: Isolation): Sql => sql`
  select from catalog.stock where cluster_id = ${cluster} and isolation = ${isolation} for update`

export interface StockedCluster {
  readonly id: string
  readonly name: string
  readonly state: 'live' | 'rotating' | 'removing'
}

/** The cluster of this name, or the one that keeps most warm tenants of the isolation; held, so that it is not removed meanwhile. */
export const clusterWithStock = (isolation: Isolation, name: string | null): Sql<StockedCluster> => sql<StockedCluster>`
  select c.id, c.name, c.state
  from catalog.cluster c
  left join catalog.stock s on s.cluster_id = c.id and s.isolation = ${isolation}
  where case when ${name}::text is null then s.cluster_id is not null else c.name = ${name} end
  order by s.target desc nulls last, c.created_at
  limit 1
  for share of c`

const warmOf = (cluster: string, isolation: Isolation): Sql => sql`
  from catalog.tenant t
  join catalog.placement p on p.tenant_id = t.id
  join catalog.home h on h.id = p.home_id
  join catalog.database d on d.id = h.database_id
  where d.cluster_id = ${cluster} and t.isolation = ${isolation} and starts_with(t.slug, '~')`

/** Marks a surplus warm tenant as one that is taken away: of a claim and this exactly one gets it. Outdated ones first, then what a claim would take last. */
export const takeSurplus = (stock: Stock, { seeds, patienceS }: Today): Sql<{ id: string }> => sql<{ id: string }>`
  update catalog.tenant
  set state = 'purging', state_since = clock_timestamp()
  where id = (
    select t.id ${warmOf(stock.clusterId, stock.isolation)}
      and t.state = 'warm'
      and case when t.seeds <@ ${seeds}::text[] then ${stock.warm > stock.target}
               else t.state_since <= clock_timestamp() - make_interval(secs => ${patienceS}) end
    order by t.seeds <@ ${seeds}::text[], h.version, t.created_at desc
    limit 1
    for update of t skip locked
  )
  returning id`

/** One that was being taken away when the operation failed. */
export const takeLeftSurplus = (stock: Stock, { patienceS }: Today): Sql<{ id: string }> => sql<{ id: string }>`
  select t.id ${warmOf(stock.clusterId, stock.isolation)} and t.state = 'purging' and ${nobodyIsAt(patienceS)}
  order by t.created_at
  limit 1
  for update of t skip locked`

export const recordWarmSeeds = (tenant: string, seeds: readonly string[]): Sql =>
  sql`update catalog.tenant set seeds = ${seeds}::text[] where id = ${tenant}`

/**
 * Turns a warm tenant into this one; of many at once each gets another. Those first that lack no seed, then the newest schema. It is active at once, unless
 * seeds are still to come. Raises 23505 when the slug is taken.
 */
export const claimWarm = (t: {
  readonly slug: string
  readonly name: string
  readonly isolation: Isolation
  readonly cluster: string | null
  readonly facts: NewTenantFacts
  readonly seeds: readonly string[]
  /** Are there seeds that run at the claim? */
  readonly claimSeeds: boolean
  /** Looks at so many only, the oldest, so that a claim does not take longer from a large stock. Null: at all. */
  readonly among: number | null
}): Sql<{ id: string; state: 'active' | 'creating' }> => sql<{ id: string; state: 'active' | 'creating' }>`
  update catalog.tenant
  set slug = ${t.slug}, name = ${t.name}, state_since = clock_timestamp(), created_at = clock_timestamp(),
      state = case when ${t.claimSeeds} or not seeds @> ${t.seeds}::text[] then 'creating' else 'active' end,
      tier = ${t.facts.tier}, region = ${t.facts.region}, labels = ${JSON.stringify(t.facts.labels)}::jsonb
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
      and w.seeds <@ ${t.seeds}::text[]
      and w.id = any (array(
        select o.id from catalog.tenant o where o.state = 'warm' and o.isolation = ${t.isolation} order by o.created_at limit ${t.among}
      ))
    order by w.seeds @> ${t.seeds}::text[] desc, h.version desc, w.created_at
    limit 1
    for update of w skip locked
    for share of c
  )
  returning id, state`
