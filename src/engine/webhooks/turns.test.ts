import { expect, test } from 'vitest'
import { openTurns } from './turns.js'

const names = (letter: string, many: number): readonly string[] => Array.from({ length: many }, (_, n) => `${letter}${n}`)

test('of more than fit those go first whose last turn was longest ago, however long the others have waited', () => {
  const turns = openTurns(() => 0)
  const many = names('a', 40)
  expect(turns.begin(many)).toEqual(many.slice(0, 32))
  expect([turns.awaited(), turns.goesOn('a0')]).toEqual([true, false])
  turns.end('a0')
  // It has more, and is first by what it has: but it had its turn.
  expect(turns.begin(many)).toEqual(['a32'])
  for (const id of many.slice(1, 33)) turns.end(id)
  expect(turns.begin(many).slice(0, 8)).toEqual([...many.slice(33), 'a0'])
})

test('those whose receivers are slow have no more than 24 of 32 turns, and whoever is quick again has no such bound', () => {
  let now = 0
  const turns = openTurns(() => now)
  const slow = names('slow', 32)
  expect(turns.begin(slow)).toHaveLength(32)
  now = 9_000
  for (const id of slow) {
    turns.goesOn(id)
    turns.end(id)
  }
  expect(turns.begin(slow)).toHaveLength(24)
  const quick = names('quick', 10)
  expect(turns.begin([...slow, ...quick])).toEqual(quick.slice(0, 8))
  expect([turns.goesOn('quick0'), turns.awaited()]).toEqual([false, true])
  for (const id of quick) turns.end(id)
  expect(turns.begin([...slow, ...quick.slice(8)])).toEqual(['quick8', 'quick9'])
  // Nobody quick waits: they go on, and slow ones make room for slow ones.
  now += 9_000
  expect([turns.goesOn('slow0'), turns.goesOn('slow1')]).toEqual([false, false])
  now += 500
  turns.goesOn('slow0')
  turns.end('slow0')
  expect(turns.begin(['slow0'])).toEqual(['slow0'])
})

test('while all fit each goes on until nothing is due', () => {
  const turns = openTurns(() => 0)
  turns.begin(['a', 'b'])
  expect([turns.awaited(), turns.goesOn('a'), turns.goesOn('b')]).toEqual([false, true, true])
})
