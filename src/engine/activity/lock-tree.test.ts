import { expect, test } from 'vitest'
import { lockTree, type Waits } from './lock-tree.js'

const waits = (...pairs: readonly (readonly [pid: number, ...blockedBy: readonly number[]])[]): readonly Waits[] =>
  pairs.map(([pid, ...blockedBy]) => ({ pid, blockedBy }))

/** `number`, indented by its depth; `~` on a ring, `^` where it is shown above already. */
const drawn = (all: readonly Waits[]): readonly string[] =>
  lockTree(all).map(({ one, depth, cycle, again }) => `${'.'.repeat(depth)}${one.pid}${cycle ? '~' : ''}${again ? '^' : ''}`)

test('those who wait stand below those for whom they wait, in the order in which they came', () => {
  expect(drawn(waits([1], [2, 1], [3, 2], [4, 1], [5]))).toEqual(['1', '.2', '..3', '.4', '5'])
  expect(lockTree(waits([1], [2, 1], [3, 2]))).toMatchObject([
    { depth: 0, behind: null, blocks: 1 },
    { depth: 1, behind: 1, blocks: 1 },
    { depth: 2, behind: 2, blocks: 0 },
  ])
})

test('whoever waits for several stands below each, and what is behind it only once', () => {
  expect(drawn(waits([1], [2], [3, 1, 2], [4, 3]))).toEqual(['1', '.3', '..4', '2', '.3^'])
})

test('a ring is cut where it is entered, and what hangs on it is shown', () => {
  expect(drawn(waits([1, 2], [2, 1]))).toEqual(['1~', '.2~', '..1~^'])
  // Only those on it are named so: 4 waits behind it, and 9 is in nobody's way.
  expect(drawn(waits([4, 3], [1, 2], [2, 3], [3, 1], [9]))).toEqual(['9', '1~', '.3~', '..4', '..2~', '...1~^'])
  // Behind a root as well.
  expect(drawn(waits([1], [2, 1, 3], [3, 2]))).toEqual(['1', '.2~', '..3~', '...2~^'])
})

test('somebody who waits for itself, or for one that is gone, waits for nobody', () => {
  expect(drawn(waits([1, 1], [2, 77]))).toEqual(['1', '2'])
})

test('a queue of ten thousand, and a ring of as many, are no deeper than the list is long', () => {
  const row = Array.from({ length: 10_000 }, (_, n): Waits => ({ pid: n + 1, blockedBy: n === 0 ? [] : [n] }))
  expect(lockTree(row).at(-1)).toMatchObject({ depth: 9_999, cycle: false })
  const ring = row.map((one, n) => (n === 0 ? { ...one, blockedBy: [10_000] } : one))
  expect(lockTree(ring)).toHaveLength(10_001)
  expect(lockTree(ring).at(-1)).toMatchObject({ again: true, cycle: true })
})
