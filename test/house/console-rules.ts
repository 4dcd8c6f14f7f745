import { posix } from 'node:path'
import ts from 'typescript'
import { importsOf, isRelative } from './imports.js'
import { lineOf, nodesOf, type Source } from './sources.js'

export type ConsoleRule =
  | 'package'
  | 'up'
  | 'sideways'
  | 'asks'
  | 'markup'
  | 'time'
  | 'default-export'
  | 'file-name'
  | 'class'
  | 'log'
  | 'computed'

export interface ConsoleFinding {
  readonly rule: ConsoleRule
  readonly at: string
  readonly found: string
}

// What a page may load. The client of the API comes by its public door.
const PACKAGES = /^(react|react-dom\/client|tenantry\/api|@tanstack\/react-(query|router)|uplot)$/
const STYLES = /^(\.\/main\.css|uplot\/dist\/uPlot\.min\.css)$/

/** Bottom up. A screen knows no other screen; the list of screens loads each when it is shown. */
const ROOMS = ['words', 'data', 'parts', 'shell', 'screens', 'entry'] as const

const roomOf = (path: string): (typeof ROOMS)[number] => {
  const first = path.split('/')[2] ?? ''
  return ROOMS.find((room) => room === first) ?? 'entry'
}

// The shell shows what the list of screens names, and the list names its form.
const LIST = 'console/src/screens.ts'

/** Names by which a text becomes markup, or a program. */
const MARKUP =
  /^(innerHTML|outerHTML|insertAdjacentHTML|dangerouslySetInnerHTML|createContextualFragment|srcdoc|srcDoc|eval|Function|parseFromString)$/

export function consoleFindings(source: Source): readonly ConsoleFinding[] {
  const { path } = source
  const findings: ConsoleFinding[] = []
  const add = (rule: ConsoleRule, line: number, found: string): void => {
    findings.push({ rule, at: `${path}:${line}`, found })
  }
  if (
    !/^[a-z0-9]+(-[a-z0-9]+)*(\.d)?\.tsx?$/.test(posix.basename(path)) ||
    /(^|-)(utils?|helpers?|common|types|managers?|services?|index)(-|\.)/.test(posix.basename(path))
  )
    add('file-name', 1, posix.basename(path))
  for (const { specifier, line } of importsOf(source).imports) {
    const found = specifier === undefined ? (['computed', 'import(…)'] as const) : importFinding(path, specifier)
    if (found !== undefined) add(found[0], line, found[1])
  }
  for (const node of nodesOf(source.tree)) {
    const found = nodeFinding(node, path)
    if (found !== undefined) add(found, lineOf(source, node), node.getText().slice(0, 60))
  }
  return findings
}

function importFinding(path: string, specifier: string): readonly [ConsoleRule, string] | undefined {
  if (STYLES.test(specifier)) return undefined
  const room = roomOf(path)
  if (!isRelative(specifier)) {
    if (!PACKAGES.test(specifier)) return ['package', specifier]
    // Whoever asks beside data/ shows what is not kept fresh, and changes what is sent twice.
    return specifier === '@tanstack/react-query' && room !== 'data' && path !== 'console/src/main.tsx' ? ['asks', specifier] : undefined
  }
  const target = posix.join(posix.dirname(path), specifier)
  if (!target.startsWith('console/src/')) return ['package', specifier]
  if (target === 'console/src/data/client.js' && room !== 'data') return ['asks', specifier]
  const other = roomOf(target)
  if (target.replace(/\.js$/, '.ts') === LIST || path === LIST) return undefined
  if (ROOMS.indexOf(other) > ROOMS.indexOf(room)) return ['up', specifier]
  const [mine, theirs] = [path, target].map((one) => one.split('/')[3])
  return room === 'screens' && other === 'screens' && mine !== theirs ? ['sideways', specifier] : undefined
}

function nodeFinding(node: ts.Node, path: string): ConsoleRule | undefined {
  if (ts.isIdentifier(node) && MARKUP.test(node.text)) return 'markup'
  if (ts.isPropertyAccessExpression(node) && node.getText() === 'document.write') return 'markup'
  if (
    (ts.isJsxOpeningElement(node) || ts.isJsxSelfClosingElement(node)) &&
    /^(style|script|iframe|object|embed)$/.test(node.tagName.getText())
  )
    return 'markup'
  if (ts.isStringLiteralLike(node) && /^javascript:/i.test(node.text)) return 'markup'
  if (path !== 'console/src/data/clock.ts') {
    if (ts.isPropertyAccessExpression(node) && /^(Date\.now|performance\.now|Math\.random)$/.test(node.getText())) return 'time'
    if (ts.isNewExpression(node) && node.expression.getText() === 'Date' && (node.arguments ?? []).length === 0) return 'time'
  }
  if (ts.isExportAssignment(node)) return 'default-export'
  if (ts.canHaveModifiers(node) && ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword)) return 'default-export'
  if (ts.isClassLike(node)) return 'class'
  if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'console') return 'log'
  return undefined
}
