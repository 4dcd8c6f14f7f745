import { fault } from '../../kernel/faults.js'
import { sqlstate } from '../../postgres/errors.js'
import type { Database } from '../../postgres/session.js'
import { inTheWay, named } from '../apply/blockers.js'
import type { WantedLock } from '../apply/needs.js'
import type { FormTarget } from './target.js'

// A lock not had in time, a deadlock, a statement that was cancelled.
const IN_THE_WAY = ['55P03', '40P01', '57014']
const MOST_NAMED = 5

export const isInTheWay = (error: unknown): boolean => IN_THE_WAY.includes(sqlstate(error) ?? '')

/** Others were in the way, which is no fault of the file: MIGRATION_BUSY with their names, as far as they hold one of these locks. Any other error comes back as it is. */
export async function busyAt(
  error: unknown,
  database: Database,
  target: FormTarget,
  file: string,
  waitedMs: number,
  locks: readonly WantedLock[] = [],
): Promise<unknown> {
  if (!isInTheWay(error)) return error
  const blockers = named(await inTheWay(database, target.schema, locks, 0)).slice(0, MOST_NAMED)
  return fault('MIGRATION_BUSY', { file, home: target.label, waitedMs: Math.round(waitedMs), blockers }, { cause: error })
}
