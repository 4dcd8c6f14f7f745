import type { Node } from '../../statements.js'
import { columnFrom } from '../learn-table.js'
import { clauseAt } from '../source.js'
import { list, quoted, relationName, text, words } from '../tree.js'

const ACTIONS: Readonly<Record<string, string>> = { c: ' cascade', r: ' restrict', n: ' set null', d: ' set default' }

const columns = (names: readonly string[]): string => `(${names.map(quoted).join(', ')})`

/** A foreign key with the tenant in front on both sides, which acts on the other columns alone. */
export function tenantedForeignKey(node: Node, own: readonly string[], tenant: string): string {
  const target = relationName(node.pktable)
  const others = own.filter((name) => name !== tenant)
  const [theirs, acts] = [words(node.pk_attrs).filter((name) => name !== tenant), text(node.fk_del_action)]
  const deletes =
    ACTIONS[acts] === undefined ? '' : ` on delete${ACTIONS[acts]}${acts === 'n' || acts === 'd' ? ` ${columns(others)}` : ''}`
  const named = text(node.conname) === '' ? '' : `constraint ${quoted(text(node.conname))} `
  const key = theirs.length === others.length ? theirs : others.map(() => 'id')
  return `${named}foreign key ${columns([tenant, ...others])} references ${quoted(target)} ${columns([tenant, ...key])}${deletes}`
}

export const tenantedKey = (node: Node, own: readonly string[], tenant: string): string => {
  const named = text(node.conname) === '' ? '' : `constraint ${quoted(text(node.conname))} `
  const nulls = node.nulls_not_distinct === true ? ' nulls not distinct' : ''
  const kind = node.contype === 'CONSTR_PRIMARY' ? 'primary key' : `unique${nulls}`
  return `${named}${kind} ${columns([tenant, ...own.filter((name) => name !== tenant)])}`
}

export function tenantedExclusion(clause: string, tenant: string): string {
  return clause.replace(/(exclude\s*(?:using\s+\w+\s*)?\()/i, `$1${quoted(tenant)} with =, `)
}

/** The same table with the tenant where it belongs: a column, and the first of every key. */
export function tenantedTable(sql: string, node: Node, tenant: string): string {
  const lines = [`${quoted(tenant)} uuid not null default tenantry.tenant()`]
  const keys: string[] = []
  const names: string[] = []
  let primary = false
  const constraint = (one: Node, own: readonly string[], clause: string): void => {
    if (one.contype === 'CONSTR_PRIMARY') primary = true
    if (one.contype === 'CONSTR_PRIMARY' || one.contype === 'CONSTR_UNIQUE') keys.push(tenantedKey(one, own, tenant))
    else if (one.contype === 'CONSTR_FOREIGN') keys.push(tenantedForeignKey(one, own, tenant))
    else if (one.contype === 'CONSTR_EXCLUSION' && !new RegExp(`\\b${tenant}\\b`).test(clause)) keys.push(tenantedExclusion(clause, tenant))
    else keys.push(clause)
  }
  for (const { kind, node: element } of list(node.tableElts)) {
    const clause = clauseAt(sql, element.location)
    if (kind === 'Constraint') constraint(element, words(element.contype === 'CONSTR_FOREIGN' ? element.fk_attrs : element.keys), clause)
    else if (kind === 'ColumnDef') {
      const name = text(element.colname)
      if (name === tenant) continue
      names.push(name)
      const moved = list(element.constraints).filter(({ node: one }) => MOVED.has(text(one.contype)))
      for (const { node: one } of moved) constraint(one, [name], '')
      lines.push(moved.length === 0 ? clause : withoutKeys(clause, element))
    } else if (kind === 'TableLikeClause') lines.push(clause)
  }
  if (!primary && !names.includes('id')) lines.splice(1, 0, 'id bigint generated always as identity')
  if (!primary) keys.unshift(`primary key ${columns([tenant, 'id'])}`)
  const head = sql.slice(0, sql.indexOf('(')).trimEnd()
  return `${head} (\n${[...lines, ...keys].map((line) => `  ${line}`).join(',\n')}\n)${tail(sql)}`
}

const MOVED = new Set(['CONSTR_PRIMARY', 'CONSTR_UNIQUE', 'CONSTR_FOREIGN'])

/** A column without the keys that are written behind it. */
function withoutKeys(clause: string, element: Node): string {
  const bytes = Buffer.from(clause)
  const constraints = list(element.constraints).map(({ node }) => node)
  const starts = constraints.map(({ location }) => Number(location) - Number(element.location))
  const parts = constraints.map((one, at) =>
    MOVED.has(text(one.contype))
      ? ''
      : bytes
          .subarray(starts[at], starts[at + 1])
          .toString()
          .trim(),
  )
  const type = bytes.subarray(0, starts[0]).toString().trim()
  // A key says not null as well.
  const needed =
    constraints.some(({ contype }) => contype === 'CONSTR_PRIMARY') && !/\bnot\s+null\b/i.test(clause) && !columnFrom(element).identity
  return [type, ...parts.filter((part) => part !== ''), ...(needed ? ['not null'] : [])].join(' ')
}

/** What is written behind the parentheses, such as `partition by`. */
function tail(sql: string): string {
  const found = /\)\s*(partition\s+by[\s\S]*|with\s*\([\s\S]*|using\s+\w+[\s\S]*)$/i.exec(sql)
  return found === null ? '' : ` ${found[1]!.trim()}`
}
