import { expect, test } from 'vitest'
import { type Backup, marksOf, proofOf } from './backup-words.js'

const backup = (facts: Partial<Backup>): Backup =>
  ({ id: 'x', state: 'kept', damage: null, provenAt: null, verifiedAt: null, at: null, keptAt: null, ...facts }) as Backup

test('damage is told before all else, and a proof before a reading', () => {
  const [verifiedAt, provenAt] = ['2026-11-21T08:00:00Z', '2026-11-21T09:00:00Z']
  const words = (facts: Partial<Backup>) => proofOf(backup(facts)).words
  expect(words({})).toBe('kept')
  expect(words({ verifiedAt })).toBe('verified')
  expect(words({ verifiedAt, provenAt })).toBe('proven')
  expect(words({ verifiedAt, provenAt, damage: 'frame 3' })).toBe('damaged')
  expect(words({ state: 'writing' })).toBe('being written')
  expect(words({ state: 'removing', damage: 'frame 3' })).toBe('being removed')
})

test('the oldest stands at the beginning of the line, now is its end, and what has no moment is not on it', () => {
  const now = Date.parse('2026-11-22T00:00:00Z')
  const at = (day: string) => backup({ id: day, at: `2026-11-${day}T00:00:00Z` })
  const { marks } = marksOf([at('12'), at('22'), at('17'), backup({ id: 'none' })], now)
  expect(marks.map(({ id, place }) => [id, place])).toEqual([
    ['12', 0],
    ['22', 1],
    ['17', 0.5],
  ])
  // A server whose clock is ahead.
  expect(marksOf([at('12'), at('23')], now).marks[1]?.place).toBe(1)
  expect(marksOf([], now).marks).toEqual([])
})
