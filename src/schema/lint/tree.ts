import type { Node } from '../statements.js'

// The parser's trees wrap every node in its name: {"ColumnDef": {…}}.

const isObject = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value)

export interface Named {
  readonly kind: string
  readonly node: Node
}

/** A node without the name around it. */
export function open(value: unknown): Named | undefined {
  if (!isObject(value)) return undefined
  const entries = Object.entries(value)
  const [first] = entries
  if (entries.length === 1 && first !== undefined && /^[A-Z]/.test(first[0]) && isObject(first[1]))
    return { kind: first[0], node: first[1] }
  return { kind: '', node: value }
}

export const inside = (value: unknown): Node | undefined => open(value)?.node

/** The members of a list, or of a node that holds one. */
export function list(value: unknown): readonly Named[] {
  const items = Array.isArray(value) ? value : inside(value)?.items
  return Array.isArray(items) ? items.flatMap((one) => open(one) ?? []) : []
}

export const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/** The strings in a list, such as the words of a qualified name. */
export const words = (value: unknown): readonly string[] =>
  list(value).flatMap(({ node }) => (typeof node.sval === 'string' ? [node.sval] : []))

/** A relation as it is written, without the schema of the file's own place. */
export function relationName(value: unknown, own?: string): string {
  const node = inside(value)
  if (node === undefined) return ''
  const schema = text(node.schemaname)
  return schema === '' || schema === own ? text(node.relname) : `${schema}.${text(node.relname)}`
}

/** Names as `drop table a, b.c` lists them. */
export const dropped = (node: Node): readonly string[] =>
  list(node.objects).map((one) => (one.kind === 'TypeName' ? typeName(one.node) : words(one.node.objname ?? one.node).join('.')))

/** `int4`, `timestamp`, `ltree`, `ext.citext`; an array ends in []. */
export function typeName(value: unknown): string {
  const node = inside(value)
  if (node === undefined) return ''
  const name = words(node.names)
  const bare = (name[0] === 'pg_catalog' ? name.slice(1) : name).join('.')
  return Array.isArray(node.arrayBounds) && node.arrayBounds.length > 0 ? `${bare}[]` : bare
}

/** The numbers in parentheses behind a type. */
export const typeModifiers = (value: unknown): readonly number[] =>
  list(inside(value)?.typmods).flatMap(({ node }) => {
    const number = (node.ival as Node | undefined)?.ival
    return node.ival === undefined ? [] : [Number(number ?? 0)]
  })

export const functionName = (call: Node): string => {
  const name = words(call.funcname)
  return (name[0] === 'pg_catalog' ? name.slice(1) : name).join('.')
}

/** An option of `create function`, `create view … with`, `create table … with`. */
export const option = (options: unknown, name: string): Node | undefined => list(options).find(({ node }) => node.defname === name)?.node

export function isTrue(definition: Node | undefined): boolean {
  if (definition === undefined) return false
  if (definition.arg === undefined) return true
  const value = inside(definition.arg)
  if (value?.boolval !== undefined) return value.boolval === true
  if (value?.ival !== undefined) return Number(value.ival) === 1
  return ['true', 'on', '1', 'yes'].includes(text(value?.sval).toLowerCase())
}

/** A column of which a tree says only the name; the last word of `t.c`. */
export const columnOf = (node: Node): string | undefined => {
  const fields = list(node.fields)
  const last = fields.at(-1)
  return last?.kind === 'String' ? text(last.node.sval) : undefined
}

const RESERVED = new Set(
  `all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create current_catalog current_date current_role
  current_time current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign from grant group having in
  initially intersect into lateral leading limit localtime localtimestamp not null offset on only or order placing primary references returning select
  session_user some symmetric system_user table then to trailing true union unique user using variadic when where window with`.split(/\s+/),
)

/** A name as SQL writes it. */
export const quoted = (name: string): string =>
  name
    .split('.')
    .map((word) => (/^[a-z_][a-z0-9_$]*$/.test(word) && !RESERVED.has(word) ? word : `"${word.replaceAll('"', '""')}"`))
    .join('.')

/** A constant text. */
export const constant = (node: Node | undefined): string => text(inside(node?.sval)?.sval)
