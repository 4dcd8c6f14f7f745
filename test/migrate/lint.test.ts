import { readdir } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { RULE_NAMES } from '../../src/schema/lint/rules.js'
import { FIXTURES, filesOf, fixture, lint, marked, mended, WITHOUT_REWRITE } from './lint-fixtures.js'

describe('lint of migrations', () => {
  test('the tables that fixtures begin with are without a finding', async () => {
    expect(await lint([])).toEqual([])
  })

  test('every rule has a bad fixture, and every fixture a rule', async () => {
    const fixtures = (await readdir(FIXTURES)).filter((name) => !name.startsWith('before.')).map((name) => name.replace('.sql', ''))
    expect(fixtures.sort()).toEqual([...RULE_NAMES].sort())
  })

  test.each(RULE_NAMES)('%s is found where it is, and nothing else is', async (name) => {
    const files = filesOf(await fixture(name))
    const findings = await lint(files)
    expect(findings.map(({ rule, what }) => [rule, what].join(': ')).filter((text) => !text.startsWith(`${name}: `))).toEqual([])
    expect(findings.map(({ file, line }) => `${file}:${line}`)).toEqual(marked(files))
  })

  test.each(RULE_NAMES)('%s proposes what is itself without a finding', async (name) => {
    const files = filesOf(await fixture(name))
    const findings = await lint(files)
    expect(findings.every(({ rewrite }) => rewrite === '')).toBe(WITHOUT_REWRITE.has(name))
    for (const finding of findings.filter(({ rewrite }) => rewrite !== '')) {
      const found = await lint(mended(files, finding))
      expect(
        found.map(({ rule, what, file, line }) => `${rule}: ${what} at ${file}:${line}`),
        finding.rewrite,
      ).toEqual([])
    }
  })
})
