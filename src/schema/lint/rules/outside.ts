import type { Found, LintRule } from '../finding.js'
import { indexOf } from '../learn-table.js'
import { inFiles, outside, statements } from '../source.js'
import { quoted, relationName, text } from '../tree.js'
import { commandsOf, ownSchema } from './about.js'

const CREATE = /^create\s+(unique\s+)?index\s+(?:concurrently\s+)?(?:if\s+not\s+exists\s+)?/i
const DROP = /^drop\s+index\s+(?:concurrently\s+)?(?:if\s+exists\s+)?/i

export const notReentrant: LintRule = {
  name: 'not-reentrant',
  severity: 'error',
  title: 'A file without a transaction holds only what needs none and may run twice.',
  why: 'A worker that dies between a statement and its entry in the ledger leaves it done and unrecorded; the next one runs it again, and must not fail or do it twice.',
  instead:
    'create index concurrently if not exists, drop index concurrently if exists, alter type … add value if not exists, refresh materialized view concurrently, validate constraint; all else in a file with a transaction',
  statement(step) {
    if (step.transaction) return []
    const { kind, node, text: sql } = step.statement
    const again = (what: string, safe: string): readonly Found[] => [{ what, rewrite: outside(safe) }]
    if (kind === 'IndexStmt') {
      if (node.concurrent === true && node.if_not_exists === true && text(node.idxname) !== '') return []
      const table = relationName(node.relation, ownSchema(step))
      const name = text(node.idxname) === '' ? `${quoted(indexOf(node, table).name)} ` : ''
      const safe = sql.replace(CREATE, (_, unique = '') => `create ${unique.toLowerCase()}index concurrently if not exists ${name}`)
      return again('builds an index that may be there already, or that everybody waits for', safe)
    }
    if (kind === 'DropStmt' && node.removeType === 'OBJECT_INDEX') {
      if (node.concurrent === true && node.missing_ok === true) return []
      return again(
        'drops an index that may be gone already, or that everybody waits for',
        sql.replace(DROP, 'drop index concurrently if exists '),
      )
    }
    if (kind === 'AlterEnumStmt' && text(node.oldVal) === '') {
      if (node.skipIfNewValExists === true) return []
      return again('adds a value that may be there already', sql.replace(/\badd\s+value\s+/i, 'add value if not exists '))
    }
    if (kind === 'RefreshMatViewStmt') {
      return node.concurrent === true ? [] : again('refreshes while nobody can read', sql.replace(/\bview\s+/i, 'view concurrently '))
    }
    const commands = commandsOf(step)
    if (commands.length > 0 && commands.every(({ type }) => type === 'AT_ValidateConstraint')) return []
    return [{ what: 'needs a transaction, or may not run twice', rewrite: inFiles(statements(sql)) }]
  },
}
