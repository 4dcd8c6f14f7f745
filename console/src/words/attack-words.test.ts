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

test('a run of some attacks only takes the place of a whole one only if something came through', () => {
  const run = (id: string, partial: boolean, facts: object = {}) =>
    ({ id, partial, grounds: [{ cluster: 'main', isolation: 'shared', ...counts, breach: 0, ...facts }] }) as unknown as AttackRun
  const shownOf = (...runs: AttackRun[]) => lastGrounds(runs).map((ground) => `${ground.run.id}: ${groundWords(ground).words}`)
  const nothing = { refused: 0, residual: 0 }
  expect(shownOf(run('some', true), run('whole', false, { breach: 2 }))).toEqual(['whole: 2 came through'])
  expect(shownOf(run('some', true, { breach: 1 }), run('whole', false))).toEqual(['some: 1 came through'])
  expect(shownOf(run('again', true), run('some', true, { breach: 1 }), run('whole', false))).toEqual(['some: 1 came through'])
  expect(shownOf(run('whole', false), run('some', true, { breach: 1 }))).toEqual(['whole: held'])
  expect(shownOf(run('newer', true), run('older', true))).toEqual(['newer: held'])
  expect(shownOf(run('none', false, nothing), run('whole', false))).toEqual(['whole: held'])
})

test('where nothing was tried, nothing has held', () => {
  const ground = { cluster: 'main', isolation: 'shared', ...counts, refused: 0, residual: 0, breach: 0 }
  expect(groundWords(ground)).toEqual({ words: 'nothing tried', tone: 'quiet' })
  expect(groundWords({ ...ground, residual: 1 })).toEqual({ words: 'held', tone: 'good' })
})
