import { type Sql, sql } from '../kernel/sql.js'

/** What the catalog says of a tenant's archives: since when they are kept, and when they go by themselves. */
export const expiriesOf = (tenant: string): Sql<{ archive: string; keptAt: Date | null; expiresAt: Date | null }> => sql<{
  archive: string
  keptAt: Date | null
  expiresAt: Date | null
}>`
  select id as archive, kept_at as "keptAt", expires_at as "expiresAt" from catalog.backup where tenant_id = ${tenant} order by begun_at`

/** Nobody can read them any more, whatever was found before. */
export const recordUnreadable = (tenant: string, destroyedAt: string): Sql => sql`
  update catalog.backup
  set verified_at = null, damage = ${`KEY_DESTROYED: the data keys of the tenant were destroyed at ${destroyedAt}`}
  where tenant_id = ${tenant} and state = 'kept' and key_id is not null`

/** One of these days, whatever was said of it before. */
export const expireBackupIn = (id: string, keepMs: number): Sql => sql`
  update catalog.backup set expires_at = clock_timestamp() + make_interval(secs => ${keepMs / 1_000}) where id = ${id} and state = 'kept'`
