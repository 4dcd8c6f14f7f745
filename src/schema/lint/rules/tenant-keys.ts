import type { Found, LintRule } from '../finding.js'
import { primaryKey } from '../schema.js'
import { clauseAt, inFiles, outside, statements } from '../source.js'
import { inside, list, quoted, relationName, text, words } from '../tree.js'
import { hasTenants, isUsed, madeTables, newConstraints, ownSchema } from './about.js'
import { tenantedExclusion, tenantedForeignKey, tenantedKey, tenantedTable } from './tenanted.js'

const KEYS = new Set(['CONSTR_PRIMARY', 'CONSTR_UNIQUE', 'CONSTR_EXCLUSION'])

export const keyWithoutTenant: LintRule = {
  name: 'key-without-tenant',
  severity: 'error',
  advisor: 'TL05',
  title: 'Every primary key, unique constraint and unique index begins with the tenant column; an exclusion compares it with =.',
  why: 'A key over all tenants tells one which values another has, and keeps it from using them. The gate refuses the file.',
  instead: 'primary key (tenant_id, id); unique (tenant_id, email)',
  statement(step) {
    const column = step.tenantColumn
    const { node, kind, text: sql } = step.statement
    if (column === null) return []
    if (kind === 'IndexStmt' && node.unique === true) {
      const table = relationName(node.relation, ownSchema(step))
      const first = list(node.indexParams)[0]?.node
      if (!hasTenants(step, step.schema, table) || first?.name === column) return []
      const rewrite = statements(sql.replace(/\bon\s+([^(]+)\(/i, (all) => `${all}${quoted(column)}, `))
      return [{ what: `the unique index on ${table} does not begin with ${column}`, rewrite }]
    }
    return newConstraints(step).flatMap((one): readonly Found[] => {
      if (!KEYS.has(one.type) || text(one.node.indexname) !== '') return []
      const creating = kind === 'CreateStmt' ? node : undefined
      if (!hasTenants(step, step.schema, one.table, creating)) return []
      // That the column is missing altogether is told once.
      if (creating !== undefined && !list(node.tableElts).some((element) => element.node.colname === column)) return []
      const excluded = list(one.node.exclusions).some(({ node: pair }) => exclusionColumn(pair) === column)
      if (one.type === 'CONSTR_EXCLUSION' ? excluded : one.columns[0] === column) return []
      const clause = clauseAt(sql, one.node.location)
      const key = one.type === 'CONSTR_EXCLUSION' ? tenantedExclusion(clause, column) : tenantedKey(one.node, one.columns, column)
      const lacks = one.type === 'CONSTR_EXCLUSION' ? 'does not compare' : 'does not begin with'
      return [
        {
          what: `the ${KIND[one.type]} of ${one.table} ${lacks} ${column}`,
          rewrite:
            creating === undefined ? added(one.table, key, one, isUsed(step, one.table)) : statements(tenantedTable(sql, node, column)),
        },
      ]
    })
  },
}

const KIND: Readonly<Record<string, string>> = {
  CONSTR_PRIMARY: 'primary key',
  CONSTR_UNIQUE: 'unique constraint',
  CONSTR_EXCLUSION: 'exclusion constraint',
}

/** `(List (IndexElem) (List "="))`, the comparison being `=`. */
function exclusionColumn(pair: Record<string, unknown>): string | undefined {
  const [element, operator] = list(pair)
  return words(operator?.node)[0] === '=' ? text(inside(element?.node)?.name) : undefined
}

function added(
  table: string,
  key: string,
  one: { readonly name: string; readonly type: string; readonly columns: readonly string[] },
  used: boolean,
): string {
  if (!used || one.type !== 'CONSTR_UNIQUE') return statements(`alter table ${quoted(table)} add ${key}`)
  const name = one.name || `${table}_${one.columns.join('_')}_key`
  const keys = /\(.*\)$/.exec(key)?.[0] ?? ''
  return inFiles(
    outside(`create unique index concurrently if not exists ${quoted(name)} on ${quoted(table)} ${keys}`),
    statements(`alter table ${quoted(table)} add constraint ${quoted(name)} unique using index ${quoted(name)}`),
  )
}

export const primaryKeyMissing: LintRule = {
  name: 'primary-key-missing',
  severity: 'error',
  advisor: 'TL05',
  title: 'Every table of tenants has a primary key.',
  why: 'Rows that nothing names can neither be moved, replicated, compared nor restored one by one. The gate refuses the file.',
  instead: 'primary key (tenant_id, id)',
  file(file, schema) {
    const column = file.tenantColumn
    if (column === null) return []
    return madeTables(file, schema).flatMap(({ table, line, text: sql, node, kind }): readonly Found[] => {
      if (table.kind !== 'table' || !table.columns.has(column) || primaryKey(table) !== undefined) return []
      const rewrite = kind === 'CreateStmt' && table.partitionOf === undefined ? statements(tenantedTable(sql, node, column)) : ''
      return [{ what: `table ${table.name} has no primary key`, line, rewrite }]
    })
  },
}

export const foreignKeyWithoutTenant: LintRule = {
  name: 'foreign-key-without-tenant',
  severity: 'error',
  advisor: 'TL06',
  title: 'Every foreign key begins with the tenant column on both sides, and empties its own columns alone.',
  why: 'It is checked and followed with the rights of the owner: without the tenant it finds, holds on to and changes rows of others.',
  instead: 'foreign key (tenant_id, author_id) references author (tenant_id, id) on delete set null (author_id)',
  statement(step) {
    const column = step.tenantColumn
    const { node, kind, text: sql } = step.statement
    if (column === null) return []
    const creating = kind === 'CreateStmt' ? node : undefined
    return newConstraints(step).flatMap((one): readonly Found[] => {
      if (one.type !== 'CONSTR_FOREIGN' || !hasTenants(step, step.schema, one.table, creating)) return []
      const target = relationName(one.node.pktable, ownSchema(step))
      // To another schema is another rule's; and a reference table of the platform has no tenants.
      if (target.includes('.') || !(target === one.table || hasTenants(step, step.schema, target))) return []
      if (creating !== undefined && !list(node.tableElts).some((element) => element.node.colname === column)) return []
      const theirs = words(one.node.pk_attrs)
      const acts = text(one.node.fk_del_action)
      const empties = (acts === 'n' || acts === 'd') && words(one.node.fk_del_set_cols).every((name) => name === column)
      const moves = ['n', 'd'].includes(text(one.node.fk_upd_action))
      // Without columns on the other side it is their primary key, which begins with the tenant.
      const begins = one.columns[0] === column && (theirs.length === 0 || theirs[0] === column)
      if (begins && !empties && !moves) return []
      const what = !begins
        ? `the foreign key of ${one.table} (${one.columns.join(', ')}) does not begin with ${column} on both sides`
        : `the foreign key of ${one.table} (${one.columns.join(', ')}) would empty ${column}, too`
      const key = tenantedForeignKey(one.node, one.columns, column)
      const rewrite = creating === undefined ? addedKey(one, key, sql) : statements(tenantedTable(sql, node, column))
      return [{ what, rewrite }]
    })
  },
}

function addedKey(one: ReturnType<typeof newConstraints>[number], key: string, sql: string): string {
  const table = quoted(one.table)
  const others = one.columns.filter((name) => !key.startsWith(`foreign key (${name},`))
  const name = one.name || `${one.table}_${others.join('_')}_fkey`
  const adding = key.startsWith('constraint') ? key : `constraint ${quoted(name)} ${key}`
  const column = one.inline === undefined ? [] : [`alter table ${table} add column ${columnOnly(sql, one.inline.node)}`]
  return inFiles(
    statements(...column, `alter table ${table} add ${adding} not valid`),
    statements(`alter table ${table} validate constraint ${quoted(name)}`),
  )
}

/** A column up to its first constraint. */
function columnOnly(sql: string, node: Record<string, unknown>): string {
  const first = list(node.constraints)[0]?.node.location
  const clause = Buffer.from(clauseAt(sql, node.location))
  return (first === undefined ? clause : clause.subarray(0, Number(first) - Number(node.location))).toString().trim()
}
