import { ident, join, literal, type Sql, sql } from '../../kernel/sql.js'
import { type Fact, textOf } from './facts.js'
import { columnOf } from './mend-tables.js'
import { type Gathering, list, text, words } from './plan.js'

export function createType(plan: Gathering, type: Fact, columns: readonly Fact[], phase: 'types' | 'drop' = 'types'): void {
  const { def } = type
  const name = ident(type.table)
  const optional = (key: string, before: Sql): Sql => (def[key] === undefined ? sql`` : sql` ${before} ${words(def[key])}`)
  if (def.kind === 'enum') plan.add(phase, sql`create type ${name} as enum (${join(list(def.labels).map((label) => literal(label)))})`)
  else if (def.kind === 'composite') plan.add(phase, sql`create type ${name} as (${join(columns.map(columnOf))})`)
  else if (def.kind === 'range') {
    const difference = def.difference === undefined ? sql`` : sql`, subtype_diff = ${words(def.difference)}`
    plan.add(phase, sql`create type ${name} as range (subtype = ${words(def.subtype)}${difference})`)
  } else {
    const notNull = def['not null'] === true ? sql` not null` : sql``
    plan.add(
      phase,
      sql`create domain ${name} as ${words(def.base)}${optional('collation', sql`collate`)}${optional('default', sql`default`)}${notNull}`,
    )
  }
}

/** Labels that are missing are added where they belong; for others see `remakeEnum`. */
export function addLabels(plan: Gathering, expected: Fact, actual: Fact): void {
  const wanted = list(expected.def.labels)
  const found = new Set(list(actual.def.labels))
  wanted.forEach((label, at) => {
    if (found.has(label)) return
    const where = at > 0 ? sql`after ${literal(wanted[at - 1]!)}` : sql`before ${literal(wanted.find((one) => found.has(one)) ?? '')}`
    plan.add('types', sql`alter type ${ident(expected.table)} add value ${literal(label)} ${where}`)
  })
}

/** Only labels that are missing, in an order that adding can make. */
export const onlyLacks = (expected: Fact, actual: Fact): boolean => {
  const [wanted, found] = [list(expected.def.labels), list(actual.def.labels)]
  return found.length > 0 && textOf(wanted.filter((label) => found.includes(label))) === textOf(found)
}

/** PostgreSQL takes no label away: the type is made anew, and each column goes over to it. A row that has such a label stops that. */
export function remakeEnum(plan: Gathering, type: Fact, columns: readonly Fact[]): void {
  const [name, old] = [ident(type.table), ident(`${type.table.slice(0, 50)}_before`)]
  plan.add('types', sql`alter type ${name} rename to ${old}`)
  createType(plan, type, [])
  for (const column of columns) {
    const alter = (change: Sql): void =>
      plan.add('columns', sql`alter table ${ident(column.table)} alter column ${ident(column.name)} ${change}`)
    if (column.def.default !== undefined) alter(sql`drop default`)
    alter(
      sql`type ${words(column.def.type)} using ${ident(column.name)}::text${column.def.type === type.table ? sql`` : sql`[]`}::${words(column.def.type)}`,
    )
    if (column.def.default !== undefined) alter(sql`set default ${words(column.def.default)}`)
  }
  plan.add('last drops', sql`drop type ${old}`)
}

export function mendDomain(plan: Gathering, expected: Fact, actual: Fact): void {
  const name = ident(expected.table)
  for (const key of ['kind', 'base', 'collation', 'subtype', 'difference'])
    if (text(expected, key) !== text(actual, key))
      plan.tell(
        `the type ${expected.table} differs in "${key}": ${text(actual, key) ?? 'none'} in place of ${text(expected, key) ?? 'none'}`,
      )
  if (expected.def.kind !== 'domain') return
  if (text(expected, 'default') !== text(actual, 'default'))
    plan.add(
      'columns',
      sql`alter domain ${name} ${expected.def.default === undefined ? sql`drop default` : sql`set default ${words(expected.def.default)}`}`,
    )
  if (expected.def['not null'] !== actual.def['not null'])
    plan.add('columns', sql`alter domain ${name} ${words(expected.def['not null'] === true ? 'set' : 'drop')} not null`)
}
