import type { Found, LintRule, Step } from '../finding.js'
import { ignoring, inFiles, statements } from '../source.js'
import { dropped, quoted, relationName, text } from '../tree.js'
import { commandsOf, isUsed, ownSchema } from './about.js'

export const dropColumn: LintRule = {
  name: 'drop-column',
  severity: 'warning',
  title: 'A column in use is dropped once no release reads or writes it.',
  why: 'A release that still names it fails in every home that is ahead of it, and its data is gone with no way back but a backup.',
  instead: 'first a release that does not name it; then the drop, with an ignore that says so',
  statement: (step) =>
    commandsOf(step).flatMap(({ table, type, name }): readonly Found[] =>
      type !== 'AT_DropColumn' || !isUsed(step, table) || name === step.tenantColumn
        ? []
        : [
            {
              what: `drops ${table}.${name}`,
              rewrite: ignoring('drop-column', `no release reads or writes ${name} any more`, step.statement.text),
            },
          ],
    ),
}

export const dropTable: LintRule = {
  name: 'drop-table',
  severity: 'warning',
  title: 'A table in use is dropped once no release reads or writes it.',
  why: "A release that still names it fails in every home that is ahead of it, and every tenant's rows are gone with no way back but a backup.",
  instead: 'first a release that does not name it; then the drop, with an ignore that says so',
  statement(step) {
    const { kind, node, text: sql } = step.statement
    if (kind !== 'DropStmt' || node.removeType !== 'OBJECT_TABLE') return []
    const used = dropped(node).filter((name) => isUsed(step, name))
    if (used.length === 0) return []
    return [
      { what: `drops ${used.join(', ')}`, rewrite: ignoring('drop-table', `no release reads or writes ${used.join(', ')} any more`, sql) },
    ]
  },
}

/** What a statement renames, of tables that may be in use. */
function renamed(step: Step, type: string): { readonly table: string; readonly to: string; readonly from: string } | undefined {
  const { kind, node } = step.statement
  const table = relationName(node.relation, ownSchema(step))
  const target = type === 'OBJECT_COLUMN' ? text(node.relationType) : type
  if (kind !== 'RenameStmt' || node.renameType !== type || target !== 'OBJECT_TABLE' || !isUsed(step, table)) return undefined
  return { table, to: text(node.newname), from: text(node.subname) }
}

export const renameColumn: LintRule = {
  name: 'rename-column',
  severity: 'error',
  title: 'A column in use keeps its name.',
  why: 'The running release knows the old name and the next one the new: whichever meets the wrong home fails, for as long as the fleet takes.',
  instead: 'a new column beside it, filled by a trigger; or a view with the new name',
  statement(step) {
    const found = renamed(step, 'OBJECT_COLUMN')
    if (found === undefined) return []
    const { table, from, to } = found
    const type = step.schema.tables.get(table)?.columns.get(from)?.type || 'text'
    const set = quoted(`set_${table}_${to}`)
    return [
      {
        what: `renames ${table}.${from} to ${to}`,
        rewrite: inFiles(
          statements(
            `alter table ${quoted(table)} add column ${quoted(to)} ${type}`,
            `create function ${set}() returns trigger\nlanguage plpgsql\nas $$\nbegin\n  new.${quoted(to)} := new.${quoted(from)};\n  return new;\nend\n$$`,
            `create trigger ${set} before insert or update on ${quoted(table)} for each row execute function ${set}()`,
          ),
          statements(`update ${quoted(table)} set ${quoted(to)} = ${quoted(from)} where ${quoted(to)} is null`),
        ),
      },
    ]
  },
}

export const renameTable: LintRule = {
  name: 'rename-table',
  severity: 'error',
  title: 'A table in use keeps its name.',
  why: 'The running release knows the old name and the next one the new: whichever meets the wrong home fails, for as long as the fleet takes.',
  instead: 'a view with the new name, which can be written through as well',
  statement(step) {
    const found = renamed(step, 'OBJECT_TABLE')
    if (found === undefined) return []
    const view = `create view ${quoted(found.to)} with (security_invoker = true) as select * from ${quoted(found.table)}`
    return [{ what: `renames ${found.table} to ${found.to}`, rewrite: statements(view) }]
  },
}

export const dropNotNull: LintRule = {
  name: 'drop-not-null',
  severity: 'advice',
  title: 'A column in use may be null only once every reader expects it.',
  why: 'The running release was written for a column that always holds something.',
  instead: 'first a release that expects null; then this, with an ignore that says so',
  statement: (step) =>
    commandsOf(step).flatMap(({ table, type, name }): readonly Found[] =>
      type !== 'AT_DropNotNull' || !isUsed(step, table) || name === step.tenantColumn
        ? []
        : [
            {
              what: `lets ${table}.${name} be null`,
              rewrite: ignoring('drop-not-null', `every release expects ${name} to be null`, step.statement.text),
            },
          ],
    ),
}

export const enumRename: LintRule = {
  name: 'enum-rename',
  severity: 'error',
  title: 'A value of an enum keeps its name.',
  why: 'The running release writes the old value and compares with it: it fails in every home that is ahead of it (22P02).',
  instead: 'a new value; rows move over in a file of their own',
  statement({ statement: { kind, node } }) {
    if (kind !== 'AlterEnumStmt' || text(node.oldVal) === '') return []
    const type = quoted(
      (node.typeName as readonly { readonly String: { readonly sval: string } }[]).map((one) => one.String.sval).join('.'),
    )
    const value = text(node.newVal).replaceAll("'", "''")
    return [
      {
        what: `renames the value ${text(node.oldVal)} to ${text(node.newVal)}`,
        rewrite: statements(`alter type ${type} add value '${value}'`),
      },
    ]
  },
}

export const cascade: LintRule = {
  name: 'cascade',
  severity: 'warning',
  title: 'Nothing is dropped with cascade.',
  why: 'What goes with it is not written anywhere, and may be more in one home than in another: views and foreign keys go without a word.',
  instead: 'drop what depends on it by name, in the order of dependence',
  statement(step) {
    const { kind, node, text: sql } = step.statement
    const cascades =
      (kind === 'DropStmt' && node.behavior === 'DROP_CASCADE') || commandsOf(step).some((one) => one.node.behavior === 'DROP_CASCADE')
    return cascades ? [{ what: 'drops with cascade', rewrite: statements(sql.replace(/\s+cascade\b/gi, '')) }] : []
  },
}
