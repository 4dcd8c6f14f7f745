import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeValue, jsonCodec } from './codec.js'
import { placeOf, tagOf } from './key.js'

// Parts that are made of what delimits: of other schemes, of JSON, of Redis.
const awkward = fc.oneof(
  fc.constantFrom('', ':', '|', ',', '"', '\\', '[', ']', '{', '}', '$', '\0', '\n', '\ud800', 'a', 'b', '1'),
  fc.string(),
)
const word = fc.array(awkward, { maxLength: 4 }).map((parts) => parts.join(''))
const leaf = fc.oneof(
  word,
  fc.integer(),
  fc.double(),
  fc.bigInt(),
  fc.boolean(),
  fc.constant(null),
  fc.date(),
  fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
)
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.oneof(word, fc.constant('$')), tie('value'), { maxKeys: 3 }),
  ),
}))
const place = fc.record({
  id: word,
  epoch: word,
  version: word,
  actor: word,
  key: fc.oneof(value, fc.array(word, { maxLength: 3 })),
  tags: fc.array(
    word.map((text) => `t${text}`),
    { maxLength: 3 },
  ),
})

type Asked = {
  readonly id: string
  readonly epoch: string
  readonly version: string
  readonly actor?: string
  key: unknown
  tags: string[]
}

const entryOf = ({ id, epoch, version, actor = '', key, tags }: Asked): string =>
  placeOf({ id, slug: 'any', epoch, version }, { actor, kind: 'key', key, tags, codec: 'c' }).entry

describe('keys', () => {
  test('of two places that differ in anything are never the same, whatever stands in tenant, epoch, key or tags', () => {
    const seen = new Map<string, string>()
    fc.assert(
      fc.property(place, (one) => {
        const entry = entryOf(one)
        const said = encodeValue([one.id, one.epoch, one.version, one.actor, one.key, [...new Set(one.tags)].sort()])
        expect(seen.get(entry) ?? said).toBe(said)
        seen.set(entry, said)
        expect(entry).toMatch(/^[\w-]{32}$/)
      }),
      { numRuns: 2_000 },
    )
    expect(seen.size).toBeGreaterThan(1_000)
  })

  test('text cannot be moved from one part into the next', () => {
    fc.assert(
      fc.property(word, word, word, (a, b, c) => {
        fc.pre(b !== '')
        const at = (id: string, key: readonly unknown[]): string => entryOf({ id, epoch: '1', version: '1', key, tags: [] })
        expect(at(a + b, [c])).not.toBe(at(a, [b + c]))
        expect(at(a, [b, c])).not.toBe(at(a, [b + c]))
        expect(tagOf({ id: a + b }, c)).not.toBe(tagOf({ id: a }, b + c))
      }),
    )
  })

  test('the naive way of making a key is seen to give two tenants the same one', () => {
    const naive = (tenant: string, key: string): string => `${tenant}:${key}`
    expect(naive('a', 'b:c')).toBe(naive('a:b', 'c'))
  })

  test('a part that is undefined is refused, and so is an object of a class, since two of them may look alike', () => {
    const at = (key: unknown) => () => entryOf({ id: 'a', epoch: '1', version: '1', key, tags: [] })
    expect(at(['user', undefined])).toThrow(expect.objectContaining({ code: 'CACHE_KEY_INVALID' }))
    expect(at([new Map([[1, 2]])])).toThrow(expect.objectContaining({ code: 'CACHE_VALUE_INVALID' }))
  })
})

describe('values', () => {
  test('come back as they were, in every type and part', () => {
    fc.assert(
      fc.property(value, (one) => {
        expect(jsonCodec.decode(jsonCodec.encode(one))).toEqual(one)
        expect(jsonCodec.encode(jsonCodec.decode(jsonCodec.encode(one)))).toBe(jsonCodec.encode(one))
      }),
    )
    const odd = [-0, Number.NaN, undefined, { a: undefined }, new Date(Number.NaN), JSON.parse('{"__proto__": {"x": 1}}')]
    expect(jsonCodec.decode(jsonCodec.encode(odd))).toStrictEqual(odd)
  })

  test('that cannot be written down are refused with their place', () => {
    const circle: { self?: unknown } = {}
    circle.self = circle
    for (const [bad, where] of [
      [{ rows: [{ at: new Map() }] }, 'value.rows[0].at'],
      [() => 1, 'value'],
      [{ a: Symbol('a') }, 'value.a'],
    ] as const) {
      expect(() => encodeValue(bad)).toThrow(
        expect.objectContaining({ code: 'CACHE_VALUE_INVALID', facts: expect.objectContaining({ where }) }),
      )
    }
    expect(() => encodeValue(circle)).toThrow(expect.objectContaining({ code: 'CACHE_VALUE_INVALID' }))
  })
})
