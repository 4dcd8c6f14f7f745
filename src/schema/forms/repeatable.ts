import { fault } from '../../kernel/faults.js'
import type { Migration } from '../migration.js'
import type { Node, Statement } from '../statements.js'

const HOW =
  'a repeatable file runs again whenever it changes: write create or replace (function, view, trigger, procedure, aggregate), comment on, drop … if exists, or insert … on conflict'

/** Throws MIGRATION_INVALID unless each statement may run any number of times over what it has made itself. */
export function checkRepeatable({ file }: Pick<Migration, 'file'>, statements: readonly Statement[]): void {
  const dropped = new Set<string>()
  for (const { kind, node, line } of statements) {
    for (const name of droppedBy(kind, node)) dropped.add(name)
    const made = madeBy(kind, node)
    if (isRepeatableKind(kind, node) || (made !== undefined && dropped.has(made))) continue
    throw fault('MIGRATION_INVALID', { file: `${file}:${line}`, reason: `cannot run twice; ${HOW}` })
  }
}

function isRepeatableKind(kind: string, node: Node): boolean {
  switch (kind) {
    case 'CommentStmt':
      return true
    case 'CreateFunctionStmt':
    case 'ViewStmt':
    case 'CreateTrigStmt':
    case 'DefineStmt':
      return node.replace === true
    case 'DropStmt':
      return node.missing_ok === true
    case 'InsertStmt':
      return node.onConflictClause !== undefined
    default:
      return false
  }
}

/** What a statement makes that one before it may have dropped: a view whose columns change cannot be replaced. */
function madeBy(kind: string, node: Node): string | undefined {
  if (kind === 'ViewStmt') return `OBJECT_VIEW ${relationOf(node.view)}`
  if (kind === 'CreateTableAsStmt' && node.objtype === 'OBJECT_MATVIEW')
    return `OBJECT_MATVIEW ${relationOf((node.into as Node | undefined)?.rel)}`
  if (kind === 'CreateTrigStmt') return `OBJECT_TRIGGER ${relationOf(node.relation)}.${node.trigname}`
  return undefined
}

const relationOf = (relation: unknown): string => String((relation as Node | undefined)?.relname)

function droppedBy(kind: string, node: Node): readonly string[] {
  if (kind !== 'DropStmt' || node.missing_ok !== true) return []
  return namesIn(node).map((name) => `${node.removeType} ${name.join('.')}`)
}

/** The names that a drop lists, each with what stands before its dots. */
export const namesIn = (node: Node): readonly (readonly string[])[] =>
  ((node.objects ?? []) as readonly Node[]).map((object) =>
    (((object.List as Node | undefined)?.items ?? []) as readonly Node[]).map((item) => String((item.String as Node | undefined)?.sval)),
  )
