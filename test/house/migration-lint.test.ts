import { describe, expect, test } from 'vitest'
import { SEVERITIES } from '../../src/schema/lint/finding.js'
import { ALL_RULES, RULE_NAMES, RULES } from '../../src/schema/lint/rules.js'
import { expectCommitted } from './committed.js'
import { migrationLintPage, OTHERS } from './migration-lint-pages.js'

describe('the rules of lint', () => {
  test.each(ALL_RULES)('$name says what should be, why, and what to write', ({ name, title, why, instead }) => {
    expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/)
    expect(title).toMatch(/^[A-Z].*\.$/)
    expect(why).toMatch(/^\S.*\.$/)
    expect(instead).not.toBe('')
  })

  test('stand in the order of their severity, each once', () => {
    const ranks = RULES.map(({ severity }) => SEVERITIES.indexOf(severity))
    expect(ranks).toEqual([...ranks].sort())
    expect(new Set(RULE_NAMES).size).toBe(RULE_NAMES.length)
  })

  test('every rule of the others has its place, and no place is one that is not there', () => {
    const named = Object.values(OTHERS).flatMap((rules) => Object.values(rules).flatMap((here) => (typeof here === 'string' ? [] : here)))
    expect(named.filter((name) => !RULE_NAMES.includes(name))).toEqual([])
  })

  test('docs/migration-lint.md is what the rules say', () => {
    expectCommitted('docs/migration-lint.md', migrationLintPage())
  })
})
