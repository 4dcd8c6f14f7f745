import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { compilerOptions, programOf } from './compiler.js'
import { filesUnder, ROOT, readText } from './sources.js'

const PROOFS = filesUnder('test/house/types', '.types.ts')
const EXPECTATION = /^\s*\/\/ @ts-expect-error .*$/gm

const withoutExpectations = (path: string): string => path.replace('.types.ts', '.unexpected.ts')

describe('types', () => {
  // The compiler itself reports an expectation that is not met; the copies prove that it was asked at all.
  const copies = Object.fromEntries(PROOFS.map((path) => [withoutExpectations(path), readText(path).replace(EXPECTATION, '')]))
  const program = programOf(PROOFS, copies)
  const errorsIn = (path: string) =>
    ts
      .getPreEmitDiagnostics(
        program,
        program.getSourceFiles().find(({ fileName }) => fileName.endsWith(path)),
      )
      .map(
        ({ file, start, messageText }) =>
          `line ${file!.getLineAndCharacterOfPosition(start!).line + 1}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
      )

  test.each(PROOFS)('%s: what must compile does, and what must not does not', (path) => {
    expect(errorsIn(path)).toEqual([])
  })

  test.each(PROOFS)('%s: each expectation stands for an error of its own', (path) => {
    const expected = readText(path).match(EXPECTATION)!.length
    const lines = new Set(errorsIn(withoutExpectations(path)).map((error) => error.split(':')[0]))
    expect(lines.size).toBe(expected)
  })
})

test('the client of the API knows what browsers have, and nothing that only Node has', () => {
  const options = { ...compilerOptions(), lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'], types: [] }
  const program = ts.createProgram({ rootNames: [join(ROOT, 'src/api.ts')], options })
  expect(ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([])
})
