import { describe, expect, test } from 'vitest'
import type { Attack } from '../../isolation/attacks/attack.js'
import type { Attempt } from './attempt.js'
import type { Ground, Look } from './ground.js'
import { judge } from './judge.js'

const QUIET: Look = { victim: 'v', walls: 'w', own: 'o', stolen: 0 }
const ground = { version: 180_004, isForeign: (text: string) => text.includes('theirs') } as Ground

const verdictOf = (more: { readonly attempt?: Partial<Attempt>; readonly after?: Partial<Look> }) => {
  const attempt: Attempt = { way: 'plain', code: 'ok', texts: [], count: 0, ending: { residual: 'own-role' }, ...more.attempt }
  const { verdict, saw } = judge(ground, { id: 'X-00' } as Attack, { attempt, before: QUIET, after: { ...QUIET, ...more.after } })
  return { verdict, saw }
}

describe('an attack with a published residual', () => {
  test('is that residual as long as it does what is published of it', () => {
    expect(verdictOf({}).verdict).toBe('residual')
    expect(verdictOf({ after: { walls: 'changed' } }).verdict).toBe('residual')
    expect(verdictOf({ attempt: { code: '42501' } }).verdict).toBe('refused')
  })

  test('is a breach as soon as it does more', () => {
    expect(verdictOf({ attempt: { texts: ['what is theirs'] } })).toEqual({
      verdict: 'breach',
      saw: 'a value of the other tenant comes to the attacker, which is more than is published of it',
    })
    for (const after of [{ victim: 'changed' }, { stolen: 1 }, { walls: 'changed', victim: 'changed' }])
      expect(verdictOf({ after }).verdict).toBe('breach')
  })

  test('and so does one that would be refused otherwise', () => {
    expect(verdictOf({ attempt: { ending: ['42501'], code: '42501' } }).verdict).toBe('refused')
    expect(verdictOf({ attempt: { ending: ['42501'], code: '42501' }, after: { victim: 'changed' } }).verdict).toBe('breach')
  })
})
