import { describe, expect, test } from 'vitest'
import { windowOf } from './window-of.js'

const looked = (top: number, more: object = {}) => windowOf({ top, height: 680, rows: 10_000, rowPx: 34, over: 10, ...more })
const sight = (top: number, more: object = {}) => looked(top, more).sight

describe('the rows in sight', () => {
  test('of ten thousand only some are there, and those in sight always', () => {
    expect(sight(0)).toEqual({ from: 0, to: 40 })
    expect(sight(3_400)).toEqual({ from: 90, to: 140 })
    expect(sight(10_000 * 34)).toEqual({ from: 9_990, to: 10_000 })
  })

  test('of few all are there', () => {
    expect(sight(1_000, { rows: 150 })).toEqual({ from: 0, to: 150 })
    expect(sight(0, { rows: 0 })).toEqual({ from: 0, to: 0 })
  })

  test('the row in focus is there wherever it is', () => {
    const all = (keep: number) => looked(3_400, { keep }).all
    expect(all(100)).toEqual([{ from: 90, to: 140 }])
    expect(all(0)).toEqual([
      { from: 0, to: 1 },
      { from: 90, to: 140 },
    ])
    expect(all(9_999)).toEqual([
      { from: 90, to: 140 },
      { from: 9_999, to: 10_000 },
    ])
  })
})
