import { ident, sql } from '../../kernel/sql.js'
import { clear } from './clear.js'
import { type Fact, textOf } from './facts.js'
import { mendComment, mendGrant, mendOwner, mendPolicy, mendRowSecurity, type Roles } from './mend-rights.js'
import { columnOf, createTable, mendColumn, mendColumnStorage, mendOptions, mendSequence, mendTable } from './mend-tables.js'
import { type Difference, type Gathering, gathering, speaksOf, text, words } from './plan.js'
import { inOrder, type Sides, sidesOf } from './sides.js'
import { addLabels, createType, mendDomain, onlyLacks, remakeEnum } from './type-mends.js'

/** What brings a home with the actual facts to the expected ones: statements that run in their order, in one transaction, with the home's search_path. */
export function difference(expected: readonly Fact[], actual: readonly Fact[], of: Roles): Difference {
  const plan = gathering()
  const sides = sidesOf(expected, actual)
  const before = new Set(sides.actual('owner').map(({ table }) => table))
  enableForeignKeys(plan, sides)
  clear(plan, sides)
  mendTypes(plan, sides)
  for (const sequence of sides.expected('sequence')) if (!sides.same(sequence)) mendSequence(plan, sequence, sides.found(sequence))
  mendTables(plan, sides)
  mendCode(plan, sides, of)
  mendKeys(plan, sides)
  mendTriggers(plan, sides)
  mendRights(plan, sides, of, before)
  for (const other of [...sides.expected('other').filter((one) => !sides.found(one))]) plan.tell(`${other.table} is missing`)
  for (const other of [...sides.actual('other').filter((one) => !sides.wanted(one))])
    plan.tell(`${other.table} is not made by the files; drop it by hand`)
  return plan.difference()
}

/** Triggers of the server's own, which only a superuser can turn off, or on. */
function enableForeignKeys(plan: Gathering, sides: Sides): void {
  for (const off of sides.actual('foreign keys')) {
    plan.add('own', sql`alter table ${ident(off.table)} enable trigger all`)
    for (const trigger of sides.actual('trigger'))
      if (trigger.table === off.table)
        sides.change(trigger, Object.fromEntries(Object.entries(trigger.def).filter(([key]) => key !== 'enabled')))
  }
}

function mendTypes(plan: Gathering, sides: Sides): void {
  const columnsOf = (type: Fact): readonly Fact[] => sides.expected('column').filter(({ table }) => table === type.table)
  const ORDER = ['enum', 'range', 'composite', 'domain']
  const types = [...sides.expected('type')].sort((a, b) => ORDER.indexOf(String(a.def.kind)) - ORDER.indexOf(String(b.def.kind)))
  for (const type of types) {
    const found = sides.found(type)
    if (found === undefined) createType(plan, type, columnsOf(type))
    else if (sides.same(type)) continue
    else if (type.def.kind !== 'enum' || found.def.kind !== 'enum') mendDomain(plan, type, found)
    else if (onlyLacks(type, found)) addLabels(plan, type, found)
    else {
      const uses = sides
        .expected('column')
        .filter(
          (column) =>
            [type.table, `${type.table}[]`].includes(String(column.def.type)) && sides.found(column)?.def.type === column.def.type,
        )
      remakeEnum(plan, type, uses)
    }
  }
  for (const check of sides.expected('domain check'))
    if (!sides.found(check))
      plan.add('keys', sql`alter domain ${ident(check.table)} add constraint ${ident(check.name)} ${words(check.def.def)}`)
}

function mendTables(plan: Gathering, sides: Sides): void {
  const tables = inOrder(
    sides.expected('table'),
    (one, other) => one.def['partition of'] === other.table || textOf(one.def.inherits ?? null).includes(`"${other.table}"`),
  )
  const columnsOf = (table: Fact): readonly Fact[] =>
    sides.expected('column').filter((column) => column.table === table.table && column.def.composite !== true)
  for (const table of tables) {
    const found = sides.found(table)
    if (found === undefined) createTable(plan, table, columnsOf(table))
    mendTable(plan, table, found)
    for (const column of columnsOf(table)) {
      const there = sides.found(column)
      if (found !== undefined && there === undefined && table.def['partition of'] === undefined)
        plan.add('columns', sql`alter table ${ident(table.table)} add column ${columnOf(column)}`)
      if (there !== undefined && !sides.same(column)) mendColumn(plan, column, there)
      mendColumnStorage(plan, column, there)
    }
  }
  for (const column of sides.expected('column'))
    if (column.def.composite === true && sides.found({ ...column, kind: 'type', name: '' }) !== undefined && !sides.same(column))
      plan.tell(`the attribute ${column.table}.${column.name} of a composite type differs`)
  for (const column of sides.actual('column'))
    if (column.def.composite === true && sides.wanted(column) === undefined)
      plan.tell(`the attribute ${column.table}.${column.name} of a composite type is too much`)
}

function mendCode(plan: Gathering, sides: Sides, { schema }: Roles): void {
  const isNew = sides.expected('table').filter((table) => sides.found(table) === undefined)
  const relations = [...isNew, ...sides.expected('view')]
  for (const routine of sides.expected('function')) {
    if (sides.same(routine)) continue
    const def = text(routine, 'def') ?? ''
    if (routine.def.kind === 'aggregate') plan.tell(`the aggregate ${routine.table} differs or is missing: ${def}`)
    // What it takes or returns must be there before it; what its body speaks of need not be.
    const head = def.split('\nAS ')[0]
    const late = relations.some(({ table }) => speaksOf(head, table))
    if (routine.def.kind !== 'aggregate')
      plan.add(late ? 'late functions' : 'functions', words(def.trimEnd().replace("'$schema'", () => `'${schema}'`)))
  }
  for (const view of inOrder(sides.expected('view'), (one, other) => speaksOf(text(one, 'query'), other.table))) {
    const found = sides.found(view)
    if (found === undefined)
      plan.add('views', sql`create ${words(view.def.kind)} ${ident(view.table)} as\n${words(String(view.def.query).replace(/;\s*$/, ''))}`)
    mendOptions(plan, sql`${words(view.def.kind)} ${ident(view.table)}`, view, found, 'grants')
  }
}

function mendKeys(plan: Gathering, sides: Sides): void {
  for (const key of sides.expected('constraint')) {
    if (sides.same(key) || key.def.inherited === true) continue
    const [table, name] = [ident(key.table), ident(key.name)]
    if (sides.found(key) !== undefined) plan.add('statistics', sql`alter table ${table} validate constraint ${name}`)
    else plan.add(key.def.kind === 'f' ? 'foreign keys' : 'keys', sql`alter table ${table} add constraint ${name} ${words(key.def.def)}`)
  }
  for (const index of sides.expected('index')) {
    if (sides.same(index)) continue
    const [found, table, name] = [sides.found(index), ident(index.table), ident(index.name)]
    if (found === undefined && index.def.constraint !== true)
      plan.add(
        'indexes',
        sql`create ${words(index.def.unique === true ? 'unique index' : 'index')} ${name} on ${table} using ${words(index.def.def)}`,
      )
    if (index.def.constraint === true && found !== undefined) mendOptions(plan, sql`index ${name}`, index, found, 'statistics')
    if (index.def.clustered !== found?.def.clustered)
      plan.add(
        'statistics',
        index.def.clustered === true ? sql`alter table ${table} cluster on ${name}` : sql`alter table ${table} set without cluster`,
      )
    if (textOf(index.def.statistics ?? null) !== textOf(found?.def.statistics ?? null))
      plan.tell(`the statistics targets of the index ${index.name} differ`)
  }
  for (const statistics of sides.expected('statistics')) {
    const found = sides.found(statistics)
    if (found === undefined) plan.add('statistics', words(statistics.def.def))
    if (text(statistics, 'target') !== text(found, 'target'))
      plan.add('statistics', sql`alter statistics ${ident(statistics.name)} set statistics ${words(statistics.def.target ?? -1)}`)
  }
}

function mendTriggers(plan: Gathering, sides: Sides): void {
  const MODES: Readonly<Record<string, string>> = { disabled: 'disable', replica: 'enable replica', always: 'enable always' }
  const mode = (fact: Fact | undefined): string => MODES[text(fact, 'enabled') ?? ''] ?? 'enable'
  for (const rule of sides.expected('rule')) {
    if (sides.found(rule) === undefined) plan.add('triggers', words(String(rule.def.def).replace(/;\s*$/, '')))
    if (mode(rule) !== mode(sides.found(rule)))
      plan.add('triggers', sql`alter table ${ident(rule.table)} ${words(mode(rule))} rule ${ident(rule.name)}`)
  }
  for (const trigger of sides.expected('trigger')) {
    const found = sides.found(trigger)
    if (found === undefined && trigger.def.inherited !== true) plan.add('triggers', words(trigger.def.def))
    if (mode(trigger) !== mode(found))
      plan.add('triggers', sql`alter table ${ident(trigger.table)} ${words(mode(trigger))} trigger ${ident(trigger.name)}`)
  }
}

/** `before` are the objects that were there; what was made anew since is the owner's, and has what everybody gets. */
function mendRights(plan: Gathering, sides: Sides, of: Roles, before: ReadonlySet<string>): void {
  const ofColumns = new Set(
    sides
      .expected('sequence')
      .filter(({ name }) => name !== '')
      .map(({ name }) => name),
  )
  const kept = new Set(sides.expected('owner').map(({ table }) => table))
  for (const owner of sides.expected('owner')) {
    if (sides.same(owner) || ofColumns.has(owner.table)) continue
    const there = before.has(owner.table) && sides.found(owner) !== undefined
    if (there || owner.def.role !== '$owner') mendOwner(plan, owner, there, of)
    if (!there && ['function', 'procedure', 'type'].includes(owner.name)) {
      const everybody = {
        ...owner,
        kind: 'grant' as const,
        name: `${owner.name} public`,
        def: { on: owner.name, to: 'public', rights: [owner.name === 'type' ? 'usage' : 'execute'] },
      }
      sides.change(everybody, everybody.def)
    }
  }
  for (const kind of ['row security', 'policy', 'grant', 'comment'] as const) {
    const facts = [...sides.expected(kind), ...sides.actual(kind).filter((fact) => sides.wanted(fact) === undefined)]
    for (const fact of facts.filter((one) => kept.has(one.table) && !sides.same(one))) {
      const [wanted, found] = [sides.wanted(fact), sides.found(fact)]
      if (kind === 'grant') mendGrant(plan, wanted, found, of)
      else if (kind === 'comment') mendComment(plan, wanted, found)
      else if (kind === 'policy') mendPolicy(plan, wanted, found, of)
      else mendRowSecurity(plan, fact.table, wanted, found)
    }
  }
  for (const grant of sides.actual('default grant'))
    if (!sides.same(grant)) plan.tell(`default privileges are not as they should be: ${grant.name} ${textOf(grant.def)}`)
  for (const grant of sides.expected('default grant'))
    if (!sides.found(grant)) plan.tell(`default privileges are missing: ${grant.name} ${textOf(grant.def)}`)
}
