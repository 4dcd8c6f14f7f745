import { type Sql, sql } from '../kernel/sql.js'
import { type Cluster, type ClusterLine, clusterColumns } from './clusters.js'
import type { Home } from './homes.js'

/** The cluster, held against everybody who would create a tenant there or change it. */
export const lockCluster = (name: string): Sql<Cluster & { adding: boolean }> => sql<Cluster & { adding: boolean }>`
  select ${clusterColumns},
         not exists (select from catalog.database d where d.id = c.default_database and d.state = 'live') as adding
  from catalog.cluster c
  where c.name = ${name}
  for update of c`

export const setClusterState = (id: string, state: Cluster['state']): Sql =>
  sql`update catalog.cluster set state = ${state} where id = ${id}`

/** Applications hear of it as soon as they ask again where a tenant lives. */
export const setClusterLine = (id: string, c: ClusterLine): Sql => sql`
  update catalog.cluster
  set app_host = ${c.appHost}, app_port = ${c.appPort}, app_tls = ${c.appSslmode !== 'disable'}, app_sslmode = ${c.appSslmode}, app_ca_ref = ${c.appCaRef},
      pooler = ${c.pooler}, pooler_secret_ref = ${c.poolerSecretRef}, pooler_version = ${c.poolerVersion}
  where id = ${id}`

export const setDraining = (id: string, draining: boolean): Sql => sql`update catalog.cluster set draining = ${draining} where id = ${id}`

/** Why none may be created: a cluster (of this name, if one is given) that would take tenants at another time. */
export const clusterOutOfService = (name: string | null): Sql<Pick<Cluster, 'name' | 'state'>> => sql<Pick<Cluster, 'name' | 'state'>>`
  select c.name, c.state
  from catalog.cluster c
  where (${name}::text is null or c.name = ${name})
    and (c.draining or c.state <> 'live')
  order by c.draining, c.created_at
  limit 1`

/** How many there are, and the isolation of a warm one among them. */
export const tenantsOn = (cluster: string): Sql<{ tenants: number; warm: string | null }> => sql<{
  tenants: number
  warm: string | null
}>`
  select count(*)::int as tenants, min(t.isolation) filter (where starts_with(t.slug, '~')) as warm
  from catalog.placement p
  join catalog.tenant t on t.id = p.tenant_id
  join catalog.home h on h.id = p.home_id
  join catalog.database d on d.id = h.database_id
  where d.cluster_id = ${cluster}`

export const databasesOn = (cluster: string): Sql<{ id: string; name: string }> => sql<{ id: string; name: string }>`
  select id, name from catalog.database where cluster_id = ${cluster} order by name`

export type HomeOnCluster = Pick<Home, 'id' | 'databaseId' | 'isolation' | 'schema' | 'role' | 'login' | 'state'>

export const homesOn = (cluster: string): Sql<HomeOnCluster> => sql<HomeOnCluster>`
  select h.id, h.database_id as "databaseId", h.isolation, h.schema_name as schema, h.role_name as role, h.login_name as login, h.state
  from catalog.home h
  join catalog.database d on d.id = h.database_id
  where d.cluster_id = ${cluster}
  order by h.number`

/** Other clusters of this platform on the same server: roles and revocations are common to them. */
export const neighboursOf = (cluster: string): Sql<Cluster> => sql<Cluster>`
  select ${clusterColumns}
  from catalog.cluster c
  join catalog.cluster mine on mine.system_id = c.system_id and mine.id <> c.id
  where mine.id = ${cluster}
  order by c.name`

export const clustersOnServer = (systemId: string): Sql<Cluster> => sql<Cluster>`
  select ${clusterColumns} from catalog.cluster c where c.system_id = ${systemId} order by c.created_at`

/** An operation that has not ended and that was asked for by the cluster's name. */
export const openOperationOnCluster = (name: string): Sql<{ name: string }> => sql<{ name: string }>`
  select o.name
  from catalog.operation o
  where o.state in ('running', 'undoing')
    and o.name like 'cluster.%'
    and ${name} in (o.input ->> 'cluster', o.input ->> 'name')
  limit 1`

// --- credentials

export interface ClusterLogins {
  /** Of live homes, the side that applications use. */
  readonly logins: readonly string[]
  /** Those whose names no pattern of ours tells: not the ones made for one tenant. */
  readonly databases: readonly string[]
  /** Is the catalog on the same server? */
  readonly catalogHere: boolean
}

export const loginsOn = (cluster: string): Sql<ClusterLogins> => sql<ClusterLogins>`
  select
    (select coalesce(array_agg(distinct h.login_name order by h.login_name), '{}')
     from catalog.home h join catalog.database d on d.id = h.database_id where d.cluster_id = c.id) as logins,
    (select coalesce(array_agg(d.name order by d.name), '{}') from catalog.database d
     where d.cluster_id = c.id
       and (d.adopted or not exists (select from catalog.home h where h.database_id = d.id and h.isolation = 'database'))) as databases,
    (select s.system_identifier::text = c.system_id from pg_catalog.pg_control_system() s) as "catalogHere"
  from catalog.cluster c
  where c.id = ${cluster}`

export interface LoginPair {
  readonly from: string
  readonly to: string
}

/** From here on placements answer with the other login of each pair and the new secret, all at once. */
export const switchLogins = (cluster: string, pairs: readonly LoginPair[], secretRef: string): Sql => sql`
  with switched as (
    update catalog.home h
    set login_name = pair.new_login
    from catalog.database d, unnest(${pairs.map(({ from }) => from)}::text[], ${pairs.map(({ to }) => to)}::text[]) as pair (old_login, new_login)
    where d.id = h.database_id and d.cluster_id = ${cluster} and h.login_name = pair.old_login
  )
  update catalog.cluster
  set app_secret_ref = ${secretRef}, login_side = 3 - login_side, old_logins_since = clock_timestamp(), state = 'live'
  where id = ${cluster}`

export const oldLoginsRetired = (cluster: string): Sql => sql`
  update catalog.cluster set old_logins_since = null, state = 'live' where id = ${cluster}`

/** How long ago applications could still be told of the old logins, by the catalog's clock. */
export const oldLoginsFor = (cluster: string): Sql<{ ms: number | null }> => sql<{ ms: number | null }>`
  select (extract(epoch from clock_timestamp() - old_logins_since) * 1000)::float8 as ms from catalog.cluster where id = ${cluster}`

// --- removal

export interface Revocation {
  readonly database: string
  readonly undo: string
}

export const revocationsOf = (cluster: string): Sql<Revocation> => sql<Revocation>`
  select database_name as database, undo from catalog.revocation where cluster_id = ${cluster} order by database_name`

export const deleteRevocation = (cluster: string, database: string): Sql => sql`
  delete from catalog.revocation where cluster_id = ${cluster} and database_name = ${database}`

/** A neighbour stands behind the same revocations, so it inherits them. */
export const handOverRevocations = (cluster: string, heir: string): Sql => sql`
  insert into catalog.revocation (cluster_id, database_name, undo, at)
  select ${heir}, database_name, undo, at from catalog.revocation where cluster_id = ${cluster}
  on conflict do nothing`

export const deleteHomesOn = (cluster: string): Sql => sql`
  delete from catalog.home h using catalog.database d where d.id = h.database_id and d.cluster_id = ${cluster}`

export const deleteDatabasesOn = (cluster: string): Sql => sql`delete from catalog.database where cluster_id = ${cluster}`
