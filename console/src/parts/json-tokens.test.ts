import { expect, test } from 'vitest'
import { jsonTokens } from './json-tokens.js'

test('put together, the tokens are the whole JSON, whatever is in it', () => {
  const values = [
    { a: 1, 'b"c': ['x', '"y":', -2.5e-7, 1e21, null, true, false], true: { '': {} }, e: [], f: '<script>alert(1)</script>' },
    'null',
    null,
    undefined,
    12,
    ['\\', '\\"', '\u2028', '-1', 'n'],
  ]
  for (const value of values)
    expect(
      jsonTokens(value)
        .map(({ text }) => text)
        .join(''),
    ).toBe(JSON.stringify(value, undefined, 2) ?? 'null')
})

test('names, texts, numbers and words are told apart', () => {
  const kinds = jsonTokens({ a: 'b', c: -1.5, d: null }).filter(({ kind }) => kind !== 'mark')
  expect(kinds).toEqual([
    { kind: 'name', text: '"a"' },
    { kind: 'text', text: '"b"' },
    { kind: 'name', text: '"c"' },
    { kind: 'number', text: '-1.5' },
    { kind: 'name', text: '"d"' },
    { kind: 'word', text: 'null' },
  ])
})
