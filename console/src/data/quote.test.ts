import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { shellWord } from './quote.js'

const read = (words: string): string => execFileSync('/bin/sh', ['-c', `printf '%s\\037' ${words}`], { encoding: 'utf8' })

test('a shell reads a quoted word as what it was', () => {
  const words = [
    '',
    'plain',
    "it's",
    '$(touch /tmp/x)',
    '`id`',
    '"; rm -rf /; "',
    '\\',
    '*',
    '~',
    'a\nb',
    '-n',
    '!!',
    '#',
    '&&',
    'ÄÖ→',
    '{a,b}',
    "'\\''",
  ]
  expect(read(words.map(shellWord).join(' '))).toBe(words.map((word) => `${word}\x1f`).join(''))
})

test('of any texts at all', () => {
  const text = fc
    .string({ unit: 'binary', maxLength: 30 })
    .filter((one) => !one.includes('\0') && !one.includes('\x1f') && one.isWellFormed())
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 40 }), (words) => {
      expect(read(words.map(shellWord).join(' '))).toBe(words.map((word) => `${word}\x1f`).join(''))
    }),
    { numRuns: 60 },
  )
})
