import type { Found, LintRule } from '../finding.js'
import { statements } from '../source.js'
import { inside, list, quoted, relationName, text } from '../tree.js'
import { commandsOf, newConstraints, ownSchema } from './about.js'

export const foreignKeyAcrossSchemas: LintRule = {
  name: 'foreign-key-across-schemas',
  severity: 'error',
  advisor: 'TL06',
  title: 'A foreign key stays in its home.',
  why: 'Platform tables stand beside every home and do not move with it: the key would hold the tenant where it is. The gate refuses the file.',
  instead: "a column without a key, and a comment that says what it holds: comment on column … is 'A code of platform.currency.'",
  statement(step) {
    if (step.platform || step.tenantColumn === null) return []
    return newConstraints(step).flatMap((one): readonly Found[] => {
      if (one.type !== 'CONSTR_FOREIGN') return []
      const target = relationName(one.node.pktable, ownSchema(step))
      if (!target.includes('.')) return []
      const said = one.columns.map((column) => `comment on column ${quoted(one.table)}.${quoted(column)} is 'A key of ${target}.'`)
      return [{ what: `the foreign key of ${one.table} points to ${target}`, rewrite: one.added ? statements(...said) : '' }]
    })
  },
}

export const partOfAnotherSchema: LintRule = {
  name: 'part-of-another-schema',
  severity: 'error',
  advisor: 'TL04',
  title: 'A table inherits from, and is a partition of, tables of its own schema.',
  why: 'A query of the parent reads the rows of its children by the rights and policies of the parent: those of every home.',
  instead: 'a table of its own, or create table … (like platform.… including all)',
  statement(step) {
    const { kind, node } = step.statement
    const parents =
      kind === 'CreateStmt'
        ? list(node.inhRelations).map((one) => relationName(one.node, ownSchema(step)))
        : commandsOf(step)
            .filter(({ type }) => type === 'AT_AddInherit')
            .map((one) => relationName(one.definition, ownSchema(step)))
    return parents
      .filter((parent) => parent.includes('.'))
      .map((parent) => ({ what: `is a part of ${parent}, which is in another schema` }))
  },
}

export const writesPlatform: LintRule = {
  name: 'writes-platform',
  severity: 'error',
  title: "A tenants' file writes no platform table.",
  why: 'It runs once for every home of a database, so it writes the same row as many times as there are homes; reference tables are to be equal everywhere.',
  instead: 'a file in platform/',
  statement(step) {
    const { kind, node } = step.statement
    if (step.platform || !['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt'].includes(kind)) return []
    const relation = inside(node.relation) ?? {}
    return text(relation.schemaname) === 'platform' ? [{ what: `writes platform.${text(relation.relname)}` }] : []
  },
}
