import type { Node } from '../statements.js'

/** A child of a syntax tree together with the name of its node. */
export interface Child {
  readonly kind: string
  readonly node: Node
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value)

/** The object under a key, without the name of its node around it. */
export function child(node: Node, key: string): Node | undefined {
  const value = node[key]
  return isNode(value) ? (unwrapped(value)?.node ?? value) : undefined
}

export function children(node: Node, key: string): readonly Child[] {
  const value = node[key]
  const list = isNode(value) ? (unwrapped(value)?.node.items ?? []) : value
  return Array.isArray(list) ? list.flatMap((one) => (isNode(one) ? [unwrapped(one) ?? { kind: '', node: one }] : [])) : []
}

/** A node stands in a list as `{"Kind": {…}}`. */
function unwrapped(value: Node): Child | undefined {
  const [first, second] = Object.entries(value)
  return first !== undefined && second === undefined && /^[A-Z]/.test(first[0]) && isNode(first[1])
    ? { kind: first[0], node: first[1] }
    : undefined
}

export function textAt(node: Node, key: string): string | undefined {
  const value = node[key]
  return typeof value === 'string' ? value : undefined
}

/** The words of a qualified name: `["platform", "country"]`. */
export const wordsAt = (node: Node, key: string): readonly string[] =>
  children(node, key).flatMap(({ node: word }) => (typeof word.sval === 'string' ? [word.sval] : []))

/** A table as statements name it. */
export const relationName = (relation: Node): string =>
  [textAt(relation, 'schemaname'), textAt(relation, 'relname')].filter((word) => word !== undefined).join('.')

export function relationAt(node: Node, key: string): string {
  const relation = child(node, key)
  return relation === undefined ? '' : relationName(relation)
}

/** A type as statements name it, without what the grammar adds: `varchar`, `int4`, `ext.citext`. */
export const typeName = (type: Node): string => {
  const words = wordsAt(type, 'names')
  return words.filter((word, at) => at > 0 || word !== 'pg_catalog' || words.length === 1).join('.')
}
