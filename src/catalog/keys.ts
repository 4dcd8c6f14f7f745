import { askedAlike, type Sql, sql } from '../kernel/sql.js'

export const ROLES = ['viewer', 'operator', 'tenant-admin', 'fleet-admin', 'security-auditor'] as const
export type Role = (typeof ROLES)[number]

export interface ApiKey {
  readonly id: string
  readonly name: string
  readonly role: Role
  readonly tenantId: string | null
  readonly hint: string
  readonly createdAt: Date
  readonly createdBy: string
  readonly expiresAt: Date | null
  readonly revokedAt: Date | null
  readonly lastUsedAt: Date | null
}

const columns = sql`
  k.id, k.name, k.role, k.tenant_id as "tenantId", k.hint, k.created_at as "createdAt", k.created_by as "createdBy", k.expires_at as "expiresAt",
  k.revoked_at as "revokedAt", k.last_used_at as "lastUsedAt"`

export interface NewKey {
  readonly id: string
  readonly name: string
  readonly role: Role
  readonly tenantId: string | null
  readonly hash: Buffer
  readonly hint: string
  readonly createdBy: string
  /** Seconds until it expires. */
  readonly lifetime: number | null
}

export const insertKey = (k: NewKey): Sql<ApiKey> => sql<ApiKey>`
  insert into catalog.api_key as k (id, name, role, tenant_id, hash, hint, created_by, expires_at)
  values (${k.id}, ${k.name}, ${k.role}, ${k.tenantId}, ${k.hash}, ${k.hint}, ${k.createdBy}, now() + make_interval(secs => ${k.lifetime}))
  returning ${columns}`

/** The key with this hash while it may be used. Last use is noted to the minute, so that reading stays reading. */
export const usableKey = (hash: Buffer): Sql<ApiKey> =>
  askedAlike(sql<ApiKey>`
  select ${columns} from catalog.api_key k where k.hash = ${hash} and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())`)

/** Those of these keys that may be used still. */
export const usableAmong = (ids: readonly string[]): Sql<Pick<ApiKey, 'id' | 'role' | 'tenantId'>> => sql<
  Pick<ApiKey, 'id' | 'role' | 'tenantId'>
>`
  select k.id, k.role, k.tenant_id as "tenantId" from catalog.api_key k where k.id = any (${ids}::uuid[]) and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())`

export const noteKeyUse = (id: string): Sql => sql`
  update catalog.api_key set last_used_at = now() where id = ${id} and (last_used_at is null or last_used_at < now() - interval '1 minute')`

/** A page of keys, oldest first, by keyset. */
export const listKeys = (after: { readonly at: string; readonly id: string } | null, limit: number): Sql<ApiKey & { at: string }> => sql<
  ApiKey & { at: string }
>`
  select ${columns}, k.created_at::text as at
  from catalog.api_key k
  where (${after?.at ?? null}::timestamptz is null or (k.created_at, k.id) > (${after?.at ?? null}::timestamptz, ${after?.id ?? null}::uuid))
  order by k.created_at, k.id
  limit ${limit}`

export const revokeKey = (id: string): Sql<ApiKey> => sql<ApiKey>`
  update catalog.api_key as k set revoked_at = coalesce(k.revoked_at, now()) where k.id = ${id} returning ${columns}`
