import { ident, sql } from '../../kernel/sql.js'
import { type Fact, textOf } from './facts.js'
import { type Gathering, named, speaksOf, text, words } from './plan.js'
import { inOrder, type Sides } from './sides.js'
import { onlyLacks } from './type-mends.js'

/** Columns that cannot stay as they are while others look at them, by `table` and `name`. */
interface Touched {
  readonly retyped: readonly Fact[]
  readonly remade: readonly Fact[]
  readonly dropped: readonly Fact[]
}

/** Drops what is too much, and what stands in the way of a change; the latter is made anew afterwards. */
export function clear(plan: Gathering, sides: Sides): void {
  const touched = touchedBy(sides)
  const columns = [...touched.retyped, ...touched.remade, ...touched.dropped]
  const near = (fact: Fact, said: string | undefined): boolean =>
    columns.some((column) => column.table === fact.table && speaksOf(said, column.name)) ||
    touched.remade.some((column) => column.table === fact.table && speaksOf(said, String(column.def.type).replace('[]', '')))
  const extra = (fact: Fact): boolean => sides.wanted(fact) === undefined
  const goes = new Set(
    sides
      .actual('table')
      .filter((table) => extra(table) && sides.wanted({ ...table, kind: 'view' }) === undefined)
      .map(({ table }) => table),
  )

  dropViews(plan, sides, columns)
  for (const trigger of sides.actual('trigger')) {
    if (trigger.def.inherited === true || goes.has(trigger.table)) continue
    if (text(trigger, 'def') !== text(sides.wanted(trigger), 'def') || near(trigger, text(trigger, 'def'))) {
      plan.add('drop', sql`drop trigger ${ident(trigger.name)} on ${ident(trigger.table)}`)
      sides.forget(trigger)
    }
  }
  for (const policy of sides.actual('policy')) {
    if (goes.has(policy.table) || !(extra(policy) || !sides.same(policy) || near(policy, textOf(policy.def)))) continue
    plan.add('drop', sql`drop policy ${ident(policy.name)} on ${ident(policy.table)}`)
    sides.forget(policy)
  }
  for (const rule of sides.actual('rule')) {
    if (goes.has(rule.table) || sides.same(rule)) continue
    plan.add('drop', sql`drop rule ${ident(rule.name)} on ${ident(rule.table)}`)
    sides.forget(rule)
  }
  dropKeys(plan, sides, goes, touched.remade.length === 0 ? () => false : (fact) => near(fact, text(fact, 'def')))
  for (const index of sides.actual('index')) {
    if (index.def.constraint === true || goes.has(index.table)) continue
    const wanted = sides.wanted(index)
    const stays = ['def', 'unique', 'invalid'].every((key) => textOf(index.def[key] ?? null) === textOf(wanted?.def[key] ?? null))
    if (wanted !== undefined && stays && !(touched.remade.length > 0 && near(index, text(index, 'def')))) continue
    plan.add('drop', sql`drop index ${ident(index.name)}`)
    sides.forget(index)
  }
  for (const statistics of sides.actual('statistics')) {
    if (
      goes.has(statistics.table) ||
      (text(statistics, 'def') === text(sides.wanted(statistics), 'def') && !near(statistics, text(statistics, 'def')))
    )
      continue
    plan.add('drop', sql`drop statistics ${ident(statistics.name)}`)
    sides.forget(statistics)
  }
  for (const column of touched.dropped) {
    const what = column.def.generated === undefined ? `what is in the column ${column.table}.${column.name}` : undefined
    plan.add('drop', sql`alter table ${ident(column.table)} drop column ${ident(column.name)}`, what)
    sides.forget(column)
    for (const sequence of sides.actual('sequence'))
      if (sequence.table === column.table && sequence.def.column === column.name) sides.forget(sequence)
  }
  for (const table of sides.actual('table')) {
    if (!goes.has(table.table)) continue
    // A partition goes with its parent.
    if (!goes.has(text(table, 'partition of') ?? ''))
      plan.add('drop', sql`drop table ${ident(table.table)}`, `the table ${table.table} with its rows`)
    sides.forgetObject(table.table)
  }
  dropCode(plan, sides)
}

function touchedBy(sides: Sides): Touched {
  const kept = sides
    .actual('column')
    .filter((column) => column.def.composite !== true && sides.wanted({ ...column, kind: 'table', name: '' }) !== undefined)
  const differs = (column: Fact, ...keys: readonly string[]): boolean =>
    keys.some((key) => textOf(column.def[key] ?? null) !== textOf(sides.wanted(column)?.def[key] ?? null))
  const dropped = kept.filter((column) => sides.wanted(column) === undefined || differs(column, 'generated', 'as'))
  const rest = kept.filter((column) => !dropped.includes(column))
  const enums = sides
    .actual('type')
    .filter(
      (type) =>
        type.def.kind === 'enum' && !sides.same(type) && sides.wanted(type)?.def.kind === 'enum' && !onlyLacks(sides.wanted(type)!, type),
    )
    .flatMap(({ table }) => [table, `${table}[]`])
  return {
    dropped,
    retyped: rest.filter((column) => differs(column, 'type', 'collation')),
    remade: rest.filter((column) => enums.includes(String(column.def.type))),
  }
}

/** A view stands in the way of a change of the columns that it reads, and of the views that it reads. */
function dropViews(plan: Gathering, sides: Sides, columns: readonly Fact[]): void {
  const views = sides.actual('view')
  const query = (view: Fact): string | undefined => text(view, 'query')
  const gone = new Set(
    views.filter(
      (view) =>
        query(view) !== query(sides.wanted(view) ?? view) ||
        sides.wanted(view)?.def.kind !== view.def.kind ||
        columns.some((column) => speaksOf(query(view), column.table) && speaksOf(query(view), column.name)),
    ),
  )
  for (let before = -1; before !== gone.size; ) {
    before = gone.size
    for (const view of views) if ([...gone].some((one) => one !== view && speaksOf(query(view), one.table))) gone.add(view)
  }
  for (const view of [...inOrder([...gone], (one, other) => speaksOf(query(one), other.table))].reverse()) {
    plan.add('drop', sql`drop ${words(view.def.kind)} ${ident(view.table)}`)
    sides.forgetObject(view.table)
  }
}

/** Foreign keys first: those that point to a key that goes stand in its way. */
function dropKeys(plan: Gathering, sides: Sides, goes: ReadonlySet<string>, inTheWay: (fact: Fact) => boolean): void {
  const differs = sides.actual('constraint').filter((key) => {
    if (key.def.inherited === true) return false
    const [wanted, found] = [text(sides.wanted(key), 'def'), text(key, 'def')]
    // What only was not validated is validated.
    return (wanted !== found && `${wanted} NOT VALID` !== found) || inTheWay(key)
  })
  const losesKey = new Set(differs.filter(({ def }) => def.kind === 'p' || def.kind === 'u').map(({ table }) => table))
  const pointsThere = (key: Fact): boolean => {
    const target = text(key, 'def')?.split(' REFERENCES ')[1]
    return [...losesKey].some((table) => speaksOf(target?.split('(')[0], table))
  }
  const foreign = sides.actual('constraint').filter((key) => key.def.kind === 'f' && (differs.includes(key) || pointsThere(key)))
  for (const key of [...foreign, ...differs.filter(({ def }) => def.kind !== 'f')]) {
    if (key.def.kind !== 'f' && goes.has(key.table)) continue
    plan.add('drop', sql`alter table ${ident(key.table)} drop constraint ${ident(key.name)}`)
    sides.forget(key)
    for (const index of sides.actual('index')) if (index.table === key.table && index.name === key.name) sides.forget(index)
  }
}

/** Routines, sequences and types that are too much go last: until then something may use them. */
function dropCode(plan: Gathering, sides: Sides): void {
  const returns = (fact: Fact | undefined): string | undefined => /\n RETURNS .*/.exec(text(fact, 'def') ?? '')?.[0]
  for (const routine of sides.actual('function')) {
    const wanted = sides.wanted(routine)
    if (wanted !== undefined && wanted.def.kind === routine.def.kind && returns(wanted) === returns(routine)) continue
    plan.add(wanted === undefined ? 'last drops' : 'drop', sql`drop ${named(String(routine.def.kind), routine.table)}`)
    sides.forgetObject(routine.table)
  }
  for (const sequence of sides.actual('sequence')) {
    if (sides.wanted(sequence) !== undefined || sequence.def.identity === true) continue
    const name = sequence.name === '' ? sequence.table : sequence.name
    plan.add('last drops', sql`drop sequence ${ident(name)}`, `how far the sequence ${name} has counted`)
    sides.forget(sequence)
    if (sequence.name === '') sides.forgetObject(name)
  }
  for (const type of sides.actual('type')) {
    if (sides.wanted(type) !== undefined) continue
    plan.add('last drops', sql`drop type ${ident(type.table)}`)
    sides.forgetObject(type.table)
  }
  for (const check of sides.actual('domain check')) {
    if (sides.same(check)) continue
    plan.add('drop', sql`alter domain ${ident(check.table)} drop constraint ${ident(check.name)}`)
    sides.forget(check)
  }
}
