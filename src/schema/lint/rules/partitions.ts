import type { Found, LintRule } from '../finding.js'
import { inFiles, statements } from '../source.js'
import { list, quoted, relationName } from '../tree.js'
import { commandsOf, isUsed, ownSchema } from './about.js'

export const partitionOf: LintRule = {
  name: 'partition-of',
  severity: 'warning',
  title: 'A partition of a table in use is made beside it, and attached.',
  why: 'create table … partition of takes its parent for itself alone until the file ends; attach lets reads and writes go on.',
  instead: 'create table … (like … including all excluding identity); alter table … attach partition … for values …',
  statement(step) {
    const { kind, node, text: sql } = step.statement
    if (kind !== 'CreateStmt' || node.partbound === undefined) return []
    const [parent = ''] = list(node.inhRelations).map((one) => relationName(one.node, ownSchema(step)))
    if (!isUsed(step, parent)) return []
    const name = quoted(relationName(node.relation, ownSchema(step)))
    const bounds = /\b(for\s+values\b[\s\S]*|default)\s*$/i.exec(sql)?.[1] ?? 'default'
    const like = `create table ${name} (like ${quoted(parent)} including all excluding identity)`
    return [
      {
        what: `makes a partition of ${parent}, which everybody waits for`,
        rewrite: statements(like, `alter table ${quoted(parent)} attach partition ${name} ${bounds}`),
      },
    ]
  },
}

export const detachPartition: LintRule = {
  name: 'detach-partition',
  severity: 'warning',
  title: 'A partition of a table in use is detached in a file of its own.',
  why: 'Nobody can use the whole table until the file ends; and what follows in the same file makes them wait longer.',
  instead: 'the detach alone in a file, which Tenantry tries again until it gets the lock at once',
  statement: (step) =>
    commandsOf(step).flatMap(({ table, type, definition }): readonly Found[] => {
      if (type !== 'AT_DetachPartition' || !isUsed(step, table)) return []
      const part = relationName(definition.name, ownSchema(step))
      if (step.statements.length === 1) return []
      const rewrite = inFiles(statements(`alter table ${quoted(table)} detach partition ${quoted(part)}`))
      return [{ what: `detaches ${part} while nobody can use ${table}`, rewrite }]
    }),
}
