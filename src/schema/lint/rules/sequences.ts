import { walk } from '../../statements.js'
import type { Found, LintRule } from '../finding.js'
import { isSerial } from '../learn-table.js'
import { clauseAt, statements } from '../source.js'
import { functionName, list, quoted, typeName } from '../tree.js'
import { newColumns } from './about.js'

const WIDTH: Readonly<Record<string, string>> = { smallserial: 'bigint', serial2: 'bigint' }

export const sequence: LintRule = {
  name: 'sequence',
  severity: 'error',
  advisor: 'TL25',
  title: 'Numbers come from identity columns: no serial, no create sequence, no nextval.',
  why: 'Tenants have no right on sequences (`permission denied for sequence`), and in a shared home one tells how fast the neighbours grow.',
  instead: 'id bigint generated always as identity',
  statement(step) {
    const { kind, node, text: sql } = step.statement
    if (kind === 'CreateSeqStmt') return [{ what: 'creates a sequence' }]
    const columns = newColumns(step).flatMap((column): readonly Found[] => {
      const type = typeName(column.node.typeName)
      const calls = list(column.node.constraints).some(
        ({ node: one }) =>
          one.contype === 'CONSTR_DEFAULT' &&
          [...walk(one.raw_expr)].some((call) => Array.isArray(call.funcname) && functionName(call) === 'nextval'),
      )
      if (!isSerial(type) && !calls) return []
      const clause = clauseAt(sql, column.node.location)
      const identity = `${quoted(column.name)} ${WIDTH[type] ?? 'bigint'} generated always as identity${/primary\s+key/i.test(clause) ? ' primary key' : ''}`
      return [
        {
          what: `${column.table}.${column.name} ${isSerial(type) ? `is ${type}` : 'takes its numbers from a sequence'}`,
          rewrite: column.added ? '' : statements(sql.replace(clause, identity)),
        },
      ]
    })
    const called =
      kind === 'AlterTableStmt' &&
      columns.length === 0 &&
      [...walk(node)].some((call) => Array.isArray(call.funcname) && functionName(call) === 'nextval')
    return called ? [{ what: 'takes numbers from a sequence' }] : columns
  },
}
