import type { Node } from '../statements.js'
import type { Growing } from './learn.js'
import type { Check, Column, ForeignKey, Index, Table } from './schema.js'
import { inside, list, relationName, text, typeModifiers, typeName, words } from './tree.js'

const SERIAL = /^(big|small)?serial[248]?$/

export const isSerial = (type: string): boolean => SERIAL.test(type)

export function learnTable(schema: Growing, node: Node, own?: string): void {
  const name = relationName(node.relation, own)
  if (node.if_not_exists === true && schema.tables.has(name)) return
  const parents = list(node.inhRelations).map(({ node: parent }) => relationName(parent, own))
  let table: Table = {
    name,
    kind: 'table',
    columns: new Map(parents.flatMap((parent) => [...(schema.tables.get(parent)?.columns ?? [])])),
    complete: parents.every((parent) => schema.tables.get(parent)?.complete === true),
    indexes: [],
    foreignKeys: [],
    checks: [],
    partitioned: node.partspec !== undefined,
    partitionOf: node.partbound === undefined ? undefined : parents[0],
  }
  // Keys of the parent are keys of its partitions.
  if (table.partitionOf !== undefined) table = { ...table, indexes: schema.tables.get(table.partitionOf)?.indexes ?? [] }
  for (const { kind, node: element } of [...list(node.tableElts), ...list(node.constraints)]) {
    if (kind === 'ColumnDef') table = withColumn(table, element, own)
    else if (kind === 'Constraint') table = withConstraint(table, element, own)
    else if (kind === 'TableLikeClause') table = withLike(schema, table, element, own)
  }
  schema.tables.set(name, table)
}

// Bits of CREATE TABLE LIKE's INCLUDING words, as the parser gives them.
const LIKE = { defaults: 8, identity: 32, indexes: 64 }

function withLike(schema: Growing, table: Table, node: Node, own?: string): Table {
  const model = schema.tables.get(relationName(node.relation, own))
  if (model === undefined) return { ...table, complete: false }
  const options = Number(node.options ?? 0)
  const copied = [...model.columns.values()].map((column) => ({
    ...column,
    preset: (options & LIKE.defaults) === 0 ? undefined : column.preset,
    identity: (options & LIKE.identity) !== 0 && column.identity,
  }))
  return {
    ...table,
    columns: new Map([...table.columns, ...copied.map((column) => [column.name, column] as const)]),
    indexes: (options & LIKE.indexes) === 0 ? table.indexes : [...table.indexes, ...model.indexes],
  }
}

export function columnFrom(node: Node): Column {
  const constraints = list(node.constraints).map(({ node: one }) => one)
  const has = (type: string): Node | undefined => constraints.find(({ contype }) => contype === type)
  const type = typeName(node.typeName)
  return {
    name: text(node.colname),
    type,
    modifiers: typeModifiers(node.typeName),
    notNull: [has('CONSTR_NOTNULL'), has('CONSTR_PRIMARY'), has('CONSTR_IDENTITY')].some(Boolean) || isSerial(type),
    preset: has('CONSTR_DEFAULT')?.raw_expr as Node | undefined,
    identity: has('CONSTR_IDENTITY') !== undefined,
  }
}

export function withColumn(table: Table, node: Node, own?: string): Table {
  const column = columnFrom(node)
  let grown: Table = { ...table, columns: new Map([...table.columns, [column.name, column]]) }
  for (const { node: constraint } of list(node.constraints)) grown = withConstraint(grown, constraint, own, column.name)
  return grown
}

/** A constraint of a table, or of the column that it is written behind. */
export function withConstraint(table: Table, node: Node, own?: string, column?: string): Table {
  const keys = column === undefined ? words(node.keys) : [column]
  const named = text(node.conname)
  const type = text(node.contype)
  if (type === 'CONSTR_PRIMARY' || type === 'CONSTR_UNIQUE') {
    const primary = type === 'CONSTR_PRIMARY'
    if (text(node.indexname) !== '') {
      const using = text(node.indexname)
      const name = named || using
      const indexes = table.indexes.map((one) => (one.name === using ? { ...one, name, primary, constraint: true } : one))
      return primary ? notNull({ ...table, indexes }, indexes.find((one) => one.name === name)?.keys ?? []) : { ...table, indexes }
    }
    const name = named || (primary ? `${table.name}_pkey` : `${[table.name, ...keys].join('_')}_key`)
    const rest = JSON.stringify([node.including ?? [], node.nulls_not_distinct === true])
    const index: Index = {
      ...{ name, keys, descending: keys.map(() => false), unique: true, primary, constraint: true },
      ...{ method: 'btree', where: undefined, rest },
    }
    const grown = { ...table, indexes: [...table.indexes, index] }
    return primary ? notNull(grown, keys) : grown
  }
  if (type === 'CONSTR_FOREIGN') {
    const columns = column === undefined ? words(node.fk_attrs) : [column]
    const name = named || `${[table.name, ...columns].join('_')}_fkey`
    const key: ForeignKey = { name, columns, target: relationName(node.pktable, own), valid: node.skip_validation !== true }
    return { ...table, foreignKeys: [...table.foreignKeys, key] }
  }
  if (type === 'CONSTR_CHECK') {
    const check: Check = { name: named || `${table.name}_check`, valid: node.skip_validation !== true, notNull: notNullOf(node.raw_expr) }
    return { ...table, checks: [...table.checks, check] }
  }
  return table
}

function notNull(table: Table, names: readonly string[]): Table {
  const columns = [...table.columns.values()].map((column) => (names.includes(column.name) ? { ...column, notNull: true } : column))
  return { ...table, columns: new Map(columns.map((column) => [column.name, column])) }
}

/** The column of `c is not null`. */
function notNullOf(expression: unknown): string | undefined {
  const test = (expression as { NullTest?: Node } | undefined)?.NullTest
  if (test?.nulltesttype !== 'IS_NOT_NULL') return undefined
  const field = list(inside(test.arg)?.fields).at(-1)
  return field?.kind === 'String' ? text(field.node.sval) : undefined
}

/** What two trees that say the same have in common: all but where they are written. */
export const bare = (tree: unknown): string => JSON.stringify(tree, (key, value: unknown) => (key === 'location' ? undefined : value))

export function indexOf(node: Node, table: string): Index {
  const parameters = list(node.indexParams).map(({ node: one }) => one)
  const keys = parameters.map((one) => (text(one.name) !== '' ? text(one.name) : `(${bare(one.expr)})`))
  const plain = keys.map((key) => (key.startsWith('(') ? 'expr' : key))
  return {
    name: text(node.idxname) || `${[table, ...plain].join('_')}_idx`,
    keys,
    descending: parameters.map(({ ordering }) => ordering === 'SORTBY_DESC'),
    unique: node.unique === true,
    primary: false,
    constraint: false,
    method: text(node.accessMethod) || 'btree',
    where: node.whereClause === undefined ? undefined : bare(node.whereClause),
    rest: JSON.stringify([
      node.indexIncludingParams === undefined ? [] : list(node.indexIncludingParams).map((one) => one.node.name),
      node.nulls_not_distinct === true,
      ...parameters.flatMap((one) =>
        one.opclass === undefined && one.collation === undefined ? [] : [bare([one.opclass, one.collation])],
      ),
    ]),
  }
}
