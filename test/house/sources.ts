import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

export const ROOT = join(import.meta.dirname, '..', '..')

/** One file of ours: its path as seen from the checkout, and its syntax tree. */
export interface Source {
  readonly path: string
  readonly tree: ts.SourceFile
}

export const parseSource = (path: string, text: string): Source => ({
  path,
  tree: ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true),
})

export function filesUnder(folder: string, ending: string): readonly string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => `${folder}/${name}`)
    .sort()
}

export const readText = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

/** What is published. Tests stand beside the code and may reach anything, so no rule of the house is about them. */
export const publishedSources = (): readonly Source[] =>
  filesUnder('src', '.ts')
    .filter((path) => !path.endsWith('.test.ts'))
    .map((path) => parseSource(path, readText(path)))

/** What the console is built from. */
export const consoleSources = (): readonly Source[] =>
  [...filesUnder('console/src', '.ts'), ...filesUnder('console/src', '.tsx')]
    .filter((path) => !path.endsWith('.test.ts'))
    .map((path) => parseSource(path, readText(path)))

/** Every node of a tree, parents first. */
export function* nodesOf(node: ts.Node): Generator<ts.Node> {
  yield node
  const children: ts.Node[] = []
  ts.forEachChild(node, (child) => {
    children.push(child)
  })
  for (const child of children) yield* nodesOf(child)
}

/** Counted from 1. */
export const lineOf = (source: Source, node: ts.Node): number =>
  source.tree.getLineAndCharacterOfPosition(node.getStart(source.tree)).line + 1
