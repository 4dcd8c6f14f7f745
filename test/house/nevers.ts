import { posix } from 'node:path'
import ts from 'typescript'
import { lineOf, nodesOf, type Source } from './sources.js'

export type NeverRule =
  | 'exit'
  | 'environment'
  | 'console'
  | 'time'
  | 'plain-error'
  | 'prose'
  | 'default-export'
  | 'file-name'
  | 'barrel'
  | 'query-text'
  | 'file-text'
  | 'session-state'
  | 'own-tables'
  | 'class'

export interface NeverFinding {
  readonly rule: NeverRule
  readonly path: string
  readonly line: number
  readonly found: string
}

type Check = (node: ts.Node, path: string) => string | undefined

const isCalled = (node: ts.Node, object: string, names: readonly string[]): node is ts.PropertyAccessExpression =>
  ts.isPropertyAccessExpression(node) &&
  ts.isIdentifier(node.expression) &&
  node.expression.text === object &&
  names.includes(node.name.text)

/** `process.x`, or `x` imported from node:process. */
const processMember =
  (...names: readonly string[]): Check =>
  (node) => {
    if (isCalled(node, 'process', names)) return node.getText()
    if (!ts.isImportSpecifier(node)) return undefined
    const { moduleSpecifier } = node.parent.parent.parent as ts.ImportDeclaration
    const imported = (node.propertyName ?? node.name).text
    return ts.isStringLiteral(moduleSpecifier) && moduleSpecifier.text === 'node:process' && names.includes(imported)
      ? node.getText()
      : undefined
  }

const time: Check = (node) => {
  if (isCalled(node, 'Date', ['now']) || isCalled(node, 'Math', ['random']) || isCalled(node, 'performance', ['now'])) return node.getText()
  if (!ts.isNewExpression(node) && !ts.isCallExpression(node)) return undefined
  if (!ts.isIdentifier(node.expression) || node.expression.text !== 'Date') return undefined
  return ts.isCallExpression(node) || (node.arguments ?? []).length === 0 ? node.getText() : undefined
}

/** The name of a field, and not the thing itself: what is served at `/` is called so, too. */
const isMemberName = (node: ts.Identifier): boolean =>
  (ts.isPropertySignature(node.parent) || ts.isPropertyAssignment(node.parent) || ts.isPropertyAccessExpression(node.parent)) &&
  node.parent.name === node

const plainError: Check = (node) =>
  (ts.isNewExpression(node) || ts.isCallExpression(node)) &&
  ts.isIdentifier(node.expression) &&
  /^(|Type|Range|Syntax|Reference|Aggregate)Error$/.test(node.expression.text)
    ? `${node.expression.text}(…)`
    : undefined

const isMessage = (node: ts.Node): boolean => [...nodesOf(node)].some((inner) => ts.isIdentifier(inner) && inner.text === 'message')

/** Errors are told apart by code, never by their message. */
const prose: Check = (node) => {
  if (ts.isBinaryExpression(node) && /^[!=]==$/.test(node.operatorToken.getText())) {
    return [node.left, node.right].some((side) => ts.isPropertyAccessExpression(side) && side.name.text === 'message') &&
      [node.left, node.right].some((side) => ts.isStringLiteralLike(side))
      ? node.getText()
      : undefined
  }
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return undefined
  const { expression: subject, name } = node.expression
  if (['test', 'exec'].includes(name.text)) return node.arguments.some(isMessage) ? node.getText() : undefined
  return ['includes', 'startsWith', 'endsWith', 'match', 'search', 'indexOf'].includes(name.text) &&
    ts.isPropertyAccessExpression(subject) &&
    subject.name.text === 'message'
    ? node.getText()
    : undefined
}

const defaultExport: Check = (node) => {
  if (ts.isExportAssignment(node)) return 'export default'
  if (ts.isExportSpecifier(node) && node.name.text === 'default') return node.getText()
  return ts.canHaveModifiers(node) && ts.getModifiers(node)?.some((modifier) => modifier.kind === ts.SyntaxKind.DefaultKeyword)
    ? 'export default'
    : undefined
}

const isSqlTemplate = (node: ts.Node): node is ts.TaggedTemplateExpression =>
  ts.isTaggedTemplateExpression(node) && ts.isIdentifier(node.tag) && node.tag.text === 'sql'

const isFixedText = (node: ts.Node | undefined): boolean => node === undefined || ts.isStringLiteralLike(node) || isSqlTemplate(node)

// A tenant's own `query` refuses everything that the sql tag has not made; the driver's takes any text.
const isTenantHandle = (node: ts.Node): boolean =>
  ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression) && node.expression.name.text === 'tenant'

const queryText: Check = (node) => {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression) || node.expression.name.text !== 'query')
    return undefined
  return isTenantHandle(node.expression.expression) || isFixedText(node.arguments[0]) ? undefined : node.getText().slice(0, 60)
}

const fileText: Check = (node) =>
  ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'fileText' ? node.getText() : undefined

/** The text of a statement with its interpolations as `?`: of an sql template, of the `text` of a flight's part, of what `.query(` is given. */
function statementOf(node: ts.Node): string | undefined {
  const bare = (text: string): string => text.replace(/--.*$/gm, '')
  if (isSqlTemplate(node)) return bare(templateText(node.template))
  if (!ts.isStringLiteralLike(node) && !ts.isTemplateExpression(node)) return undefined
  const { parent } = node
  const isPart = ts.isPropertyAssignment(parent) && parent.name.getText() === 'text'
  const isQuery = ts.isCallExpression(parent) && ts.isPropertyAccessExpression(parent.expression) && parent.expression.name.text === 'query'
  return isPart || isQuery ? bare(templateText(node)) : undefined
}

const templateText = (node: ts.TemplateLiteral | ts.StringLiteralLike): string =>
  ts.isTemplateExpression(node) ? node.head.text + node.templateSpans.map((span) => `?${span.literal.text}`).join('') : node.text

// What outlives a transaction stays on a connection that a pooler hands to somebody else.
const SESSION_STATE = [
  /(^|;)\s*set\s+(?!local\b|constraints\b|transaction\b)/i,
  /(^|;)\s*(reset|listen|unlisten|discard|load|prepare|deallocate)\s/i,
  /\bpg_(try_)?advisory_lock(_shared)?\s*\(/i,
  /\bset_config\s*\([^;]*,\s*false\s*\)/i,
]

const sessionState: Check = (node) => {
  const text = statementOf(node)
  return text !== undefined && SESSION_STATE.some((pattern) => pattern.test(text)) ? text.trim().slice(0, 60) : undefined
}

/** Tables of our own, by the schema that they are in. */
const ownTables =
  (schema: string, tables: readonly string[]): Check =>
  (node) => {
    const text = statementOf(node)
    return text === undefined ? undefined : new RegExp(`\\b${schema}\\.(${tables.join('|')})\\b(?!\\s*\\()`).exec(text)?.[0]
  }

const CLASSES: Readonly<Record<string, string>> = {
  'src/kernel/faults.ts': 'Fault',
  'src/postgres/flight.ts': 'Flight',
  'src/kernel/sql.ts': 'Statement',
}

const classes: Check = (node, path) => {
  if (!ts.isClassLike(node) || (node.name !== undefined && node.name.text === CLASSES[path])) return undefined
  return `class ${node.name?.text ?? ''}`
}

interface Rule {
  readonly rule: NeverRule
  readonly check: Check
  /** Where it does not hold. */
  readonly except?: RegExp
}

export interface OwnTables {
  readonly catalog: readonly string[]
  readonly tenantry: readonly string[]
}

const rulesFor = (own: OwnTables): readonly Rule[] => [
  { rule: 'exit', check: processMember('exit', 'exitCode', 'abort'), except: /^src\/(bin\.ts|cli\/)/ },
  { rule: 'environment', check: processMember('env'), except: /^src\/(bin\.ts|cli\/)/ },
  {
    rule: 'console',
    check: (node) => (ts.isIdentifier(node) && node.text === 'console' && !isMemberName(node) ? node.parent.getText() : undefined),
    except: /^src\/(bin\.ts|cli\/)/,
  },
  { rule: 'time', check: time, except: /^src\/kernel\// },
  { rule: 'plain-error', check: plainError },
  { rule: 'prose', check: prose },
  { rule: 'default-export', check: defaultExport },
  { rule: 'query-text', check: queryText, except: /^src\/postgres\// },
  { rule: 'file-text', check: fileText },
  { rule: 'session-state', check: sessionState },
  // The contract suite of testing/ asks the database itself what is there, since it must not believe the rooms that it examines.
  { rule: 'own-tables', check: ownTables('catalog', own.catalog), except: /^src\/(catalog|testing)\/|\/statements\.ts$/ },
  { rule: 'own-tables', check: ownTables('tenantry', own.tenantry), except: /^src\/(isolation|schema|testing)\/|\/statements\.ts$/ },
  { rule: 'class', check: classes },
]

/** The tables that our SQL files make, and the two ledgers that are made beside the first file of each kind. */
export function ownTablesOf(files: Readonly<Record<string, string>>): OwnTables {
  const names = (schema: string): readonly string[] => {
    const made = Object.values(files).flatMap((text) => [
      ...text.matchAll(new RegExp(`create table (?:if not exists )?${schema}\\.(\\w+)`, 'g')),
    ])
    return [...new Set(made.map((match) => match[1]!))]
  }
  return { catalog: [...names('catalog'), 'migration'], tenantry: [...names('tenantry'), 'installed'] }
}

const VAGUE = /(^|-)(utils?|helpers?|common|types|managers?|services?)(-|\.|$)/

/** What the path alone tells. */
function nameFindings(path: string): readonly NeverFinding[] {
  const name = posix.basename(path)
  const findings: NeverFinding[] = []
  if (VAGUE.test(name) || !/^[a-z0-9]+(-[a-z0-9]+)*(\.generated|\.d)?\.ts$/.test(name))
    findings.push({ rule: 'file-name', path, line: 1, found: name })
  if (name === 'index.ts' && posix.dirname(path) !== 'src') findings.push({ rule: 'barrel', path, line: 1, found: name })
  return findings
}

/** Everything in a file that must never be. */
export function neverFindings(source: Source, own: OwnTables): readonly NeverFinding[] {
  const { path } = source
  const rules = rulesFor(own).filter(({ except }) => except?.test(path) !== true)
  const findings: NeverFinding[] = [...nameFindings(path)]
  for (const node of nodesOf(source.tree)) {
    for (const { rule, check } of rules) {
      const found = check(node, path)
      if (found !== undefined) findings.push({ rule, path, line: lineOf(source, node), found })
    }
  }
  return findings
}
