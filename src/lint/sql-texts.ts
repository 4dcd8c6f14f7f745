import { statementsIn, UNKNOWN } from './statements.js'
import { bare, child, children, meantBy, nameOf, type RuleContext, type SyntaxNode, type Visitor } from './syntax.js'

export interface FoundSql {
  readonly node: SyntaxNode
  readonly statements: readonly string[]
  /** It may be a part of a statement, as templates of a tag are. */
  readonly part: boolean
}

// Where drivers and ORMs take SQL as text: pg, Knex, TypeORM, Kysely, Drizzle, Prisma, MikroORM, postgres.js.
const TAKES_TEXT = new Set(['query', 'raw', 'execute', 'unsafe', '$executeRawUnsafe', '$queryRawUnsafe', 'queryRaw', 'executeRaw'])
const TAGS = new Set(['sql', 'raw', '$queryRaw', '$executeRaw'])

/** Calls `check` with every text in a file that is SQL by where it stands. */
export function visitSql(context: RuleContext, check: (found: FoundSql) => void): Visitor {
  return {
    TaggedTemplateExpression: (node) => {
      if (!TAGS.has(nameOf(child(node, 'tag')) ?? '')) return
      check({ node, statements: statementsIn(templateText(context, child(node, 'quasi')!)), part: true })
    },
    CallExpression: (node) => {
      const callee = bare(child(node, 'callee'))
      if (callee?.type !== 'MemberExpression' || !TAKES_TEXT.has(nameOf(callee) ?? '')) return
      const given = meantBy(context, children(node, 'arguments')[0])
      const text = textOf(context, given?.type === 'ObjectExpression' ? propertyOf(given, 'text') : given)
      if (text !== undefined) check({ node, statements: statementsIn(text), part: false })
    },
  }
}

/** The value of a property of an object that is written out. */
export const propertyOf = (object: SyntaxNode, name: string): SyntaxNode | undefined =>
  child(
    children(object, 'properties').find((one) => one.type === 'Property' && one.computed !== true && nameOf(child(one, 'key')) === name),
    'value',
  )

/** A string as far as it is written out: constants, templates, concatenations, and names of such. Undefined where nothing of it is. */
export function textOf(context: RuleContext, node: SyntaxNode | undefined, within: readonly SyntaxNode[] = []): string | undefined {
  const found = meantBy(context, node)
  // A name may stand in its own value.
  if (found === undefined || within.includes(found)) return undefined
  const inside = [...within, found]
  if (found.type === 'Literal') return typeof found.value === 'string' ? found.value : undefined
  if (found.type === 'TemplateLiteral') return templateText(context, found, inside)
  if (found.type !== 'BinaryExpression' || found.operator !== '+') return undefined
  const [left, right] = [textOf(context, child(found, 'left'), inside), textOf(context, child(found, 'right'), inside)]
  return left === undefined && right === undefined ? undefined : `${left ?? UNKNOWN}${right ?? UNKNOWN}`
}

function templateText(context: RuleContext, template: SyntaxNode, within: readonly SyntaxNode[] = []): string {
  const values = children(template, 'expressions')
  return children(template, 'quasis')
    .map((quasi, i) => {
      const { cooked, raw } = quasi.value as { readonly cooked?: string | null; readonly raw: string }
      const value = i < values.length ? (textOf(context, values[i], within) ?? UNKNOWN) : ''
      return `${cooked ?? raw}${value}`
    })
    .join('')
}
