import type { Found, LintRule } from '../finding.js'
import { ignoring, inFiles, outside, statements } from '../source.js'
import { quoted, text } from '../tree.js'
import { isUsed, newConstraints } from './about.js'
import { typeOnly } from './add-column.js'

export const uniqueConstraint: LintRule = {
  name: 'unique-constraint',
  severity: 'error',
  title: 'A unique constraint or primary key is added to a table in use over an index that was built before.',
  why: 'Otherwise its index is built while nobody can read or write the table; and one duplicate anywhere in the fleet stops the file.',
  instead: 'create unique index concurrently in a file with transaction:false; then add constraint … using index …',
  statement: (step) =>
    newConstraints(step).flatMap((one): readonly Found[] => {
      if ((one.type !== 'CONSTR_UNIQUE' && one.type !== 'CONSTR_PRIMARY') || !one.added || !isUsed(step, one.table)) return []
      if (text(one.node.indexname) !== '') return []
      const primary = one.type === 'CONSTR_PRIMARY'
      const columns = one.inline === undefined ? one.columns : [one.inline.name]
      // A key over the tenant alone is another rule's to mend.
      if (step.tenantColumn !== null && !columns.includes(step.tenantColumn)) return []
      const [table, name] = [
        quoted(one.table),
        quoted(one.name || (primary ? `${one.table}_pkey` : `${[one.table, ...columns].join('_')}_key`)),
      ]
      const nulls = one.node.nulls_not_distinct === true ? ' nulls not distinct' : ''
      const column =
        one.inline === undefined ? [] : [statements(`alter table ${table} add column ${typeOnly(step.statement.text, one.inline.node)}`)]
      return [
        {
          what: `adds a ${primary ? 'primary key' : 'unique constraint'} to ${one.table} and builds its index at once`,
          rewrite: inFiles(
            ...column,
            outside(`create unique index concurrently if not exists ${name} on ${table} (${columns.map(quoted).join(', ')})${nulls}`),
            statements(`alter table ${table} add constraint ${name} ${primary ? 'primary key' : 'unique'} using index ${name}`),
          ),
        },
      ]
    }),
}

export const exclusionConstraint: LintRule = {
  name: 'exclusion-constraint',
  severity: 'error',
  title: 'No exclusion constraint is added to a table in use.',
  why: 'Its index is built while nobody can read or write the table, and PostgreSQL knows no other way: neither not valid nor using index.',
  instead: 'with the table; or an ignore, once the largest home has been seen to be small',
  statement: (step) =>
    newConstraints(step).flatMap((one): readonly Found[] =>
      one.type !== 'CONSTR_EXCLUSION' || !one.added || !isUsed(step, one.table)
        ? []
        : [
            {
              what: `adds an exclusion constraint to ${one.table} and builds its index at once`,
              rewrite: ignoring('exclusion-constraint', `${one.table} is small in every home`, step.statement.text),
            },
          ],
    ),
}
