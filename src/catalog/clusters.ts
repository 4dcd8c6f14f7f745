import { type Sql, sql } from '../kernel/sql.js'

export interface Cluster {
  readonly id: string
  readonly name: string
  readonly adminRef: string
  readonly appHost: string
  readonly appPort: number
  readonly appSecretRef: string
  readonly pooler: 'none' | 'pgbouncer'
  readonly serverVersion: number
  readonly systemId: string
  readonly hardened: boolean
  readonly defaultDatabase: string | null
  readonly createdAt: Date
}

const columns = sql`
  c.id, c.name, c.admin_ref as "adminRef", c.app_host as "appHost", c.app_port as "appPort", c.app_secret_ref as "appSecretRef", c.pooler,
  c.server_version as "serverVersion", c.system_id as "systemId", c.hardened, c.default_database as "defaultDatabase", c.created_at as "createdAt"`

export const findCluster = (name: string): Sql<Cluster> => sql<Cluster>`select ${columns} from catalog.cluster c where c.name = ${name}`

export const clusterById = (id: string): Sql<Cluster> => sql<Cluster>`select ${columns} from catalog.cluster c where c.id = ${id}`

export interface ClusterListing extends Cluster {
  readonly databases: number
  readonly homes: number
  readonly tenants: number
}

export const listClusters = sql<ClusterListing>`
  select ${columns},
         count(distinct d.id)::int as databases,
         count(distinct h.id)::int as homes,
         count(p.tenant_id)::int as tenants
  from catalog.cluster c
  left join catalog.database d on d.cluster_id = c.id
  left join catalog.home h on h.database_id = d.id
  left join catalog.placement p on p.home_id = h.id
  group by c.id
  order by c.name`

/** The live cluster with the fewest homes among those that can take the isolation. */
export const clusterForNewTenant = (
  isolation: string,
  name: string | null,
): Sql<{ id: string; name: string; hardened: boolean; defaultDatabase: string }> => sql<{
  id: string
  name: string
  hardened: boolean
  defaultDatabase: string
}>`
  select c.id, c.name, c.hardened, c.default_database as "defaultDatabase"
  from catalog.cluster c
  join catalog.database d on d.id = c.default_database and d.state = 'live'
  where (${name}::text is null or c.name = ${name})
    and (${isolation} <> 'shared' or c.hardened or ${name}::text is not null)
  order by (select count(*) from catalog.home h join catalog.database hd on hd.id = h.database_id where hd.cluster_id = c.id), c.created_at
  limit 1`

export interface NewCluster {
  readonly id: string
  readonly name: string
  readonly adminRef: string
  readonly appHost: string
  readonly appPort: number
  readonly appTls: boolean
  readonly appSecretRef: string
  readonly pooler: string
  readonly serverVersion: number
  readonly systemId: string
  readonly hardened: boolean
}

export const insertCluster = (c: NewCluster): Sql => sql`
  insert into catalog.cluster (id, name, admin_ref, app_host, app_port, app_tls, app_secret_ref, pooler, server_version, system_id, hardened)
  values (${c.id}, ${c.name}, ${c.adminRef}, ${c.appHost}, ${c.appPort}, ${c.appTls}, ${c.appSecretRef}, ${c.pooler}, ${c.serverVersion}, ${c.systemId}, ${c.hardened})
  on conflict (name) do nothing`

export const setDefaultDatabase = (cluster: string, database: string): Sql =>
  sql`update catalog.cluster set default_database = ${database} where id = ${cluster}`

export const deleteCluster = (id: string): Sql => sql`delete from catalog.cluster where id = ${id}`

export const recordRevocation = (cluster: string, database: string, undo: string): Sql => sql`
  insert into catalog.revocation (cluster_id, database_name, undo) values (${cluster}, ${database}, ${undo}) on conflict do nothing`

// --- tenant-bearing databases

export interface TenantDatabase {
  readonly id: string
  readonly name: string
  readonly state: 'creating' | 'live'
  readonly clusterId: string
  readonly cluster: string
  readonly adminRef: string
  readonly hardened: boolean
}

const databaseColumns = sql`
  d.id, d.name, d.state, c.id as "clusterId", c.name as cluster, c.admin_ref as "adminRef", c.hardened`

export const databaseById = (id: string): Sql<TenantDatabase> => sql<TenantDatabase>`
  select ${databaseColumns} from catalog.database d join catalog.cluster c on c.id = d.cluster_id where d.id = ${id}`

export const insertDatabase = (id: string, cluster: string, name: string): Sql => sql`
  insert into catalog.database (id, cluster_id, name, state) values (${id}, ${cluster}, ${name}, 'creating')`

/** The live databases whose platform tables have not applied exactly what the digest says. */
export const databasesBehind = (digest: string): Sql<TenantDatabase> => sql<TenantDatabase>`
  select ${databaseColumns}
  from catalog.database d
  join catalog.cluster c on c.id = d.cluster_id
  where d.state = 'live' and d.platform_digest <> ${digest}
  order by c.name, d.name`

export const recordPlatformDigest = (id: string, digest: string): Sql =>
  sql`update catalog.database set platform_digest = ${digest} where id = ${id}`

export const databaseIsLive = (id: string): Sql => sql`update catalog.database set state = 'live' where id = ${id}`

export const deleteDatabase = (id: string): Sql => sql`delete from catalog.database where id = ${id}`
