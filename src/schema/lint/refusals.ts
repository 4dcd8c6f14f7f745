import { isFault } from '../../kernel/faults.js'
import type { Migration } from '../migration-files.js'
import { checkMigration } from '../parse.js'
import { PLAIN } from '../section-options.js'
import type { Statement } from '../statements.js'

/** Why a statement may not stand in a migration, by its line; the same words in which `migrate up` would refuse the file. */
export async function refusalsOf(migration: Migration, statements: readonly Statement[]): Promise<ReadonlyMap<number, string>> {
  const refusals = new Map<number, string>()
  for (const { node, text, line } of statements) {
    // Whether it may be concurrent is another rule's question.
    if (node.concurrent === true) continue
    const alone: Migration = { ...migration, kind: 'sql', up: text, upLine: line, down: undefined, options: PLAIN, downOptions: PLAIN }
    const reason = await refusalOf(alone)
    if (reason !== undefined) refusals.set(line, reason.text)
  }
  // Whether a statement may run again depends on those before it.
  const whole = refusals.size === 0 && migration.kind === 'repeatable' ? await refusalOf(migration) : undefined
  if (whole !== undefined) refusals.set(whole.line, whole.text)
  return refusals
}

async function refusalOf(migration: Migration): Promise<{ readonly text: string; readonly line: number } | undefined> {
  try {
    await checkMigration(migration)
    return undefined
  } catch (error) {
    if (!isFault(error, 'MIGRATION_INVALID')) throw error
    const { file, reason } = error.facts as { readonly file: string; readonly reason: string }
    return { text: reason, line: Number(/:(\d+)$/.exec(file)?.[1] ?? migration.upLine) }
  }
}
