import { fault } from '../../kernel/faults.js'
import { fileText, sql } from '../../kernel/sql.js'
import { type Database, lockTimeout, type Session } from '../../postgres/session.js'
import { lockAll, lockable, needsOf, type WantedLock } from '../apply/needs.js'
import { BUDGET_MS, isPassing, ONE_WAIT_MS, patiently } from '../apply/patience.js'
import { compareVersions, isRepeatable, type Migration, newestVersion } from '../migration.js'
import { checkDown } from '../parse.js'
import { failedAt } from './failed.js'
import { runProgram } from './program.js'
import {
  beginAt,
  closePlatformLeftOpen,
  closePlatformSchema,
  type FormContext,
  type FormTarget,
  finishAt,
  type LedgerEntry,
  leavePlace,
  ledgerEntries,
  openPlatformSchema,
  placeOf,
  renewStamp,
} from './target.js'

/**
 * Undoes what was applied after the version `to` (empty: everything), newest first, each file in one transaction with its entry of the ledger, behind the
 * same gate and walls as it was made. Answers what is applied then. Throws MIGRATION_CHANGED, MIGRATION_REFUSED, MIGRATION_FAILED, MIGRATION_BUSY and
 * MIGRATION_SLOW; the home then stands at the last file that was undone.
 */
export async function undoTo(
  database: Database,
  target: FormTarget,
  migrations: readonly Migration[],
  to: string,
  context: FormContext,
): Promise<readonly LedgerEntry[]> {
  const files = new Map(migrations.map((migration) => [migration.version, migration]))
  // Whoever committed before may have died before this.
  if (target.home !== undefined) await database.run(renewStamp(target))
  else await closePlatformLeftOpen(database, context.names)
  for (;;) {
    const entries = await database.rows(ledgerEntries(target.ledger))
    const newest = newestTo(entries, to)
    if (newest === undefined) return entries
    await undoPatiently(database, target, fileOf(newest, files, target), to, context)
    if (target.home !== undefined) await database.run(renewStamp(target))
  }
}

function newestTo(entries: readonly LedgerEntry[], to: string): LedgerEntry | undefined {
  const newest = newestVersion(entries)
  if (newest === '' || (to !== '' && compareVersions(newest, to) <= 0)) return undefined
  return entries.find(({ version }) => version === newest)
}

function fileOf(newest: LedgerEntry, files: ReadonlyMap<string, Migration>, target: FormTarget): Migration {
  const migration = files.get(newest.version)
  if (migration === undefined) {
    const findings = ['has been applied, and is not among the files: put it back']
    throw fault('MIGRATION_REFUSED', { file: newest.version, home: target.label, findings })
  }
  if (migration.checksum !== newest.checksum) throw fault('MIGRATION_CHANGED', { file: migration.file, home: target.label })
  return migration
}

/** What a down section makes others wait for is bound as that of an up section is: all locks first, under one budget. */
async function undoPatiently(
  database: Database,
  target: FormTarget,
  migration: Migration,
  to: string,
  context: FormContext,
): Promise<void> {
  await checkDown(migration)
  const { file, kind } = migration
  const { schema, label: home } = target
  const locks = await database.rows(lockable(schema, await needsOf(downAsUp(migration))))
  // A program says by itself how long it may take.
  const budgetMs = kind === 'program' ? undefined : (migration.downOptions.budgetMs ?? BUDGET_MS)
  try {
    await patiently({ database, schema, file, home, locks, budgetMs }, (wanted, limitMs) =>
      database.transaction((session, startClock) => undoOne(session, target, migration, wanted, to, context, startClock), { limitMs }),
    )
  } catch (error) {
    if (isPassing(error)) throw failedAt(error, { file, home, line: migration.downLine, before: '', text: '' })
    throw error
  }
}

/** The down section as if it were a file's own. What a file needs is known by its checksum. */
const downAsUp = (migration: Migration): Migration => ({
  ...migration,
  up: migration.down ?? '',
  upLine: migration.downLine,
  checksum: `${migration.checksum} down`,
})

async function undoOne(
  session: Session,
  target: FormTarget,
  migration: Migration,
  locks: readonly WantedLock[],
  to: string,
  context: FormContext,
  startClock: () => void,
): Promise<void> {
  await beginAt(session, target, context)
  const entries = await session.rows(ledgerEntries(target.ledger))
  // Another migrator was here first.
  if (newestTo(entries, to)?.version !== migration.version) return
  await session.run(lockTimeout(ONE_WAIT_MS))
  startClock()
  await openPlatformSchema(session, target, context)
  if (locks.length > 0) await session.script(sql`${placeOf(target, context.names)}${lockAll([target.schema], locks, ONE_WAIT_MS)}`)
  await runDown(session, target, migration, context)
  await session.script(leavePlace)
  await closePlatformSchema(session, target, context)
  // What the repeatable files made may have gone with it: the next `migrate up` runs them again.
  const undone = entries.map(({ version }) => version).filter((version) => version === migration.version || isRepeatable(version))
  await session.run(sql`delete from tenantry.migration where home_id = ${target.ledger} and version = any(${undone}::text[])`)
  await finishAt(session, target, context, migration.file)
}

async function runDown(session: Session, target: FormTarget, migration: Migration, { names }: FormContext): Promise<void> {
  const place = placeOf(target, names)
  if (migration.kind === 'program') return runProgram(session, place, migration, target.label, 'down')
  const [text, line] = [migration.down!, migration.downLine]
  try {
    await session.script(sql`${place}${fileText(text)}`)
  } catch (error) {
    if (isPassing(error)) throw error
    throw failedAt(error, { file: migration.file, home: target.label, line, before: place.text, text, down: true })
  }
}
