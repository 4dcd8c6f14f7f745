import { plain } from '../kernel/plain-text.js'
import { askedAlike, type Sql, sql } from '../kernel/sql.js'
import type { Isolation } from './homes.js'

export const BACKUP_KINDS = ['demand', 'daily', 'weekly', 'monthly', 'final', 'platform', 'database'] as const
export type BackupKind = (typeof BACKUP_KINDS)[number]

/** An archive that the catalog knows. What is null is not known yet: it is still being written. */
export interface Backup {
  /** As the archive is called in its stores. */
  readonly id: string
  /** Null where it is of the platform tables of a database. */
  readonly tenant: string | null
  readonly databaseId: string | null
  /** Of the tenant, as it was called then; otherwise the name of the database. */
  readonly slug: string
  readonly kind: BackupKind
  readonly state: 'writing' | 'kept' | 'removing'
  readonly operation: string
  readonly note: string | null
  readonly begunAt: Date
  readonly keptAt: Date | null
  readonly takenAt: Date | null
  readonly lsn: string | null
  readonly lsnExact: boolean | null
  readonly serverVersion: number | null
  readonly isolation: Isolation | null
  readonly track: string | null
  readonly version: string | null
  readonly ledgerDigest: string | null
  readonly shape: string | null
  readonly fingerprint: string | null
  readonly tables: number | null
  readonly rows: number | null
  /** In one store. */
  readonly bytes: number | null
  readonly plainBytes: number | null
  readonly key: string | null
  readonly manifestDigest: string | null
  readonly store: string
  readonly copies: readonly string[]
  readonly verifiedAt: Date | null
  readonly damage: string | null
  readonly provenAt: Date | null
  readonly provenMs: number | null
  readonly expiresAt: Date | null
  /** Of the tenant, by this catalog; null where it is of a database. */
  readonly standing: Standing | null
  /** It was found in its places, and this catalog has not made it. */
  readonly adopted: boolean
}

/** Whether the catalog has a tenant, has buried it, or has never known it. */
export const STANDINGS = ['here', 'purged', 'unknown'] as const
export type Standing = (typeof STANDINGS)[number]

export const standingOf = (tenant: Sql): Sql => sql`
  case when ${tenant} is null then null
       when exists (select from catalog.tenant t where t.id = ${tenant}) then 'here'
       when exists (select from catalog.tombstone s where s.tenant_id = ${tenant}) then 'purged'
       else 'unknown' end`

/** Operations stay for good, so they say it of every backup. */
const adopted = (backup: Sql): Sql =>
  sql`exists (select from catalog.operation o where o.id = ${backup}.operation_id and o.name = 'backup.adopt')`

/** Of a backup: it was adopted, and no key proves who has written it. It stands for no other one, and is taken only by its id. */
export const unproven = (backup: Sql): Sql => sql`(${backup}.key_id is null and ${adopted(backup)})`

/** Of `b`, a backup. */
export const backupColumns = sql`
  b.id, b.tenant_id as tenant, b.database_id as "databaseId", b.slug, b.kind, b.state, b.operation_id as operation, b.note, b.begun_at as "begunAt",
  b.kept_at as "keptAt", b.taken_at as "takenAt", b.lsn, b.lsn_exact as "lsnExact", b.server_version as "serverVersion", b.isolation, b.track, b.version,
  b.ledger_digest as "ledgerDigest", b.shape, b.fingerprint, b.tables, b.rows::float8 as rows, b.bytes::float8 as bytes,
  b.plain_bytes::float8 as "plainBytes", b.key_id as key, b.manifest_digest as "manifestDigest", b.store, b.copies, b.verified_at as "verifiedAt",
  b.damage, b.proven_at as "provenAt", b.proven_ms as "provenMs", b.expires_at as "expiresAt", ${standingOf(sql`b.tenant_id`)} as standing, ${adopted(sql`b`)} as adopted`

export const backupById = (id: string): Sql<Backup> => sql<Backup>`select ${backupColumns} from catalog.backup b where b.id::text = ${id}`

/** For whatever changes what is said of it, or must have it stay. */
export const lockBackup = (id: string): Sql<Backup> => sql<Backup>`${backupById(id)} for update`

/**
 * Whom a ref names: who is here; of those who are gone, whoever this catalog has known by it; and only then whoever archives that were adopted tell of, since
 * these may be another platform's. More than one where several were called so.
 */
const tenantIdsOf = (ref: string | null): Sql => sql`coalesce(
  (select array[t.id] from catalog.tenant t where t.id::text = ${ref} or t.slug = ${ref}),
  (select array[s.tenant_id] from catalog.former_slug s where s.slug = ${ref}),
  nullif(array(
    select g.tenant_id from catalog.backup g
    where g.tenant_id is not null and (g.slug = ${ref} or g.tenant_id::text = ${ref}) and not ${adopted(sql`g`)}
    union
    select s.tenant_id from catalog.tombstone s where s.slug = ${ref} or s.tenant_id::text = ${ref}
    order by 1 limit 20), '{}'),
  array(
    select distinct g.tenant_id from catalog.backup g
    where g.tenant_id is not null and (g.slug = ${ref} or g.tenant_id::text = ${ref})
    order by 1 limit 20))`

/** Null where there is none, or more than one. */
export const tenantIdOf = (ref: string | null): Sql =>
  sql`(select named.ids[1] from (select ${tenantIdsOf(ref)} as ids) named where cardinality(named.ids) = 1)`

/** Backups `b` of a tenant: by its id, a slug that it has or had, or, where it is gone, the one that was kept with its backups. None where several were called so. */
export const ofTenant = (ref: string | null): Sql => sql`b.tenant_id = ${tenantIdOf(ref)}`

/** Whose backups `ofTenant` could mean; it means one alone. */
export const tenantsEver = (ref: string): Sql<{ id: string }> => sql<{ id: string }>`select unnest(${tenantIdsOf(ref)}) as id`

/**
 * Of a tenant by its id, or by a slug that it has or had, the newest that is of a moment up to this one; null: of all. Of one that was purged it is its final
 * backup: one that was taken later may be of what the purge had left by then. Never one that is unproven: its moment may be made up, and its rows as well.
 */
export const newestBackup = (tenant: string, at: Date | null): Sql<Backup> => sql<Backup>`
  select ${backupColumns}
  from catalog.backup b
  where b.state = 'kept' and b.damage is null
    and (${at}::timestamptz is null or b.taken_at <= ${at}::timestamptz)
    and ${ofTenant(tenant)} and not ${unproven(sql`b`)}
  order by exists (select from catalog.tombstone s where s.tenant_id = b.tenant_id and s.backup_id = b.id) desc, b.taken_at desc
  limit 1`

/** What an operation has made of a tenant or database, or is making. */
export const backupsOfOperation = (operation: string, of: Pick<Backup, 'tenant' | 'databaseId'>): Sql<Backup> => sql<Backup>`
  select ${backupColumns} from catalog.backup b
  where b.operation_id = ${operation} and coalesce(b.tenant_id, b.database_id) = ${of.tenant ?? of.databaseId}
  order by b.begun_at desc`

export const insertBackup = (
  b: Pick<Backup, 'id' | 'tenant' | 'databaseId' | 'slug' | 'kind' | 'operation' | 'note' | 'store' | 'copies'> & {
    readonly keepMs: number | null
  },
): Sql => sql`
  insert into catalog.backup (id, tenant_id, database_id, slug, kind, state, operation_id, note, store, copies, expires_at)
  values (${b.id}, ${b.tenant}, ${b.databaseId}, ${b.slug}, ${b.kind}, 'writing', ${b.operation}, ${b.note}, ${b.store}, ${[...b.copies]}::text[],
          clock_timestamp() + make_interval(secs => ${b.keepMs === null ? null : b.keepMs / 1_000}))`

/** What is known of an archive once it is complete. */
export interface KeptFacts {
  readonly takenAt: string
  readonly lsn: string
  readonly lsnExact: boolean
  readonly serverVersion: number
  readonly isolation: Isolation | null
  readonly track: string | null
  readonly version: string | null
  readonly ledgerDigest: string
  readonly shape: string
  readonly fingerprint: string
  readonly tables: number
  readonly rows: number
  readonly bytes: number
  readonly plainBytes: number
  readonly key: string | null
  readonly manifestDigest: string
}

/** From now on it is one. */
export const keepBackup = (id: string, b: KeptFacts): Sql => sql`
  update catalog.backup
  set state = 'kept', kept_at = clock_timestamp(), taken_at = ${b.takenAt}::timestamptz, lsn = ${b.lsn}, lsn_exact = ${b.lsnExact},
      server_version = ${b.serverVersion}, isolation = ${b.isolation}, track = ${b.track}, version = ${b.version}, ledger_digest = ${b.ledgerDigest},
      shape = ${b.shape}, fingerprint = ${b.fingerprint}, tables = ${b.tables}, rows = ${b.rows}, bytes = ${b.bytes}, plain_bytes = ${b.plainBytes},
      key_id = ${b.key}, manifest_digest = ${b.manifestDigest}
  where id = ${id} and state = 'writing'`

/** What was one when its tenant came under legal hold, even if its removal had begun. What was never finished may go. */
const heldBack: Sql = sql`
  b.kept_at is not null
  and (exists (select from catalog.tenant t where t.id = b.tenant_id and t.held_for is not null)
    or exists (select from catalog.tombstone t where t.tenant_id = b.tenant_id and t.held_for is not null))`

/** What is being written by nobody any more is removed. */
export const giveUpBackup = (id: string): Sql => sql`
  update catalog.backup b set state = 'removing' where b.id = ${id} and b.state <> 'kept' and not (${heldBack})`

/** Nothing of it is left in any store. */
export const deleteBackup = (id: string): Sql => sql`delete from catalog.backup where id = ${id} and state = 'removing'`

/** `damage` null: it was found right, in all places. What was right before and is not any more counts as never verified. */
export const recordVerified = (id: string, damage: string | null): Sql => {
  const told = damage === null ? null : plain(damage, 2_000)
  return sql`
    update catalog.backup
    set verified_at = case when ${told}::text is null then clock_timestamp() end, damage = ${told}
    where id = ${id} and state = 'kept'`
}

/** Nobody can read those of the tenant any more, whatever was found before. */
export const recordUnreadable = (tenant: string, destroyedAt: string): Sql => sql`
  update catalog.backup
  set verified_at = null, damage = ${`KEY_DESTROYED: the data keys of the tenant were destroyed at ${destroyedAt}`}
  where tenant_id = ${tenant} and state = 'kept' and key_id is not null`

/** It was restored into a home beside, and what was loaded was found equal. */
export const recordProven = (id: string, tookMs: number): Sql => sql`
  update catalog.backup set proven_at = clock_timestamp(), proven_ms = ${Math.round(tookMs)} where id = ${id} and state = 'kept'`

export interface BackupFilter {
  /** A tenant's id, or a slug that it has or had. */
  readonly tenant: string | null
  readonly kind: BackupKind | null
  readonly unverified: boolean
  readonly after: { readonly at: string; readonly id: string } | null
  readonly limit: number
}

/** A page of backups, newest first, by keyset; those that are still being written or removed as well. */
export const listBackups = (f: BackupFilter): Sql<Backup & { at: string }> =>
  askedAlike(sql<Backup & { at: string }>`
  select ${backupColumns}, b.begun_at::text as at
  from catalog.backup b
  where (${f.tenant}::text is null or ${ofTenant(f.tenant)})
    and (${f.kind}::text is null or b.kind = ${f.kind})
    and (not ${f.unverified}::boolean or (b.state = 'kept' and b.verified_at is null))
    and (${f.after?.at ?? null}::timestamptz is null or (b.begun_at, b.id) < (${f.after?.at ?? null}::timestamptz, ${f.after?.id ?? null}::uuid))
  order by b.begun_at desc, b.id desc
  limit ${f.limit}`)

/** Of operations that have ended: nobody writes them any more. And those whose removal was begun, unless they are under legal hold since. */
export const backupsLeft: Sql<Backup> = sql<Backup>`
  select ${backupColumns}
  from catalog.backup b
  where b.state <> 'kept'
    and not (${heldBack})
    and not exists (select from catalog.operation o where o.id = b.operation_id and o.state in ('running', 'undoing'))
  order by b.begun_at
  limit 100`

/** What an operation has made or adopted, in the order of what they are of. */
export const backupsMadeBy = (operation: string, limit: number): Sql<Backup> => sql<Backup>`
  select ${backupColumns} from catalog.backup b where b.operation_id = ${operation} order by b.slug, b.taken_at, b.id limit ${limit}`

/** Of those that an operation has found in a place more, what is still there. */
export const backupsPlacedBy = (operation: string, limit: number): Sql<Backup> => sql<Backup>`
  select ${backupColumns} from catalog.backup b
  where b.id::text in (select i.item from catalog.operation_item i where i.operation_id = ${operation})
  order by b.slug, b.taken_at, b.id limit ${limit}`

/** What an operation has made, in all. */
export const madeBy = (operation: string): Sql<{ backups: number; rows: number; bytes: number }> => sql<{
  backups: number
  rows: number
  bytes: number
}>`
  select count(*)::int as backups, coalesce(sum(b.rows), 0)::float8 as rows, coalesce(sum(b.bytes), 0)::float8 as bytes
  from catalog.backup b
  where b.operation_id = ${operation} and b.state = 'kept'`

/** Of archives in a store, those of owners that are ours which no row tells of. A backup that was adopted makes nobody ours: another platform may be writing there. */
export const orphanedArchives = (
  archives: readonly { readonly tenant: string; readonly archive: string }[],
): Sql<{ tenant: string; archive: string }> => sql<{ tenant: string; archive: string }>`
  select a.tenant, a.archive
  from unnest(${archives.map(({ tenant }) => tenant)}::text[], ${archives.map(({ archive }) => archive)}::text[]) as a (tenant, archive)
  where not exists (select from catalog.backup b where b.id::text = a.archive)
    and (exists (select from catalog.tenant t where t.id::text = a.tenant)
      or exists (select from catalog.tombstone s where s.tenant_id::text = a.tenant)
      or exists (select from catalog.backup b where b.tenant_id::text = a.tenant and not ${adopted(sql`b`)})
      or exists (select from catalog.database d where 'platform-' || d.id = a.tenant))`
