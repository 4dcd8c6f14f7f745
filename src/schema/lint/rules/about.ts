import type { Node } from '../../statements.js'
import type { LintedFile, Step } from '../finding.js'
import type { Schema, Table } from '../schema.js'
import { inside, list, relationName, text, words } from '../tree.js'

// What most rules ask of a statement.

/** The schema that a file may write before its own tables. */
export const ownSchema = ({ platform }: LintedFile): string | undefined => (platform ? 'platform' : undefined)

export interface Command {
  readonly table: string
  readonly type: string
  /** Of the column or constraint. */
  readonly name: string
  readonly definition: Node
  readonly node: Node
}

/** What an `alter table` does, one by one. */
export function commandsOf({ statement: { kind, node }, ...file }: Step): readonly Command[] {
  if (kind !== 'AlterTableStmt' || node.objtype !== 'OBJECT_TABLE') return []
  const table = relationName(node.relation, ownSchema(file))
  return list(node.cmds).map(({ node: one }) => ({
    table,
    type: text(one.subtype),
    name: text(one.name),
    definition: inside(one.def) ?? {},
    node: one,
  }))
}

/** Somebody may use the table: no earlier statement of the file has made it. */
export const isUsed = ({ made }: LintedFile, table: string): boolean => !made.has(table)

export interface NewColumn {
  readonly table: string
  readonly node: Node
  readonly name: string
  /** By `alter table`, and not with its table. */
  readonly added: boolean
}

export function newColumns(step: Step): readonly NewColumn[] {
  const { kind, node } = step.statement
  if (kind === 'CreateStmt') {
    const table = relationName(node.relation, ownSchema(step))
    return list(node.tableElts).flatMap((one) =>
      one.kind === 'ColumnDef' ? [{ table, node: one.node, name: text(one.node.colname), added: false }] : [],
    )
  }
  return commandsOf(step)
    .filter(({ type }) => type === 'AT_AddColumn')
    .map(({ table, definition }) => ({ table, node: definition, name: text(definition.colname), added: true }))
}

export interface NewConstraint {
  readonly table: string
  readonly node: Node
  readonly type: string
  readonly name: string
  /** Its columns; of one that is written behind a column, that column. */
  readonly columns: readonly string[]
  /** The column that it is written behind. */
  readonly inline: NewColumn | undefined
  readonly added: boolean
}

export function newConstraints(step: Step): readonly NewConstraint[] {
  const { kind, node } = step.statement
  const inline = newColumns(step).flatMap((column) =>
    list(column.node.constraints).map(({ node: one }) => constraint(column.table, one, column.added, column)),
  )
  const table = relationName(node.relation, ownSchema(step))
  const others =
    kind === 'CreateStmt'
      ? list(node.tableElts).flatMap((one) => (one.kind === 'Constraint' ? [constraint(table, one.node, false)] : []))
      : commandsOf(step).flatMap((one) => (one.type === 'AT_AddConstraint' ? [constraint(one.table, one.definition, true)] : []))
  return [...inline, ...others]
}

function constraint(table: string, node: Node, added: boolean, inline?: NewColumn): NewConstraint {
  const columns = inline !== undefined ? [inline.name] : words(node.contype === 'CONSTR_FOREIGN' ? node.fk_attrs : node.keys)
  return { table, node, type: text(node.contype), name: text(node.conname), columns, inline, added }
}

/** Rows of tenants are in it: all tables of homes, and those of the platform that have the column. */
export function hasTenants(file: LintedFile, schema: Schema, name: string, creating?: Node): boolean {
  if (file.tenantColumn === null) return false
  if (!file.platform) return !name.includes('.')
  const column = file.tenantColumn
  return (
    schema.tables.get(name)?.columns.has(column) === true ||
    list(creating?.tableElts).some((one) => one.kind === 'ColumnDef' && one.node.colname === column)
  )
}

/** Tables that this file has made, with the statement that did. */
export const madeTables = (
  { made }: LintedFile,
  schema: Schema,
): readonly { readonly table: Table; readonly line: number; readonly text: string; readonly node: Node; readonly kind: string }[] =>
  [...made].flatMap(([name, statement]) => {
    const table = schema.tables.get(name)
    return table === undefined ? [] : [{ table, line: statement.line, text: statement.text, node: statement.node, kind: statement.kind }]
  })
