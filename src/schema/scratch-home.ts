import { EXTENSION_SCHEMA, type RoleNames } from '../isolation/names.js'
import { fileText, ident, sql } from '../kernel/sql.js'
import type { Session } from '../postgres/session.js'
import { inTransactionText } from './forms/outside-statements.js'
import type { Migration } from './migration-files.js'

/**
 * Runs `body` on a home built from the files, in a schema that is gone again. Part of a transaction, as an administrator. Throws what a file throws:
 * one may only run over data, or belong to what was there before. `onFile` is told each before it runs.
 */
export async function inScratchHome<T>(
  session: Session,
  schema: string,
  migrations: readonly Migration[],
  names: RoleNames,
  body: () => Promise<T>,
  onFile: (migration: Migration) => void = () => {},
): Promise<T> {
  await session.run(sql`savepoint tenantry_scratch`)
  try {
    await session.run(sql`create schema ${ident(schema)} authorization ${ident(names.owner)}`)
    await session.run(sql`set local role ${ident(names.owner)}`)
    await session.run(sql`set local search_path = ${ident(schema)}, ${ident(EXTENSION_SCHEMA)}, pg_temp`)
    for (const migration of migrations) {
      onFile(migration)
      // A data step has no rows to work with here, and makes nothing.
      if (migration.kind !== 'program') await session.script(fileText(await inTransactionText(migration)))
    }
    await session.run(sql`set local role none`)
    await session.run(sql`set local search_path = ''`)
    return await body()
  } finally {
    await session.run(sql`rollback to savepoint tenantry_scratch`)
  }
}
