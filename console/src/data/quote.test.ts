import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { shellWord } from './quote.js'

/** What sh hands on, byte for byte. */
const throughSh = (words: readonly string[]): string[] =>
  execFileSync('sh', ['-c', `printf '%s\\0' ${words.map(shellWord).join(' ')}`], { encoding: 'utf8' })
    .split('\0')
    .slice(0, -1)

describe('a word for sh', () => {
  test('comes back as it was, whatever is in it', () => {
    const words = [
      '$(touch /tmp/never)',
      '`id`',
      "it's",
      `"'"'`,
      'a b',
      '',
      '$HOME',
      '!!',
      '~',
      '*',
      'a\nb',
      'a\\',
      '\\n',
      '; rm -rf /',
      '&& x',
      '| y',
      '> z',
      '#',
      'ü→🦊',
      '{a,b}',
      '[x]',
      'a=b',
      '-n',
      '%s%n',
      '<script>alert(1)</script>',
    ]
    expect(throughSh(words)).toEqual(words)
  })

  test('is left alone where sh would leave it alone', () => {
    expect(['acme', 'plan=gold', 'a.b-c_d/e:f@g,h%i+1'].map(shellWord)).toEqual(['acme', 'plan=gold', 'a.b-c_d/e:f@g,h%i+1'])
  })
})
