import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fault } from './faults.js'
import { parseStrictJson } from './strict-json.js'

const invalid = (reason: string) => fault('BODY_INVALID', { reason })

const refused = (text: string): unknown => {
  try {
    return parseStrictJson(text, invalid)
  } catch (error) {
    return (error as { code: string }).code
  }
}

test('what JSON writes is read back as it was', () => {
  const values = fc.dictionary(
    fc.string().filter((key) => key !== '__proto__'),
    fc.jsonValue({ noUnicodeString: false }),
  )
  fc.assert(
    fc.property(values, (value) => {
      const text = JSON.stringify(value)
      fc.pre(!text.includes('"__proto__"'))
      expect(parseStrictJson(text, invalid)).toEqual(JSON.parse(text))
    }),
    { numRuns: 1_000 },
  )
})

test('any other text is refused, and nothing else is thrown', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json().map((text) => text.slice(1)),
        fc.json().map((text) => `${text}]`),
      ),
      (text) => {
        const answer = refused(text)
        expect(answer === 'BODY_INVALID' || typeof answer === 'object').toBe(true)
      },
    ),
    { numRuns: 1_000 },
  )
})

test.each([
  ['{"a":1,"a":1}'],
  ['{"a":1,"\\u0061":2}'],
  ['{"x":[{"b":1 , "b"\n:2}]}'],
  ['{"__proto__":{"admin":true}}'],
  ['{"a":{"\\u005f_proto__":1}}'],
  ['[{}]'],
  ['"text"'],
  ['null'],
  ['{} {}'],
  [`{"a":${'['.repeat(64)}${']'.repeat(64)}}`],
  [`{"a":${'['.repeat(500_000)}`],
])('%.40s is refused', (text) => {
  expect(refused(text)).toBe('BODY_INVALID')
})

test.each([
  ['{"a":{"b":1},"c":{"b":1}}', { a: { b: 1 }, c: { b: 1 } }],
  ['{"a":"\\"b\\":{[","b":["a","a"]}', { a: '"b":{[', b: ['a', 'a'] }],
  ['{"constructor":1,"\\\\":2}', { constructor: 1, '\\': 2 }],
])('%s is fine', (text, value) => {
  expect(parseStrictJson(text, invalid)).toEqual(value)
})

test('63 levels in an object are fine', () => {
  expect(refused(`{"a":${'['.repeat(63)}${']'.repeat(63)}}`)).toMatchObject({ a: [expect.any(Array)] })
})
