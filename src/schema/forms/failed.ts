import { type Fault, fault, isFault } from '../../kernel/faults.js'
import { DriverError, isDiskFull } from '../../postgres/errors.js'

/** What a text of a file failed with. `before` is what was sent ahead of it, `line` the line of the file that it begins on. Throws what is no fault of the file. */
export function failedAt(
  error: unknown,
  where: { file: string; home: string; line: number; before: string; text: string; down?: true },
): Fault {
  // That the disk is full is not the file's fault.
  if (isFault(error) || !(error instanceof DriverError) || isDiskFull(error)) throw error
  const upTo = [...where.text].slice(0, Math.max(0, Number(error.position ?? 1) - 1 - [...where.before].length)).join('')
  const line = error.position === undefined ? undefined : where.line + upTo.split('\n').length - 1
  const reason = error.detail === undefined ? error.message : `${error.message} (${error.detail})`
  const facts = { file: where.file, home: where.home, reason, ...(line === undefined ? {} : { line }), ...(where.down && { down: true }) }
  return fault('MIGRATION_FAILED', facts, { cause: error })
}
