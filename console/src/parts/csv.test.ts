import { expect, test } from 'vitest'
import { renderCsv } from '../../../src/cli/csv.js'
import { csvOf } from './csv.js'

test('CSV is written as the command line writes it, formulas made harmless', () => {
  const values = ['=1+1', '@x', '-5', '-5a', '+1', 'a,b', 'say "a"', 'a\nb', '\tx', null, undefined, 4, true, { a: 1 }, '', 'ü']
  const rows = values.map((value) => ({ value, other: 'x' }))
  expect(
    csvOf(
      ['value', 'other'],
      rows.map(({ value, other }) => [value, other]),
    ),
  ).toBe(renderCsv(rows, ['value', 'other']))
})

test('for the clipboard a tab is between cells, and one within a cell is none of those', () => {
  expect(
    csvOf(
      ['a', 'b'],
      [
        ['x\ty', '=1'],
        ['1,5', null],
      ],
      '\t',
    ),
  ).toBe(`a\tb\n"x\ty"\t'=1\n1,5\t\n`)
})
