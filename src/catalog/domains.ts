import { type Sql, sql } from '../kernel/sql.js'

/** A customer's own host name. */
export interface TenantDomain {
  readonly domain: string
  readonly tenant: string
  readonly slug: string
  readonly state: 'pending' | 'verified'
  readonly token: string
  readonly addedAt: Date
  readonly verifiedAt: Date | null
}

export const findDomain = (domain: string): Sql<TenantDomain> => sql<TenantDomain>`
  select n.domain, n.tenant_id as tenant, t.slug, n.state, n.token, n.added_at as "addedAt", n.verified_at as "verifiedAt"
  from catalog.tenant_domain n
  join catalog.tenant t on t.id = n.tenant_id
  where n.domain = ${domain}`

/** Touches no row when the domain is some tenant's already. */
export const insertDomain = (domain: string, tenant: string, token: string): Sql => sql`
  insert into catalog.tenant_domain (domain, tenant_id, token, state) values (${domain}, ${tenant}, ${token}, 'pending') on conflict (domain) do nothing`

/** Touches no row when it was removed, or added anew with another token, since the token was read. */
export const domainIsVerified = (domain: string, tenant: string, token: string): Sql => sql`
  update catalog.tenant_domain
  set state = 'verified', verified_at = coalesce(verified_at, clock_timestamp())
  where domain = ${domain} and tenant_id = ${tenant} and token = ${token}`

export const deleteDomain = (domain: string, tenant: string): Sql => sql`
  delete from catalog.tenant_domain where domain = ${domain} and tenant_id = ${tenant}`
