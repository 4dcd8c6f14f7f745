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

export const appliedCatalogMigrations = sql<{ version: number }>`select version from catalog.migration order by version`

export const recordCatalogMigration = (version: number, name: string): Sql =>
  sql`insert into catalog.migration (version, name) values (${version}, ${name})`
