import { expect, test } from 'vitest'
import type { Readings, SampleRow } from '../../catalog/samples.js'
import { METRICS } from './metrics.js'
import { rolledUp } from './rollup.js'
import { seriesOf } from './series.js'

const metric = (name: string) => METRICS.find((one) => one.name === name)!
/** Samples of one cluster, 15 s apart; a hole is one that nobody took. */
const rows = (...readings: readonly (Readings | undefined)[]): readonly SampleRow[] =>
  readings.flatMap((one, place) =>
    one === undefined ? [] : [{ cluster: 'main', at: new Date(place * 15_000), readAt: place * 15 + 0.5, of: { '': one } }],
  )
const times = (count: number): readonly number[] => Array.from({ length: count }, (_, place) => place * 15)
const values = (name: string, ...readings: readonly (Readings | undefined)[]) =>
  seriesOf(metric(name), rows(...readings), times(readings.length), 15).map((series) => series.values)

test('a rate is what was gained by the time between the readings', () => {
  expect(values('wal', { wal: 0 }, { wal: 150 }, { wal: 150 }, { wal: 300 })).toEqual([[null, 10, 0, 10]])
  expect(values('deadlocks', { deadlocks: 1, databasesReset: 'a' }, { deadlocks: 2, databasesReset: 'a' })).toEqual([[null, 4]])
})

test('what has begun to be counted anew is not known: neither less than before, nor more than before under another mark', () => {
  expect(values('wal', { wal: 900 }, { wal: 15 }, { wal: 30 })).toEqual([[null, null, 1]])
  const of = (tempBytes: number, databasesReset: string) => ({ tempBytes, databasesReset })
  expect(values('temp-bytes', of(15, 'a'), of(30, 'a'), of(900, 'b'), of(915, 'b'))).toEqual([[null, 1, null, 1]])
})

test('the share of hits is of what was asked for at the time, and of nothing it is not known', () => {
  const of = (blocksHit: number, blocksRead: number) => ({ blocksHit, blocksRead, databasesReset: '' })
  expect(values('cache-hit', of(1_000, 9_000), of(1_090, 9_010), of(1_090, 9_010), of(1_090, 9_020))).toEqual([[null, 90, null, 0]])
})

test('a sample that is missing is a gap, and a rate goes over two of them at most', () => {
  expect(values('wal', { wal: 0 }, undefined, undefined, { wal: 450 })).toEqual([[null, null, null, 10]])
  expect(values('wal', { wal: 0 }, undefined, undefined, undefined, { wal: 450 }, { wal: 600 })).toEqual([
    [null, null, null, null, null, 10],
  ])
  expect(values('waiting', { waiting: 3 }, undefined, { waiting: 0 })).toEqual([[3, null, 0]])
})

test('while a server is away it is down, and nothing else is known of it', () => {
  expect(values('up', { up: 1 }, { up: 0 }, { up: 1 })).toEqual([[1, 0, 1]])
  expect(values('waiting', { up: 1, waiting: 2 }, { up: 0 }, { up: 1, waiting: 0 })).toEqual([[2, null, 0]])
  expect(values('wal', { wal: 0 }, { up: 0 }, { wal: 30 }, { wal: 45 })).toEqual([[null, null, null, 1]])
})

test('each state, each database and each cluster is a series of its own', () => {
  const sample = { cluster: 'main', at: new Date(0), readAt: 0 }
  const found = seriesOf(metric('connections'), [{ ...sample, of: { '': { active: 2, idle: 5 } } }], [0], 15)
  expect(found.map(({ kind, values }) => [kind, values])).toContainEqual(['idle', [5]])
  const of = { a: { backends: 1 }, b: { backends: 2 } }
  const both = [
    { ...sample, of },
    { ...sample, cluster: 'far', of: { a: { backends: 7 } } },
  ]
  expect(seriesOf(metric('database-connections'), both, [0], 15).map(({ cluster, of, values }) => [cluster, of, values])).toEqual([
    ['main', 'a', [1]],
    ['main', 'b', [2]],
    ['far', 'a', [7]],
  ])
})

test('over a longer time states are a mean, the worst is kept where it matters, and counters stay as they were read last, at that time', () => {
  const samples = [
    { at: 1, of: { '': { active: 1, waiting: 7, commits: 10, databasesReset: 'a' }, gone: { active: 1, commits: 5 } } },
    { at: 16, of: { '': { active: 3, waiting: 0, commits: 40, databasesReset: 'b' } } },
    { at: 31, of: { '': { up: 0 } } },
  ]
  expect(rolledUp('server', samples)).toEqual({
    at: 16,
    of: { '': { active: 2, waiting: 7, commits: 40, databasesReset: 'b', up: 0 }, gone: { active: 1, commits: null } },
  })
  expect(rolledUp('server', samples.slice(2))).toEqual({ at: 31, of: { '': { up: 0 } } })
  expect(rolledUp('server', [])).toBeUndefined()
})

test('a server that is away at the end of a longer time makes no rate too low, and none too high after it', () => {
  // 10 a second, and nothing is known of the last half minute of the first two minutes.
  const all = Array.from({ length: 12 }, (_, place): Readings => (place === 6 || place === 7 ? { up: 0 } : { wal: place * 150 }))
  const found = seriesOf(metric('wal'), rows(...all), [0, 60, 120], 60)
  expect(found.map((series) => series.values)).toEqual([[null, 10, 10]])
})

test('values that are farther apart than the samples are made of all of them', () => {
  const found = seriesOf(
    metric('waiting'),
    rows({ waiting: 1 }, { waiting: 9 }, { waiting: 2 }, { waiting: 0 }, { waiting: 4 }),
    [0, 60],
    60,
  )
  expect(found.map((series) => series.values)).toEqual([[9, 4]])
})
