import { expect, test } from 'vitest'
import { grown, latest, type Measured, wordsOf } from './measured.js'

const series = (metric: string, of: string | null, values: readonly (number | null)[]) => ({
  metric,
  unit: '',
  cluster: 'main',
  of,
  kind: null,
  values,
})
const measured: Measured = {
  everyS: 15,
  times: [0, 15, 30],
  series: [
    series('replica-lag', 'a', [1, 2, null]),
    series('replica-lag', 'b', [9, 0.5, 0.25]),
    series('size', null, [null, 100, 140]),
    series('cache-hit', null, [null, null, null]),
  ],
}

test('the last that is known counts, of several the highest; what is not known is not made up', () => {
  expect(latest(measured, 'replica-lag', 'main')).toBe(2)
  expect(latest(measured, 'cache-hit', 'main')).toBeUndefined()
  expect(latest(measured, 'size', 'other')).toBeUndefined()
  expect(latest(undefined, 'size', 'main')).toBeUndefined()
  expect([
    grown(measured, measured, 'size', 'main'),
    grown(measured, measured, 'cache-hit', 'main'),
    grown(measured, measured, 'none', 'main'),
  ]).toEqual([40, undefined, undefined])
})

test('growth in a week is told only where it was measured about a week ago', () => {
  const week = (values: readonly (number | null)[]): Measured => ({
    everyS: 21_600,
    times: values.map((_, at) => at * 21_600),
    series: [series('size', null, values)],
  })
  expect(grown(week([null, null, 100, 120, 130, 140]), measured, 'size', 'main')).toBe(40)
  expect(grown(week([null, null, null, null, null, 100]), measured, 'size', 'main')).toBeUndefined()
})

test('values are written by their unit', () => {
  expect([wordsOf('B')(2048), wordsOf('B/s')(2048), wordsOf('%')(99.96), wordsOf('s')(90), wordsOf('1/s')(1200)]).toEqual([
    ...['2 KiB', '2 KiB/s', '100 %', '1 min', '1.2k'],
  ])
})
