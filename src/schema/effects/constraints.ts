import { type Node, walk } from '../statements.js'
import { children, relationAt, textAt } from './nodes.js'
import type { Notes } from './notes.js'

/** A constraint added to a table that may hold rows. The lock on the table itself is the statement's. */
export function addConstraint(table: string, constraint: Node, notes: Notes, ofColumn?: string): void {
  const name = textAt(constraint, 'conname')
  const later = constraint.skip_validation === true || constraint.is_enforced === false
  switch (constraint.contype) {
    case 'CONSTR_CHECK': {
      const column = nullFreeBy(constraint)
      if (name !== undefined && column !== undefined) notes.story.nullChecks.set(`${table}.${name}`, column)
      if (later) return
      if (column !== undefined) notes.story.nullFree.add(`${table}.${column}`)
      notes.scan(table, `checks every row of ${table}`)
      return
    }
    case 'CONSTR_NOTNULL': {
      const column = ofColumn ?? children(constraint, 'keys')[0]?.node.sval
      if (name !== undefined && typeof column === 'string') notes.story.nullChecks.set(`${table}.${name}`, column)
      if (!later && typeof column === 'string') setNotNull(table, column, notes)
      return
    }
    case 'CONSTR_FOREIGN': {
      const target = relationAt(constraint, 'pktable')
      // As the server names it by default.
      const columns = ofColumn === undefined ? children(constraint, 'fk_attrs').map(({ node }) => String(node.sval)) : [ofColumn]
      const called = name ?? `${table}_${columns.join('_')}_fkey`
      notes.lock(target, 'share row exclusive')
      notes.story.foreignKeys.set(`${table}.${called}`, target)
      if (later || notes.story.made.has(table)) return
      notes.scan(table, `looks up every row of ${table} in ${target}`)
      notes.scan(target, `looks up every row of ${table} in ${target}`)
      return
    }
    case 'CONSTR_PRIMARY':
    case 'CONSTR_UNIQUE':
    case 'CONSTR_EXCLUSION':
      addUnique(table, constraint, notes, name, ofColumn)
      return
    default:
      return
  }
}

function addUnique(table: string, constraint: Node, notes: Notes, name: string | undefined, ofColumn: string | undefined): void {
  const words = children(constraint, 'keys').map(({ node }) => String(node.sval))
  const columns = ofColumn === undefined ? words : [ofColumn]
  const primary = constraint.contype === 'CONSTR_PRIMARY'
  const index = textAt(constraint, 'indexname')
  const called = name ?? index ?? [table, ...(primary ? ['pkey'] : [...columns, 'key'])].join('_')
  notes.story.tableOfIndex.set(called, table)
  if (primary) for (const column of columns) setNotNull(table, column, notes)
  if (index === undefined) notes.scan(table, `builds an index over ${table}`)
  else if (primary) notes.say(`reads ${table} whole unless the columns of ${index} are NOT NULL already`)
}

export function setNotNull(table: string, column: string, notes: Notes): void {
  const key = `${table}.${column}`
  if (!notes.story.nullFree.has(key))
    notes.scan(table, `reads every row of ${table} for nulls in ${column}, unless a valid CHECK rules them out`)
  notes.story.nullFree.add(key)
}

/** The column of `CHECK (column IS NOT NULL)`, which spares SET NOT NULL its scan. */
function nullFreeBy(constraint: Node): string | undefined {
  const expression = constraint.raw_expr as Node | undefined
  const test = expression?.NullTest as Node | undefined
  if (test?.nulltesttype !== 'IS_NOT_NULL') return undefined
  for (const node of walk(test.arg)) if (Array.isArray(node.fields)) return String(children(node, 'fields')[0]?.node.sval)
  return undefined
}
