import type { TypeFacts } from './relations.js'

/** What a column's values are in TypeScript: as `pg` reads them, and as it takes them. */
export interface ValueShape {
  readonly read: string
  readonly write: string
}

/** Types that a file declares where it needs them. */
export const DECLARED: Readonly<Record<string, string>> = {
  JsonValue: `/** What \`json\` and \`jsonb\` are read as. */
export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue }`,
  JsonInput: `/** What \`json\` and \`jsonb\` are written from. A string is taken for JSON text, and an array for an array of PostgreSQL: give both as \`JSON.stringify\` makes them. */
export type JsonInput = string | number | boolean | { readonly [key: string]: unknown }`,
  Interval: `/** What \`interval\` is read as. Parts that are zero are left out. */
export interface Interval {
  years?: number
  months?: number
  days?: number
  hours?: number
  minutes?: number
  seconds?: number
  milliseconds?: number
  toPostgres(): string
  toISOString(): string
}`,
  Point: `/** What \`point\` is read as; it is written as a string, such as \`(1,2)\`. */
export interface Point {
  x: number
  y: number
}`,
  Circle: `/** What \`circle\` is read as; it is written as a string, such as \`<(1,2),3>\`. */
export interface Circle {
  x: number
  y: number
  radius: number
}`,
}

const shape = (read: string, write = read): ValueShape => ({ read, write })
const TEXT = shape('string')
const NUMBER = shape('number')
const DATE = shape('Date', 'Date | string')
const JSON_VALUE = shape('JsonValue', 'JsonInput')

// What the parsers of `pg` answer. All that is not here is read as the text that PostgreSQL writes.
const VALUES: Readonly<Record<string, ValueShape>> = {
  bool: shape('boolean'),
  int2: NUMBER,
  int4: NUMBER,
  oid: NUMBER,
  float4: NUMBER,
  float8: NUMBER,
  // Both hold more than a JavaScript number can.
  int8: shape('string', 'string | number | bigint'),
  numeric: shape('string', 'string | number'),
  date: DATE,
  timestamp: DATE,
  timestamptz: DATE,
  interval: shape('Interval', 'Interval | string'),
  json: JSON_VALUE,
  jsonb: JSON_VALUE,
  bytea: shape('Buffer', 'Uint8Array'),
  point: shape('Point', 'string'),
  circle: shape('Circle', 'string'),
}

// Arrays that `pg` takes apart; any other comes as text such as `{a,b}`. Of numeric it makes numbers there.
const ARRAYS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['bpchar', 'varchar', 'text', 'cidr', 'macaddr', 'inet', 'numrange', 'uuid', 'money', 'time', 'timetz'].map((name) => [name, 'string']),
  ),
  ...Object.fromEntries(
    [
      'bool',
      'bytea',
      'int2',
      'int4',
      'oid',
      'int8',
      'float4',
      'float8',
      'point',
      'date',
      'timestamp',
      'timestamptz',
      'interval',
      'json',
      'jsonb',
    ].map((name) => [name, VALUES[name]!.read]),
  ),
  numeric: 'number',
}

/** Of a type; `enums` are the names that its file gives to them. */
export function valueShape(type: TypeFacts, types: ReadonlyMap<string, TypeFacts>, enums: ReadonlyMap<string, string>): ValueShape {
  if (type.kind === 'enum') return shape(enums.get(type.id)!)
  // PostgreSQL tells clients the type beneath a domain, but an array of domains is a type of its own.
  if (type.kind === 'domain') return valueShape(types.get(type.of!)!, types, enums)
  if (type.kind === 'array') {
    const element = types.get(type.of!)!
    const known = element.schema === 'pg_catalog' ? ARRAYS[element.name] : undefined
    const written = valueShape(element, types, enums).write
    return { read: known === undefined ? 'string' : `${known}[]`, write: `readonly (${written})[] | string` }
  }
  return (type.schema === 'pg_catalog' && VALUES[type.name]) || TEXT
}

/** What a domain adds, along the whole chain. */
export function domainFacts(
  type: TypeFacts,
  types: ReadonlyMap<string, TypeFacts>,
): { readonly notNull: boolean; readonly hasDefault: boolean } {
  if (type.kind !== 'domain') return { notNull: false, hasDefault: false }
  const below = domainFacts(types.get(type.of!)!, types)
  return { notNull: type.notNull || below.notNull, hasDefault: type.hasDefault || below.hasDefault }
}
