import { sql } from '../kernel/sql.js'

export const countOperations = sql<{ state: string; operations: number }>`
  select state, count(*)::int as operations from catalog.operation group by state order by state`

/** Clusters by what their servers are, never by name. */
export const countClusters = sql<{ serverVersion: number; hardened: boolean; clusters: number }>`
  select server_version as "serverVersion", hardened, count(*)::int as clusters from catalog.cluster group by 1, 2 order by 1, 2`

export const catalogServer = sql<{ version: number }>`select current_setting('server_version_num')::int as version`

export const ping = sql`select 1`
