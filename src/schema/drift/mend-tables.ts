import { ident, join, literal, type Sql, sql, whole } from '../../kernel/sql.js'
import { type Fact, textOf } from './facts.js'
import { type Gathering, list, type Phase, text, words } from './plan.js'

/** A column as `create table`, `add column` or `create type` takes it. */
export function columnOf(fact: Fact): Sql {
  const { def } = fact
  const parts = [sql`${ident(fact.name)} ${words(def.type)}`]
  if (def.collation !== undefined) parts.push(sql`collate ${words(def.collation)}`)
  if (def.identity !== undefined) parts.push(sql`generated ${words(def.identity)} as identity`)
  else if (def.generated !== undefined) parts.push(sql`generated always as (${words(def.as)}) ${words(def.generated)}`)
  else if (def.default !== undefined) parts.push(sql`default ${words(def.default)}`)
  if (def['not null'] === true) parts.push(sql`not null`)
  return join(parts, ' ')
}

export function createTable(plan: Gathering, table: Fact, columns: readonly Fact[]): void {
  const { def } = table
  const name = ident(table.table)
  const by = def['partition by'] === undefined ? sql`` : sql` partition by ${words(def['partition by'])}`
  const unlogged = def.persistence === 'unlogged' ? sql`unlogged ` : sql``
  const method = def.method === undefined ? sql`` : sql` using ${words(def.method)}`
  const parents = list(def.inherits)
  const inherits = parents.length === 0 ? sql`` : sql` inherits (${join(parents.map((parent) => words(parent)))})`
  if (def.kind === 'foreign table' || def.of !== undefined) plan.tell(`${table.table} is missing, and is not a plain table`)
  else if (def['partition of'] !== undefined)
    plan.add('tables', sql`create table ${name} partition of ${words(def['partition of'])} ${words(def.bound)}${by}`)
  else plan.add('tables', sql`create ${unlogged}table ${name} (${join(columns.map(columnOf))})${inherits}${by}${method}`)
}

/** Brings a table that is there to its storage, and a new one as well. */
export function mendTable(plan: Gathering, expected: Fact, actual: Fact | undefined): void {
  const name = ident(expected.table)
  const differs = (key: string): boolean => textOf(expected.def[key] ?? null) !== textOf(actual?.def[key] ?? null)
  if (actual !== undefined) {
    for (const key of ['kind', 'partition by', 'of', 'inherits'])
      if (differs(key))
        plan.tell(
          `the table ${expected.table} differs in "${key}": ${text(actual, key) ?? 'none'} in place of ${text(expected, key) ?? 'none'}`,
        )
    if (differs('partition of') || differs('bound')) attach(plan, expected, actual)
    if (differs('persistence'))
      plan.add('storage', sql`alter table ${name} set ${words(expected.def.persistence === 'unlogged' ? 'unlogged' : 'logged')}`)
    if (differs('method')) plan.add('storage', sql`alter table ${name} set access method ${words(expected.def.method ?? 'heap')}`)
  }
  mendOptions(plan, sql`table ${name}`, expected, actual)
  if (!differs('replica identity')) return
  const identity = text(expected, 'replica identity')
  if (identity?.startsWith('index ')) plan.tell(`the table ${expected.table} should have the replica identity ${identity}`)
  else plan.add('storage', sql`alter table ${name} replica identity ${words(identity ?? 'default')}`)
}

function attach(plan: Gathering, expected: Fact, actual: Fact): void {
  const name = ident(expected.table)
  if (actual.def['partition of'] !== undefined)
    plan.add('drop', sql`alter table ${words(actual.def['partition of'])} detach partition ${name}`)
  if (expected.def['partition of'] !== undefined)
    plan.add('keys', sql`alter table ${words(expected.def['partition of'])} attach partition ${name} ${words(expected.def.bound)}`)
}

/** Storage parameters of a table, a view, or an index. */
export function mendOptions(plan: Gathering, what: Sql, expected: Fact, actual: Fact | undefined, phase: Phase = 'storage'): void {
  const [wanted, found] = [list(expected.def.options), list(actual?.def.options)]
  const names = (options: readonly string[]): readonly string[] => options.map((option) => option.split('=')[0]!)
  const gone = names(found).filter((name) => !names(wanted).includes(name))
  if (gone.length > 0) plan.add(phase, sql`alter ${what} reset (${join(gone.map((name) => words(name)))})`)
  const set = wanted.filter((option) => !found.includes(option))
  const assigned = set.map((option) => {
    const at = option.indexOf('=')
    return sql`${words(option.slice(0, at))} = ${literal(option.slice(at + 1))}`
  })
  if (assigned.length > 0) plan.add(phase, sql`alter ${what} set (${join(assigned)})`)
}

/** Brings a column that is there to what it should be. */
export function mendColumn(plan: Gathering, expected: Fact, actual: Fact): void {
  const [column, def] = [ident(expected.name), expected.def]
  const alter = (change: Sql, loses?: string): void =>
    plan.add('columns', sql`alter table ${ident(expected.table)} alter column ${column} ${change}`, loses)
  const differs = (key: string): boolean => textOf(def[key] ?? null) !== textOf(actual.def[key] ?? null)
  const retyped = differs('type') || differs('collation')
  if (actual.def.identity !== undefined && def.identity === undefined) alter(sql`drop identity`)
  if (actual.def.default !== undefined && (def.default === undefined || retyped)) alter(sql`drop default`)
  if (retyped) {
    const collate = def.collation === undefined ? sql`` : sql` collate ${words(def.collation)}`
    alter(sql`type ${words(def.type)}${collate} using ${column}::${words(def.type)}`, `values that do not fit ${String(def.type)}`)
  }
  if (def.default !== undefined && (differs('default') || retyped)) alter(sql`set default ${words(def.default)}`)
  if (differs('not null')) alter(def['not null'] === true ? sql`set not null` : sql`drop not null`)
  if (def.identity !== undefined && differs('identity'))
    alter(
      actual.def.identity === undefined ? sql`add generated ${words(def.identity)} as identity` : sql`set generated ${words(def.identity)}`,
    )
  if (differs('not validated')) plan.tell(`the NOT NULL of ${expected.table}.${expected.name} differs in whether it was validated`)
}

/** What neither `create table` nor `add column` says. */
export function mendColumnStorage(plan: Gathering, expected: Fact, actual: Fact | undefined): void {
  const { def } = expected
  const alter = (change: Sql): void =>
    plan.add('storage', sql`alter table ${ident(expected.table)} alter column ${ident(expected.name)} ${change}`)
  const differs = (key: string): boolean => textOf(def[key] ?? null) !== textOf(actual?.def[key] ?? null)
  if (differs('storage')) alter(sql`set storage ${words(def.storage ?? 'default')}`)
  if (differs('compression')) alter(sql`set compression ${words(def.compression ?? 'default')}`)
  if (differs('statistics')) alter(sql`set statistics ${whole(Number(def.statistics ?? -1))}`)
  const [wanted, found] = [list(def.options), list(actual?.def.options)]
  const gone = found.map((option) => option.split('=')[0]!).filter((name) => !wanted.some((option) => option.startsWith(`${name}=`)))
  if (gone.length > 0) alter(sql`reset (${join(gone.map((name) => words(name)))})`)
  if (wanted.some((option) => !found.includes(option))) alter(sql`set (${join(wanted.map((option) => words(option)))})`)
}

const numbers = ['increment', 'minimum', 'maximum', 'start', 'cache'] as const

/** A sequence: of its own, or of a column. */
export function mendSequence(plan: Gathering, expected: Fact, actual: Fact | undefined): void {
  const own = expected.name === '' ? expected.table : expected.name
  const { def } = expected
  if (actual === undefined && def.identity === true) return
  const [increment, minimum, maximum, start, cache] = numbers.map((key) => words(def[key]))
  const settings = sql`as ${words(def.type)} increment by ${increment} minvalue ${minimum} maxvalue ${maximum} start with ${start} cache ${cache} ${words(def.cycle === true ? 'cycle' : 'no cycle')}`
  if (actual === undefined && def.persistence === 'unlogged') plan.add('sequences', sql`create unlogged sequence ${ident(own)} ${settings}`)
  else plan.add('sequences', sql`${words(actual === undefined ? 'create' : 'alter')} sequence ${ident(own)} ${settings}`)
  if (actual !== undefined && text(actual, 'persistence') !== text(expected, 'persistence'))
    plan.add('sequences', sql`alter sequence ${ident(own)} set ${words(def.persistence === 'unlogged' ? 'unlogged' : 'logged')}`)
  if (expected.name !== '' && def.identity !== true && text(actual, 'column') !== text(expected, 'column'))
    plan.add('storage', sql`alter sequence ${ident(own)} owned by ${ident(expected.table)}.${ident(String(def.column))}`)
}
