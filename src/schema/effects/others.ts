import { LOCK_MODES } from './effect.js'
import { child, children, relationName, wordsAt } from './nodes.js'
import type { Reading } from './notes.js'

const comment: Reading = (node, notes) => {
  const words = wordsAt(node, 'object')
  switch (node.objtype) {
    case 'OBJECT_TABLE':
    case 'OBJECT_VIEW':
    case 'OBJECT_MATVIEW':
    case 'OBJECT_SEQUENCE':
      notes.lock(words.join('.'), 'share update exclusive')
      return
    case 'OBJECT_COLUMN':
      notes.lock(words.slice(0, -1).join('.'), 'share update exclusive')
      return
    case 'OBJECT_TABCONSTRAINT':
    case 'OBJECT_TRIGGER':
    case 'OBJECT_RULE':
      notes.lock(words.slice(0, -1).join('.'), 'access share')
      return
    default:
      return
  }
}

const alterDomain: Reading = (node, notes) => {
  const domain = wordsAt(node, 'typeName').join('.')
  const constraint = child(node, 'def')
  const adds = node.subtype === 'O' || (node.subtype === 'C' && constraint?.skip_validation !== true)
  if (!adds && node.subtype !== 'V') return undefined
  notes.hide(domain, 'domain', 'share')
  for (const table of notes.behind(domain, 'domain')) notes.scan(table, `checks every row of ${table}`)
  notes.data(`reads every table that has a column of ${domain}`)
  return () => {
    notes.story.strictDomains.add(domain)
  }
}

const alterEnum: Reading = (_, notes) => {
  notes.say('a new value can be used once the migration is committed, not in the same file')
}

const lockTable: Reading = (node, notes) => {
  const mode = LOCK_MODES[Number(node.mode) - 1] ?? 'access exclusive'
  for (const { node: relation } of children(node, 'relations')) {
    notes.lock(relationName(relation), mode)
    if (relation.inh === true) notes.hide(relationName(relation), 'children', mode)
  }
}

const checkNow: Reading = (_, notes) => notes.uneven()

export const others: Readonly<Record<string, Reading>> = {
  CommentStmt: comment,
  AlterDomainStmt: alterDomain,
  AlterEnumStmt: alterEnum,
  AlterTypeStmt: () => undefined,
  AlterStatsStmt: () => undefined,
  LockStmt: lockTable,
  ConstraintsSetStmt: checkNow,
}
