import { type Sql, sql } from '../kernel/sql.js'
import { databaseIsGoing } from './clusters.js'
import { type Isolation, isGoing } from './homes.js'

// Scratch tenants are in no table: only the operation that is at work with them has journaled their names, before it made anything.
const scratch = sql`
  select s.side -> 'home' ->> 'id' as home, s.side -> 'home' ->> 'schema' as schema, s.side -> 'home' ->> 'role' as role,
         s.side -> 'home' ->> 'login' as login,
         s.side -> 'database' ->> 'id' as database_id, s.side -> 'database' ->> 'name' as database
  from catalog.operation o
  join catalog.operation_step accepted on accepted.operation_id = o.id and accepted.position = 0
  cross join jsonb_array_elements(accepted.output -> 'pairs') as p (pair)
  cross join lateral (values (p.pair -> 'attacker'), (p.pair -> 'victim')) as s (side)
  where o.name = 'doctor.attack' and o.state in ('running', 'undoing')`

/** Everything of a cluster by name, whatever its state: what is found there and is not in here is an orphan. */
export const namesOnCluster = (cluster: string): Sql<{ databases: readonly string[]; roles: readonly string[] }> => sql<{
  databases: readonly string[]
  roles: readonly string[]
}>`
  select array(select d.name from catalog.database d where d.cluster_id = ${cluster} union all select database from (${scratch}) as s) as databases,
         -- Roles belong to a server, and one server may be registered under two names.
         array(select h.role_name from catalog.home h union all select unnest(array[role, login]) from (${scratch}) as s) as roles`

export const homesByName = (database: string): Sql<{ id: string; schema: string }> => sql<{ id: string; schema: string }>`
  select id::text as id, schema_name as schema from catalog.home where database_id = ${database}
  union all
  select home, schema from (${scratch}) as s where database_id = ${database}`

export interface ClusterDatabase {
  readonly id: string
  readonly name: string
  readonly isDefault: boolean
  /** It was somebody's before, who may have more in it than tenants. */
  readonly adopted: boolean
}

export const liveDatabasesOf = (cluster: string): Sql<ClusterDatabase> => sql<ClusterDatabase>`
  select d.id, d.name, d.id = c.default_database as "isDefault", d.adopted
  from catalog.database d
  join catalog.cluster c on c.id = d.cluster_id
  where d.cluster_id = ${cluster} and d.state = 'live' and not ${databaseIsGoing}
  order by d.name`

export interface LiveHome {
  readonly id: string
  readonly isolation: Isolation
  readonly track: string
  readonly schema: string
  readonly role: string
  readonly login: string
  readonly databaseId: string
  readonly database: string
}

export const liveHomesOf = (cluster: string): Sql<LiveHome> => sql<LiveHome>`
  select h.id, h.isolation, h.track, h.schema_name as schema, h.role_name as role, h.login_name as login, d.id as "databaseId",
         d.name as database
  from catalog.home h
  join catalog.database d on d.id = h.database_id
  where d.cluster_id = ${cluster} and h.state = 'live' and d.state = 'live' and not ${isGoing}
  order by h.number`

export interface PlacementCopy {
  readonly tenant: string
  readonly slug: string
  readonly home: string
  readonly epoch: number
  /** As the home's database should have it. */
  readonly state: string
  /** An operation is at work on the tenant: until it has ended, the copy may be behind. */
  readonly busy: boolean
}

export const placementsIn = (database: string): Sql<PlacementCopy> => sql<PlacementCopy>`
  select t.id as tenant, t.slug, p.home_id as home, p.epoch::int as epoch,
         case t.state when 'deleted' then 'suspended' when 'warm' then 'active' else t.state end as state,
         t.state in ('creating', 'purging') or exists (
           select 1 from catalog.operation o where o.subject = t.id and o.state in ('running', 'undoing')
         ) as busy
  from catalog.placement p
  join catalog.tenant t on t.id = p.tenant_id
  join catalog.home h on h.id = p.home_id
  where h.database_id = ${database}`

export const revocationsOf = (cluster: string): Sql<{ database: string }> => sql<{ database: string }>`
  select database_name as database from catalog.revocation where cluster_id = ${cluster} order by 1`

export interface TellingName {
  readonly what: 'schema' | 'database'
  readonly where: string
  readonly name: string
  readonly slug: string
}

/** Schemas and databases of one tenant whose names have its slug in them. Slugs of three letters are in many a word. */
export const tellingNames = (cluster: string): Sql<TellingName> => sql<TellingName>`
  select w.what, w.place as where, w.name, t.slug
  from catalog.home h
  join catalog.database d on d.id = h.database_id
  join catalog.placement p on p.home_id = h.id
  join catalog.tenant t on t.id = p.tenant_id
  cross join lateral (
    select 'schema' as what, d.name || '/' || h.schema_name as place, h.schema_name as name
    union all
    select 'database', d.name, d.name where h.isolation = 'database'
  ) w
  where d.cluster_id = ${cluster}
    and h.isolation <> 'shared'
    and h.state = 'live'
    and not ${isGoing}
    and length(t.slug) > 3
    and position(replace(t.slug, '-', '_') in replace(lower(w.name), '-', '_')) > 0
  order by 2`

export interface OpenOperation {
  readonly id: string
  readonly name: string
  readonly abandoned: boolean
  /** Why it stands still until somebody goes on with it; null unless it does. */
  readonly paused: string | null
  readonly quietMinutes: number
}

/** Operations that have not ended: whether anybody holds them, and for how long they have journaled nothing. `except` is the one that asks. */
export const openOperations = (except: string | null): Sql<OpenOperation> => sql<OpenOperation>`
  select o.id, o.name,
         o.state <> 'paused' and (o.lease_until is null or o.lease_until < clock_timestamp()) as abandoned,
         case o.state when 'paused' then coalesce(o.fault -> 'facts' ->> 'says', '') end as paused,
         floor(extract(epoch from clock_timestamp() - greatest(
           o.created_at,
           (select max(s.ended_at) from catalog.operation_step s where s.operation_id = o.id),
           (select max(i.ended_at) from catalog.operation_item i where i.operation_id = o.id)
         )) / 60)::int as "quietMinutes"
  from catalog.operation o
  where o.state in ('running', 'undoing', 'paused')
    and o.id is distinct from ${except}::uuid
  order by o.created_at`
