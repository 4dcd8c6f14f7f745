import type { Node } from '../../statements.js'
import type { Found, LintedFile, LintRule } from '../finding.js'
import { indexOf } from '../learn-table.js'
import type { Index, Table } from '../schema.js'
import { outside, statements } from '../source.js'
import { inside, list, quoted, relationName, text } from '../tree.js'
import { hasTenants, isUsed, newConstraints, ownSchema } from './about.js'

const ORDERED = new Set(['btree', 'gist'])

export const indexTenantFirst: LintRule = {
  name: 'index-tenant-first',
  severity: 'warning',
  title: 'An index of a table with tenants begins with the tenant column.',
  why: 'The fence compares it in every query of a shared home: an index that begins with something else reads the entries of all tenants, and is passed over.',
  instead: 'create index … on … (tenant_id, …)',
  statement(step) {
    const { kind, node, text: sql } = step.statement
    const table = relationName(node.relation, ownSchema(step))
    if (kind !== 'IndexStmt' || node.unique === true || step.tenantColumn === null || !hasTenants(step, step.schema, table)) return []
    const index = indexOf(node, table)
    if (!ORDERED.has(index.method) || index.keys[0] === step.tenantColumn) return []
    // In front where it is missing, and to the front where it is not.
    const column = quoted(step.tenantColumn)
    const without = sql.replace(new RegExp(`\\s*,\\s*"?${step.tenantColumn}"?(?=\\s*[,)])`), '')
    const rewrite = statements(without.replace(/(\bon\s+[^(]+?(?:using\s+\w+\s*)?)\(/i, `$1(${column}, `))
    return [{ what: `the index on ${table} does not begin with ${step.tenantColumn}`, rewrite }]
  },
}

/** Is everything that `index` serves served by `other` as well? */
function servedBy(index: Index, other: Index): boolean {
  if (index.method !== other.method || index.method !== 'btree' || index.rest !== other.rest || index.where !== other.where) return false
  if (!index.keys.every((key, at) => key === other.keys[at])) return false
  const turned = index.descending.every((down, at) => down !== (other.descending[at] ?? false))
  const same = index.descending.every((down, at) => down === (other.descending[at] ?? false))
  if (!same && !turned && index.keys.length > 1) return false
  // What is unique is a promise as well, and only an equal one keeps it.
  return !index.unique || (other.unique && index.keys.length === other.keys.length)
}

export const duplicateIndex: LintRule = {
  name: 'duplicate-index',
  severity: 'warning',
  advisor: 'SP09',
  title: 'No index is there twice: equal to another, its beginning, or a key read backwards.',
  why: 'Each costs every write and memory in every backend, in every home, and the planner uses one. A btree is read in both directions.',
  instead: 'the longer one, or the key alone',
  statement(step) {
    const { kind, node } = step.statement
    if (kind !== 'IndexStmt') return []
    const table = step.schema.tables.get(relationName(node.relation, ownSchema(step)))
    if (table === undefined) return []
    const index = indexOf(node, table.name)
    const other = table.indexes.find((one) => one.name !== index.name && servedBy(index, one))
    return other === undefined ? [] : [{ what: `${index.name} serves nothing that ${other.name} does not`, rewrite: '' }]
  },
  file(file, schema) {
    // The longer one may come later: then the shorter, made by the same file, is the one too many.
    return [...schema.tables.values()].flatMap((table): readonly Found[] =>
      table.indexes.flatMap((index, at): readonly Found[] => {
        const statement = file.statements.find((one) => one.kind === 'IndexStmt' && indexOf(one.node, table.name).name === index.name)
        const other = table.indexes.slice(at + 1).find((one) => servedBy(index, one) && !servedBy(one, index))
        if (
          index.constraint ||
          statement === undefined ||
          other === undefined ||
          table.indexes.slice(0, at).some((one) => servedBy(index, one))
        )
          return []
        return [{ what: `${index.name} serves nothing that ${other.name} does not`, line: statement.line }]
      }),
    )
  },
}

export const nullKeyIndex: LintRule = {
  name: 'null-key-index',
  severity: 'warning',
  title: 'A partial index is over columns that differ in the rows it holds.',
  why: 'Where the condition says that its column is null, every key is the same null: the index finds nothing, and costs every write.',
  instead: 'create index … (tenant_id, what is queried) where deleted_at is null',
  statement(step) {
    const { kind, node } = step.statement
    if (kind !== 'IndexStmt' || node.unique === true) return []
    const index = indexOf(node, relationName(node.relation, ownSchema(step)))
    const empty = nullColumns(node.whereClause)
    const keys = index.keys.filter((key) => key !== step.tenantColumn)
    if (keys.length === 0 || !keys.every((key) => empty.includes(key))) return []
    return [{ what: `${index.name} holds only rows whose ${keys.join(', ')} is null` }]
  },
}

/** Columns that are null wherever a condition holds. */
function nullColumns(where: unknown): readonly string[] {
  const test = (where as { NullTest?: Node } | undefined)?.NullTest
  if (test?.nulltesttype === 'IS_NULL') return [text(list(inside(test.arg)?.fields).at(-1)?.node.sval)]
  const and = (where as { BoolExpr?: Node } | undefined)?.BoolExpr
  return and?.boolop === 'AND_EXPR' ? (and.args as readonly unknown[]).flatMap(nullColumns) : []
}

export const wideIndex: LintRule = {
  name: 'wide-index',
  severity: 'advice',
  title: 'An index that is not unique has at most three columns behind the tenant.',
  why: 'The columns behind the first few hardly narrow the search, and each makes the index larger and more updates write to it.',
  instead: 'the columns that are compared with =, then one for a range or an order',
  statement(step) {
    const { kind, node, text: sql } = step.statement
    if (kind !== 'IndexStmt' || node.unique === true) return []
    const index = indexOf(node, relationName(node.relation, ownSchema(step)))
    const keys = index.keys.filter((key) => key !== step.tenantColumn)
    if (index.method !== 'btree' || keys.length <= 3) return []
    const most = index.keys.length - (keys.length - 3)
    const plain = index.keys.every((key) => !key.startsWith('('))
    const shorter = plain
      ? statements(sql.replace(/\(([^()]*)\)/, (_, inner: string) => `(${inner.split(',').slice(0, most).join(',').trim()})`))
      : ''
    return [{ what: `${index.name} has ${index.keys.length} columns`, rewrite: shorter }]
  },
}

/** Do the first keys of an index hold these columns? The tenant may stand before them, and a condition leaves out what is null. */
const covers = (table: Table, columns: readonly string[], tenant: string | null): boolean =>
  table.indexes.some(({ keys, method }) => {
    const wanted = columns.filter((column) => column !== tenant)
    const first = keys.filter((key) => key !== tenant).slice(0, wanted.length)
    return ORDERED.has(method) && wanted.every((column) => first.includes(column))
  })

export const foreignKeyWithoutIndex: LintRule = {
  name: 'foreign-key-without-index',
  severity: 'warning',
  advisor: 'SP01',
  title: 'Foreign keys have an index.',
  why: 'Without one, deleting a parent reads all its children, of all tenants in a shared home, and holds locks meanwhile.',
  instead: 'create index … on … (tenant_id, author_id)',
  file(file, schema) {
    return file.statements.flatMap((statement): readonly Found[] =>
      newConstraints({ ...file, statement, at: 0, schema }).flatMap((one): readonly Found[] => {
        const table = schema.tables.get(one.table)
        if (one.type !== 'CONSTR_FOREIGN' || table === undefined || covers(table, one.columns, file.tenantColumn)) return []
        if (!table.foreignKeys.some(({ columns }) => String(columns) === String(one.columns))) return []
        const others = one.columns.filter((column) => column !== file.tenantColumn)
        const name = quoted(`${one.table}_${others.join('_')}_idx`)
        return [
          {
            what: `nothing serves the foreign key of ${one.table} (${one.columns.join(', ')})`,
            line: statement.line,
            rewrite: making(file, statement.text, `${name} on ${quoted(one.table)} (${one.columns.map(quoted).join(', ')})`, one.table),
          },
        ]
      }),
    )
  },
}

function making(file: LintedFile, sql: string, index: string, table: string): string {
  if (!isUsed(file, table)) return statements(sql, `create index ${index}`)
  return `${outside(`create index concurrently if not exists ${index}`)}\n\n-- migrate:up\n${statements(sql)}`
}
