import { type Child, children, relationAt, textAt } from '../effects/nodes.js'
import type { ObjectKind } from './check.js'
import type { Foresight } from './outlook.js'

const DROPPED: Readonly<Record<string, ObjectKind>> = {
  OBJECT_TABLE: 'relation',
  OBJECT_VIEW: 'relation',
  OBJECT_MATVIEW: 'relation',
  OBJECT_INDEX: 'relation',
  OBJECT_SEQUENCE: 'relation',
  OBJECT_TYPE: 'type',
  OBJECT_DOMAIN: 'type',
  OBJECT_TRIGGER: 'trigger',
}

const drop: Foresight = (node, outlook) => {
  const kind = DROPPED[String(node.removeType)]
  if (kind === undefined) return
  for (const one of children(node, 'objects')) {
    const words = wordsOf(one)
    const [name, of] = kind === 'trigger' ? [words.at(-1) ?? '', words.at(-2)] : [words.join('.'), undefined]
    if (node.missing_ok !== true) outlook.need(kind, name, of)
    outlook.gone(kind, name, of)
    if (kind === 'relation') outlook.touch(name, `an earlier statement drops ${name}`)
  }
}

const wordsOf = ({ kind, node }: Child): readonly string[] =>
  children({ items: kind === 'List' ? node.items : node.names }, 'items').flatMap(({ node: word }) =>
    typeof word.sval === 'string' ? [word.sval] : [],
  )

const rename: Foresight = (node, outlook) => {
  const [table, from, to] = [relationAt(node, 'relation'), textAt(node, 'subname') ?? '', textAt(node, 'newname') ?? '']
  switch (node.renameType) {
    case 'OBJECT_TABLE':
    case 'OBJECT_VIEW':
    case 'OBJECT_MATVIEW':
    case 'OBJECT_INDEX':
    case 'OBJECT_SEQUENCE':
      if (node.missing_ok !== true) outlook.need('relation', table)
      outlook.gone('relation', table)
      outlook.touch(to, `an earlier statement renames ${table}`)
      outlook.make('relation', to)
      return
    case 'OBJECT_COLUMN':
      if (!outlook.need('relation', table)) return
      outlook.need('column', from, table)
      outlook.gone('column', from, table)
      outlook.make('column', to, table)
      return
    case 'OBJECT_TABCONSTRAINT':
      if (!outlook.need('relation', table)) return
      outlook.need('constraint', from, table)
      outlook.gone('constraint', from, table)
      outlook.make('constraint', to, table)
      return
    case 'OBJECT_TRIGGER':
      if (outlook.need('relation', table)) outlook.need('trigger', from, table)
      return
    default:
      return
  }
}

export const drops: Readonly<Record<string, Foresight>> = { DropStmt: drop, RenameStmt: rename }
