import type { Node } from '../statements.js'
import { addColumn, alterType } from './columns.js'
import { addConstraint, setNotNull } from './constraints.js'
import type { LockMode } from './effect.js'
import { strength } from './effect.js'
import { child, children, relationAt, textAt } from './nodes.js'
import type { Notes, Reading } from './notes.js'

interface Subcommand {
  readonly table: string
  readonly command: Node
  readonly def: Node
  readonly name: string
  readonly notes: Notes
}

type Step = (subcommand: Subcommand) => LockMode

const always =
  (mode: LockMode): Step =>
  () =>
    mode

/** Storage parameters that need more than SHARE UPDATE EXCLUSIVE. */
const STRICT_OPTIONS = new Set(['security_barrier', 'security_invoker', 'check_option', 'user_catalog_table'])

const options: Step = ({ command }) =>
  children(command, 'def').some(({ node }) => STRICT_OPTIONS.has(String(node.defname))) ? 'access exclusive' : 'share update exclusive'

const STEPS: Readonly<Record<string, Step>> = {
  AT_AddColumn: ({ table, command, def, notes }) => {
    if (command.missing_ok === true) notes.uneven()
    addColumn(table, def, notes)
    return 'access exclusive'
  },
  AT_AlterColumnType: ({ table, name, def, notes }) => {
    alterType(table, name, def, notes)
    return 'access exclusive'
  },
  AT_SetNotNull: ({ table, name, notes }) => {
    setNotNull(table, name, notes)
    return 'access exclusive'
  },
  AT_DropNotNull: ({ table, name, notes }) => {
    notes.story.nullFree.delete(`${table}.${name}`)
    return 'access exclusive'
  },
  AT_SetExpression: ({ table, name, notes }) => {
    notes.rewrite(table, `computes ${name} for every row of ${table}, unless it is virtual`)
    return 'access exclusive'
  },
  AT_AddConstraint: ({ table, def, notes }) => {
    addConstraint(table, def, notes)
    return def.contype === 'CONSTR_FOREIGN' ? 'share row exclusive' : 'access exclusive'
  },
  AT_ValidateConstraint: ({ table, name, notes }) => {
    const [target, column] = [notes.story.foreignKeys.get(`${table}.${name}`), notes.story.nullChecks.get(`${table}.${name}`)]
    if (target !== undefined) notes.lock(target, 'row share')
    else if (column === undefined) notes.hide(table, 'foreign keys', 'row share')
    if (column !== undefined) notes.story.nullFree.add(`${table}.${column}`)
    if (notes.story.valid.has(`${table}.${name}`)) return 'share update exclusive'
    notes.scan(table, `checks every row of ${table} while others read and write`)
    if (target !== undefined) notes.scan(target, `looks up every row of ${table} in ${target}`)
    return 'share update exclusive'
  },
  AT_DropConstraint: ({ table, command, name, notes }) => {
    if (command.missing_ok === true) notes.uneven()
    const target = notes.story.foreignKeys.get(`${table}.${name}`)
    if (target !== undefined) notes.lock(target, 'access exclusive')
    else if (
      !notes.story.valid.has(`${table}.${name}`) &&
      !notes.story.tableOfIndex.has(name) &&
      !notes.story.nullChecks.has(`${table}.${name}`)
    )
      notes.hide(table, 'foreign keys', 'access exclusive')
    return 'access exclusive'
  },
  AT_DropColumn: ({ table, command, name, notes }) => {
    if (command.missing_ok === true) notes.uneven()
    notes.hide(`${table}.${name}`, 'column keys', 'access exclusive')
    return 'access exclusive'
  },
  AT_SetLogged: ({ table, notes }) => {
    notes.rewrite(table, `writes ${table} anew, into the log`)
    return 'access exclusive'
  },
  AT_SetUnLogged: ({ table, notes }) => {
    notes.rewrite(table, `writes ${table} anew, out of the log`)
    return 'access exclusive'
  },
  AT_SetAccessMethod: ({ table, notes }) => {
    notes.rewrite(table, `writes ${table} anew`)
    return 'access exclusive'
  },
  AT_AttachPartition: ({ table, def, notes }) => {
    const part = relationAt(def, 'name')
    notes.lock(part, 'access exclusive')
    notes.hide(table, 'default partition', 'access exclusive')
    notes.hide(table, 'foreign keys', 'share row exclusive')
    notes.scan(part, `reads ${part} whole, unless a valid CHECK implies its bounds`)
    return 'share update exclusive'
  },
  AT_DetachPartition: ({ table, def, notes }) => {
    const concurrent = def.concurrent === true
    notes.lock(relationAt(def, 'name'), concurrent ? 'share update exclusive' : 'access exclusive')
    notes.hide(table, 'default partition', 'access exclusive')
    notes.hide(table, 'foreign keys', 'share row exclusive')
    return concurrent ? 'share update exclusive' : 'access exclusive'
  },
  AT_AddInherit: ({ def, notes }) => {
    notes.lock(relationAt({ def }, 'def'), 'share update exclusive')
    return 'access exclusive'
  },
  AT_DropInherit: ({ def, notes }) => {
    notes.lock(relationAt({ def }, 'def'), 'access share')
    return 'access exclusive'
  },
  AT_SetRelOptions: options,
  AT_ResetRelOptions: options,
  AT_SetOptions: always('share update exclusive'),
  AT_ResetOptions: always('share update exclusive'),
  AT_SetStatistics: always('share update exclusive'),
  AT_ClusterOn: always('share update exclusive'),
  AT_DropCluster: always('share update exclusive'),
  AT_EnableTrig: always('share row exclusive'),
  AT_EnableTrigAll: always('share row exclusive'),
  AT_EnableTrigUser: always('share row exclusive'),
  AT_EnableAlwaysTrig: always('share row exclusive'),
  AT_EnableReplicaTrig: always('share row exclusive'),
  AT_DisableTrig: always('share row exclusive'),
  AT_DisableTrigAll: always('share row exclusive'),
  AT_DisableTrigUser: always('share row exclusive'),
}

// These leave the other partitions and heirs of a table alone.
const STAYS = new Set([
  'AT_AttachPartition',
  'AT_DetachPartition',
  'AT_AddInherit',
  'AT_DropInherit',
  'AT_SetRelOptions',
  'AT_ResetRelOptions',
])

const alterTableStatement: Reading = (node, notes) => {
  const named = relationAt(node, 'relation')
  const ofIndex = node.objtype === 'OBJECT_INDEX'
  const table = ofIndex ? (notes.story.tableOfIndex.get(named) ?? '') : named
  let strongest: LockMode = 'access share'
  for (const { node: command } of children(node, 'cmds')) {
    const step = STEPS[String(command.subtype)] ?? always('access exclusive')
    const mode = step({ table, command, def: child(command, 'def') ?? {}, name: textAt(command, 'name') ?? '', notes })
    if (strength(mode) > strength(strongest)) strongest = mode
  }
  if (ofIndex) {
    notes.say(`locks the index ${named} (${strongest}), not its table`)
    return
  }
  notes.lock(table, strongest)
  const spreads = children(node, 'cmds').some(({ node: command }) => !STAYS.has(String(command.subtype)))
  if (spreads && node.objtype === 'OBJECT_TABLE' && child(node, 'relation')?.inh === true) notes.hide(table, 'children', strongest)
  if (node.objtype === 'OBJECT_TYPE') notes.hide(table, 'dependents', 'access share')
}

export const alterTable: Readonly<Record<string, Reading>> = { AlterTableStmt: alterTableStatement }
