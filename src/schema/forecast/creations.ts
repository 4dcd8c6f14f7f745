import { child, children, relationAt, relationName, textAt, wordsAt } from '../effects/nodes.js'
import { tablesRead } from '../effects/queries.js'
import { callsIn } from '../keeps-rows.js'
import { type Node, walk } from '../statements.js'
import type { Part } from './check.js'
import { after, commaParts, parenthesesAfter } from './clauses.js'
import type { Foresight, Outlook } from './outlook.js'

/** The columns of the row that an expression names. */
export function columnsIn(expression: unknown): readonly string[] {
  const found = new Set<string>()
  for (const node of walk(expression)) {
    if (!Array.isArray(node.fields)) continue
    const last = children(node, 'fields').at(-1)
    if (typeof last?.node.sval === 'string') found.add(last.node.sval)
  }
  return [...found]
}

/** Does it call code, or name types, that are not PostgreSQL's own? */
export const isOwn = (expression: unknown): boolean => {
  if (callsIn(expression).own) return true
  for (const node of walk(expression)) if (Array.isArray(node.names) && wordsAt(node, 'names')[0] !== 'pg_catalog') return true
  return false
}

const createTable: Foresight = (node, outlook) => {
  const table = relationAt(node, 'relation')
  for (const { node: parent } of children(node, 'inhRelations')) outlook.need('relation', relationName(parent))
  for (const { kind, node: element } of children(node, 'tableElts')) {
    if (kind === 'TableLikeClause') outlook.need('relation', relationAt(element, 'relation'))
    for (const { node: constraint } of kind === 'Constraint' ? [{ node: element }] : children(element, 'constraints'))
      if (constraint.contype === 'CONSTR_FOREIGN' && relationAt(constraint, 'pktable') !== table) needTarget(constraint, outlook)
  }
  if (child(node, 'relation')?.relpersistence !== 't') outlook.make('relation', table, undefined, node.if_not_exists !== true)
}

export function needTarget(constraint: Node, outlook: Outlook): void {
  const target = relationAt(constraint, 'pktable')
  if (!outlook.need('relation', target)) return
  for (const { node } of children(constraint, 'pk_attrs')) outlook.need('column', String(node.sval), target)
}

const createIndex: Foresight = (node, outlook, text) => {
  const table = relationAt(node, 'relation')
  const there = outlook.need('relation', table)
  const params = children(node, 'indexParams').map(({ node: param }) => param)
  const columns = [
    ...new Set([...params.flatMap((param) => textAt(param, 'name') ?? columnsIn(param.expr)), ...columnsIn(node.whereClause)]),
  ]
  if (there) for (const column of columns) outlook.need('column', column, table)
  if (node.unique === true && there) askTwice(node, params, columns, outlook, text)
  const name = textAt(node, 'idxname')
  if (name !== undefined) outlook.make('relation', name, undefined, node.if_not_exists !== true)
}

function askTwice(node: Node, params: readonly Node[], columns: readonly string[], outlook: Outlook, text: string): void {
  const table = relationAt(node, 'relation')
  const written = commaParts(parenthesesAfter(text, 'on') ?? '')
  if (written.length !== params.length) return
  const expressions = params.map((param, at): Part => {
    const column = textAt(param, 'name')
    // Without what may stand behind it: its operator class, and where its nulls are.
    return column === undefined ? { expression: expressionOf(written[at]!) } : { column }
  })
  outlook.ask({
    kind: 'twice',
    what: `rows of ${table} that are alike in ${written.join(', ')}`,
    table,
    columns,
    expressions,
    where: node.whereClause === undefined ? undefined : after(text, 'where'),
    nulls: node.nulls_not_distinct === true,
    own: isOwn(params) || isOwn(node.whereClause),
  })
}

/** An expression of an index is in parentheses or one call of a function. */
function expressionOf(written: string): string {
  let depth = 0
  let quote: string | undefined
  for (let at = 0; at < written.length; at++) {
    const letter = written[at]!
    if (quote !== undefined) {
      if (letter === quote) quote = undefined
    } else if (letter === "'" || letter === '"') quote = letter
    else if (letter === '(') depth++
    else if (letter === ')' && --depth === 0) return written.slice(0, at + 1)
  }
  return written
}

const createView: Foresight = (node, outlook) => {
  for (const table of tablesRead(node.query)) outlook.need('relation', table)
  outlook.make('relation', relationAt(node, 'view'), undefined, node.replace !== true)
}

const createTableAs: Foresight = (node, outlook) => {
  for (const table of tablesRead(node.query)) outlook.need('relation', table)
  outlook.make('relation', relationAt(child(node, 'into') ?? {}, 'rel'), undefined, node.if_not_exists !== true)
}

const createTrigger: Foresight = (node, outlook) => {
  const table = relationAt(node, 'relation')
  if (outlook.need('relation', table)) outlook.make('trigger', textAt(node, 'trigname') ?? '', table, node.replace !== true)
}

const createType =
  (key: string): Foresight =>
  (node, outlook) =>
    outlook.make('type', wordsAt(node, key).join('.'))

export const creations: Readonly<Record<string, Foresight>> = {
  CreateStmt: createTable,
  CreateTableAsStmt: createTableAs,
  IndexStmt: createIndex,
  ViewStmt: createView,
  CreateTrigStmt: createTrigger,
  CreateSeqStmt: (node, outlook) => outlook.make('relation', relationAt(node, 'sequence'), undefined, node.if_not_exists !== true),
  CreateEnumStmt: createType('typeName'),
  CreateRangeStmt: createType('typeName'),
  CreateDomainStmt: createType('domainname'),
  CompositeTypeStmt: (node, outlook) => outlook.make('type', relationAt(node, 'typevar')),
}
