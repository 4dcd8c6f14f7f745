import type { Node } from '../statements.js'
import { type Child, child, children, relationAt, textAt } from './nodes.js'
import { type Notes, nameBefore, type Reading } from './notes.js'

const dropStatement: Reading = (node, notes) => {
  const dropped = children(node, 'objects').map((one) => wordsOf(one))
  const cascades = node.behavior === 'DROP_CASCADE'
  for (const words of dropped) dropOne(String(node.removeType), words, node, notes)
  if (cascades) for (const words of dropped) notes.hide(words.join('.'), 'dependents', 'access exclusive')
  return () => {
    for (const words of dropped) notes.story.made.delete(words.join('.'))
  }
}

function dropOne(kind: string, words: readonly string[], node: Node, notes: Notes): void {
  const name = words.join('.')
  switch (kind) {
    case 'OBJECT_TABLE':
      notes.lock(name, 'access exclusive')
      notes.hide(name, 'foreign keys', 'access exclusive')
      notes.hide(name, 'parents', 'access exclusive')
      notes.hide(name, 'children', 'access exclusive')
      return
    case 'OBJECT_VIEW':
    case 'OBJECT_MATVIEW':
    case 'OBJECT_SEQUENCE':
    case 'OBJECT_FOREIGN_TABLE':
      notes.lock(name, 'access exclusive')
      return
    case 'OBJECT_INDEX': {
      const mode = node.concurrent === true ? 'share update exclusive' : 'access exclusive'
      const table = notes.story.tableOfIndex.get(name)
      if (table !== undefined) notes.lock(table, mode)
      else {
        notes.hide(name, 'index', mode)
        notes.say(`locks the table of ${name} (${mode})`)
      }
      return
    }
    case 'OBJECT_TRIGGER':
    case 'OBJECT_RULE':
      notes.lock(words.slice(0, -1).join('.'), 'access exclusive')
      return
    case 'OBJECT_STATISTIC_EXT':
      notes.hide(name, 'statistics', 'share update exclusive')
      return
    default:
      return
  }
}

function wordsOf({ kind, node }: Child): readonly string[] {
  if (kind === 'String') return [String(node.sval)]
  return children({ items: kind === 'List' ? node.items : (node.names ?? node.objname) }, 'items').flatMap(({ node: word }) =>
    typeof word.sval === 'string' ? [word.sval] : [],
  )
}

const RENAMED_RELATIONS = new Set(['OBJECT_TABLE', 'OBJECT_VIEW', 'OBJECT_MATVIEW', 'OBJECT_SEQUENCE', 'OBJECT_FOREIGN_TABLE'])

const renameStatement: Reading = (node, notes) => {
  const [named, to] = [relationAt(node, 'relation'), textAt(node, 'newname') ?? '']
  if (node.renameType === 'OBJECT_INDEX') {
    // The index alone is locked, and its table stays free.
    const table = notes.story.tableOfIndex.get(named)
    return () => {
      if (table !== undefined) notes.story.tableOfIndex.set(to, table)
    }
  }
  if (node.renameType === 'OBJECT_ATTRIBUTE') notes.hide(named, 'dependents', 'access exclusive')
  notes.lock(named, 'access exclusive')
  if (node.renameType === 'OBJECT_COLUMN' || node.renameType === 'OBJECT_TABCONSTRAINT')
    if (child(node, 'relation')?.inh === true) notes.hide(named, 'children', 'access exclusive')
  if (!RENAMED_RELATIONS.has(String(node.renameType))) return undefined
  const { story } = notes
  return () => {
    if (story.made.delete(named)) story.made.add(to)
    else story.before.set(to, nameBefore(story, named))
    for (const [index, table] of story.tableOfIndex) if (table === named) story.tableOfIndex.set(index, to)
  }
}

export const drop: Readonly<Record<string, Reading>> = { DropStmt: dropStatement }
export const rename: Readonly<Record<string, Reading>> = { RenameStmt: renameStatement }
