import { EXTENSION_SCHEMA, type RoleNames } from '../../isolation/names.js'
import { stopwatch, systemClock } from '../../kernel/clock.js'
import { fault } from '../../kernel/faults.js'
import { ident, sql } from '../../kernel/sql.js'
import { withDedicated } from '../../postgres/dedicated.js'
import type { Database, Session } from '../../postgres/session.js'
import { type FormTarget, outsideTurn } from './target.js'

// Another migrator there builds an index, which takes as long as it takes; one that died is noticed by the server within a second or two.
const TURN_MS = 30 * 60_000
const ASK_MS = 200
const WAIT_MS = 60_000

/**
 * A connection on which one migrator at a time runs statements outside of transactions, as the owner. Role and lock are the session's, since there is no
 * transaction to hold them: so it is a connection of its own, straight to the server, and ends with the body.
 */
export function asOwnerOutside<T>(
  database: Database,
  target: FormTarget,
  names: RoleNames,
  budgetMs: number | undefined,
  body: (session: Session) => Promise<T>,
): Promise<T> {
  return withDedicated(database.config, 'tenantry control', async (session) => {
    const elapsed = stopwatch()
    // Asked for again and again: whoever waits in a statement holds a snapshot, and building an index waits for all snapshots to go.
    for (;;) {
      const { taken } = await session.one(sql<{ taken: boolean }>`
        select pg_try_advisory_lock(${outsideTurn(target.ledger)}) as taken`)
      if (taken) break
      if (elapsed() > TURN_MS) {
        const findings = [`another migrator has been at work there for ${TURN_MS / 60_000} minutes`]
        throw fault('MIGRATION_REFUSED', { file: 'a file with transaction:false', home: target.label, findings })
      }
      await systemClock.sleep(ASK_MS)
    }
    // While it may: the owner cannot change settings.
    await session.run(sql`select set_config('lock_timeout', ${`${budgetMs ?? WAIT_MS}ms`}, false)`)
    await session.script(sql`
      set role ${ident(names.owner)};
      set search_path = ${ident(target.schema)}, ${ident(EXTENSION_SCHEMA)}, pg_temp`)
    return body(session)
  })
}
