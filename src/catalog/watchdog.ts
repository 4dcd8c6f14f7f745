import { type Sql, sql } from '../kernel/sql.js'

/** A server with clusters on it, through the eyes of the one that was registered first. */
export interface WatchedServer {
  readonly systemId: string
  readonly cluster: string
  readonly adminRef: string
  readonly hardened: boolean
}

export const watchedServers = sql<WatchedServer>`
  select distinct on (c.system_id) c.system_id as "systemId", c.name as cluster, c.admin_ref as "adminRef", c.hardened
  from catalog.cluster c
  where exists (select from catalog.database d where d.id = c.default_database and d.state = 'live')
  order by c.system_id, c.hardened desc, c.created_at`

/** The least and the greatest limit that any tenant has, by itself or by its tier; null where none has one. */
export interface LimitBounds {
  readonly leastStatementMs: number | null
  readonly mostStatementMs: number | null
  readonly leastIdleMs: number | null
  readonly mostIdleMs: number | null
  readonly mostLockMs: number | null
}

export const limitBounds = sql<LimitBounds>`
  select least(t.least_statement, min(r.statement_timeout_ms)) as "leastStatementMs",
         greatest(t.most_statement, max(r.statement_timeout_ms)) as "mostStatementMs",
         least(t.least_idle, min(r.idle_timeout_ms)) as "leastIdleMs",
         greatest(t.most_idle, max(r.idle_timeout_ms)) as "mostIdleMs",
         max(r.lock_timeout_ms) as "mostLockMs"
  from (
    select min(statement_timeout_ms) as least_statement, max(statement_timeout_ms) as most_statement,
           min(idle_timeout_ms) as least_idle, max(idle_timeout_ms) as most_idle
    from catalog.tenant
    where statement_timeout_ms is not null or idle_timeout_ms is not null
  ) as t
  left join catalog.tier r on true
  group by t.least_statement, t.most_statement, t.least_idle, t.most_idle`

/** A tenant with the limits that hold for it: its own, or else its tier's; null is the platform's. */
export interface WatchedTenant {
  /** Of the advisory lock that its scopes hold. */
  readonly key: string
  readonly id: string
  readonly slug: string
  readonly statementTimeoutMs: number | null
  readonly idleTimeoutMs: number | null
  readonly lockTimeoutMs: number | null
}

export const tenantsByScopeKey = (keys: readonly string[]): Sql<WatchedTenant> => sql<WatchedTenant>`
  select uuid_hash_extended(t.id, 7426)::text as key, t.id, t.slug,
         coalesce(t.statement_timeout_ms, r.statement_timeout_ms) as "statementTimeoutMs",
         coalesce(t.idle_timeout_ms, r.idle_timeout_ms) as "idleTimeoutMs",
         r.lock_timeout_ms as "lockTimeoutMs"
  from catalog.tenant t
  left join catalog.tier r on r.name = t.tier
  where uuid_hash_extended(t.id, 7426) = any (${keys}::bigint[])`

/** Which cluster a database of a server belongs to: a server may have several. */
export const clusterOfDatabase = (systemId: string, database: string): Sql<{ cluster: string }> => sql<{ cluster: string }>`
  select c.name as cluster
  from catalog.database d
  join catalog.cluster c on c.id = d.cluster_id
  where c.system_id = ${systemId} and d.name = ${database}
  limit 1`

/** All of them, for whoever asks about many. */
export const databasesOnServer = (systemId: string): Sql<{ database: string; cluster: string }> => sql<{
  database: string
  cluster: string
}>`
  select d.name as database, c.name as cluster
  from catalog.database d
  join catalog.cluster c on c.id = d.cluster_id
  where c.system_id = ${systemId}`

export interface WatchedHome {
  readonly isolation: 'shared' | 'schema' | 'database'
  readonly schema: string
  readonly role: string
  readonly login: string
  readonly database: string
}

/** Every home on a server, also those that are being made: their settings may be there already. */
export const homesOnServer = (systemId: string): Sql<WatchedHome> => sql<WatchedHome>`
  select h.isolation, h.schema_name as schema, h.role_name as role, h.login_name as login, d.name as database
  from catalog.home h
  join catalog.database d on d.id = h.database_id
  join catalog.cluster c on c.id = d.cluster_id
  where c.system_id = ${systemId}`

/** Clusters on a server, with the logins that homes use there. While credentials are changed, what is right changes too. */
export interface LoginsOfCluster {
  readonly loginSide: 1 | 2
  readonly appSecretRef: string
  readonly state: string
  readonly logins: readonly string[]
}

export const loginsOnServer = (systemId: string): Sql<LoginsOfCluster> => sql<LoginsOfCluster>`
  select c.login_side as "loginSide", c.app_secret_ref as "appSecretRef", c.state,
         array(select distinct h.login_name from catalog.home h join catalog.database d on d.id = h.database_id where d.cluster_id = c.id) as logins
  from catalog.cluster c
  where c.system_id = ${systemId}`

// A worker that has not acted by then is gone.
const ACTS_WITHIN_S = 1

/** A row for whoever is the first to ask. */
export const claimAct = (act: string): Sql<{ act: string }> => sql<{ act: string }>`
  insert into catalog.watchdog_act as a (act) values (${act})
  on conflict (act) do update
    set at = clock_timestamp()
    where a.at < clock_timestamp() - make_interval(secs => ${ACTS_WITHIN_S})
  returning act`

export const forgetActs = sql`delete from catalog.watchdog_act where at < clock_timestamp() - interval '1 hour'`
