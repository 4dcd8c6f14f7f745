import { type Sql, sql } from '../kernel/sql.js'

/** What the catalog knows of a tier, in milliseconds; null is no limit of the tier's own. */
export interface TierLimits {
  readonly name: string
  readonly statementTimeoutMs: number | null
  readonly idleTimeoutMs: number | null
  readonly lockTimeoutMs: number | null
  /** Of a login that serves a single home. */
  readonly connections: number | null
}

/** Every tier that has limits or tenants. `known`: limits were written for it. */
export const listTiers: Sql<TierLimits & { tenants: number; known: boolean }> = sql<TierLimits & { tenants: number; known: boolean }>`
  select name, r.statement_timeout_ms as "statementTimeoutMs", r.idle_timeout_ms as "idleTimeoutMs", r.lock_timeout_ms as "lockTimeoutMs",
         r.connections, coalesce(t.tenants, 0)::int as tenants, r.known is true as known
  from (select *, true as known from catalog.tier) as r
  full join (
    select tier as name, count(*) as tenants from catalog.tenant where tier is not null group by tier
  ) as t using (name)
  order by name`

/** Writes those that differ, and touches no other: tenants of a tier are made side by side. Answers how many it wrote. */
export const putTiers = (tiers: readonly TierLimits[]): Sql => sql`
  insert into catalog.tier as r (name, statement_timeout_ms, idle_timeout_ms, lock_timeout_ms, connections)
  select n."name", n."statementTimeoutMs", n."idleTimeoutMs", n."lockTimeoutMs", n."connections"
  from jsonb_to_recordset(${JSON.stringify(tiers)}::jsonb)
    as n ("name" text, "statementTimeoutMs" integer, "idleTimeoutMs" integer, "lockTimeoutMs" integer, "connections" integer)
  where not exists (
    select from catalog.tier o
    where (o.name, o.statement_timeout_ms, o.idle_timeout_ms, o.lock_timeout_ms, o.connections)
      is not distinct from (n."name", n."statementTimeoutMs", n."idleTimeoutMs", n."lockTimeoutMs", n."connections")
  )
  order by 1
  on conflict (name) do update
    set statement_timeout_ms = excluded.statement_timeout_ms,
        idle_timeout_ms = excluded.idle_timeout_ms,
        lock_timeout_ms = excluded.lock_timeout_ms,
        connections = excluded.connections`

export const dropTiersExcept = (names: readonly string[]): Sql => sql`delete from catalog.tier where name <> all (${names}::text[])`

/** Of the logins of a server that serve a single home each. */
export interface LoginLimits {
  readonly adminRef: string
  /** By login, how many connections it is to have by its tenant's tier; null where that says nothing. */
  readonly logins: Readonly<Record<string, number | null>>
}

export const loginLimits = sql<LoginLimits>`
  select c.admin_ref as "adminRef", jsonb_object_agg(h.login_name, r.connections) as logins
  from catalog.home h
  join catalog.database d on d.id = h.database_id and d.state = 'live'
  join catalog.cluster c on c.id = d.cluster_id and c.state = 'live'
  left join catalog.placement p on p.home_id = h.id
  left join catalog.tenant t on t.id = p.tenant_id
  left join catalog.tier r on r.name = t.tier
  where h.login_name ~ '_app_[a-z2-7]+_[12]$'
  group by 1`
