import { isUuid } from '../kernel/identifiers.js'
import { askedAlike, type Sql, sql } from '../kernel/sql.js'
import { type Isolation, TENANT_TRACK } from './homes.js'

export type TenantState = 'creating' | 'warm' | 'active' | 'suspended' | 'read_only' | 'deleted' | 'purging'
export const TENANT_STATES = ['creating', 'warm', 'active', 'suspended', 'read_only', 'deleted', 'purging'] as const

export interface Tenant {
  readonly id: string
  readonly slug: string
  readonly name: string
  readonly isolation: Isolation
  /** Whose migrations its home follows; null for those of tenants. */
  readonly service: string | null
  readonly state: TenantState
  readonly stateReason: string | null
  readonly stateSince: Date
  readonly createdAt: Date
  /** Where undeleting goes back to; null unless deleted. */
  readonly deletedFrom: 'active' | 'suspended' | 'read_only' | null
  readonly deletedFromReason: string | null
  readonly deletedAt: Date | null
  /** From when on it may be purged; null unless deleted. */
  readonly purgeAfter: Date | null
  /** Why it must not be purged, if it is held. */
  readonly heldFor: string | null
  readonly cluster: string
  readonly database: string
  readonly databaseId: string
  readonly home: string
  readonly schema: string
  readonly version: string
  readonly epoch: number
  readonly tier: string | null
  readonly region: string | null
  readonly labels: Readonly<Record<string, string>>
  readonly statementTimeoutMs: number | null
  readonly idleTimeoutMs: number | null
  readonly formerSlugs: readonly { readonly slug: string; readonly redirects: boolean }[]
  readonly domains: readonly { readonly domain: string; readonly state: 'pending' | 'verified' }[]
}

export const tenantColumns = sql`
  t.id, t.slug, t.name, t.isolation, t.state, t.state_reason as "stateReason", t.state_since as "stateSince", t.created_at as "createdAt",
  t.deleted_from as "deletedFrom", t.deleted_from_reason as "deletedFromReason", t.deleted_at as "deletedAt", t.purge_after as "purgeAfter",
  t.held_for as "heldFor", nullif(h.track, ${TENANT_TRACK}) as service,
  c.name as cluster, d.name as database, d.id as "databaseId", h.id as home, h.schema_name as schema, h.version, p.epoch::int as epoch,
  t.tier, t.region, t.labels, t.statement_timeout_ms as "statementTimeoutMs", t.idle_timeout_ms as "idleTimeoutMs",
  (select coalesce(jsonb_agg(jsonb_build_object('slug', f.slug, 'redirects', f.redirects) order by f.since, f.slug), '[]')
   from catalog.former_slug f where f.tenant_id = t.id) as "formerSlugs",
  (select coalesce(jsonb_agg(jsonb_build_object('domain', n.domain, 'state', n.state) order by n.domain), '[]')
   from catalog.tenant_domain n where n.tenant_id = t.id) as domains`

export const tenantSource = sql`
  catalog.tenant t
  join catalog.placement p on p.tenant_id = t.id
  join catalog.home h on h.id = p.home_id
  join catalog.database d on d.id = h.database_id
  join catalog.cluster c on c.id = d.cluster_id`

/**
 * By id, slug or a slug that it had; an id can never be mistaken for a slug, and a slug names one tenant at most. Which tenant it is comes from indexes: a
 * row that is compared with all three would be looked for in all tenants.
 */
export const findTenant = (ref: string): Sql<Tenant> =>
  askedAlike(sql<Tenant>`
  select ${tenantColumns}
  from ${tenantSource}
  where t.id = coalesce(
      ${isUuid(ref) ? ref : null}::uuid,
      (select s.id from catalog.tenant s where s.slug = ${ref}),
      (select f.tenant_id from catalog.former_slug f where f.slug = ${ref})
    )
    -- Whoever has waited for the row's lock looks once more at the row as it is by then.
    and (t.id::text = ${ref} or t.slug = ${ref} or t.id = (select f.tenant_id from catalog.former_slug f where f.slug = ${ref}))`)

/** For whatever changes a tenant. A warm one is nobody's, and not found: who claims it would get what was changed by its id before. */
export const lockTenant = (ref: string): Sql<Tenant> => sql<Tenant>`${findTenant(ref)} and not starts_with(t.slug, '~') for update of t`

/** Nobody begins to purge it until the transaction has ended. */
export const standingForBackup = (id: string): Sql<{ state: Tenant['state'] }> => sql<{ state: Tenant['state'] }>`
  select state from catalog.tenant where id = ${id} for share`

/** What may be said of a tenant when it is created; its seeds may depend on it. */
export interface NewTenantFacts {
  readonly tier: string | null
  readonly region: string | null
  readonly labels: Readonly<Record<string, string>>
}

export const insertTenant = (t: {
  readonly id: string
  readonly slug: string
  readonly name: string
  readonly isolation: Isolation
  readonly facts?: NewTenantFacts
}): Sql => sql`
  insert into catalog.tenant (id, slug, name, isolation, state, tier, region, labels)
  select ${t.id}::uuid, ${t.slug}::text, ${t.name}, ${t.isolation}, 'creating', ${t.facts?.tier ?? null}, ${t.facts?.region ?? null},
         ${JSON.stringify(t.facts?.labels ?? {})}::jsonb
  where not exists (select from catalog.former_slug f where f.slug = ${t.slug})
  on conflict (slug) do nothing`

export const insertPlacement = (tenant: string, home: string): Sql => sql`
  insert into catalog.placement (tenant_id, home_id, epoch) values (${tenant}, ${home}, 1)`

/** In the same transaction as `recordTenantState`. */
export const recordDeletion = (tenant: string, from: TenantState, reason: string | null, graceMs: number): Sql => sql`
  update catalog.tenant
  set deleted_from = ${from},
      deleted_from_reason = ${reason},
      deleted_at = clock_timestamp(),
      purge_after = clock_timestamp() + make_interval(secs => ${graceMs / 1_000})
  where id = ${tenant} and deleted_at is null`

export const clearDeletion = (tenant: string): Sql => sql`
  update catalog.tenant
  set deleted_from = null, deleted_from_reason = null, deleted_at = null, purge_after = null
  where id = ${tenant}`

export const setHold = (tenant: string, reason: string | null): Sql =>
  sql`update catalog.tenant set held_for = ${reason} where id = ${tenant}`

export const setTenantState = (tenant: string, state: TenantState): Sql => sql`
  update catalog.tenant set state = ${state}, state_since = clock_timestamp() where id = ${tenant} and state <> ${state}`

export const graceIsOver = (tenant: string): Sql<{ over: boolean }> => sql<{ over: boolean }>`
  select purge_after <= clock_timestamp() as over from catalog.tenant where id = ${tenant}`

/** The catalog follows what the local placement has decided; an older epoch than the known one changes nothing. */
export const recordTenantState = (tenant: string, state: TenantState, reason: string | null, epoch: number): Sql<{ since: Date }> => sql<{
  since: Date
}>`
  with placed as (
    update catalog.placement set epoch = ${epoch} where tenant_id = ${tenant} and epoch <= ${epoch} returning tenant_id
  )
  update catalog.tenant t
  set state = ${state},
      state_reason = ${reason},
      state_since = case when t.state = ${state} then t.state_since else clock_timestamp() end
  from placed
  where t.id = placed.tenant_id
  returning t.state_since as since`

/** Fails with a violation of `tenant_slug` where another tenant has the slug, or had it. */
export const renameTenantTo = (id: string, slug: string, name: string | null): Sql => sql`
  update catalog.tenant set slug = ${slug}, name = coalesce(${name}, name) where id = ${id}`

/** The tenant's own former slug becomes its slug again, or is given up. */
export const dropFormerSlug = (id: string, slug: string): Sql =>
  sql`delete from catalog.former_slug where tenant_id = ${id} and slug = ${slug}`

export const keepFormerSlug = (id: string, slug: string, redirects: boolean): Sql => sql`
  insert into catalog.former_slug (slug, tenant_id, redirects) values (${slug}, ${id}, ${redirects})`

export interface TenantFacts extends NewTenantFacts {
  readonly statementTimeoutMs: number | null
  readonly idleTimeoutMs: number | null
}

export const recordTenantFacts = (id: string, f: TenantFacts): Sql => sql`
  update catalog.tenant
  set tier = ${f.tier},
      region = ${f.region},
      labels = ${JSON.stringify(f.labels)}::jsonb,
      statement_timeout_ms = ${f.statementTimeoutMs},
      idle_timeout_ms = ${f.idleTimeoutMs}
  where id = ${id}`

export const deleteTenant = (id: string): Sql => sql`delete from catalog.tenant where id = ${id}`

export const countTenants = sql<{ state: string; isolation: string; tenants: number }>`
  select state, isolation, count(*)::int as tenants from catalog.tenant where not starts_with(slug, '~') group by 1, 2 order by 1, 2`
