import { fault } from '../kernel/faults.js'

/** How values are written down. `version` is part of every key: change it when the shape changes, and what older code has kept is not found any more. */
export interface CacheCodec {
  readonly version: string
  readonly encode: (value: unknown) => string
  readonly decode: (text: string) => unknown
}

// What marks a value that JSON has no word for. An object with a field of this name is marked as well, so nothing else can look like a mark.
const MARK = '$'
const MAX_DEPTH = 64

const marked = (kind: string, value: unknown): unknown => ({ [MARK]: kind, value })

function tag(value: unknown, path: string, depth: number): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0) ? value : marked('number', numberText(value))
  if (value === undefined) return marked('undefined', null)
  if (typeof value === 'bigint') return marked('bigint', String(value))
  if (typeof value !== 'object') throw refused(path, `a ${typeof value}`)
  if (depth > MAX_DEPTH) throw refused(path, `nested deeper than ${MAX_DEPTH}`)
  if (value instanceof Date) return marked('date', Number.isNaN(value.getTime()) ? null : value.getTime())
  if (value instanceof Uint8Array) return marked('bytes', Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64'))
  if (Array.isArray(value)) return Array.from(value, (item, i) => tag(item, `${path}[${i}]`, depth + 1))
  const prototype = Object.getPrototypeOf(value)
  // Two objects of a class may differ in what cannot be seen from here.
  if (prototype !== null && prototype !== Object.prototype) throw refused(path, `a ${prototype.constructor?.name || 'class'}`)
  const fields = Object.entries(value).map(([name, item]) => [name, tag(item, `${path}.${name}`, depth + 1)] as const)
  return Object.hasOwn(value, MARK) ? marked('object', fields) : Object.fromEntries(fields)
}

const numberText = (value: number): string => (Object.is(value, -0) ? '-0' : String(value))

const refused = (path: string, found: string): Error => fault('CACHE_VALUE_INVALID', { where: path, found })

function untag(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(untag)
  if (!Object.hasOwn(value, MARK)) return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, untag(item)]))
  const { [MARK]: kind, value: inner } = value as { readonly [MARK]: string; readonly value: unknown }
  if (kind === 'undefined') return undefined
  if (kind === 'number') return Number(inner)
  if (kind === 'bigint') return BigInt(inner as string)
  if (kind === 'date') return new Date((inner as number | null) ?? Number.NaN)
  if (kind === 'bytes') return Buffer.from(inner as string, 'base64')
  return Object.fromEntries((inner as readonly (readonly [string, unknown])[]).map(([name, item]) => [name, untag(item)]))
}

/** A value as text: two values have the same text only when they are alike in every type and part. Throws CACHE_VALUE_INVALID. */
export const encodeValue = (value: unknown): string => JSON.stringify(tag(value, 'value', 0))

/** JSON, with dates, bytes, bigint, undefined and the numbers that JSON lacks; bytes come back as Buffer. Objects of classes are refused. */
export const jsonCodec: CacheCodec = { version: 'json1', encode: encodeValue, decode: (text) => untag(JSON.parse(text)) }
