import { describe, expect, test } from 'vitest'
import { gridDeed, nextSort, sortKey } from './grid-keys.js'

const press = (key: string, at: number | undefined, count = 5, held: object = {}) =>
  gridDeed({ key, ctrlKey: false, metaKey: false, altKey: false, ...held }, at, count)

describe('keys of a grid', () => {
  test('j and k go row by row and stop at both ends; the first of them goes to the first row', () => {
    expect([press('j', undefined), press('j', 0), press('j', 4), press('k', 0), press('ArrowDown', 1), press('ArrowUp', 1)]).toEqual([
      { go: 0 },
      { go: 1 },
      { go: 4 },
      { go: 0 },
      { go: 2 },
      { go: 0 },
    ])
    expect([press('Home', 3), press('End', 3), press('PageDown', 1, 50), press('PageUp', 3)]).toEqual([
      { go: 0 },
      { go: 4 },
      { go: 11 },
      { go: 0 },
    ])
  })

  test('x chooses, Enter opens, / searches, Escape chooses nothing', () => {
    expect([press('x', 2), press(' ', 2), press('Enter', 2), press('/', undefined, 0), press('Escape', 1)]).toEqual([
      { toggle: 2 },
      { toggle: 2 },
      { open: 2 },
      { search: true },
      { clear: true },
    ])
    expect([press('x', undefined), press('Enter', undefined), press('j', 0, 0)]).toEqual([undefined, undefined, undefined])
  })

  test("keys with Ctrl, Alt or Meta are the browser's", () => {
    for (const held of [{ ctrlKey: true }, { metaKey: true }, { altKey: true }]) expect(press('k', 1, 5, held)).toBeUndefined()
  })

  test('a click on the head turns the order round', () => {
    expect([nextSort('created', 'name'), nextSort('name', 'name'), nextSort('-name', 'name'), sortKey('-name')]).toEqual([
      'name',
      '-name',
      'name',
      'name',
    ])
  })
})
