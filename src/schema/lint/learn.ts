import type { Node, Statement } from '../statements.js'
import { learnAlter } from './learn-alter.js'
import { indexOf, learnTable } from './learn-table.js'
import type { Column, Schema, Table } from './schema.js'
import { dropped, inside, isTrue, list, option, relationName, text, words } from './tree.js'

/** The schema while it is being read. */
export interface Growing extends Schema {
  readonly tables: Map<string, Table>
  readonly types: Map<string, 'enum' | 'domain' | 'other'>
  readonly functions: Map<string, 'immutable' | 'stable' | 'volatile'>
  uncertain: boolean
}

export const emptySchema = (): Growing => ({ tables: new Map(), types: new Map(), functions: new Map(), uncertain: false })

/** Adds what a statement makes, and takes away what it drops. `own` is the schema that the files may write before their own tables. */
export function learn(schema: Growing, { kind, node }: Statement, own?: string): void {
  if (kind === 'CreateStmt') learnTable(schema, node, own)
  else if (kind === 'AlterTableStmt') learnAlter(schema, node, own)
  else if (kind === 'IndexStmt') learnIndex(schema, node, own)
  else if (kind === 'ViewStmt') learnQuery(schema, relationName(node.view, own), 'view', node.query, node.aliases)
  else if (kind === 'CreateTableAsStmt') {
    const into = inside(node.into) ?? {}
    const matview = node.objtype === 'OBJECT_MATVIEW'
    learnQuery(schema, relationName(into.rel, own), matview ? 'materialized view' : 'table', node.query, into.colNames)
  } else if (kind === 'DropStmt') learnDrop(schema, node, own)
  else if (kind === 'RenameStmt') learnRename(schema, node, own)
  else if (kind === 'CreateEnumStmt') schema.types.set(nameIn(node.typeName, own), 'enum')
  else if (kind === 'CreateDomainStmt') schema.types.set(nameIn(node.domainname, own), 'domain')
  else if (kind === 'CompositeTypeStmt') schema.types.set(relationName(node.typevar, own), 'other')
  else if (kind === 'CreateRangeStmt') schema.types.set(nameIn(node.typeName, own), 'other')
  else if (kind === 'CreateFunctionStmt') schema.functions.set(nameIn(node.funcname, own), volatilityOf(node))
  else if (kind === 'DoStmt') schema.uncertain = true
}

function nameIn(value: unknown, own?: string): string {
  const name = words(value)
  return (name[0] === own ? name.slice(1) : name).join('.')
}

export function volatilityOf(node: Node): 'immutable' | 'stable' | 'volatile' {
  const value = text(inside(option(node.options, 'volatility')?.arg)?.sval)
  return value === 'immutable' || value === 'stable' ? value : 'volatile'
}

function learnIndex(schema: Growing, node: Node, own?: string): void {
  const table = schema.tables.get(relationName(node.relation, own))
  if (table === undefined) return
  const index = indexOf(node, table.name)
  // With `if not exists`, or outside of a transaction, it may be there.
  const others = table.indexes.filter(({ name }) => name !== index.name)
  schema.tables.set(table.name, { ...table, indexes: [...others, index] })
}

function learnQuery(schema: Growing, name: string, kind: Table['kind'], query: unknown, aliases: unknown): void {
  const targets = list(inside(query)?.targetList)
  const named = words(aliases)
  const names = targets.map(({ node }, at) => named[at] ?? (text(node.name) || lastField(node.val)))
  const columns = new Map<string, Column>()
  for (const column of names) {
    if (column !== '') columns.set(column, { name: column, type: '', modifiers: [], notNull: false, preset: undefined, identity: false })
  }
  schema.tables.set(name, {
    name,
    kind,
    columns,
    complete: names.length > 0 && !names.includes(''),
    indexes: [],
    foreignKeys: [],
    checks: [],
    partitioned: false,
    partitionOf: undefined,
  })
}

function lastField(value: unknown): string {
  const last = list(inside(value)?.fields).at(-1)
  return last?.kind === 'String' ? text(last.node.sval) : ''
}

const RELATIONS = new Set(['OBJECT_TABLE', 'OBJECT_VIEW', 'OBJECT_MATVIEW'])

function learnDrop(schema: Growing, node: Node, own?: string): void {
  const kind = text(node.removeType)
  for (const whole of dropped(node)) {
    const name = own !== undefined && whole.startsWith(`${own}.`) ? whole.slice(own.length + 1) : whole
    if (RELATIONS.has(kind)) {
      schema.tables.delete(name)
      for (const table of schema.tables.values()) {
        const left = table.foreignKeys.filter(({ target }) => target !== name)
        if (left.length < table.foreignKeys.length) schema.tables.set(table.name, { ...table, foreignKeys: left })
      }
    } else if (kind === 'OBJECT_INDEX') {
      for (const table of schema.tables.values()) {
        const left = table.indexes.filter((index) => index.name !== name)
        if (left.length < table.indexes.length) schema.tables.set(table.name, { ...table, indexes: left })
      }
    } else if (kind === 'OBJECT_TYPE' || kind === 'OBJECT_DOMAIN') schema.types.delete(name)
    else if (kind === 'OBJECT_FUNCTION') schema.functions.delete(name)
  }
}

function learnRename(schema: Growing, node: Node, own?: string): void {
  const [name, to] = [relationName(node.relation, own), text(node.newname)]
  const kind = text(node.renameType)
  const table = schema.tables.get(name)
  if (RELATIONS.has(kind) && table !== undefined) {
    schema.tables.delete(name)
    schema.tables.set(to, { ...table, name: to })
  } else if (kind === 'OBJECT_COLUMN' && table !== undefined) {
    const from = text(node.subname)
    const swap = (column: string): string => (column === from ? to : column)
    schema.tables.set(name, {
      ...table,
      columns: new Map([...table.columns.values()].map((column) => [swap(column.name), { ...column, name: swap(column.name) }])),
      indexes: table.indexes.map((index) => ({ ...index, keys: index.keys.map(swap) })),
      foreignKeys: table.foreignKeys.map((key) => ({ ...key, columns: key.columns.map(swap) })),
    })
  } else if (kind === 'OBJECT_INDEX') {
    for (const one of schema.tables.values()) {
      const indexes = one.indexes.map((index) => (index.name === name ? { ...index, name: to } : index))
      schema.tables.set(one.name, { ...one, indexes })
    }
  } else if (kind === 'OBJECT_TYPE') {
    const [from, type] = [nameIn(node.object, own), schema.types.get(nameIn(node.object, own))]
    schema.types.delete(from)
    if (type !== undefined) schema.types.set(to, type)
  }
}

/** `with (security_invoker)` and its like. */
export const hasOption = (options: unknown, name: string): boolean => isTrue(option(options, name))
