import { describe, expect, test } from 'vitest'
import { durationWords, exactDurationWords, exactWords, relativeWords, tickWords } from './moment-words.js'

const NOW = Date.parse('2026-11-22T08:30:00.000Z')
const ago = (ms: number): string => relativeWords(NOW - ms, NOW)

test('a limit is told to the millisecond', () => {
  expect([0, 250, 90_000, 3_600_000, 90_061_001].map(exactDurationWords)).toEqual([
    '0 ms',
    '250 ms',
    '1 min 30 s',
    '1 h',
    '1 d 1 h 1 min 1 s 1 ms',
  ])
})

describe('a moment in words', () => {
  test('is relative, in the largest whole unit', () => {
    expect([0, 9_999, 10_000, 59_999, 60_000, 3_599_999, 3_600_000, 86_400_000, 2 * 86_400_000].map(ago)).toEqual([
      'just now',
      'just now',
      '10 s ago',
      '59 s ago',
      '1 min ago',
      '59 min ago',
      '1 h ago',
      '24 h ago',
      '2 d ago',
    ])
    expect(relativeWords(NOW + 7 * 86_400_000, NOW)).toBe('in 7 d')
    expect(relativeWords(NOW + 2_000, NOW)).toBe('in a moment')
  })

  test('is a date when it is far, with the year when that is another', () => {
    expect(ago(40 * 86_400_000)).toBe('13 Oct')
    expect(ago(400 * 86_400_000)).toBe('18 Oct 2025')
    expect(relativeWords(NOW + 100 * 86_400_000, NOW)).toBe('2 Mar 2027')
  })

  test('is exact in UTC, whatever zone the browser is in', () => {
    expect(exactWords(NOW)).toBe('2026-11-22 08:30:00 UTC')
  })

  test('a duration below a second is told in milliseconds', () => {
    expect([0, 12.4, 999, 1_000].map(durationWords)).toEqual(['0 ms', '12 ms', '999 ms', '1 s'])
  })
})

test('an axis has times, and days where ticks are days apart', () => {
  const at = new Date(2026, 10, 22, 4, 5).getTime()
  expect(tickWords(at, 3_600_000)).toBe('04:05')
  expect(tickWords(at, 86_400_000)).toBe('22 Nov')
})
