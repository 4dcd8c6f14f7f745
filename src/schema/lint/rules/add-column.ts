import { callsIn } from '../../keeps-rows.js'
import type { Node } from '../../statements.js'
import type { Found, LintRule, Step } from '../finding.js'
import { columnFrom, isSerial } from '../learn-table.js'
import { clauseAt, inFiles, statements } from '../source.js'
import { list, quoted, text } from '../tree.js'
import { isUsed, type NewColumn, newColumns } from './about.js'

/** Columns that are added to a table that may have rows. */
const addedColumns = (step: Step): readonly NewColumn[] => newColumns(step).filter((one) => one.added && isUsed(step, one.table))

const constraintOf = (column: NewColumn, type: string): Node | undefined =>
  list(column.node.constraints).find(({ node }) => node.contype === type)?.node

/** A column up to its first constraint. */
export function typeOnly(sql: string, node: Node): string {
  const first = list(node.constraints)[0]?.node.location
  const clause = Buffer.from(clauseAt(sql, node.location))
  return (first === undefined ? clause : clause.subarray(0, Number(first) - Number(node.location))).toString().trim()
}

/** Fills a column in batches, and promises then that it stays filled: four files, none of which holds a lock for longer than a moment. */
function filledLater(table: string, column: string, adding: string, value: string): string {
  const [t, c, check] = [quoted(table), quoted(column), quoted(`${table}_${column}_not_null`)]
  return inFiles(
    statements(adding),
    statements(`update ${t} set ${c} = ${value} where ${c} is null`),
    statements(`alter table ${t} add constraint ${check} check (${c} is not null) not valid`),
    statements(`alter table ${t} validate constraint ${check}`),
    // In one statement the check would be gone before it could spare the reading.
    statements(`alter table ${t} alter column ${c} set not null`, `alter table ${t} drop constraint ${check}`),
  )
}

export const addNotNullColumn: LintRule = {
  name: 'add-not-null-column',
  severity: 'error',
  title: 'A column that is added to a table in use may be null, or has a constant default.',
  why: 'In every home with rows the statement fails (`contains null values`): it passes in the empty homes of tests, and stops half-way through the fleet.',
  instead: 'add it nullable, fill it, check (… is not null) not valid, validate, set not null; or give it a constant default',
  statement: (step) =>
    addedColumns(step).flatMap((column): readonly Found[] => {
      const made = columnFrom(column.node)
      const generated = constraintOf(column, 'CONSTR_GENERATED') !== undefined
      if (!made.notNull || made.preset !== undefined || made.identity || isSerial(made.type) || generated) return []
      const adding = `alter table ${quoted(column.table)} add column ${typeOnly(step.statement.text, column.node)}`
      return [
        {
          what: `adds ${column.table}.${column.name} not null without a default`,
          rewrite: filledLater(column.table, column.name, adding, SAMPLE[made.type] ?? "''"),
        },
      ]
    }),
}

const SAMPLE: Readonly<Record<string, string>> = {
  ...{ int4: '0', int8: '0', int2: '0', numeric: '0', float8: '0', bool: 'false', jsonb: "'{}'", uuid: 'gen_random_uuid()' },
  ...{ timestamptz: 'now()', timestamp: 'now()', date: 'current_date' },
}

export const volatileDefault: LintRule = {
  name: 'volatile-default',
  severity: 'error',
  title: 'A column that is added to a table in use has a constant default, or none, and is no identity.',
  why: 'A default that is another for every row writes the whole table and its indexes anew, while nobody can read it. A constant, or now(), changes the catalog alone.',
  instead: 'add it without the default, set the default for new rows, fill the old ones in a file of their own',
  statement: (step) =>
    addedColumns(step).flatMap((column): readonly Found[] => {
      const preset = constraintOf(column, 'CONSTR_DEFAULT')
      const [t, c] = [quoted(column.table), quoted(column.name)]
      const type = typeOnly(step.statement.text, column.node)
      if (constraintOf(column, 'CONSTR_IDENTITY') !== undefined) {
        const filling = [
          `alter table ${t} add column ${type}`,
          `update ${t} set ${c} = numbered.number from (select ctid as place, row_number() over () as number from ${t}) as numbered where ${t}.ctid = numbered.place and ${c} is null`,
        ]
        return [
          {
            what: `adds ${column.table}.${column.name} as an identity, which numbers every row at once`,
            rewrite: inFiles(...filling.map((one) => statements(one))),
          },
        ]
      }
      const call = preset === undefined ? undefined : callsIn(preset.raw_expr, step.schema.functions).restless
      if (call === undefined || call === 'nextval') return []
      const value = clauseAt(step.statement.text, preset!.location)
        .replace(/^(constraint\s+\S+\s+)?default\s+/i, '')
        .replace(/\s+not\s+null\b.*$/is, '')
      const adding = `alter table ${t} add column ${type}, alter column ${c} set default ${value}`
      const filled = inFiles(statements(adding), statements(`update ${t} set ${c} = ${value} where ${c} is null`))
      const needed = columnFrom(column.node).notNull
      // Outside of a scope that one raises.
      const rewrite = call === 'tenantry.tenant' ? '' : needed ? filledLater(column.table, column.name, adding, value) : filled
      return [{ what: `the default of ${column.table}.${column.name} calls ${call}(), which may be another for every row`, rewrite }]
    }),
}

export const storedGeneratedColumn: LintRule = {
  name: 'stored-generated-column',
  severity: 'error',
  title: 'No stored generated column is added to a table in use.',
  why: 'It is computed for every row at once: the table is written anew while nobody can read it.',
  instead: 'a plain column, a trigger for new rows, and the old ones filled in a file of their own; or an index on the expression',
  statement: (step) =>
    addedColumns(step).flatMap((column): readonly Found[] => {
      const generated = constraintOf(column, 'CONSTR_GENERATED')
      if (generated === undefined || text(generated.generated_kind) === 'v') return []
      const [t, c] = [quoted(column.table), quoted(column.name)]
      const value = /\bas\s*(\([\s\S]*\))\s*stored/i.exec(clauseAt(step.statement.text, generated.location))?.[1] ?? 'null'
      const set = quoted(`set_${column.table}_${column.name}`)
      return [
        {
          what: `adds ${column.table}.${column.name}, which is generated and stored`,
          rewrite: inFiles(
            statements(
              `alter table ${t} add column ${typeOnly(step.statement.text, column.node)}`,
              `create function ${set}() returns trigger\nlanguage plpgsql\nas $$\nbegin\n  new.${c} := (select ${value} from (select new.*) as changed);\n  return new;\nend\n$$`,
              `create trigger ${set} before insert or update on ${t} for each row execute function ${set}()`,
            ),
            statements(`update ${t} set ${c} = ${value} where ${c} is null`),
          ),
        },
      ]
    }),
}
