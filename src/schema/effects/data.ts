import { callsIn } from '../keeps-rows.js'
import { child, children, relationAt, relationName, textAt } from './nodes.js'
import type { Reading } from './notes.js'
import { readQuery, tablesRead } from './queries.js'

const insert: Reading = (node, notes) => {
  const table = relationAt(node, 'relation')
  readQuery(node, notes)
  notes.lock(table, 'row exclusive')
  notes.hide(table, 'foreign keys', 'row share')
  notes.uneven()
  if (tablesRead(node.selectStmt).length > 0) notes.data('reads the rows that it inserts')
}

const change =
  (verb: string): Reading =>
  (node, notes) => {
    const table = relationAt(node, 'relation')
    readQuery(node, notes)
    notes.lock(table, 'row exclusive')
    // The referenced and the referencing tables: a key that changes is looked up, and cascades write.
    notes.hide(table, 'foreign keys', 'row exclusive')
    notes.uneven()
    notes.data(`${verb} rows of ${table}, which stay locked until the end`)
  }

const select: Reading = (node, notes) => {
  readQuery(node, notes)
  notes.uneven()
  if (callsIn(node).own) notes.data('calls functions, and what these do is not known from the text')
  else if (tablesRead(node).length > 0) notes.data('reads rows')
}

const truncate: Reading = (node, notes) => {
  for (const { node: relation } of children(node, 'relations')) {
    const table = relationName(relation)
    notes.lock(table, 'access exclusive')
    if (relation.inh === true) notes.hide(table, 'children', 'access exclusive')
    if (node.behavior === 'DROP_CASCADE') notes.hide(table, 'dependents', 'access exclusive')
  }
  notes.uneven()
}

const refresh: Reading = (node, notes) => {
  const view = relationAt(node, 'relation')
  notes.lock(view, node.concurrent === true ? 'exclusive' : 'access exclusive')
  notes.hide(view, 'definition', 'access share')
  notes.uneven()
  if (node.skipData === true) return
  if (node.concurrent === true) notes.data(`runs the query of ${view} and compares`)
  else notes.rewrite(view, `fills ${view} anew`)
}

const block: Reading = (node, notes) => {
  notes.uneven()
  const code = children(node, 'args').find(({ node: arg }) => arg.defname === 'as')
  notes.hide(textAt(child(code?.node ?? {}, 'arg') ?? {}, 'sval') === undefined ? '' : 'do', 'code', 'access exclusive')
  notes.data('what its code locks and does is not known from the text')
}

export const data: Readonly<Record<string, Reading>> = {
  InsertStmt: insert,
  UpdateStmt: change('updates'),
  DeleteStmt: change('deletes'),
  MergeStmt: change('merges'),
  SelectStmt: select,
  TruncateStmt: truncate,
  RefreshMatViewStmt: refresh,
  DoStmt: block,
}
