import { type Sql, sql } from '../kernel/sql.js'
import type { Isolation } from './homes.js'
import type { TenantState } from './tenants.js'

export interface KnownDatabase {
  readonly id: string
  readonly state: 'creating' | 'live'
  readonly adopted: boolean
}

/** Held, so that it is not given back while a schema in it is being adopted, or the other way round. */
export const lockDatabase = (cluster: string, name: string): Sql<KnownDatabase> => sql<KnownDatabase>`
  select id, state, adopted from catalog.database where cluster_id = ${cluster} and name = ${name} for update`

export const lockDatabaseById = (id: string): Sql<KnownDatabase> => sql<KnownDatabase>`
  select id, state, adopted from catalog.database where id = ${id} for update`

/** Being made tenant-bearing, or being given back: nothing is adopted in it meanwhile. */
export const setDatabaseState = (id: string, state: KnownDatabase['state']): Sql => sql`
  update catalog.database set state = ${state} where id = ${id}`

export const databaseIsAdopted = (id: string): Sql => sql`update catalog.database set adopted = true where id = ${id}`

export const homeIsAdopted = (id: string, version: string): Sql =>
  sql`update catalog.home set adopted_version = ${version} where id = ${id}`

export interface AdoptedHome {
  /** Null where Tenantry made the home. */
  readonly adoptedVersion: string | null
  readonly version: string
  readonly tenants: number
  /** Was its database somebody's as well? */
  readonly databaseAdopted: boolean
  /** Homes that stay when this one goes: others in the same database, less those that are going as well. */
  readonly staying: number
  readonly going: number
}

/** Asked under the lock of its database, so that of two that go at once one sees the other. */
export const adoptedHome = (id: string): Sql<AdoptedHome> => sql<AdoptedHome>`
  select h.adopted_version as "adoptedVersion", h.version, d.adopted as "databaseAdopted",
         (select count(*)::int from catalog.placement p where p.home_id = h.id) as tenants,
         count(o.id) filter (where not o.going)::int as staying,
         count(o.id) filter (where o.going)::int as going
  from catalog.home h
  join catalog.database d on d.id = h.database_id
  left join lateral (
    select other.id, exists (
      select from catalog.placement p
      join catalog.operation op on op.subject = p.tenant_id
      where p.home_id = other.id and op.state in ('running', 'undoing') and op.name in ('tenant.unadopt', 'tenant.purge')
    ) as going
    from catalog.home other
    where other.database_id = h.database_id and other.id <> h.id
  ) as o on true
  where h.id = ${id}
  group by h.id, d.id`

/** With it the database goes back to those whose it was. */
export const goesLast = (home: AdoptedHome): boolean => home.databaseAdopted && home.staying + home.going === 0

/** Those who share a home with a tenant that is being purged: how many there are, and whether all of them are being purged as well right now. */
export const sharingWith = (tenant: string, home: string): Sql<{ others: number; leaving: boolean }> => sql<{
  others: number
  leaving: boolean
}>`
  select count(*)::int as others,
         coalesce(bool_and(t.state = 'purging' and exists (
           select from catalog.operation o where o.subject = t.id and o.state in ('running', 'undoing'))), false) as leaving
  from catalog.placement p
  join catalog.tenant t on t.id = p.tenant_id
  where p.home_id = ${home} and p.tenant_id <> ${tenant}`

/** It may turn out to be the last, or not, as soon as others have gone. */
export const waitsForOthers = (home: AdoptedHome): boolean => home.databaseAdopted && home.staying === 0 && home.going > 0

export const homeBySchema = (database: string, schema: string): Sql<{ id: string }> => sql<{ id: string }>`
  select id from catalog.home where database_id = ${database} and schema_name = ${schema}`

// --- the tenants of a home, some at a time: the audit keeps every one as it was before, in one setting of the transaction

export interface NewTenant {
  readonly id: string
  readonly slug: string
}

/** Tenants that are still to be adopted; those that the catalog has in this home already are left out. Answers which it took. */
export const insertTenants = (home: string, isolation: Isolation, tenants: readonly NewTenant[]): Sql<{ id: string }> => sql<{
  id: string
}>`
  with wanted as (
    select t.id, t.slug from unnest(${tenants.map((t) => t.id)}::uuid[], ${tenants.map((t) => t.slug)}::text[]) as t (id, slug)
    where not exists (select from catalog.placement p where p.tenant_id = t.id and p.home_id = ${home})
  ), made as (
    insert into catalog.tenant (id, slug, name, isolation, state)
    select w.id, w.slug, w.slug, ${isolation}, 'creating' from wanted w
    where not exists (select from catalog.former_slug f where f.slug = w.slug)
    on conflict do nothing
    returning id
  )
  select id from made`

export const insertPlacements = (home: string, tenants: readonly string[]): Sql => sql`
  insert into catalog.placement (tenant_id, home_id, epoch)
  select t.id, ${home}, 1 from unnest(${tenants}::uuid[]) as t (id) join catalog.tenant on tenant.id = t.id
  on conflict do nothing`

/** Which of these the catalog has elsewhere, or whose slug somebody has. */
export const tenantsInTheWay = (home: string, tenants: readonly NewTenant[]): Sql<{ slug: string }> => sql<{ slug: string }>`
  select t.slug
  from catalog.tenant t
  left join catalog.placement p on p.tenant_id = t.id
  where (t.id = any (${tenants.map((one) => one.id)}::uuid[]) or t.slug = any (${tenants.map((one) => one.slug)}::text[]))
    and p.home_id is distinct from ${home}
  union
  select f.slug from catalog.former_slug f where f.slug = any (${tenants.map((one) => one.slug)}::text[])
  order by 1
  limit 1`

/** Which of these are not in this home after all: somebody was faster, or two of them want the same slug. */
export const tenantsLeftOut = (home: string, tenants: readonly NewTenant[]): Sql<{ slug: string }> => sql<{ slug: string }>`
  select t.slug from unnest(${tenants.map((t) => t.id)}::uuid[], ${tenants.map((t) => t.slug)}::text[]) as t (id, slug)
  where not exists (select from catalog.placement p where p.tenant_id = t.id and p.home_id = ${home})
  order by 1
  limit 1`

/** Which of these ids were somebody's who was purged. */
export const purgedBefore = (tenants: readonly NewTenant[]): Sql<{ id: string; slug: string; purgedAt: Date }> => sql<{
  id: string
  slug: string
  purgedAt: Date
}>`
  select tenant_id as id, slug, purged_at as "purgedAt" from catalog.tombstone
  where tenant_id = any (${tenants.map(({ id }) => id)}::uuid[])
  order by purged_at
  limit 3`

export interface TenantInHome {
  readonly id: string
  readonly slug: string
  readonly state: TenantState
  readonly epoch: number
}

export const tenantsOf = (home: string): Sql<TenantInHome> => sql<TenantInHome>`
  select t.id, t.slug, t.state, p.epoch::int as epoch
  from catalog.placement p
  join catalog.tenant t on t.id = p.tenant_id
  where p.home_id = ${home}
  order by t.created_at, t.id
  for update of t`

/** One of them that something else is being done to. */
export const busyTenantOf = (home: string): Sql<{ slug: string; name: string }> => sql<{ slug: string; name: string }>`
  select t.slug, o.name
  from catalog.placement p
  join catalog.tenant t on t.id = p.tenant_id
  join catalog.operation o on o.subject = t.id and o.state in ('running', 'undoing')
  where p.home_id = ${home}
  limit 1`

export const setTenantStates = (tenants: readonly string[], state: TenantState): Sql => sql`
  update catalog.tenant set state = ${state}, state_since = clock_timestamp() where id = any (${tenants}::uuid[]) and state <> ${state}`

export const deleteTenants = (tenants: readonly string[]): Sql => sql`delete from catalog.tenant where id = any (${tenants}::uuid[])`
