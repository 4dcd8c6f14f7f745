import { type Sql, sql } from '../kernel/sql.js'

/** What the catalog says of a tenant's archives: since when they are kept, and when they go by themselves. */
export const expiriesOf = (tenant: string): Sql<{ archive: string; keptAt: Date | null; expiresAt: Date | null }> => sql<{
  archive: string
  keptAt: Date | null
  expiresAt: Date | null
}>`
  select id as archive, kept_at as "keptAt", expires_at as "expiresAt" from catalog.backup where tenant_id = ${tenant} order by begun_at`

/** One of these days, whatever was said of it before. */
export const expireBackupIn = (id: string, keepMs: number): Sql => sql`
  update catalog.backup set expires_at = clock_timestamp() + make_interval(secs => ${keepMs / 1_000}) where id = ${id} and state = 'kept'`

/** Of a tenant that goes: when the last of what is left of it may be removed. Those that expire sooner stay so. */
export const expireBackupsOf = (tenant: string, keepMs: number): Sql => sql`
  update catalog.backup
  set expires_at = least(coalesce(expires_at, 'infinity'), clock_timestamp() + make_interval(secs => ${keepMs / 1_000}))
  where tenant_id = ${tenant}`
