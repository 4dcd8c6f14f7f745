import { newPlatformId } from '../kernel/identifiers.js'
import { type Sql, sql } from '../kernel/sql.js'
import type { Session } from '../postgres/session.js'

/** The catalog's platform id; undefined where the row has not been written yet. */
export const findPlatform = sql<{ id: string }>`select id from catalog.platform`

/** Writes the platform's id once; answers the one that holds. */
export async function ensurePlatformId(session: Session): Promise<string> {
  await session.run(sql`insert into catalog.platform (id) values (${newPlatformId()}) on conflict do nothing`)
  return (await session.one(findPlatform)).id
}

export const catalogExists = sql<{ found: boolean }>`select to_regclass('catalog.platform') is not null as found`

export const catalogVersion = sql<{ version: number }>`select max(version)::int as version from catalog.migration`

/** The ledger of the catalog's own migrations; made with the first of them. */
export const createCatalogLedger = sql`
  create table catalog.migration (version integer primary key, name text not null, at timestamptz not null default now())`

export const hasCatalogLedger = sql<{ there: boolean }>`select to_regclass('catalog.migration') is not null as there`

export const appliedCatalogMigrations = sql<{ version: number }>`select version from catalog.migration order by version`

export const recordCatalogMigration = (version: number, name: string): Sql =>
  sql`insert into catalog.migration (version, name) values (${version}, ${name})`
