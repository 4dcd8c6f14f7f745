import type { Node } from '../../statements.js'
import type { Found, LintRule } from '../finding.js'
import { statements } from '../source.js'
import { functionName, inside, quoted } from '../tree.js'
import { commandsOf, hasTenants, madeTables } from './about.js'
import { tenantedTable } from './tenanted.js'

const callsTenant = (value: Node | undefined): boolean => {
  const call = value?.FuncCall as Node | undefined
  return call !== undefined && functionName(call) === 'tenantry.tenant'
}

export const tenantColumnMissing: LintRule = {
  name: 'tenant-column-missing',
  severity: 'error',
  advisor: 'TL31',
  title: 'Every table of tenants has the tenant column.',
  why: 'In a shared home it is what the fence compares: without it rows belong to nobody, and the gate refuses the file in every home.',
  instead: 'tenant_id uuid not null default tenantry.tenant(), and tenant_id first in every key',
  file(file, schema) {
    const column = file.tenantColumn
    if (column === null || file.platform) return []
    return madeTables(file, schema).flatMap(({ table, line, text, node, kind }): readonly Found[] => {
      if (table.kind === 'view' || !table.complete || table.columns.has(column)) return []
      return [
        {
          what: `${table.kind} ${table.name} has no column ${column}`,
          line,
          rewrite: kind === 'CreateStmt' ? statements(tenantedTable(text, node, column)) : '',
        },
      ]
    })
  },
}

export const tenantColumnShape: LintRule = {
  name: 'tenant-column-shape',
  severity: 'error',
  advisor: 'TL31',
  title: 'The tenant column is uuid, not null, and defaults to tenantry.tenant().',
  why: 'Where it may be null, rows belong to nobody; without its default, applications have to know it; of another type, no index serves the fence.',
  instead: 'tenant_id uuid not null default tenantry.tenant()',
  file(file, schema) {
    const column = file.tenantColumn
    if (column === null) return []
    return madeTables(file, schema).flatMap(({ table, line, text, node, kind }): readonly Found[] => {
      const found = table.columns.get(column)
      if (found === undefined || table.kind !== 'table' || table.partitionOf !== undefined) return []
      const wrong = [
        ...(found.type === 'uuid' ? [] : [found.type === '' ? 'of no certain type' : `${found.type} and not uuid`]),
        ...(found.notNull ? [] : ['not "not null"']),
        ...(callsTenant(found.preset) ? [] : ['without the default tenantry.tenant()']),
      ]
      if (wrong.length === 0) return []
      const rewrite = kind === 'CreateStmt' ? statements(tenantedTable(text, node, column)) : ''
      return [{ what: `${column} of ${table.name} is ${wrong.join(', ')}`, line, rewrite }]
    })
  },
  statement(step) {
    const column = step.tenantColumn
    if (column === null) return []
    return commandsOf(step).flatMap(({ table, type, name, node }): readonly Found[] => {
      if (name !== column || step.made.has(table) || !hasTenants(step, step.schema, table)) return []
      const keeps = `alter table ${quoted(table)} alter column ${quoted(column)} set default tenantry.tenant()`
      if (type === 'AT_DropColumn') return [{ what: `takes ${column} away from ${table}` }]
      if (type === 'AT_DropNotNull') return [{ what: `lets ${column} of ${table} be null`, rewrite: statements(keeps) }]
      if (type === 'AT_ColumnDefault' && !callsTenant(inside(node.def) === undefined ? undefined : (node.def as Node)))
        return [{ what: `changes the default of ${column} of ${table}`, rewrite: statements(keeps) }]
      if (type === 'AT_AlterColumnType') return [{ what: `changes the type of ${column} of ${table}`, rewrite: statements(keeps) }]
      return []
    })
  },
}
