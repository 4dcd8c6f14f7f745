import type { Node } from '../statements.js'
import { SERIALS } from './columns.js'
import { addConstraint } from './constraints.js'
import { child, children, relationAt, relationName, textAt, typeName, wordsAt } from './nodes.js'
import type { Notes, Reading, Story } from './notes.js'
import { readQuery, tablesRead } from './queries.js'

const createTable: Reading = (node, notes) => {
  const table = relationAt(node, 'relation')
  const parents = children(node, 'inhRelations').map(({ node: parent }) => relationName(parent))
  const part = node.partbound !== undefined
  for (const parent of parents) {
    notes.lock(parent, part ? 'access exclusive' : 'share update exclusive')
    if (!part) continue
    notes.hide(parent, 'default partition', 'access exclusive')
    notes.hide(parent, 'foreign keys', 'share row exclusive')
    notes.say(`a default partition of ${parent} would be read whole`)
  }
  for (const { kind, node: element } of children(node, 'tableElts')) {
    if (kind === 'TableLikeClause') notes.lock(relationAt(element, 'relation'), 'access share')
    const column = kind === 'ColumnDef' ? textAt(element, 'colname') : undefined
    const constraints = kind === 'Constraint' ? [element] : children(element, 'constraints').map(({ node: constraint }) => constraint)
    for (const constraint of constraints) {
      if (constraint.contype === 'CONSTR_FOREIGN' && relationAt(constraint, 'pktable') !== table) {
        notes.lock(relationAt(constraint, 'pktable'), 'share row exclusive')
        notes.story.foreignKeys.set(
          `${table}.${textAt(constraint, 'conname') ?? `${table}_${column ?? fkColumns(constraint)}_fkey`}`,
          relationAt(constraint, 'pktable'),
        )
      }
    }
  }
  return () => {
    make(notes.story, table)
    for (const { kind, node: element } of children(node, 'tableElts')) {
      const type = kind === 'ColumnDef' ? child(element, 'typeName') : undefined
      if (type !== undefined && SERIALS.has(typeName(type))) make(notes.story, `${table}_${textAt(element, 'colname')}_seq`)
      for (const { node: constraint } of kind === 'Constraint' ? [{ node: element }] : children(element, 'constraints'))
        if (constraint.contype !== 'CONSTR_FOREIGN')
          addConstraint(table, constraint, notes, kind === 'ColumnDef' ? textAt(element, 'colname') : undefined)
    }
  }
}

const fkColumns = (constraint: Node): string =>
  children(constraint, 'fk_attrs')
    .map(({ node }) => String(node.sval))
    .join('_')

/** IF NOT EXISTS may find a table that holds rows, so what it names does not count as made. */
function make(story: Story, name: string, sure = true): void {
  if (!sure || name === '') return
  story.made.add(name)
  story.before.delete(name)
}

const createTableAs: Reading = (node, notes) => {
  readQuery(node.query, notes)
  notes.uneven()
  const read = tablesRead(node.query)
  if (read.some((table) => !notes.story.made.has(table)) && child(node, 'into')?.skipData !== true)
    notes.data(`copies what it reads of ${read.join(', ')}`)
  return () => make(notes.story, relationAt(child(node, 'into') ?? {}, 'rel'), node.if_not_exists !== true)
}

const createView: Reading = (node, notes) => {
  const view = relationAt(node, 'view')
  readQuery(node.query, notes)
  // A view that is there already is locked as a table would be.
  if (node.replace === true) notes.lock(view, 'access exclusive')
  return () => make(notes.story, view, node.replace !== true)
}

const createIndex: Reading = (node, notes) => {
  const table = relationAt(node, 'relation')
  const concurrent = node.concurrent === true
  notes.lock(table, concurrent ? 'share update exclusive' : 'share')
  const inherits = child(node, 'relation')?.inh === true
  if (inherits) notes.hide(table, 'children', concurrent ? 'share update exclusive' : 'share')
  if (!notes.story.tableOfIndex.has(textAt(node, 'idxname') ?? '')) notes.scan(table, `builds an index over ${table}`, inherits)
  const name =
    textAt(node, 'idxname') ??
    [table, ...children(node, 'indexParams').map(({ node: one }) => textAt(one, 'name') ?? 'expr'), 'idx'].join('_')
  return () => {
    notes.story.tableOfIndex.set(name, table)
  }
}

const createTrigger: Reading = (node, notes) => {
  const table = relationAt(node, 'relation')
  notes.lock(table, 'share row exclusive')
  notes.hide(table, 'children', 'share row exclusive')
  notes.lock(relationAt(node, 'constrrel'), 'access share')
}

const createFunction: Reading = (node, notes) => {
  if (node.sql_body !== undefined) readQuery(node.sql_body, notes)
  else if (word(node, 'language') === 'sql') notes.hide(wordsAt(node, 'funcname').join('.'), 'code', 'row exclusive')
  return () => {
    const volatility = word(node, 'volatility')
    notes.story.functions.set(
      wordsAt(node, 'funcname').join('.'),
      volatility === 'immutable' || volatility === 'stable' ? volatility : 'volatile',
    )
  }
}

// What it promises from now on is asked of the home; the text alone makes no promise.
const alterFunction: Reading = (node, notes) => () => {
  notes.story.functions.delete(wordsAt(child(node, 'func') ?? {}, 'objname').join('.'))
}

const word = (node: Node, name: string): string | undefined => {
  const option = children(node, 'options').find(({ node: one }) => one.defname === name)
  return option === undefined ? undefined : textAt(child(option.node, 'arg') ?? {}, 'sval')
}

const createSequence: Reading = (node, notes) => {
  ownedBy(node, notes)
  return () => make(notes.story, relationAt(node, 'sequence'), node.if_not_exists !== true)
}

const alterSequence: Reading = (node, notes) => {
  notes.lock(relationAt(node, 'sequence'), 'share row exclusive')
  ownedBy(node, notes)
}

function ownedBy(node: Node, notes: Notes): void {
  const option = children(node, 'options').find(({ node: one }) => one.defname === 'owned_by')
  const words = option === undefined ? [] : wordsAt(option.node, 'arg')
  if (words.length > 1) notes.lock(words.slice(0, -1).join('.'), 'access share')
}

const createDomain: Reading = (node, notes) => {
  if (children(node, 'constraints').length === 0) return undefined
  return () => {
    notes.story.strictDomains.add(wordsAt(node, 'domainname').join('.'))
  }
}

const createComposite: Reading = (node, notes) => () => make(notes.story, relationAt(node, 'typevar'))

const createStatistics: Reading = (node, notes) => {
  for (const { node: relation } of children(node, 'relations')) notes.lock(relationName(relation), 'share update exclusive')
}

const nothing: Reading = () => undefined

export const create: Readonly<Record<string, Reading>> = {
  CreateStmt: createTable,
  CreateTableAsStmt: createTableAs,
  ViewStmt: createView,
  IndexStmt: createIndex,
  CreateTrigStmt: createTrigger,
  CreateFunctionStmt: createFunction,
  AlterFunctionStmt: alterFunction,
  CreateSeqStmt: createSequence,
  AlterSeqStmt: alterSequence,
  CreateEnumStmt: nothing,
  CompositeTypeStmt: createComposite,
  CreateDomainStmt: createDomain,
  CreateRangeStmt: nothing,
  DefineStmt: nothing,
  CreateStatsStmt: createStatistics,
}
