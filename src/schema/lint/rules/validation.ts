import type { Found, LintRule, Step } from '../finding.js'
import { clauseAt, inFiles, statements } from '../source.js'
import { inside, quoted, relationName } from '../tree.js'
import { commandsOf, isUsed, newConstraints, ownSchema } from './about.js'
import { typeOnly } from './add-column.js'

export const setNotNull: LintRule = {
  name: 'set-not-null',
  severity: 'error',
  title: 'A column in use is set not null once a checked constraint says so.',
  why: 'Otherwise all rows are read while nobody can use the table, and one null anywhere in the fleet stops the file. A validated check spares the reading.',
  instead: 'check (… is not null) not valid; validate constraint; set not null',
  statement: (step) =>
    commandsOf(step).flatMap(({ table, type, name }): readonly Found[] => {
      if (type !== 'AT_SetNotNull' || !isUsed(step, table)) return []
      const known = step.schema.tables.get(table)
      if (known?.columns.get(name)?.notNull || known?.checks.some((check) => check.valid && check.notNull === name)) return []
      const [t, c, check] = [quoted(table), quoted(name), quoted(`${table}_${name}_not_null`)]
      return [
        {
          what: `sets ${table}.${name} not null, which no checked constraint says yet`,
          rewrite: inFiles(
            statements(`alter table ${t} add constraint ${check} check (${c} is not null) not valid`),
            statements(`alter table ${t} validate constraint ${check}`),
            // In one statement the check would be gone before it could spare the reading.
            statements(`alter table ${t} alter column ${c} set not null`, `alter table ${t} drop constraint ${check}`),
          ),
        },
      ]
    }),
}

/** Constraints of a kind that an `alter table` adds and checks at once. */
function checkedAtOnce(step: Step, kind: string, inline: boolean): readonly Found[] {
  return newConstraints(step).flatMap((one): readonly Found[] => {
    if (one.type !== kind || !one.added || !isUsed(step, one.table) || one.node.skip_validation === true) return []
    if (one.inline !== undefined && !inline) return []
    const table = quoted(one.table)
    const clause = clauseAt(step.statement.text, one.node.location)
    const columns = one.inline === undefined ? one.columns : [one.inline.name]
    const ending = kind === 'CONSTR_CHECK' ? 'check' : 'fkey'
    const name = quoted(one.name || [one.table, ...columns, ending].join('_'))
    const body = clause.replace(/^constraint\s+("[^"]+"|\S+)\s+/i, '').trim()
    const column = one.inline === undefined ? [] : [`alter table ${table} add column ${typeOnly(step.statement.text, one.inline.node)}`]
    const what =
      kind === 'CONSTR_CHECK'
        ? `adds a check to ${one.table} and reads all its rows at once`
        : `adds a foreign key from ${one.table} to ${relationName(one.node.pktable, ownSchema(step))} and compares all rows at once`
    return [
      {
        what,
        rewrite: inFiles(
          statements(...column, `alter table ${table} add constraint ${name} ${body} not valid`),
          statements(`alter table ${table} validate constraint ${name}`),
        ),
      },
    ]
  })
}

export const checkNotValid: LintRule = {
  name: 'check-not-valid',
  severity: 'error',
  title: 'A check is added to a table in use as not valid, and validated by a later file.',
  why: 'Otherwise all rows are read while nobody can use the table. Validating afterwards lets reads and writes go on; new rows are checked from the first moment.',
  instead: 'add constraint … check (…) not valid; in another file: validate constraint …',
  statement: (step) => checkedAtOnce(step, 'CONSTR_CHECK', true),
}

export const foreignKeyNotValid: LintRule = {
  name: 'foreign-key-not-valid',
  severity: 'error',
  title: 'A foreign key is added to a table in use as not valid, and validated by a later file.',
  why: 'Otherwise both tables take no writes while all rows are compared, and one orphan anywhere in the fleet stops the file.',
  instead: 'add constraint … foreign key … not valid; in another file: validate constraint …',
  // Of a new column that is null in every row nothing is compared.
  statement: (step) => checkedAtOnce(step, 'CONSTR_FOREIGN', false),
}

export const validatedAtOnce: LintRule = {
  name: 'validated-at-once',
  severity: 'warning',
  title: 'A constraint is validated in another file than it is added in.',
  why: 'The lock of adding it is held until the transaction ends: validating in the same one makes everybody wait for the reading after all.',
  instead: 'validate constraint … in a file of its own',
  statement(step) {
    if (!step.transaction) return []
    const added = step.statements.slice(0, step.at).flatMap((statement) =>
      newConstraints({ ...step, statement })
        .filter((one) => one.added && one.node.skip_validation === true)
        .map((one) => `${one.table} ${one.name}`),
    )
    return commandsOf(step)
      .filter(({ type, table, name }) => type === 'AT_ValidateConstraint' && isUsed(step, table) && added.includes(`${table} ${name}`))
      .map(({ table, name }) => ({
        what: `validates ${name} in the transaction that adds it`,
        rewrite: inFiles(statements(`alter table ${quoted(table)} validate constraint ${quoted(name)}`)),
      }))
  },
}

export const domainConstraint: LintRule = {
  name: 'domain-constraint',
  severity: 'error',
  title: 'A constraint is added to a domain as not valid.',
  why: 'Otherwise every table with a column of the domain is locked and read in one transaction.',
  instead: 'alter domain … add constraint … check (…) not valid; in another file: validate constraint …',
  statement({ statement: { kind, node, text: sql } }) {
    if (kind !== 'AlterDomainStmt' || node.subtype !== 'C' || inside(node.def)?.skip_validation === true) return []
    const [, domain = '', name = ''] = /alter\s+domain\s+(\S+)\s+add\s+constraint\s+(\S+)/i.exec(sql) ?? []
    const rewrite =
      name === '' ? '' : inFiles(statements(`${sql} not valid`), statements(`alter domain ${domain} validate constraint ${name}`))
    return [{ what: 'adds a constraint to a domain and checks every row of every table with it', rewrite }]
  },
}
