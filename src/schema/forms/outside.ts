import { assertFence } from '../../isolation/fence.js'
import { stopwatch } from '../../kernel/clock.js'
import { isFault } from '../../kernel/faults.js'
import { fileText, ident, type Sql, sql } from '../../kernel/sql.js'
import type { Database, Session } from '../../postgres/session.js'
import { lockable, needsOf } from '../apply/needs.js'
import type { Migration } from '../migration.js'
import { busyAt, isInTheWay } from './busy.js'
import { failedAt } from './failed.js'
import { asOwnerOutside } from './outside-session.js'
import { type OutsideStatement, outsideStatementsOf } from './outside-statements.js'
import {
  beginAt,
  closePlatformSchema,
  type FormContext,
  type FormTarget,
  finishAt,
  ledgerEntries,
  openPlatformSchema,
  recordApplied,
} from './target.js'

interface Progress {
  readonly done: number
  readonly made: readonly string[]
}

/**
 * Applies a `transaction:false` file: each statement by itself, remembered when it is done, and at the end one transaction with the ledger, the gate and the
 * walls. After a crash it goes on where it was; the statement that was under way runs again, over no invalid index. Throws MIGRATION_FAILED,
 * MIGRATION_REFUSED and MIGRATION_BUSY; indexes that were new in a file which is refused are gone again then.
 */
export async function applyOutside(database: Database, target: FormTarget, migration: Migration, context: FormContext): Promise<void> {
  const statements = await outsideStatementsOf(migration)
  await asOwnerOutside(database, target, context.names, migration.options.budgetMs, async (owner) => {
    const entries = await database.rows(ledgerEntries(target.ledger))
    // Another migrator was here first.
    if (entries.some(({ version }) => version === migration.version)) return
    const { done } = await progressOf(database, target, migration)
    for (const [index, statement] of statements.entries()) {
      if (index < done) continue
      await runOne(database, owner, target, migration, context, statement)
      await inFence(database, context, (session) => session.run(remember(target, migration, index + 1, [])))
    }
    const waited = stopwatch()
    try {
      await database.transaction(async (session) => {
        await beginAt(session, target, context)
        await session.run(recordApplied(target, migration, context))
        await session.run(forget(target, migration))
        // A worker that died may have left it open, and what it was at may be done.
        await closePlatformSchema(session, target, context)
        await finishAt(session, target, context, migration.file)
      })
    } catch (error) {
      if (isFault(error, 'MIGRATION_REFUSED')) await takeBack(database, owner, target, migration, context)
      throw await busyAt(error, database, target, migration.file, waited())
    }
  })
}

/** What a statement fails with because others are in the way is not the file's fault. */
async function runOne(
  database: Database,
  owner: Session,
  target: FormTarget,
  migration: Migration,
  context: FormContext,
  statement: OutsideStatement,
): Promise<void> {
  const waited = stopwatch()
  try {
    await tryOne(database, owner, target, migration, context, statement)
  } catch (error) {
    if (!isInTheWay(error)) throw error
    const found = await database.rows(lockable(target.schema, await needsOf(migration)))
    // To make or drop an index concurrently means to wait for all who have touched its table.
    const locks = found.map((lock) => (statement.concurrent ? { ...lock, mode: 'access exclusive' as const } : lock))
    throw await busyAt(error, database, target, migration.file, waited(), locks)
  }
}

async function tryOne(
  database: Database,
  owner: Session,
  target: FormTarget,
  migration: Migration,
  context: FormContext,
  { text, line, builds }: OutsideStatement,
): Promise<void> {
  if (builds !== undefined) {
    const found = await database.maybe(indexCalled(target, builds))
    if (found?.valid === false) await owner.run(dropIndex(target, builds))
    // Before it is made: nobody could tell afterwards whose it is.
    if (found?.valid !== true) await inFence(database, context, (session) => session.run(remember(target, migration, 0, [builds])))
  }
  try {
    await inFence(database, context, (session) => (builds === undefined ? DONE : openPlatformSchema(session, target, context)))
    await owner.run(fileText(text))
  } catch (error) {
    const busy = isInTheWay(error)
    const failed = busy ? error : failedAt(error, { file: migration.file, home: target.label, line, before: '', text })
    // What is left of it would slow every write and serve no read. Whoever is in the way of this too leaves it to the next attempt.
    if (builds !== undefined && (await database.maybe(indexCalled(target, builds)))?.valid === false)
      await owner.run(dropIndex(target, builds)).catch((left: unknown) => {
        if (!busy) throw left
      })
    throw failed
  } finally {
    // Whether or not another worker has taken over: that waits for the end of this connection, and opens the schema for itself.
    if (builds !== undefined) await database.transaction((session) => closePlatformSchema(session, target, context))
  }
}

/** The gate has refused what the file made, and no transaction takes it back. */
async function takeBack(database: Database, owner: Session, target: FormTarget, migration: Migration, context: FormContext): Promise<void> {
  const { made } = await progressOf(database, target, migration)
  for (const name of made) await owner.run(dropIndex(target, name))
  await inFence(database, context, async (session) => {
    await session.run(forget(target, migration))
    await closePlatformSchema(session, target, context)
  })
}

const inFence = (database: Database, { by }: FormContext, body: (session: Session) => Promise<unknown>): Promise<unknown> =>
  database.transaction(async (session) => {
    await session.run(assertFence(by))
    return body(session)
  })

const DONE = Promise.resolve()

const homeOf = (target: FormTarget): string | null => (target.home === undefined ? null : target.ledger)

async function progressOf(database: Database, target: FormTarget, migration: Migration): Promise<Progress> {
  const found = await database.maybe(sql<Progress & { checksum: string }>`
    select done, made, checksum from tenantry.migration_progress
    where home_id is not distinct from ${homeOf(target)}::uuid and version = ${migration.version}`)
  if (found === undefined) return { done: 0, made: [] }
  // The file has been corrected since: its statements are others, and may be repeated.
  return found.checksum === migration.checksum ? found : { done: 0, made: found.made }
}

const remember = (target: FormTarget, migration: Migration, done: number, made: readonly string[]): Sql => sql`
  insert into tenantry.migration_progress as p (home_id, version, checksum, done, made)
  values (${homeOf(target)}, ${migration.version}, ${migration.checksum}, ${done}, ${made}::text[])
  on conflict (home_id, version) do update
    set done = case when p.checksum = excluded.checksum then greatest(p.done, excluded.done) else excluded.done end,
        made = array(select distinct unnest(p.made || excluded.made)),
        checksum = excluded.checksum`

const forget = (target: FormTarget, migration: Migration): Sql => sql`
  delete from tenantry.migration_progress
  where home_id is not distinct from ${homeOf(target)}::uuid and version = ${migration.version}`

const indexCalled = (target: FormTarget, name: string): Sql<{ valid: boolean }> => sql<{ valid: boolean }>`
  select i.indisvalid as valid
  from pg_catalog.pg_index i
  join pg_catalog.pg_class c on c.oid = i.indexrelid
  where c.relnamespace = to_regnamespace(quote_ident(${target.schema})) and c.relname = ${name}`

const dropIndex = (target: FormTarget, name: string): Sql => sql`drop index concurrently if exists ${ident(target.schema, name)}`
