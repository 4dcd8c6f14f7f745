import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { keep, keepOnlyOf, readKept } from '../../data/kept.js'
import { draftOf, forgetHistory, historyOf, keepDraft, remember } from './history.js'

/** As a browser has it: what is kept are its own properties. */
class Kept {
  [key: string]: unknown
  getItem(key: string): string | null {
    return (this[key] as string | undefined) ?? null
  }
  setItem(key: string, value: string): void {
    this[key] = value
  }
  removeItem(key: string): void {
    delete this[key]
  }
}

beforeEach(() => vi.stubGlobal('localStorage', new Kept()))
afterEach(() => vi.unstubAllGlobals())

test('what is kept for somebody is gone when another signs in, also one whose name begins like theirs', () => {
  for (const actor of ['user:anna', 'user:anna.smith', 'user:anna/smith', 'user:ann']) keep(actor, 'sql.history', actor)
  keepOnlyOf('user:anna')
  expect(readKept('user:anna', 'sql.history')).toBe('user:anna')
  for (const actor of ['user:anna.smith', 'user:anna/smith', 'user:ann']) expect(readKept(actor, 'sql.history')).toBeUndefined()
  keepOnlyOf(undefined)
  expect(Object.keys(localStorage)).toEqual([])
})

test('forgetting takes what was run and what was typed in for every tenant, and nothing of others', () => {
  remember('user:anna', { at: 1, tenant: 'acme', statement: 'select 1', write: false, went: '1 row' })
  keepDraft('user:anna', 'acme', 'select 2')
  keepDraft('user:anna', 'globex', 'select 3')
  keepDraft('user:anna.smith', 'globex', 'select 4')
  keep('user:anna', 'other', true)
  forgetHistory('user:anna')
  expect(historyOf('user:anna')).toEqual([])
  expect([draftOf('user:anna', 'acme'), draftOf('user:anna', 'globex'), draftOf('user:anna.smith', 'globex')]).toEqual(['', '', 'select 4'])
  expect(readKept('user:anna', 'other')).toBe(true)
})
