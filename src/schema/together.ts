import { sql } from '../kernel/sql.js'
import type { Database } from '../postgres/session.js'
import type { Migration } from './migration.js'

// Said too often, this costs a commit: the words may stand in a comment.
const NEW_VALUE = /\badd\s+value\b/i
const USABLE_AT_ONCE = 170_000

/**
 * Which files may share a transaction where all should. Before PostgreSQL 17 a value that was added to an enum may be used only after a commit, also when
 * the same transaction has made the enum: so a file that adds one ends its batch.
 */
export async function togetherIn(database: Database, migrations: readonly Migration[]): Promise<readonly (readonly Migration[])[]> {
  if (migrations.length === 0) return []
  if (!migrations.some(({ up }) => NEW_VALUE.test(up))) return [migrations]
  const { version } = await database.one(sql<{ version: number }>`select current_setting('server_version_num')::int as version`)
  if (version >= USABLE_AT_ONCE) return [migrations]
  const batches: Migration[][] = [[]]
  for (const [i, migration] of migrations.entries()) {
    batches.at(-1)!.push(migration)
    if (NEW_VALUE.test(migration.up) && i < migrations.length - 1) batches.push([])
  }
  return batches
}
