import { type Node, walk } from '../statements.js'
import { child, children, relationAt, relationName, textAt } from './nodes.js'
import type { Notes } from './notes.js'

/** The locks of a query, with all that is nested in it: what it reads, what it locks row by row and what it writes. */
export function readQuery(query: unknown, notes: Notes): void {
  const named = new Set<string>()
  for (const node of walk(query)) if (typeof node.ctename === 'string') named.add(node.ctename)
  for (const node of walk(query)) {
    if (typeof node.relname === 'string' && typeof node.relpersistence === 'string' && !named.has(relationName(node)))
      notes.lock(relationName(node), 'access share')
    for (const written of ['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt']) {
      const statement = child({ found: node[written] }, 'found')
      if (statement !== undefined && node[written] !== undefined) notes.lock(relationAt(statement, 'relation'), 'row exclusive')
    }
    if (Array.isArray(node.lockingClause)) lockRows(node, named, notes)
  }
}

/** The tables that a query reads. */
export function tablesRead(query: unknown): readonly string[] {
  const named = new Set<string>()
  const found = new Set<string>()
  for (const node of walk(query)) {
    if (typeof node.ctename === 'string') named.add(node.ctename)
    if (typeof node.relname === 'string' && typeof node.relpersistence === 'string') found.add(relationName(node))
  }
  return [...found].filter((name) => !named.has(name))
}

// SELECT … FOR UPDATE without OF locks what stands in its own FROM.
function lockRows(select: Node, named: ReadonlySet<string>, notes: Notes): void {
  for (const { node: clause } of children(select, 'lockingClause')) {
    const meant = children(clause, 'lockedRels').map(({ node }) => textAt(node, 'relname'))
    for (const node of walk(select.fromClause)) {
      if (typeof node.relname !== 'string' || named.has(relationName(node))) continue
      const alias = child(node, 'alias')
      const called = alias === undefined ? node.relname : textAt(alias, 'aliasname')
      if (meant.length === 0 || meant.includes(called)) notes.lock(relationName(node), 'row share')
    }
  }
}
