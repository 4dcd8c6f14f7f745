import { keepsIndexes, keepsRows } from '../../keeps-rows.js'
import type { Found, LintRule, Step } from '../finding.js'
import { clauseAt, inFiles, statements } from '../source.js'
import { quoted, typeModifiers, typeName } from '../tree.js'
import { commandsOf, isUsed } from './about.js'

const isIndexed = (step: Step, table: string, column: string): boolean =>
  step.schema.tables.get(table)?.indexes.some(({ keys }) => keys.some((key) => key === column || key.startsWith('('))) === true

export const typeChange: LintRule = {
  name: 'type-change',
  severity: 'error',
  title: 'The type of a column in use changes only to one that reads the same bytes.',
  why: 'Otherwise the table and all its indexes are written anew while nobody can read it; and a running release may not understand the new type.',
  instead: 'a new column of the new type, filled by a trigger and in batches; then the application moves over',
  statement: (step: Step) =>
    commandsOf(step).flatMap(({ table, type, name, definition }): readonly Found[] => {
      if (type !== 'AT_AlterColumnType' || !isUsed(step, table)) return []
      const old = step.schema.tables.get(table)?.columns.get(name)
      const [wanted, modifiers] = [typeName(definition.typeName), typeModifiers(definition.typeName)]
      if (name === step.tenantColumn) return []
      const to = { type: wanted, modifiers }
      if (
        old !== undefined &&
        definition.raw_default === undefined &&
        keepsRows(old, to) &&
        (keepsIndexes(old, to) || !isIndexed(step, table, name))
      )
        return []
      const [t, c, next] = [quoted(table), quoted(name), quoted(`${name}_new`)]
      const written = clauseAt(step.statement.text, (definition.typeName as { location?: number }).location).replace(
        /\s+(using|collate)\b[\s\S]*$/i,
        '',
      )
      const set = quoted(`set_${table}_${name}_new`)
      return [
        {
          what: `changes ${table}.${name}${old === undefined ? '' : ` from ${old.type}`} to ${wanted}`,
          rewrite: inFiles(
            statements(
              `alter table ${t} add column ${next} ${written}`,
              `create function ${set}() returns trigger\nlanguage plpgsql\nas $$\nbegin\n  new.${next} := new.${c}::${written};\n  return new;\nend\n$$`,
              `create trigger ${set} before insert or update on ${t} for each row execute function ${set}()`,
            ),
            statements(`update ${t} set ${next} = ${c}::${written} where ${next} is null`),
          ),
        },
      ]
    }),
}
