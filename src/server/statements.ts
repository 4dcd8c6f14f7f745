import { sql } from '../kernel/sql.js'

export const countOperations = sql<{ state: string; operations: number }>`
  select state, count(*)::int as operations from catalog.operation group by state order by state`

/** Operations that have ended, by name and how: how many, and how long they took together, in seconds. */
export const endedOperations = sql<{ operation: string; state: string; operations: number; seconds: number }>`
  select name as operation, state, count(*)::int as operations, coalesce(sum(extract(epoch from ended_at - created_at)), 0)::float8 as seconds
  from catalog.operation
  where ended_at is not null and state in ('succeeded', 'failed', 'cancelled')
  group by 1, 2
  order by 1, 2`

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
