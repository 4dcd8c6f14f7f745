import type { Node } from '../../statements.js'
import type { Found, LintRule, Step } from '../finding.js'
import { ignoring, inFiles, statements } from '../source.js'
import { list, quoted, relationName, text } from '../tree.js'
import { hasTenants, isUsed, ownSchema } from './about.js'

const target = (step: Step): string => relationName(step.statement.node.relation, ownSchema(step))

export const insertWithoutTenant: LintRule = {
  name: 'insert-without-tenant',
  severity: 'error',
  advisor: 'TL31',
  title: 'An insert says the tenant, best by selecting it.',
  why: 'Outside of a scope tenantry.tenant() raises, so the default of the column fails in every home.',
  instead: 'insert into … (tenant_id, …) select distinct tenant_id, … from …; first rows of new tenants are seeds (docs/seeds.md)',
  statement(step) {
    const column = step.tenantColumn
    const { kind, node, text: sql } = step.statement
    if (column === null || kind !== 'InsertStmt' || !hasTenants(step, step.schema, target(step))) return []
    const columns = list(node.cols).map(({ node: one }) => text(one.name))
    // All columns in their order, the tenant among them.
    if (columns.includes(column) || (columns.length === 0 && node.selectStmt !== undefined)) return []
    return [{ what: `inserts into ${target(step)} without ${column}`, rewrite: withTenants(step, sql, node, column, columns) }]
  },
}

function withTenants(step: Step, sql: string, node: Node, column: string, columns: readonly string[]): string {
  const table = target(step)
  const from =
    [...step.schema.tables.values()].find(({ kind, name, columns: its }) => kind === 'table' && its.has(column) && name !== table)?.name ??
    table
  const values = /\bvalues\s*(\([\s\S]*)$/i.exec(sql)?.[1]
  if (values === undefined || node.onConflictClause !== undefined || columns.length === 0) return ''
  const names = columns.map(quoted).join(', ')
  return statements(
    [
      `insert into ${quoted(table)} (${quoted(column)}, ${names})`,
      `select tenants.${quoted(column)}, ${columns.map((name) => `rows.${quoted(name)}`).join(', ')}`,
      `from (select distinct ${quoted(column)} from ${quoted(from)}) as tenants`,
      `cross join (values ${values.trim()}) as rows (${names})`,
    ].join('\n'),
  )
}

export const changesAllRows: LintRule = {
  name: 'changes-all-rows',
  severity: 'warning',
  title: 'An update or delete has a condition.',
  why: 'It runs as the owner, who sees every tenant: in a shared home all rows of all tenants are locked until the file ends, and an update writes each of them anew.',
  instead: 'update … set a = 1 where a is distinct from 1',
  statement(step) {
    const { kind, node, text: sql } = step.statement
    if ((kind !== 'UpdateStmt' && kind !== 'DeleteStmt') || node.whereClause !== undefined || !isUsed(step, target(step))) return []
    const what = `${kind === 'UpdateStmt' ? 'updates' : 'deletes'} every row of ${target(step)}, of every tenant`
    if (kind === 'DeleteStmt' || node.fromClause !== undefined)
      return [{ what, rewrite: ignoring('changes-all-rows', 'all of them are meant', sql) }]
    const pairs = setting(sql, node)
    return [{ what, rewrite: pairs === '' ? '' : statements(`${sql} where ${pairs}`) }]
  },
}

/** Only rows that are not so already. */
function setting(sql: string, node: Node): string {
  const targets = list(node.targetList).map(({ node: one }) => one)
  const bytes = Buffer.from(sql)
  const parts = targets.map((one, at) => {
    const to = targets[at + 1]?.location
    const clause = bytes
      .subarray(Number(one.location), to === undefined ? undefined : Number(to))
      .toString()
      .trim()
      .replace(/,\s*$/, '')
    return /^("[^"]+"|[\w$]+)\s*=\s*([\s\S]+)$/.exec(clause)
  })
  if (parts.some((part) => part === null) || list(node.returningList).length > 0) return ''
  return parts.map((part) => `${part![1]} is distinct from ${part![2]!.trim()}`).join(' or ')
}

export const truncate: LintRule = {
  name: 'truncate',
  severity: 'error',
  advisor: 'TL14',
  title: 'No table in use is truncated.',
  why: 'It empties the table for all tenants of a shared home at once, past every policy and trigger, and nobody can read it until the file ends.',
  instead: 'delete from … where …',
  statement(step) {
    const { kind, node } = step.statement
    if (kind !== 'TruncateStmt') return []
    const tables = list(node.relations).map(({ node: one }) => relationName(one, ownSchema(step)))
    const used = tables.filter((table) => isUsed(step, table))
    if (used.length === 0) return []
    const rewrite = used.map((table) => ignoring('changes-all-rows', 'all of them are meant', `delete from ${quoted(table)}`)).join('\n')
    return [{ what: `empties ${used.join(', ')} for every tenant`, rewrite }]
  },
}

const DATA = new Set(['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt', 'RefreshMatViewStmt'])
const LOCKING = new Set(['AlterTableStmt', 'IndexStmt', 'DropStmt', 'RenameStmt', 'CreateTrigStmt'])

export const schemaAndData: LintRule = {
  name: 'schema-and-data',
  severity: 'warning',
  title: 'Steps for data stand in a file of their own.',
  why: 'A lock of an alter table is held until the transaction ends: everybody waits while the rows are written, in a shared home all its tenants.',
  instead: 'one file that changes tables, a later one that writes rows',
  statement(step) {
    const { kind, text: sql } = step.statement
    if (!step.transaction || !DATA.has(kind) || !isUsed(step, target(step))) return []
    const lock = step.statements.slice(0, step.at).find((one) => {
      if (!LOCKING.has(one.kind)) return false
      const name = one.kind === 'DropStmt' ? '' : relationName(one.node.relation, ownSchema(step))
      return isUsed(step, name)
    })
    if (lock === undefined) return []
    const rewrite = inFiles(statements(sql))
    return [{ what: `writes rows while the lock of line ${lock.line} is held`, rewrite } satisfies Found]
  },
}
