import { ident, join, literal, type Sql, sql } from '../../kernel/sql.js'
import { type Fact, textOf } from './facts.js'
import { type Gathering, list, named, words } from './plan.js'

/** The roles of the home that is mended, by their neutral names, and the name of its schema. */
export interface Roles {
  readonly schema: string
  readonly roles: Readonly<Record<string, string>>
}

const roleSql = (label: unknown, { roles }: Roles): Sql => {
  const name = String(label)
  return name === 'public' ? sql`public` : ident(roles[name] ?? name)
}

const objectSql = (what: string, name: string, { schema }: Roles): Sql => {
  if (what === 'schema') return sql`schema ${ident(schema)}`
  return named(what, name)
}

export function mendOwner(plan: Gathering, owner: Fact, there: boolean, of: Roles): void {
  // A sequence of a column goes with its table.
  plan.add(there ? 'own' : 'owners', sql`alter ${objectSql(owner.name, owner.table, of)} owner to ${roleSql(owner.def.role, of)}`)
}

export function mendGrant(plan: Gathering, expected: Fact | undefined, actual: Fact | undefined, of: Roles): void {
  const fact = (expected ?? actual)!
  const [wanted, found] = [list(expected?.def.rights), list(actual?.def.rights)]
  const kind = String(fact.def.on)
  const isColumn = fact.def.column !== undefined
  // Views are granted as tables are.
  const on =
    isColumn || ['table', 'view', 'materialized view', 'foreign table'].includes(kind)
      ? sql`table ${ident(fact.table)}`
      : objectSql(kind, fact.table, of)
  const to = roleSql(fact.def.to, of)
  const column = isColumn ? sql` (${ident(String(fact.def.column))})` : sql``
  const plain = (right: string): string => right.replace(' with grant option', '')
  const rights = (some: readonly string[]): Sql => join(some.map((right) => sql`${words(plain(right))}${column}`))
  const gone = found.filter((right) => !wanted.includes(right))
  if (gone.length > 0) plan.add('grants', sql`revoke ${rights(gone)} on ${on} from ${to}`)
  // What was granted along with the right to grant it goes with that.
  const missing = wanted.filter((right) => !found.includes(right) || gone.some((one) => plain(one) === plain(right)))
  for (const option of [false, true]) {
    const some = missing.filter((right) => right.endsWith(' with grant option') === option)
    if (some.length > 0) plan.add('grants', sql`grant ${rights(some)} on ${on} to ${to}${option ? sql` with grant option` : sql``}`)
  }
}

export function mendRowSecurity(plan: Gathering, table: string, expected: Fact | undefined, actual: Fact | undefined): void {
  const name = ident(table)
  const changes = [
    ...(expected?.def.enabled === actual?.def.enabled
      ? []
      : [words(`${expected?.def.enabled === true ? 'enable' : 'disable'} row level security`)]),
    ...(expected?.def.forced === actual?.def.forced
      ? []
      : [words(`${expected?.def.forced === true ? '' : 'no '}force row level security`)]),
  ]
  if (changes.length > 0) plan.add('policies', sql`alter table ${name} ${join(changes)}`)
}

export function mendPolicy(plan: Gathering, expected: Fact | undefined, actual: Fact | undefined, of: Roles): void {
  if (actual !== undefined) plan.add('drop', sql`drop policy ${ident(actual.name)} on ${ident(actual.table)}`)
  if (expected === undefined) return
  const { def } = expected
  const to = join(list(def.to).map((role) => roleSql(role, of)))
  const using = def.using === undefined ? sql`` : sql` using (${words(def.using)})`
  const check = def['with check'] === undefined ? sql`` : sql` with check (${words(def['with check'])})`
  plan.add(
    'policies',
    sql`create policy ${ident(expected.name)} on ${ident(expected.table)} as ${words(def.kind)} for ${words(def.for)} to ${to}${using}${check}`,
  )
}

export function mendComment(plan: Gathering, expected: Fact | undefined, actual: Fact | undefined): void {
  const fact = (expected ?? actual)!
  const on = fact.def.on === 'column' ? sql`column ${ident(fact.table, fact.name)}` : named(String(fact.def.on), fact.table)
  plan.add('comments', sql`comment on ${on} is ${expected === undefined ? sql`null` : literal(String(expected.def.says))}`)
}

export const equal = (one: Fact | undefined, other: Fact | undefined): boolean =>
  one !== undefined && other !== undefined && textOf(one.def) === textOf(other.def)
