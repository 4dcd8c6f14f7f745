import { fault } from '../../kernel/faults.js'
import type { Migration } from '../migration.js'
import { type Node, type Statement, statementsOf } from '../statements.js'

/** A statement that runs by itself, and that may run again after a crash. */
export interface OutsideStatement {
  readonly text: string
  readonly line: number
  /** The index that it builds: one that was left invalid is dropped before it is built again. */
  readonly builds: string | undefined
  /** It waits for all who have touched the table. */
  readonly concurrent: boolean
  /** The same for a transaction of a home that nobody uses. */
  readonly inTransaction: string
}

const HOW =
  'outside of a transaction allowed are create index concurrently if not exists, drop index concurrently if exists, alter type … add value if not exists, refresh materialized view concurrently, and alter table … validate constraint'

/** The statements of a `transaction:false` file. Throws MIGRATION_INVALID on one that is not safe to repeat, with how to write it. */
export async function outsideStatementsOf(migration: Migration): Promise<readonly OutsideStatement[]> {
  const statements = await statementsOf({ file: migration.file, text: migration.up, line: migration.upLine })
  return statements.map((statement) => {
    const reason = whyNot(statement)
    if (reason !== undefined) throw fault('MIGRATION_INVALID', { file: `${migration.file}:${statement.line}`, reason })
    const { kind, node, text, line } = statement
    const builds = kind === 'IndexStmt' ? String(node.idxname) : undefined
    return { text, line, builds, concurrent: node.concurrent === true, inTransaction: withoutConcurrently(text) }
  })
}

/** A section as a home takes it that nobody uses: in one transaction with all others. Its lines stay where they are. */
export async function inTransactionText(migration: Migration): Promise<string> {
  if (migration.options.transaction) return migration.up
  let [text, line] = ['', migration.upLine]
  for (const statement of await outsideStatementsOf(migration)) {
    text += '\n'.repeat(Math.max(0, statement.line - line)) + statement.inTransaction
    line = statement.line + statement.text.split('\n').length - 1
    text += ';'
  }
  return text
}

function whyNot({ kind, node }: Statement): string | undefined {
  switch (kind) {
    case 'IndexStmt':
      if (node.concurrent !== true) return 'creates an index without concurrently: say so, or leave transaction:false out'
      return node.if_not_exists === true
        ? undefined
        : 'may run again after a crash: write create index concurrently if not exists, with a name'
    case 'DropStmt':
      if (node.removeType !== 'OBJECT_INDEX') break
      if (node.concurrent !== true) return 'drops an index without concurrently: say so, or leave transaction:false out'
      return node.missing_ok === true ? undefined : 'may run again after a crash: write drop index concurrently if exists'
    case 'AlterEnumStmt':
      if (node.newVal === undefined || node.oldVal !== undefined) break
      return node.skipIfNewValExists === true ? undefined : 'may run again after a crash: write add value if not exists'
    case 'RefreshMatViewStmt':
      return node.concurrent === true ? undefined : 'refreshes without concurrently: say so, or leave transaction:false out'
    case 'AlterTableStmt':
      if (((node.cmds ?? []) as readonly Node[]).every((one) => (one.AlterTableCmd as Node).subtype === 'AT_ValidateConstraint'))
        return undefined
      break
    case 'VacuumStmt':
      return `vacuums or analyzes: that is the server's own to do; ${HOW}`
  }
  return `needs a transaction, or may not run twice: put it into a file of its own; ${HOW}`
}

const BLANK = String.raw`(?:\s|--[^\n]*\n|\/\*(?:(?!\*\/)[\s\S])*\*\/)+`
// The grammar has the word in these places alone, and whoever comes here has said it.
const CONCURRENTLY = new RegExp(
  `^((?:create(?:${BLANK}unique)?${BLANK}index|drop${BLANK}index|refresh${BLANK}materialized${BLANK}view)${BLANK})concurrently`,
  'i',
)

const withoutConcurrently = (text: string): string => text.replace(CONCURRENTLY, '$1')
