import { propertyOf, textOf } from './sql-texts.js'
import {
  bare,
  bindingOf,
  child,
  children,
  definitionOf,
  lintRule,
  meantBy,
  nameOf,
  type RuleContext,
  report,
  type SyntaxNode,
} from './syntax.js'

// Of `pg` itself only what opens connections; `pg.types` and the like are as good as ever.
const OPENERS = new Set(['Pool', 'Client', 'native'])
const DRIVERS = new Set(['pg-pool', 'postgres', 'pg-promise', 'pg-native', '@neondatabase/serverless', 'slonik'])

export const noRawPool = lintRule(
  'Refuse connections of the application that go past the doors of Tenantry.',
  {
    pg: '`{{what}}` of `pg` opens connections without a tenant. Use `createTenantry` and its scopes, or the door for your library (`tenantry/kysely` and so on).',
    driver:
      '`{{what}}` opens connections without a tenant. Use `createTenantry` and its scopes, or the door for your library (`tenantry/kysely` and so on).',
    orm: '{{what}} with a connection of its own runs without a tenant. Give it what the door of Tenantry for it makes.',
  },
  (context) => ({
    ImportDeclaration: (node) => {
      const source = nameOf(child(node, 'source')) ?? ''
      if (node.importKind === 'type') return
      for (const specifier of children(node, 'specifiers')) {
        if (specifier.importKind === 'type') continue
        if (DRIVERS.has(source)) report(context, specifier, 'driver', { what: source })
        const name = nameOf(child(specifier, 'imported'))
        if (source === 'pg' && name !== undefined && OPENERS.has(name)) report(context, specifier, 'pg', { what: name })
      }
    },
    ExportNamedDeclaration: (node) => {
      const source = nameOf(child(node, 'source')) ?? ''
      if (node.exportKind === 'type') return
      for (const specifier of children(node, 'specifiers')) {
        if (specifier.exportKind === 'type') continue
        if (DRIVERS.has(source)) report(context, specifier, 'driver', { what: source })
        const name = nameOf(child(specifier, 'local'))
        if (source === 'pg' && name !== undefined && (name === 'default' || OPENERS.has(name)))
          report(context, specifier, 'pg', { what: name })
      }
    },
    ExportAllDeclaration: (node) => {
      const source = nameOf(child(node, 'source')) ?? ''
      if (node.exportKind === 'type') return
      if (DRIVERS.has(source)) report(context, node, 'driver', { what: source })
      if (source === 'pg') report(context, node, 'pg', { what: '*' })
    },
    VariableDeclarator: (node) => {
      if (child(node, 'id')?.type !== 'ObjectPattern' || !isPg(context, child(node, 'init'))) return
      for (const property of children(child(node, 'id'), 'properties')) {
        const name = nameOf(child(property, 'key'))
        if (name !== undefined && OPENERS.has(name)) report(context, property, 'pg', { what: name })
      }
    },
    MemberExpression: (node) => {
      const name = nameOf(node)
      if (name !== undefined && OPENERS.has(name) && isPg(context, child(node, 'object'))) report(context, node, 'pg', { what: name })
    },
    CallExpression: (node) => {
      const driver = moduleOf(node)
      if (driver !== undefined && DRIVERS.has(driver)) report(context, node, 'driver', { what: driver })
      opensItself(context, node)
    },
    ImportExpression: (node) => {
      const driver = nameOf(child(node, 'source'))
      if (driver !== undefined && DRIVERS.has(driver)) report(context, node, 'driver', { what: driver })
    },
    NewExpression: (node) => opensItself(context, node),
  }),
)

/** The module of `require('…')` or `await import('…')`. */
function moduleOf(node: SyntaxNode | undefined): string | undefined {
  const found = bare(node)
  if (found?.type === 'ImportExpression') return nameOf(child(found, 'source'))
  return found?.type === 'CallExpression' && nameOf(child(found, 'callee')) === 'require'
    ? nameOf(children(found, 'arguments')[0])
    : undefined
}

/** The module `pg` itself, by whatever name, or its `default`. */
function isPg(context: RuleContext, node: SyntaxNode | undefined, within: readonly SyntaxNode[] = []): boolean {
  const found = bare(node)
  // A name may stand in its own value.
  if (found === undefined || within.includes(found)) return false
  const goOn = (next: SyntaxNode | undefined): boolean => isPg(context, next, [...within, found])
  if (found.type === 'MemberExpression') return nameOf(found) === 'default' && goOn(child(found, 'object'))
  if (found.type !== 'Identifier') return moduleOf(found) === 'pg'
  const definition = definitionOf(context, found)
  if (definition?.type === 'ImportBinding') {
    const required = child(child(definition.node as SyntaxNode, 'moduleReference'), 'expression')
    if (required !== undefined) return nameOf(required) === 'pg'
    const named = child(definition.node as SyntaxNode, 'imported')
    return nameOf(child(definition.parent as SyntaxNode, 'source')) === 'pg' && (named === undefined || nameOf(named) === 'default')
  }
  const binding = bindingOf(context, found)
  if (binding === undefined) return false
  return binding.path.every((part) => part === 'default') && goOn(binding.whole)
}

/** Where an ORM is told to connect by itself. Only what is written out is looked at: what a function makes may well be a door's. */
function opensItself(context: RuleContext, node: SyntaxNode): void {
  const name = nameOf(bare(child(node, 'callee')))
  const [first] = children(node, 'arguments')
  const given = meantBy(context, first)
  const has = (key: string): boolean => given?.type === 'ObjectExpression' && propertyOf(given, key) !== undefined
  const of = (key: string): string => (given?.type === 'ObjectExpression' ? (textOf(context, propertyOf(given, key)) ?? '') : '')
  const opens =
    (name === 'drizzle' && (textOf(context, given) !== undefined || has('connection') || isEnvironment(given))) ||
    (name === 'knex' && /^(pg|postgres|postgresql)$/.test(of('client')) && has('connection')) ||
    (name === 'DataSource' && of('type') === 'postgres' && (has('url') || has('host')) && !has('driver')) ||
    (name === 'PrismaPg' && (has('connectionString') || has('host')))
  if (opens) report(context, node, 'orm', { what: name! })
}

const isEnvironment = (node: SyntaxNode | undefined): boolean =>
  node?.type === 'MemberExpression' && nameOf(bare(child(node, 'object'))) === 'env'
