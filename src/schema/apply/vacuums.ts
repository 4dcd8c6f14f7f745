import { sql } from '../../kernel/sql.js'
import { sqlstate } from '../../postgres/errors.js'
import type { Database } from '../../postgres/session.js'
import type { Blocker } from './blockers.js'

// By when it has left the table after it was told.
const LEAVING_MS = 200
// The others wait as long.
const MOST_MS = 2_000

/**
 * An ordinary autovacuum gives way to whoever waits for its table, but is told so only after deadlock_timeout: so it is told now. Answers how long a request
 * for the lock should wait where only the server may tell it: 0 when it has been told, and undefined when that would take too long.
 */
export async function sendAway(database: Database, vacuums: readonly Blocker[]): Promise<number | undefined> {
  // Who may not see what another process does cannot know that it is an ordinary one.
  if (vacuums.every(({ since }) => since !== null) && (await cancelled(database, vacuums))) return 0
  const { ms } = await database.one(sql<{ ms: number }>`
    select (extract(epoch from current_setting('deadlock_timeout')::interval) * 1000)::float8 as ms`)
  return ms + LEAVING_MS <= MOST_MS ? ms + LEAVING_MS : undefined
}

async function cancelled(database: Database, vacuums: readonly Blocker[]): Promise<boolean> {
  const [pids, tables] = [vacuums.map(({ pid }) => pid), vacuums.map(({ oid }) => oid)]
  try {
    // By now it may be at another table, and that one is in nobody's way.
    await database.run(sql`
      select pg_cancel_backend(a.pid)
      from pg_catalog.pg_stat_activity a
      where a.pid = any(${pids}::int[]) and a.backend_type = 'autovacuum worker'
        and exists (select from pg_catalog.pg_locks l where l.pid = a.pid and l.granted and l.relation = any(${tables}::oid[]))`)
    return true
  } catch (error) {
    if (sqlstate(error) === '42501') return false
    throw error
  }
}
