import type { Node } from '../statements.js'
import type { Growing } from './learn.js'
import { withColumn, withConstraint } from './learn-table.js'
import type { Column, Table } from './schema.js'
import { inside, list, relationName, text, typeModifiers, typeName } from './tree.js'

/** What `alter table` changes of a table that the files have made. */
export function learnAlter(schema: Growing, node: Node, own?: string): void {
  const found = schema.tables.get(relationName(node.relation, own))
  if (found === undefined) return
  let table = found
  for (const { node: command } of list(node.cmds)) table = altered(schema, table, command, own)
  schema.tables.set(table.name, table)
}

const change = (table: Table, name: string, over: Partial<Column>): Table => {
  const column = table.columns.get(name)
  return column === undefined ? table : { ...table, columns: new Map([...table.columns, [name, { ...column, ...over }]]) }
}

function altered(schema: Growing, table: Table, command: Node, own?: string): Table {
  const [name, definition] = [text(command.name), inside(command.def) ?? {}]
  switch (text(command.subtype)) {
    case 'AT_AddColumn':
      return table.columns.has(text(definition.colname)) ? table : withColumn(table, definition, own)
    case 'AT_DropColumn':
      return withoutColumn(table, name)
    case 'AT_AlterColumnType':
      return change(table, name, { type: typeName(definition.typeName), modifiers: typeModifiers(definition.typeName) })
    case 'AT_ColumnDefault':
      return change(table, name, { preset: command.def as Node | undefined })
    case 'AT_SetNotNull':
      return change(table, name, { notNull: true })
    case 'AT_DropNotNull':
      return change(table, name, { notNull: false })
    case 'AT_AddIdentity':
      return change(table, name, { identity: true })
    case 'AT_DropIdentity':
      return change(table, name, { identity: false })
    case 'AT_AddConstraint':
      return withConstraint(table, definition, own)
    case 'AT_DropConstraint':
      return {
        ...table,
        indexes: table.indexes.filter((one) => one.name !== name || !one.constraint),
        foreignKeys: table.foreignKeys.filter((one) => one.name !== name),
        checks: table.checks.filter((one) => one.name !== name),
      }
    case 'AT_ValidateConstraint':
      return {
        ...table,
        foreignKeys: table.foreignKeys.map((one) => (one.name === name ? { ...one, valid: true } : one)),
        checks: table.checks.map((one) => (one.name === name ? { ...one, valid: true } : one)),
      }
    case 'AT_AttachPartition': {
      const part = schema.tables.get(relationName(definition.name, own))
      if (part !== undefined) schema.tables.set(part.name, { ...part, partitionOf: table.name })
      return table
    }
    case 'AT_DetachPartition': {
      const part = schema.tables.get(relationName(definition.name, own))
      if (part !== undefined) schema.tables.set(part.name, { ...part, partitionOf: undefined })
      return table
    }
    default:
      return table
  }
}

function withoutColumn(table: Table, name: string): Table {
  const columns = new Map(table.columns)
  columns.delete(name)
  return {
    ...table,
    columns,
    // Indexes and constraints go with any of their columns.
    indexes: table.indexes.filter((one) => !one.keys.includes(name)),
    foreignKeys: table.foreignKeys.filter((one) => !one.columns.includes(name)),
    checks: table.checks.filter((one) => one.notNull !== name),
  }
}
