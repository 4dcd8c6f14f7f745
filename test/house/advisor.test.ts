import { describe, expect, test } from 'vitest'
import { LINT_IDS } from '../../src/isolation/advisor/ids.js'
import { RULES } from '../../src/isolation/advisor/rules.js'
import { CHECKS } from '../../src/isolation/doctor/finding.js'
import { advisorPage, SPLINTER } from './advisor-pages.js'
import { expectCommitted } from './committed.js'

describe('the advisor', () => {
  test.each(LINT_IDS)('%s says what must hold, why, and what mends it', (id) => {
    const { title, why, fix, checks, database, server } = RULES[id]
    expect(title).toMatch(/^[A-Z`].*\.$/)
    expect(why).toMatch(/\.\)?$/)
    expect(fix).not.toBe('')
    for (const check of checks) expect(CHECKS).toHaveProperty([check])
    for (const statement of [database, server]) if (statement !== undefined) expect(checks).toContain(statement.check)
  })

  test('every rule of splinter has its place, and no rule claims one that has not', () => {
    for (const id of LINT_IDS) {
      for (const number of RULES[id].splinter ?? []) expect(SPLINTER[number]?.[1], `${id} ${number}`).toContain(id)
    }
    for (const [number, [, here]] of Object.entries(SPLINTER)) {
      if (typeof here !== 'string') for (const id of here) expect(RULES[id].splinter, `${number} ${id}`).toContain(number)
    }
  })

  test('docs/advisor.md is what the table says', () => {
    expectCommitted('docs/advisor.md', advisorPage())
  })
})
