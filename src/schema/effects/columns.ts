import { type ColumnType, callsIn, keepsIndexes, keepsRows } from '../keeps-rows.js'
import type { Node } from '../statements.js'
import { addConstraint } from './constraints.js'
import { child, children, textAt, typeName } from './nodes.js'
import type { Notes } from './notes.js'

export const SERIALS: ReadonlySet<string> = new Set(['serial', 'serial2', 'serial4', 'serial8', 'smallserial', 'bigserial'])

/** A column added to a table that may hold rows. */
export function addColumn(table: string, column: Node, notes: Notes): void {
  const name = textAt(column, 'colname') ?? ''
  const type = typeName(child(column, 'typeName') ?? {})
  const constraints = children(column, 'constraints').map(({ node }) => node)
  const has = (contype: string): Node | undefined => constraints.find((constraint) => constraint.contype === contype)
  const generated = has('CONSTR_GENERATED')
  const given = has('CONSTR_DEFAULT')
  const numbered = SERIALS.has(type) || has('CONSTR_IDENTITY') !== undefined
  if (numbered) notes.rewrite(table, `numbers every row of ${table}`)
  else if (generated !== undefined && generated.generated_kind !== 'v') notes.rewrite(table, `computes ${name} for every row of ${table}`)
  else if (given !== undefined && callsIn(given.raw_expr, notes.story.functions).restless !== undefined)
    notes.rewrite(table, `the default of ${name} may differ from row to row, so ${table} is written anew`)
  else if (notes.story.strictDomains.has(type)) notes.rewrite(table, `${type} has constraints, so ${table} is written anew`)
  for (const constraint of constraints) {
    // With a default, the server knows that no row is null.
    if (constraint.contype === 'CONSTR_NOTNULL' && (given !== undefined || generated !== undefined || numbered)) {
      notes.story.nullFree.add(`${table}.${name}`)
      continue
    }
    // A column that begins empty refers to nothing.
    const empty = constraint.contype === 'CONSTR_FOREIGN' && given === undefined && generated === undefined && !numbered
    addConstraint(table, empty ? { ...constraint, skip_validation: true } : constraint, notes, name)
  }
}

export function alterType(table: string, column: string, def: Node, notes: Notes): void {
  const written = child(def, 'typeName') ?? {}
  const to: ColumnType = { type: nameWithArray(written), modifiers: modifiersOf(written) }
  const key = `${table}.${column}`
  const before = notes.story.types.get(key)
  const using = def.raw_default !== undefined && !isColumn(def, column)
  notes.story.types.set(key, `${to.type}${to.modifiers.length === 0 ? '' : `(${to.modifiers.join(',')})`}`)
  if (before !== undefined && !using && keepsRows(typeFrom(before), to)) {
    notes.say(`the rows of ${table} stay as they are`)
    if (!keepsIndexes(typeFrom(before), to)) notes.say(`indexes of ${column}, if there are any, are made anew`)
    return
  }
  const unsure = before === undefined && !using ? ', unless the old type has the same bytes' : ''
  notes.rewrite(table, `changes the type of ${column}, so ${table} and its indexes are written anew${unsure}`)
}

const isColumn = (def: Node, column: string): boolean => {
  const reference = (def.raw_default as Node | undefined)?.ColumnRef as Node | undefined
  return reference !== undefined && children(reference, 'fields').length === 1 && children(reference, 'fields')[0]?.node.sval === column
}

const modifiersOf = (type: Node): readonly number[] =>
  children(type, 'typmods').flatMap(({ node }) => {
    const value = node.ival as Node | undefined
    return value === undefined ? [] : [Number(value.ival ?? 0)]
  })

const nameWithArray = (type: Node): string => `${typeName(type)}${children(type, 'arrayBounds').length > 0 ? '[]' : ''}`

function typeFrom(written: string): ColumnType {
  const modifiers = /\(([-\d,]+)\)/.exec(written)?.[1]?.split(',').map(Number) ?? []
  return { type: written.replace(/\s*\([-\d,]+\)/, ''), modifiers }
}
