import { fault } from '../kernel/faults.js'
import { effectsOf } from './effects/effects-of.js'
import { compareVersions, ledgerDigest, type Migration } from './migration.js'
import { type Statement, statementsOf } from './statements.js'

/** What may be applied on request: the files of a track up to a version, and the repeatable ones. The digest tells workers whether they have the same. */
export const filesUpTo = (
  migrations: readonly Migration[],
  version: string,
): { readonly files: readonly Migration[]; readonly digest: string } => {
  const files = migrations.filter((migration) => compareVersions(migration.version, version) <= 0)
  return { files, digest: ledgerDigest(files) }
}

/**
 * While it runs, the scope that has asked for it waits, and applications that know nothing of it go on in the same home: so only what is fast whatever
 * rows there are, and only adds. Throws MIGRATION_NOT_ON_REQUEST at the first file newer than `version` that does more, and MIGRATION_INVALID. Repeatable
 * files stand for themselves at every version: of them it wants only that they are fast.
 */
export async function assertOnRequest(migrations: readonly Migration[], version: string): Promise<void> {
  for (const migration of migrations) {
    const repeats = migration.kind === 'repeatable'
    if (!repeats && compareVersions(migration.version, version) <= 0) continue
    const refuse = (line: number, reason: string) => fault('MIGRATION_NOT_ON_REQUEST', { file: `${migration.file}:${line}`, reason })
    if (migration.kind === 'program') throw refuse(1, 'is a program')
    if (!migration.options.transaction) throw refuse(migration.upLine, 'asks for transaction:false')
    const statements = await statementsOf({ file: migration.file, text: migration.up, line: migration.upLine })
    for (const [index, effect] of effectsOf(statements).entries()) {
      const statement = statements[index]!
      const reason = effect.long ? 'takes longer the more rows there are' : repeats ? undefined : reasonAgainst(statement, effect.plain)
      if (reason !== undefined) throw refuse(statement.line, reason)
    }
  }
}

function reasonAgainst(statement: Statement, plain: boolean): string | undefined {
  if (takesAway(statement)) return 'takes away what others may still use'
  return plain ? undefined : 'runs code, changes rows, or depends on what is there already'
}

interface Command {
  readonly AlterTableCmd?: { readonly subtype?: string }
}

const takesAway = ({ kind, node }: Statement): boolean =>
  kind === 'DropStmt' ||
  kind === 'RenameStmt' ||
  (kind === 'AlterTableStmt' && ((node.cmds ?? []) as readonly Command[]).some((one) => one.AlterTableCmd?.subtype === 'AT_DropColumn'))
