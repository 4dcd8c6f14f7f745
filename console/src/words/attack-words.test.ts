import { expect, test } from 'vitest'
import { type AttackRun, groundWords, lastGrounds, runOf } from './attack-words.js'

const counts = { assurance: 'strict', server: '18.4', refused: 90, residual: 2, hole: 0, otherwise: 0, skipped: 5 }
const shown = (facts: object) =>
  ({ id: 'o', state: 'succeeded', actor: 'cli:x', createdAt: 't0', endedAt: 't1', input: {}, fault: null, result: null, ...facts }) as never

test('a run that ended well tells what its result says', () => {
  const run = runOf(
    shown({
      result: { data: [{ cluster: 'main', isolation: 'shared', ...counts }], residuals: ['R1'], notes: [], closed: [], attacks: 97 },
    }),
  )
  expect(run).toMatchObject({ partial: false, breaches: [], residuals: ['R1'], failed: undefined })
  expect(run.grounds).toEqual([{ cluster: 'main', isolation: 'shared', ...counts, breach: 0 }])
  expect(groundWords(run.grounds[0]!)).toEqual({ words: 'held', tone: 'good' })
})

test('a breach is told by the facts of its fault, and another fault by its words', () => {
  const grounds = [{ cluster: 'main', isolation: 'shared', ...counts, breach: 3 }]
  const facts = { breaches: 3, which: ['C-25 (…)'], more: 2, ids: ['C-25'], again: '', grounds }
  const run = runOf(shown({ state: 'failed', input: { only: ['C-25'] }, fault: { code: 'ATTACK_BREACHED', facts, message: 'm' } }))
  expect(run).toMatchObject({ partial: true, grounds, breaches: ['C-25 (…)'], moreBreaches: 2, failed: undefined })
  expect(groundWords(run.grounds[0]!)).toEqual({ words: '3 came through', tone: 'bad' })
  expect(runOf(shown({ state: 'failed', fault: { code: 'SECRET_MISSING', facts: {}, message: 'no secret' } }))).toMatchObject({
    grounds: [],
    failed: 'no secret',
  })
})

test('of each cluster and isolation the newest run counts, also one that was of another cluster alone', () => {
  const ground = (cluster: string, isolation: string, breach = 0) => ({ cluster, isolation, ...counts, breach })
  const runs = [
    { id: 'new', grounds: [ground('b', 'shared')] },
    { id: 'failed', grounds: [] },
    { id: 'old', grounds: [ground('b', 'shared', 1), ground('a', 'schema'), ground('a', 'database')] },
  ] as unknown as AttackRun[]
  expect(lastGrounds(runs).map(({ cluster, isolation, breach, run }) => [cluster, isolation, breach, run.id])).toEqual([
    ['a', 'database', 0, 'old'],
    ['a', 'schema', 0, 'old'],
    ['b', 'shared', 0, 'new'],
  ])
})
