import type { Assurance, SigningKey } from '../kernel/assurance.js'
import { type Sql, sql } from '../kernel/sql.js'
import { type TenantDatabase, tenantDatabase } from './clusters.js'

/** Newest last: that is the one which applications sign with. */
export const signingKeys = (database: string): Sql<SigningKey & { ageMs: number }> => sql<SigningKey & { ageMs: number }>`
  select id, key, (extract(epoch from clock_timestamp() - created_at) * 1000)::float8 as "ageMs" from catalog.signing_key where database_id = ${database} order by id`

export const insertSigningKey = (database: string, { id, key }: SigningKey): Sql => sql`
  insert into catalog.signing_key (database_id, id, key) values (${database}, ${id}, ${key}) on conflict do nothing`

export const deleteSigningKeysBefore = (database: string, id: number): Sql =>
  sql`delete from catalog.signing_key where database_id = ${database} and id < ${id}`

export const deleteSigningKeys = (database: string): Sql => sql`delete from catalog.signing_key where database_id = ${database}`

export const setAssurance = (database: string, assurance: Assurance): Sql =>
  sql`update catalog.database set assurance = ${assurance} where id = ${database}`

export interface DatabaseAssurance {
  readonly id: string
  readonly cluster: string
  readonly name: string
  readonly assurance: Assurance
  readonly tenants: number
  readonly keys: number
  /** When applications began to sign with the newest key. */
  readonly since: Date | null
}

export const databaseAssurances = sql<DatabaseAssurance>`
  select d.id, c.name as cluster, d.name, d.assurance,
         (select count(*)::int from catalog.placement p join catalog.home h on h.id = p.home_id where h.database_id = d.id) as tenants,
         count(k.id)::int as keys, max(k.created_at) as since
  from catalog.database d
  join catalog.cluster c on c.id = d.cluster_id
  left join catalog.signing_key k on k.database_id = d.id
  where d.state = 'live'
  group by d.id, c.id
  order by c.name, d.name`

/** Held, so that of two operations on one database the second sees the first. */
export const lockDatabase = (cluster: string, name: string): Sql<TenantDatabase> =>
  sql<TenantDatabase>`${tenantDatabase} where c.name = ${cluster} and d.name = ${name} and d.state = 'live' for no key update of d`

export const openAssuranceOperation = (cluster: string, database: string): Sql<{ name: string }> => sql<{ name: string }>`
  select o.name
  from catalog.operation o
  where o.state in ('running', 'undoing')
    and o.name like 'assurance.%'
    and o.input ->> 'cluster' = ${cluster}
    and o.input ->> 'database' = ${database}
  limit 1`

/** What the last change of a database was to make of it, if it has failed on its way. */
const unfinishedIn = (database: Sql): Sql => sql`(
  select case o.state when 'failed' then o.input ->> 'to' end
  from catalog.operation o
  join catalog.cluster oc on oc.name = o.input ->> 'cluster'
  join catalog.database od on od.cluster_id = oc.id and od.name = o.input ->> 'database'
  where o.name = 'assurance.set' and od.id = ${database}
  order by o.created_at desc
  limit 1)`

/** Is it being changed, and what was it to become where that has failed half-way? */
export const assuranceChange = (database: string): Sql<{ busy: boolean; unfinished: string | null }> => sql<{
  busy: boolean
  unfinished: string | null
}>`
  select exists (
    select 1
    from catalog.operation o
    join catalog.database d on d.name = o.input ->> 'database'
    join catalog.cluster c on c.id = d.cluster_id and c.name = o.input ->> 'cluster'
    where o.state in ('running', 'undoing') and o.name like 'assurance.%' and d.id = ${database}) as busy,
    ${unfinishedIn(sql`${database}`)} as unfinished`

export const assuranceOfTenant = (tenant: string): Sql<{ assurance: Assurance; place: string; unfinished: string | null }> => sql<{
  assurance: Assurance
  place: string
  unfinished: string | null
}>`
  select d.assurance, c.name || '/' || d.name as place, ${unfinishedIn(sql`d.id`)} as unfinished
  from catalog.placement p
  join catalog.home h on h.id = p.home_id
  join catalog.database d on d.id = h.database_id
  join catalog.cluster c on c.id = d.cluster_id
  where p.tenant_id = ${tenant}`

/** How the last change of a database's assurance ended, if there was one. */
export const lastChangeOf = (cluster: string, database: string): Sql<{ state: string }> => sql<{ state: string }>`
  select o.state
  from catalog.operation o
  where o.name = 'assurance.set' and o.input ->> 'cluster' = ${cluster} and o.input ->> 'database' = ${database}
  order by o.created_at desc
  limit 1`

export const tiersIn = (database: string): Sql<{ tier: string }> => sql<{ tier: string }>`
  select distinct t.tier
  from catalog.placement p
  join catalog.home h on h.id = p.home_id
  join catalog.tenant t on t.id = p.tenant_id
  where h.database_id = ${database} and t.tier is not null`
