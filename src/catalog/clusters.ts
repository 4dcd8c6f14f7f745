import type { Assurance } from '../kernel/assurance.js'
import { type Sql, sql } from '../kernel/sql.js'
import type { TlsMode } from '../postgres/transport.js'
import { isGoing } from './homes.js'

/** Where applications connect, and how. */
export interface ClusterLine {
  readonly appHost: string
  readonly appPort: number
  readonly appSslmode: TlsMode
  /** A reference to the authorities that sign for that address. */
  readonly appCaRef: string | null
  readonly appSecretRef: string
  readonly pooler: 'none' | 'pgbouncer'
  /** A reference to the password of the pooler's own role, where it asks for verifiers. */
  readonly poolerSecretRef: string | null
  /** As it was declared. */
  readonly poolerVersion: string | null
}

export interface Cluster extends ClusterLine {
  readonly id: string
  readonly name: string
  readonly adminRef: string
  readonly serverVersion: number
  readonly systemId: string
  readonly hardened: boolean
  readonly defaultDatabase: string | null
  readonly state: 'live' | 'rotating' | 'removing'
  /** Takes no new tenants. */
  readonly draining: boolean
  /** Which login of each pair applications use. */
  readonly loginSide: 1 | 2
  /** Since when the others may log in only for the sake of those that have not heard yet. */
  readonly oldLoginsSince: Date | null
  readonly createdAt: Date
}

export const clusterColumns = sql`
  c.id, c.name, c.admin_ref as "adminRef", c.app_host as "appHost", c.app_port as "appPort", c.app_sslmode as "appSslmode",
  c.app_ca_ref as "appCaRef", c.app_secret_ref as "appSecretRef", c.pooler, c.pooler_secret_ref as "poolerSecretRef", c.pooler_version as "poolerVersion",
  c.server_version as "serverVersion", c.system_id as "systemId", c.hardened, c.default_database as "defaultDatabase", c.state, c.draining,
  c.login_side as "loginSide", c.old_logins_since as "oldLoginsSince", c.created_at as "createdAt"`

export const findCluster = (name: string): Sql<Cluster> =>
  sql<Cluster>`select ${clusterColumns} from catalog.cluster c where c.name = ${name}`

export const clusterById = (id: string): Sql<Cluster> => sql<Cluster>`select ${clusterColumns} from catalog.cluster c where c.id = ${id}`

/** Those with a pooler that lets us in. */
export const pooledClusters = sql<{ id: string; name: string }>`
  select c.id, c.name
  from catalog.cluster c
  where c.pooler <> 'none' and c.pooler_secret_ref is not null
  order by c.name`

export interface ClusterListing extends Cluster {
  readonly databases: number
  readonly homes: number
  readonly tenants: number
  /** Of the tenants, those that are nobody's yet. */
  readonly warm: number
}

export const listClusters = sql<ClusterListing>`
  select ${clusterColumns},
         count(distinct d.id)::int as databases,
         count(distinct h.id)::int as homes,
         count(p.tenant_id)::int as tenants,
         count(p.tenant_id) filter (where starts_with(t.slug, '~'))::int as warm
  from catalog.cluster c
  left join catalog.database d on d.cluster_id = c.id
  left join catalog.home h on h.database_id = d.id
  left join catalog.placement p on p.home_id = h.id
  left join catalog.tenant t on t.id = p.tenant_id
  group by c.id
  order by c.name`

export interface ClusterForTenant extends Pick<Cluster, 'id' | 'name' | 'hardened' | 'loginSide'> {
  readonly defaultDatabase: string
  /** What stands in front of it, if anything, can ask the server for the passwords of logins that are made later. */
  readonly knowsLogins: boolean
}

/** The live cluster with the fewest homes among those that can take the isolation; held, so that it is not drained or removed meanwhile. */
export const clusterForNewTenant = (isolation: string, name: string | null): Sql<ClusterForTenant> => sql<ClusterForTenant>`
  select c.id, c.name, c.hardened, c.default_database as "defaultDatabase", c.login_side as "loginSide",
         c.pooler = 'none' or c.pooler_secret_ref is not null as "knowsLogins"
  from catalog.cluster c
  join catalog.database d on d.id = c.default_database and d.state = 'live'
  where (${name}::text is null or c.name = ${name})
    and c.state = 'live'
    and not c.draining
    and (${isolation} <> 'shared' or c.hardened or ${name}::text is not null)
  order by (select count(*) from catalog.home h join catalog.database hd on hd.id = h.database_id where hd.cluster_id = c.id), c.created_at
  limit 1
  for share of c`

export interface NewCluster extends ClusterLine {
  readonly id: string
  readonly name: string
  readonly adminRef: string
  readonly serverVersion: number
  readonly systemId: string
  readonly hardened: boolean
  readonly loginSide: 1 | 2
}

export const insertCluster = (c: NewCluster): Sql => sql`
  insert into catalog.cluster (id, name, admin_ref, app_host, app_port, app_tls, app_sslmode, app_ca_ref, app_secret_ref, pooler, pooler_secret_ref,
    pooler_version, server_version, system_id, hardened, login_side)
  values (${c.id}, ${c.name}, ${c.adminRef}, ${c.appHost}, ${c.appPort}, ${c.appSslmode !== 'disable'}, ${c.appSslmode}, ${c.appCaRef}, ${c.appSecretRef},
    ${c.pooler}, ${c.poolerSecretRef}, ${c.poolerVersion}, ${c.serverVersion}, ${c.systemId}, ${c.hardened}, ${c.loginSide})
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
  readonly assurance: Assurance
}

const databaseColumns = sql`
  d.id, d.name, d.state, d.assurance, c.id as "clusterId", c.name as cluster, c.admin_ref as "adminRef", c.hardened`

export const tenantDatabase = sql`select ${databaseColumns} from catalog.database d join catalog.cluster c on c.id = d.cluster_id`

export const databaseById = (id: string): Sql<TenantDatabase> => sql<TenantDatabase>`${tenantDatabase} where d.id = ${id}`

export const insertDatabase = (id: string, cluster: string, name: string, assurance: Assurance): Sql => sql`
  insert into catalog.database (id, cluster_id, name, state, assurance) values (${id}, ${cluster}, ${name}, 'creating', ${assurance})`

/** Of a database `d`: it was made for a home that is going, and goes with it. */
export const databaseIsGoing: Sql = sql`
  exists (select from catalog.home h where h.database_id = d.id and h.isolation = 'database' and ${isGoing})`

/** Every live database that stays. Names only columns of the first release: it is asked before the catalog is raised. */
export const liveDatabases: Sql<TenantDatabase> = sql<TenantDatabase>`
  select ${databaseColumns}
  from catalog.database d
  join catalog.cluster c on c.id = d.cluster_id
  where d.state = 'live' and not ${databaseIsGoing}
  order by c.name, d.name`

/** Of a database `d`: it is live and its platform tables have not applied exactly what the digest says; null: it is live. */
export const databaseIsBehind = (digest: string | null): Sql =>
  sql`(d.state = 'live' and d.platform_digest is distinct from ${digest}::text and not ${databaseIsGoing})`

export const databasesBehind = (digest: string | null): Sql<TenantDatabase> => sql<TenantDatabase>`
  select ${databaseColumns}
  from catalog.database d
  join catalog.cluster c on c.id = d.cluster_id
  where ${databaseIsBehind(digest)}
  order by c.name, d.name`

export const recordPlatformDigest = (id: string, digest: string): Sql =>
  sql`update catalog.database set platform_digest = ${digest} where id = ${id}`

export const databaseIsLive = (id: string): Sql => sql`update catalog.database set state = 'live' where id = ${id}`

export const deleteDatabase = (id: string): Sql => sql`delete from catalog.database where id = ${id}`
