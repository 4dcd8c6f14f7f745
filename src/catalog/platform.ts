import { newPlatformId } from '../kernel/identifiers.js'
import { type AppliedFile, checksumOf, type SqlFile } from '../kernel/ledger.js'
import { ident, type Sql, sql } from '../kernel/sql.js'
import type { Session } from '../postgres/session.js'

/** The catalog's platform id; undefined where the row has not been written yet. */
export const findPlatform = sql<{ id: string }>`select id from catalog.platform`

/** Writes the platform's id once; answers the one that holds. */
export async function ensurePlatformId(session: Session): Promise<string> {
  await session.run(sql`insert into catalog.platform (id) values (${newPlatformId()}) on conflict do nothing`)
  return (await session.one(findPlatform)).id
}

export const catalogExists = sql<{ found: boolean }>`select to_regclass('catalog.platform') is not null as found`

/** The least version that may read this catalog; 1 where it is older than the question. */
export const leastReader = sql<{ least: number }>`
  select coalesce((to_jsonb(p) ->> 'least_reader')::int, 1) as least from catalog.platform p`

/** The ledger of the catalog's own migrations; made with the first of them. */
export const createCatalogLedger = sql`
  create table catalog.migration (version integer primary key, name text not null, at timestamptz not null default now())`

export const hasCatalogLedger = sql<{ there: boolean }>`select to_regclass('catalog.migration') is not null as there`

/** The files that the catalog has. Works in that of an older release, which keeps no checksums. */
export const catalogLedger: Sql<AppliedFile> = sql<AppliedFile>`
  select m.version as number, m.name, to_jsonb(m) ->> 'checksum' as checksum, m.at from catalog.migration m order by m.version`

/** Two that raise the catalog at once: the second waits, and finds everything done. */
export const lockCatalogLedger = sql`select pg_advisory_xact_lock(7426)`

export const recordCatalogMigration = (version: number, name: string): Sql =>
  sql`insert into catalog.migration (version, name) values (${version}, ${name})`

/** The column comes with a file of its own. */
export const keepsCatalogChecksums = sql<{ kept: boolean }>`
  select exists (
    select 1 from pg_catalog.pg_attribute
    where attrelid = 'catalog.migration'::regclass and attname = 'checksum' and not attisdropped) as kept`

export const fillCatalogChecksums = (files: readonly SqlFile[]): Sql => sql`
  update catalog.migration m
  set checksum = f.checksum
  from unnest(${files.map((file) => file.number)}::int[], ${files.map(checksumOf)}::text[]) as f (version, checksum)
  where m.version = f.version and m.checksum is null`

/** All that the application's role at the catalog may do; what an older release called stays beside it. */
export const grantResolving = (resolver: string): Sql => sql`
  grant execute on function catalog.resolve_v1(text), catalog.resolve_v2(text), catalog.resolve_v3(text), catalog.resolve_v4(text),
    catalog.host_v1(text), catalog.purged_v1(uuid), catalog.wish_v1(uuid, text) to ${ident(resolver)}`
