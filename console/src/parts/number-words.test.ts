import { describe, expect, test } from 'vitest'
import { bytesWords, countOf, countWords, shortWords } from './number-words.js'

describe('numbers in words', () => {
  test('bytes have three figures at most, and never a thousand of a unit', () => {
    expect([0, 1, 999, 1_000, 1_024, 1_536, 10_240, 1_048_576, 1_047_552, 1.5 * 1024 ** 3, 2 ** 60].map(bytesWords)).toEqual([
      '0 B',
      '1 B',
      '999 B',
      '0.98 KiB',
      '1 KiB',
      '1.50 KiB',
      '10 KiB',
      '1 MiB',
      '1 MiB',
      '1.50 GiB',
      '1024 PiB',
    ])
    expect(bytesWords(-2048)).toBe('−2 KiB')
  })

  test('counts are grouped, and one is one', () => {
    expect(countWords(1_234_567)).toBe('1,234,567')
    expect([countOf(1, 'tenant'), countOf(0, 'tenant'), countOf(2, 'entry', 'entries')]).toEqual(['1 tenant', '0 tenants', '2 entries'])
  })

  test('on an axis they are short', () => {
    expect([0, 12, 999, 1_200, 3_000_000, -4_500].map(shortWords)).toEqual(['0', '12', '999', '1.2k', '3M', '-4.5k'])
  })
})
