import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { FAULTS } from '../../src/kernel/faults.js'
import { expectCommitted } from './committed.js'
import { EXIT_STATUSES, faultsPage, HTTP_STATUSES, ROWS, sampleFacts, wordings } from './fault-pages.js'
import { lineOf, nodesOf, parseSource, publishedSources, type Source } from './sources.js'

const MAKERS: ReadonlySet<string> = new Set(['fault', 'fail', 'isFault'])

interface Mention {
  readonly code: string
  readonly at: string
}

const CODE = /^[A-Z]+(_[A-Z]+)*$/

/** Every code that is given to `fault`, `fail` or `isFault`. Other people's `fail` takes a sentence. */
function mentionsIn(source: Source): readonly Mention[] {
  return [...nodesOf(source.tree)].flatMap((node) => {
    if (!ts.isCallExpression(node) || !ts.isIdentifier(node.expression) || !MAKERS.has(node.expression.text)) return []
    const literals = node.arguments.flatMap((argument) =>
      [...nodesOf(argument)].filter((inner) => ts.isStringLiteral(inner) && !isInsideObject(inner, argument)),
    )
    const at = `${source.path}:${lineOf(source, node)}`
    return literals.flatMap((literal) =>
      CODE.test((literal as ts.StringLiteral).text) ? [{ code: (literal as ts.StringLiteral).text, at }] : [],
    )
  })
}

/** The facts beside a code hold texts of their own. */
function isInsideObject(node: ts.Node, top: ts.Node): boolean {
  for (let at = node; at !== top.parent; at = at.parent) if (ts.isObjectLiteralExpression(at)) return true
  return false
}

describe('faults', () => {
  const sources = publishedSources()

  test.each(ROWS)('%s says its cause and its remedy in one line each', (_, { says, remedy }) => {
    for (const text of [...wordings(says), ...wordings(remedy)]) {
      expect(text).toMatch(/^\S.*\S$/)
      expect(text).not.toMatch(/undefined|\[object|null\b|NaN/)
      expect(text).not.toMatch(/[.!]$/)
    }
  })

  test.each(ROWS)('%s has statuses that the surfaces know', (code, { http, exit }) => {
    expect(code).toMatch(CODE)
    expect(HTTP_STATUSES).toContain(http)
    expect(EXIT_STATUSES).toContain(exit)
    expect(http === 404 || http === 410).toBe(exit === 4)
  })

  test('two wordings of one row are both seen', () => {
    expect(wordings((f: { a: number; b: number }) => (f.a > f.b ? 'more' : 'less'))).toEqual(expect.arrayContaining(['more', 'less']))
    expect(((f: { names: readonly string[] }) => `of ${f.names.join(', ')}`)(sampleFacts())).toBe('of {names}')
  })

  test('every code that is thrown or asked for exists', () => {
    const unknown = sources.flatMap(mentionsIn).filter(({ code }) => !(code in FAULTS))
    expect(unknown).toEqual([])
  })

  test('a code that does not exist would be found', () => {
    const planted = parseSource('src/planted.ts', `throw fail('TENANT_GONE', { tenant: 'a' })\nif (isFault(e, 'INTERNAL', 'LATER')) stop()`)
    expect(
      mentionsIn(planted)
        .filter(({ code }) => !(code in FAULTS))
        .map(({ code }) => code),
    ).toEqual(['TENANT_GONE', 'LATER'])
  })

  test('a code that nothing uses is told of', () => {
    const texts = sources.filter(({ path }) => !path.startsWith('src/kernel/faults')).map(({ tree }) => tree.text)
    const unused = Object.keys(FAULTS).filter((code) => !texts.some((text) => text.includes(`'${code}'`)))
    if (unused.length > 0) console.warn(`faults that nothing throws: ${unused.join(', ')}`)
  })

  test('docs/faults.md is what the table says', () => {
    expectCommitted('docs/faults.md', faultsPage())
  })
})
