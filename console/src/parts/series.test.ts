import { describe, expect, test } from 'vitest'
import { rangeOf, saysOf, sparkPath } from './series.js'

const BOX = { width: 100, height: 20, pad: 0 }

describe('a sparkline', () => {
  test('goes from zero to the highest', () => {
    expect(sparkPath([0, 5, 10], BOX)).toBe('M0 20L50 10L100 0')
    expect(sparkPath([-10, 10], BOX)).toBe('M0 20L100 0')
  })

  test('leaves a gap where nothing is known, and shows what stands alone as a dot', () => {
    expect(sparkPath([0, null, 10, 10], BOX)).toBe('M0 20h0.01M66.67 0L100 0')
    expect(sparkPath([null, null], BOX)).toBe('')
    expect(sparkPath([], BOX)).toBe('')
    expect(sparkPath([Number.NaN, 1, Number.POSITIVE_INFINITY], BOX)).toBe('M50 0')
  })

  test('is flat, and never NaN, where all is equal', () => {
    expect(sparkPath([0, 0], BOX)).toBe('M0 10L100 10')
    expect(sparkPath([7], BOX)).toBe('M50 0h0.01')
  })

  test('is told in words as well', () => {
    expect(saysOf([1, null, 3], String)).toBe('now 3, lowest 1, highest 3')
    expect(saysOf([1, null], String)).toBe('now unknown, lowest 1, highest 1')
    expect(saysOf([null], String)).toBe('nothing known')
    expect(rangeOf([])).toBeUndefined()
  })
})
