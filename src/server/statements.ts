import { type Sql, sql } from '../kernel/sql.js'

/** Those that go on, and those that have not come to a good end: an index has no others. */
export const countUnsucceeded = sql<{ state: string; operations: number }>`
  select state, count(*)::int as operations from catalog.operation where state <> 'succeeded' group by state order by state`

/** How many operations of a name have ended in a way, and how long they took together, in seconds. */
export interface EndedOperations {
  readonly operation: string
  readonly state: string
  readonly operations: number
  readonly seconds: number
  /** Until the moment until which all are visible that have ended by then. */
  readonly settled: boolean
}

/** The transaction that ends an operation takes no such time. */
export const settledUntil = sql<{ until: string }>`select (now() - interval '5 minutes')::text as until`

/** Those that ended after the one moment, apart from each other by the other. */
export const endedOperations = (after: string, until: string): Sql<EndedOperations> => sql<EndedOperations>`
  select name as operation, state, ended_at <= ${until}::timestamptz as settled, count(*)::int as operations,
         coalesce(sum(extract(epoch from ended_at - created_at)), 0)::float8 as seconds
  from catalog.operation
  where ended_at > ${after}::timestamptz and state in ('succeeded', 'failed', 'cancelled')
  group by 1, 2, 3
  order by 1, 2, 3`

export const countTenantsOfClusters = sql<{ cluster: string; isolation: string; state: string; tenants: number }>`
  select c.name as cluster, t.isolation, t.state, count(*)::int as tenants
  from catalog.tenant t
  join catalog.placement p on p.tenant_id = t.id
  join catalog.home h on h.id = p.home_id
  join catalog.database d on d.id = h.database_id
  join catalog.cluster c on c.id = d.cluster_id
  where not starts_with(t.slug, '~')
  group by 1, 2, 3
  order by 1, 2, 3`

/** Clusters by what their servers are, never by name. */
export const countClusters = sql<{ serverVersion: number; hardened: boolean; clusters: number }>`
  select server_version as "serverVersion", hardened, count(*)::int as clusters from catalog.cluster group by 1, 2 order by 1, 2`

export const catalogServer = sql<{ version: number }>`select current_setting('server_version_num')::int as version`

export const ping = sql`select 1`
