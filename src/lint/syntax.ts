/** What rules need of ESLint, by shape alone: nobody who lints has to have its types, and test/orms holds this against them. */
export interface SyntaxNode {
  readonly type: string
  readonly parent?: SyntaxNode | null
  readonly [key: string]: unknown
}

interface Variable {
  readonly defs: readonly { readonly type: string; readonly node: unknown; readonly parent?: unknown }[]
}

interface NameScope {
  readonly set: ReadonlyMap<string, Variable>
  readonly upper: NameScope | null
}

export interface RuleContext {
  readonly sourceCode: { getScope(node: never): unknown }
  report(problem: { readonly node: never; readonly messageId: string; readonly data?: Record<string, string> }): void
}

export interface LintRule {
  readonly meta: {
    readonly type: 'problem'
    readonly docs: { readonly description: string }
    readonly schema: []
    readonly messages: Record<string, string>
  }
  /** Called by ESLint alone, whose types of context and visitor fit in here. */
  create(context: never): Record<string, never>
}

export type Visitor = Record<string, (node: SyntaxNode) => void>

/** A rule in the form that ESLint takes. */
export const lintRule = (description: string, messages: Record<string, string>, create: (context: RuleContext) => Visitor): LintRule => ({
  meta: { type: 'problem', docs: { description }, schema: [], messages },
  create: create as (context: never) => object as LintRule['create'],
})

export const report = (context: RuleContext, node: SyntaxNode, messageId: string, data: Record<string, string> = {}): void =>
  context.report({ node: node as never, messageId, data })

export const child = (node: SyntaxNode | undefined, key: string): SyntaxNode | undefined =>
  (node?.[key] ?? undefined) as SyntaxNode | undefined

export const children = (node: SyntaxNode | undefined, key: string): readonly SyntaxNode[] =>
  ((node?.[key] ?? []) as readonly (SyntaxNode | null)[]).filter((one) => one !== null)

/** The name of an identifier, of a property that is written out, or of a key. */
export function nameOf(node: SyntaxNode | undefined): string | undefined {
  if (node?.type === 'Identifier') return node.name as string
  if (node?.type === 'Literal' && typeof node.value === 'string') return node.value
  if (node?.type === 'MemberExpression')
    return node.computed === true && child(node, 'property')?.type === 'Identifier' ? undefined : nameOf(child(node, 'property'))
  return undefined
}

/** Without what TypeScript adds around an expression, and without `await` and `?.`. */
export function bare(node: SyntaxNode | undefined): SyntaxNode | undefined {
  let at = node
  while (
    at !== undefined &&
    /^(TS(As|NonNull|Satisfies|TypeAssertion)\w*|ChainExpression|AwaitExpression|ParenthesizedExpression)$/.test(at.type)
  ) {
    at = child(at, 'argument') ?? child(at, 'expression')
  }
  return at
}

/** The value that a name stands for, where it is a `const` of this file; otherwise the node itself. */
export function meantBy(context: RuleContext, node: SyntaxNode | undefined): SyntaxNode | undefined {
  const found = bare(node)
  if (found?.type !== 'Identifier') return found
  const def = definitionOf(context, found)
  const declaration = def?.node as SyntaxNode | undefined
  if (def?.type !== 'Variable' || (def.parent as SyntaxNode | undefined)?.kind !== 'const') return found
  return child(declaration, 'id')?.type === 'Identifier' ? (bare(child(declaration, 'init')) ?? found) : found
}

export interface Binding {
  /** What is taken apart; undefined for a parameter, of which nothing is known. */
  readonly whole: SyntaxNode | undefined
  /** The properties that lead from there to the name: none for `const name = whole`. */
  readonly path: readonly string[]
}

/** Where the value of a `const` or of a parameter comes from. */
export function bindingOf(context: RuleContext, identifier: SyntaxNode): Binding | undefined {
  const def = definitionOf(context, identifier)
  const node = def?.node as SyntaxNode | undefined
  const name = identifier.name as string
  if (def?.type === 'Variable' && (def.parent as SyntaxNode | undefined)?.kind === 'const') {
    const path = pathTo(child(node, 'id'), name)
    return path && { whole: child(node, 'init'), path }
  }
  if (def?.type !== 'Parameter') return undefined
  const path = children(node, 'params')
    .map((one) => pathTo(one, name))
    .find((one) => one !== undefined)
  return path && { whole: undefined, path }
}

function pathTo(pattern: SyntaxNode | undefined, name: string): readonly string[] | undefined {
  if (pattern?.type === 'Identifier') return pattern.name === name ? [] : undefined
  if (pattern?.type === 'AssignmentPattern') return pathTo(child(pattern, 'left'), name)
  if (pattern?.type === 'RestElement') return pathTo(child(pattern, 'argument'), name)
  for (const one of children(pattern, pattern?.type === 'ObjectPattern' ? 'properties' : 'elements')) {
    const path = pathTo(one.type === 'Property' ? child(one, 'value') : one, name)
    if (path === undefined) continue
    if (one.type === 'RestElement') return path
    return [one.type === 'Property' && one.computed !== true ? (nameOf(child(one, 'key')) ?? '') : '', ...path]
  }
  return undefined
}

/** Where a name is declared. */
export function definitionOf(context: RuleContext, identifier: SyntaxNode): Variable['defs'][number] | undefined {
  let scope = context.sourceCode.getScope(identifier as never) as NameScope | null
  for (; scope !== null; scope = scope.upper) {
    const variable = scope.set.get(identifier.name as string)
    if (variable !== undefined) return variable.defs[0]
  }
  return undefined
}
