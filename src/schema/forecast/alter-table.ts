import { SERIALS } from '../effects/columns.js'
import { child, children, relationAt, textAt, typeName } from '../effects/nodes.js'
import type { Node } from '../statements.js'
import { after, commaParts, parenthesesAfter } from './clauses.js'
import { columnsIn, isOwn, needTarget } from './creations.js'
import type { Foresight, Outlook, RowCheckWithoutPlace } from './outlook.js'

interface Command {
  readonly table: string
  readonly node: Node
  readonly def: Node
  readonly name: string
  /** As written; undefined when the statement could not be cut into its commands. */
  readonly text: string | undefined
  readonly outlook: Outlook
}

const nulls = (table: string, column: string): RowCheckWithoutPlace => ({
  kind: 'null',
  what: `rows of ${table} in which ${column} is null`,
  table,
  columns: [column],
  own: false,
  column,
})

function addColumn({ table, node, def, text, outlook }: Command): void {
  const name = textAt(def, 'colname') ?? ''
  const constraints = children(def, 'constraints').map(({ node: constraint }) => constraint)
  const has = (contype: string): boolean => constraints.some((constraint) => constraint.contype === contype)
  const filled =
    has('CONSTR_DEFAULT') || has('CONSTR_GENERATED') || has('CONSTR_IDENTITY') || SERIALS.has(typeName(child(def, 'typeName') ?? {}))
  if ((has('CONSTR_NOTNULL') || has('CONSTR_PRIMARY')) && !filled)
    outlook.ask({ kind: 'any', what: `rows of ${table}, for which the new column ${name} has no value`, table, columns: [], own: false })
  for (const constraint of constraints) {
    if (constraint.contype === 'CONSTR_FOREIGN') needTarget(constraint, outlook)
    if (constraint.conname !== undefined) outlook.make('constraint', String(constraint.conname), table)
  }
  outlook.make('column', name, table, node.missing_ok !== true && text !== '')
}

function alterType({ table, name, def, text, outlook }: Command): void {
  if (!outlook.need('column', name, table)) return
  const type = child(def, 'typeName') ?? {}
  const written = text === undefined ? undefined : typeText(text)
  const using = text === undefined ? undefined : after(text, 'using')
  const base = { table, own: isOwn(type) || isOwn(def.raw_default) }
  const columns = [...new Set([name, ...columnsIn(def.raw_default)])]
  if (using !== undefined && written !== undefined) {
    const what = `rows of ${table} in which ${using} cannot be made ${written}`
    const simple = castOf(def.raw_default, name)
    outlook.ask(
      simple
        ? { ...base, kind: 'unlike', what, columns, column: name, type: written }
        : { ...base, kind: 'fails', what, columns, expression: `(${using})::${written}` },
    )
  } else if (written !== undefined) {
    const size = Number(/^(?:varchar|character varying|char|character)\s*\(\s*(\d+)\s*\)$/i.exec(written)?.[1])
    const what = `rows of ${table} in which ${name} cannot be made ${written}`
    outlook.ask(
      size > 0
        ? { ...base, kind: 'longer', what: `rows of ${table} in which ${name} is longer than ${size}`, columns, column: name, size }
        : { ...base, kind: 'fails', what, columns, expression: `"${name.replaceAll('"', '""')}"::${written}` },
    )
  }
  outlook.make('column', name, table, false)
}

const typeText = (text: string): string | undefined => {
  const rest = after(text, 'type')
  if (rest === undefined) return undefined
  const using = after(rest, 'using')
  const type = using === undefined ? rest : rest.slice(0, rest.length - using.length).replace(/\busing\s*$/i, '')
  return type.replace(/\bcollate\b.*$/is, '').trim()
}

/** Is it `column::type`, and nothing more? */
function castOf(expression: unknown, column: string): boolean {
  const cast = (expression as Node | undefined)?.TypeCast as Node | undefined
  const reference = (cast?.arg as Node | undefined)?.ColumnRef as Node | undefined
  return reference !== undefined && children(reference, 'fields').length === 1 && children(reference, 'fields')[0]?.node.sval === column
}

function addConstraint({ table, def, text, outlook }: Command): void {
  const name = textAt(def, 'conname')
  const keys = children(def, def.contype === 'CONSTR_FOREIGN' ? 'fk_attrs' : 'keys').map(({ node }) => String(node.sval))
  for (const key of keys) outlook.need('column', key, table)
  if (def.contype === 'CONSTR_FOREIGN') needTarget(def, outlook)
  const index = textAt(def, 'indexname')
  if (index !== undefined) outlook.need('relation', index)
  const checks = checksOf(table, def, keys, text)
  for (const check of checks) if (check.kind === 'false') for (const column of check.columns) outlook.need('column', column, table)
  if (name !== undefined) outlook.make('constraint', name, table)
  if (def.is_enforced === false) return
  if (def.skip_validation !== true) for (const check of checks) outlook.ask(check)
  else if (name !== undefined) outlook.unproved.set(`${table}.${name}`, checks)
}

function checksOf(table: string, def: Node, keys: readonly string[], text: string | undefined): readonly RowCheckWithoutPlace[] {
  const base = { table, columns: keys, own: false }
  switch (def.contype) {
    case 'CONSTR_NOTNULL':
      return keys.map((key) => nulls(table, key))
    case 'CONSTR_CHECK': {
      const expression = text === undefined ? undefined : parenthesesAfter(text, 'check')
      if (expression === undefined) return []
      const what = `rows of ${table} that do not meet CHECK (${expression})`
      return [{ kind: 'false', what, table, columns: columnsIn(def.raw_expr), own: isOwn(def.raw_expr), expression }]
    }
    case 'CONSTR_FOREIGN': {
      const target = relationAt(def, 'pktable')
      const targetKeys = children(def, 'pk_attrs').map(({ node }) => String(node.sval))
      return [{ ...base, kind: 'orphan', what: `rows of ${table} whose ${keys.join(', ')} is not in ${target}`, keys, target, targetKeys }]
    }
    case 'CONSTR_PRIMARY':
    case 'CONSTR_UNIQUE': {
      if (keys.length === 0) return []
      const empty = def.contype === 'CONSTR_PRIMARY' ? keys.map((key) => nulls(table, key)) : []
      const expressions = keys.map((column) => ({ column }))
      const alike = { ...base, kind: 'twice' as const, what: `rows of ${table} that are alike in ${keys.join(', ')}`, expressions }
      return [...empty, { ...alike, where: undefined, nulls: def.nulls_not_distinct === true }]
    }
    case 'CONSTR_EXCLUSION':
      return overlaps(table, def)
    default:
      return []
  }
}

/** Of plain columns alone, and without a condition. */
function overlaps(table: string, def: Node): readonly RowCheckWithoutPlace[] {
  const pairs = children(def, 'exclusions').map(({ node }) => {
    const [element, operator] = children(node, 'items')
    const words = operator === undefined ? [] : children({ items: operator.node.items }, 'items').map(({ node: word }) => String(word.sval))
    return { column: element === undefined ? undefined : textAt(element.node, 'name'), operator: words.at(-1) ?? '' }
  })
  if (
    def.where_clause !== undefined ||
    pairs.some(({ column, operator }) => column === undefined || !/^[-+*/<>=~!@#%^&|`?]{1,8}$/.test(operator))
  )
    return []
  const known = pairs as { column: string; operator: string }[]
  const columns = known.map(({ column }) => column)
  return [{ kind: 'overlap', what: `rows of ${table} that overlap in ${columns.join(', ')}`, table, columns, own: false, pairs: known }]
}

const COMMANDS: Readonly<Record<string, (command: Command) => void>> = {
  AT_AddColumn: addColumn,
  AT_AlterColumnType: alterType,
  AT_AddConstraint: addConstraint,
  AT_SetNotNull: ({ table, name, outlook }) => {
    outlook.need('column', name, table)
    outlook.ask(nulls(table, name))
  },
  AT_DropColumn: ({ table, node, name, outlook }) => {
    if (node.missing_ok !== true) outlook.need('column', name, table)
    outlook.gone('column', name, table)
  },
  AT_DropConstraint: ({ table, node, name, outlook }) => {
    if (node.missing_ok !== true) outlook.need('constraint', name, table)
    outlook.gone('constraint', name, table)
  },
  AT_ValidateConstraint: ({ table, name, outlook }) => {
    outlook.need('constraint', name, table)
    for (const check of outlook.unproved.get(`${table}.${name}`) ?? []) outlook.ask(check)
  },
  AT_AttachPartition: ({ def, outlook }) => {
    outlook.need('relation', relationAt(def, 'name'))
  },
  AT_DetachPartition: ({ def, outlook }) => {
    outlook.need('relation', relationAt(def, 'name'))
  },
}

const OF_COLUMNS = new Set([
  'AT_ColumnDefault',
  'AT_DropNotNull',
  'AT_SetStatistics',
  'AT_SetStorage',
  'AT_SetCompression',
  'AT_AddIdentity',
])

const alter: Foresight = (node, outlook, text) => {
  const table = relationAt(node, 'relation')
  if (node.objtype === 'OBJECT_TYPE') return void outlook.need('type', table)
  if (node.missing_ok === true) return outlook.touch(table, `${table} may not be there`)
  outlook.need('relation', table)
  if (node.objtype !== 'OBJECT_TABLE') return
  const commands = children(node, 'cmds')
  const parts = commaParts(text)
  for (const [at, { node: command }] of commands.entries()) {
    const subtype = String(command.subtype)
    const name = textAt(command, 'name') ?? ''
    if (OF_COLUMNS.has(subtype)) outlook.need('column', name, table)
    const written = parts.length === commands.length ? parts[at] : undefined
    COMMANDS[subtype]?.({ table, node: command, def: child(command, 'def') ?? {}, name, text: written, outlook })
  }
}

export const alterTable: Readonly<Record<string, Foresight>> = { AlterTableStmt: alter }
