import { existsSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { expectCommitted } from './committed.js'
import { namesProgramOf } from './compiler.js'
import { importsOf, reachOf } from './imports.js'
import { parseSource, ROOT, readText } from './sources.js'

interface Door {
  readonly subpath: string
  readonly source: string
}

const DOORS: readonly Door[] = Object.entries(
  (JSON.parse(readText('package.json')) as { exports: Record<string, string | { default: string }> }).exports,
).flatMap(([subpath, target]) =>
  typeof target === 'string' ? [] : [{ subpath, source: target.default.replace(/^\.\/dist\//, 'src/').replace(/\.js$/, '.ts') }],
)

const isThere = (path: string): boolean => existsSync(join(ROOT, path))

/** Every exported name, and whether something is left of it at run time. */
function exportsOf(program: ts.Program, source: string): Readonly<Record<string, 'type' | 'value'>> {
  const checker = program.getTypeChecker()
  const module = checker.getSymbolAtLocation(program.getSourceFile(join(ROOT, source))!)
  const named = checker.getExportsOfModule(module!).map((symbol) => {
    const target = (symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol)
    const erased = (target.flags & ts.SymbolFlags.Value) === 0 || symbol.declarations?.some((node) => ts.isTypeOnlyExportDeclaration(node))
    return [symbol.name, erased ? 'type' : 'value'] as const
  })
  return Object.fromEntries(named.sort(([a], [b]) => (a < b ? -1 : 1)))
}

const loadedBy = (entry: string, extension: 'ts' | 'js') =>
  reachOf([entry], (path) => {
    const file = extension === 'js' ? path.replace(/\.ts$/, '.js') : path
    return isThere(file) ? importsOf(parseSource(path, readText(file))) : undefined
  })

// What runs inside other people's servers must not bring the control plane along.
const HEAVY = [
  'jose',
  'zod',
  'hono',
  '@hono/node-server',
  '@hono/zod-openapi',
  'commander',
  'libpg-query',
  'jiti',
  'pino',
  '@clack/prompts',
  'cli-progress',
  'react',
  'react-dom',
  'vite',
]
const UPSTAIRS = /^(src|dist)\/(engine|operations|schema|transfer|programs|cli|server|worker|testing)\//

describe('doors', () => {
  const open = DOORS.filter(({ source }) => isThere(source))

  test('every door that package.json names is built', () => {
    expect(DOORS.filter((door) => !open.includes(door)).map(({ subpath }) => subpath)).toEqual([])
  })

  test('what the doors export, and what the first one loads, is what was committed', () => {
    const program = namesProgramOf(open.map(({ source }) => source))
    const exported = Object.fromEntries(open.map(({ subpath, source }) => [subpath, exportsOf(program, source)]))
    const { files, packages, builtins } = loadedBy('src/index.ts', 'ts')
    const loads = Object.fromEntries([
      ...packages.map((name) => [name, 'package']),
      ...builtins.map((name) => [name, 'builtin']),
      ...files.map((path) => [path, 'file']),
    ])
    expectCommitted('test/house/doors.snap.json', `${JSON.stringify({ exports: exported, loads }, null, 2)}\n`)
  })

  test('the first door loads neither the control plane nor its packages', () => {
    const { files, packages } = loadedBy('src/index.ts', 'ts')
    expect(packages.filter((name) => HEAVY.includes(name))).toEqual([])
    expect(files.filter((path) => UPSTAIRS.test(path))).toEqual([])
  })

  test.skipIf(!isThere('dist/index.js'))('nor does what was compiled', () => {
    const { files, packages } = loadedBy('dist/index.ts', 'js')
    expect(files.length).toBeGreaterThan(10)
    expect(packages.filter((name) => HEAVY.includes(name))).toEqual([])
    expect(files.filter((path) => UPSTAIRS.test(path))).toEqual([])
  })

  test('the door for browsers loads its own room alone', () => {
    const { files, packages, builtins } = loadedBy('src/api.ts', 'ts')
    expect([...packages, ...builtins]).toEqual([])
    expect(files.filter((path) => path !== 'src/api.ts' && !path.startsWith('src/api/'))).toEqual([])
  })

  test('the listing sees what another door loads', () => {
    const { files, packages } = loadedBy('src/control.ts', 'ts')
    expect(packages).toContain('zod')
    expect(files.some((path) => UPSTAIRS.test(path))).toBe(true)
  })
})
