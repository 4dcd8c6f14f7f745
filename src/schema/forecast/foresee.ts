import { children, relationAt, textAt, wordsAt } from '../effects/nodes.js'
import { tablesRead } from '../effects/queries.js'
import { callsIn } from '../keeps-rows.js'
import type { Migration } from '../migration.js'
import { type Statement, statementsOf } from '../statements.js'
import { alterTable } from './alter-table.js'
import type { Foreseen } from './check.js'
import { creations } from './creations.js'
import { drops } from './drops.js'
import { type Foresight, newOutlook, type Outlook } from './outlook.js'

const write: Foresight = (node, outlook) => {
  const table = relationAt(node, 'relation')
  outlook.need('relation', table)
  outlook.touch(table, `an earlier statement writes to ${table}`)
  needTables(
    tablesRead(node).filter((name) => name !== table),
    outlook,
  )
  nested(node, outlook)
}

const select: Foresight = (node, outlook) => {
  needTables(tablesRead(node), outlook)
  if (callsIn(node).own) outlook.touchAll('an earlier statement calls code, which may change anything')
  nested(node, outlook)
}

/** Statements that write inside of others, as `with gone as (delete …)`. */
function nested(node: Parameters<Foresight>[0], outlook: Outlook): void {
  const text = JSON.stringify(node.withClause ?? {})
  if (/"(Insert|Update|Delete|Merge)Stmt"/.test(text))
    for (const table of tablesRead(node.withClause)) outlook.touch(table, `an earlier statement writes to ${table}`)
}

function needTables(tables: readonly string[], outlook: Outlook): void {
  for (const table of tables) outlook.need('relation', table)
}

const addLabel: Foresight = (node, outlook) => {
  const type = wordsAt(node, 'typeName').join('.')
  const [old, value, neighbour] = [textAt(node, 'oldVal'), textAt(node, 'newVal') ?? '', textAt(node, 'newValNeighbor')]
  if (!outlook.need('type', type)) return
  for (const wanted of [old, neighbour]) if (wanted !== undefined) outlook.need('label', wanted, type)
  outlook.make('label', value, type, node.skipIfNewValExists !== true)
}

const FORESIGHTS: Readonly<Record<string, Foresight>> = {
  ...alterTable,
  ...creations,
  ...drops,
  InsertStmt: write,
  UpdateStmt: write,
  DeleteStmt: write,
  MergeStmt: write,
  SelectStmt: select,
  AlterEnumStmt: addLabel,
  DoStmt: (_, outlook) => outlook.touchAll('an earlier statement runs code, which may change anything'),
  TruncateStmt: (node, outlook) => {
    for (const { node: relation } of children(node, 'relations')) {
      const table = textAt(relation, 'relname') ?? ''
      outlook.need('relation', table)
      outlook.touch(table, `an earlier statement empties ${table}`)
    }
  },
  RefreshMatViewStmt: (node, outlook) => {
    outlook.need('relation', relationAt(node, 'relation'))
  },
}

/** What to ask homes for before these files run in them, one after the other. Asks nothing itself. Throws MIGRATION_INVALID. */
export async function foresee(migrations: readonly Migration[]): Promise<Foreseen> {
  let place = { file: '', line: 0 }
  const outlook = newOutlook(() => place)
  const programs: Foreseen['unknowable'][number][] = []
  for (const migration of migrations) {
    if (migration.kind === 'program') {
      programs.push({ file: migration.file, line: 1, what: 'what it reads and writes', why: 'it is a program' })
      outlook.touchAll(`${migration.file} is a program, which may write to any table`)
      continue
    }
    const { file, up: text, upLine: line } = migration
    for (const statement of await statementsOf({ file, text, line })) {
      place = { file, line: statement.line }
      one(statement, outlook)
    }
  }
  const foreseen = outlook.foreseen()
  return { ...foreseen, unknowable: [...programs, ...foreseen.unknowable] }
}

const one = ({ kind, node, text }: Statement, outlook: Outlook): void => FORESIGHTS[kind]?.(node, outlook, text)
