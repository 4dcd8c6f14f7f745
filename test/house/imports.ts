import { posix } from 'node:path'
import ts from 'typescript'
import { lineOf, nodesOf, type Source } from './sources.js'

export interface Import {
  /** As written; undefined when it is put together at run time. */
  readonly specifier: string | undefined
  /** Gone after compilation. `import { type A }` is not: with verbatimModuleSyntax it still loads the module. */
  readonly erased: boolean
  readonly line: number
}

export interface FileImports {
  readonly path: string
  readonly imports: readonly Import[]
}

/** Everything that a file names by `import`, `export … from`, `import()` and `import('…').Type`. */
export function importsOf(source: Source): FileImports {
  const imports: Import[] = []
  const add = (node: ts.Node, specifier: ts.Node | undefined, erased: boolean): void => {
    const text = specifier !== undefined && ts.isStringLiteralLike(specifier) ? specifier.text : undefined
    imports.push({ specifier: text, erased, line: lineOf(source, node) })
  }
  for (const node of nodesOf(source.tree)) {
    if (ts.isImportDeclaration(node)) add(node, node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword)
    else if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) add(node, node.moduleSpecifier, node.isTypeOnly)
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) add(node, node.arguments[0], false)
    else if (ts.isImportTypeNode(node)) add(node, ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, true)
  }
  return { path: source.path, imports }
}

/** The file that a relative specifier names: a path from the checkout, as source. */
export const targetOf = (from: string, specifier: string): string => posix.join(posix.dirname(from), specifier).replace(/\.js$/, '.ts')

export const isRelative = (specifier: string): boolean => specifier.startsWith('.')

/** `@scope/name/deep/file` → `@scope/name`. */
export const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')

export interface Reach {
  /** Files, from the checkout, in order. */
  readonly files: readonly string[]
  readonly packages: readonly string[]
  readonly builtins: readonly string[]
}

/** All that is loaded, sooner or later, when these files are. */
export function reachOf(entries: readonly string[], importsOfFile: (path: string) => FileImports | undefined): Reach {
  const files = new Set<string>()
  const packages = new Set<string>()
  const builtins = new Set<string>()
  const visit = (path: string): void => {
    if (files.has(path)) return
    files.add(path)
    for (const { specifier, erased } of importsOfFile(path)?.imports ?? []) {
      if (erased || specifier === undefined) continue
      if (isRelative(specifier)) visit(targetOf(path, specifier))
      else if (specifier.startsWith('node:')) builtins.add(specifier)
      else packages.add(packageOf(specifier))
    }
  }
  for (const entry of entries) visit(entry)
  return { files: [...files].sort(), packages: [...packages].sort(), builtins: [...builtins].sort() }
}
