import { type Sql, sql } from '../kernel/sql.js'
import { type Backup, type KeptFacts, type Standing, standingOf } from './backups.js'

export type KnownArchive = Pick<Backup, 'id' | 'tenant' | 'databaseId' | 'state' | 'store' | 'copies' | 'manifestDigest' | 'key'>

/** What the catalog knows of archives by these ids, whoever they are of and whatever becomes of them. */
export const knownArchives = (ids: readonly string[]): Sql<KnownArchive> => sql<KnownArchive>`
  select b.id, b.tenant_id as tenant, b.database_id as "databaseId", b.state, b.store, b.copies, b.manifest_digest as "manifestDigest", b.key_id as key
  from catalog.backup b
  where b.id = any (${[...ids]}::uuid[])`

/**
 * Enters an archive that was found. Touches no row where there is one of that id by now. It was begun when it was taken, or so: what is listed by that stands
 * among those that were made then. Nothing says when it may go, so it stays until somebody does.
 */
export const insertAdopted = (
  b: Pick<Backup, 'id' | 'tenant' | 'databaseId' | 'slug' | 'kind' | 'operation' | 'store' | 'copies'> & KeptFacts,
): Sql => sql`
  insert into catalog.backup
    (id, tenant_id, database_id, slug, kind, state, operation_id, begun_at, kept_at, taken_at, lsn, lsn_exact, server_version, isolation, track, version,
     ledger_digest, shape, fingerprint, tables, rows, bytes, plain_bytes, key_id, manifest_digest, store, copies)
  values
    (${b.id}, ${b.tenant}, ${b.databaseId}, ${b.slug}, ${b.kind}, 'kept', ${b.operation}, least(${b.takenAt}::timestamptz, clock_timestamp()),
     clock_timestamp(), ${b.takenAt}::timestamptz, ${b.lsn}, ${b.lsnExact}, ${b.serverVersion}, ${b.isolation}, ${b.track}, ${b.version},
     ${b.ledgerDigest}, ${b.shape}, ${b.fingerprint}, ${b.tables}, ${b.rows}, ${b.bytes}, ${b.plainBytes}, ${b.key}, ${b.manifestDigest},
     ${b.store}, ${[...b.copies]}::text[])
  on conflict (id) do nothing`

/**
 * A backup that is known is in these places as well. Touches no row where that is known by now, or where it is not kept any more. Verified is what was found
 * right in every place, so it is that no longer.
 */
export const addBackupPlaces = (id: string, manifestDigest: string, places: readonly string[]): Sql => sql`
  update catalog.backup b
  set copies = b.copies || array(select p from unnest(${[...places]}::text[]) p where p <> b.store and p <> all (b.copies)), verified_at = null
  where b.id = ${id} and b.state = 'kept' and b.manifest_digest = ${manifestDigest}
    and exists (select from unnest(${[...places]}::text[]) p where p <> b.store and p <> all (b.copies))`

/** The backup was found in a place more by this operation; said in the transaction that says so of the backup, since nothing else keeps it. */
export const notePlaced = (operation: string, id: string): Sql => sql`
  insert into catalog.operation_item (operation_id, item, state, ended_at)
  values (${operation}, ${id}, 'done', clock_timestamp())
  on conflict do nothing`

export const countPlaced = (operation: string): Sql<{ backups: number }> => sql<{ backups: number }>`
  select count(*)::int as backups from catalog.operation_item where operation_id = ${operation}`

export const standings = (tenants: readonly string[]): Sql<{ tenant: string; standing: Standing }> => sql<{
  tenant: string
  standing: Standing
}>`
  select u.tenant, ${standingOf(sql`u.tenant`)} as standing from unnest(${[...new Set(tenants)]}::uuid[]) as u (tenant)`
