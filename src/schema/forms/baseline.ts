import { stopwatch } from '../../kernel/clock.js'
import { fault } from '../../kernel/faults.js'
import type { Database } from '../../postgres/session.js'
import { compareVersions, type Migration, newestVersion } from '../migration.js'
import { busyAt } from './busy.js'
import {
  beginAt,
  type FormContext,
  type FormTarget,
  finishAt,
  type LedgerEntry,
  ledgerEntries,
  recordApplied,
  renewStamp,
} from './target.js'

/**
 * Records files as applied without running them, in one transaction behind the gate and with the walls: what is there was made by somebody else. Answers
 * what is recorded then. Throws MIGRATION_REFUSED where newer files have been applied, or the gate refuses what is there; MIGRATION_CHANGED, MIGRATION_BUSY.
 */
export async function recordBaseline(
  database: Database,
  target: FormTarget,
  files: readonly Migration[],
  context: FormContext,
): Promise<readonly LedgerEntry[]> {
  const { file, version } = files.at(-1)!
  await database.run(renewStamp(target))
  const waited = stopwatch()
  const recording = database.transaction(async (session) => {
    await beginAt(session, target, context)
    const before = await session.rows(ledgerEntries(target.ledger))
    const newest = newestVersion(before)
    if (newest !== '' && compareVersions(newest, version) > 0)
      throw fault('MIGRATION_REFUSED', { file, home: target.label, findings: [`has applied ${newest} already, which is newer`] })
    const applied = new Map(before.map((entry) => [entry.version, entry.checksum]))
    for (const migration of files) {
      const checksum = applied.get(migration.version)
      if (checksum !== undefined && checksum !== migration.checksum)
        throw fault('MIGRATION_CHANGED', { file: migration.file, home: target.label })
      if (checksum === undefined) await session.run(recordApplied(target, migration, context))
    }
    return finishAt(session, target, context, file)
  })
  const entries = await recording.catch(async (error: unknown) => {
    throw await busyAt(error, database, target, file, waited())
  })
  await database.run(renewStamp(target))
  return entries
}
