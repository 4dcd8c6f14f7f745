import { bare, bindingOf, child, children, lintRule, nameOf, type RuleContext, report, type SyntaxNode } from './syntax.js'

export const noTenantFromRequest = lintRule(
  "Refuse to open the tenant that a client's own words name.",
  {
    straight:
      'Whoever sends the request chooses the tenant here. Let the tenant follow from something that was verified: a session, a signed token, or the resolvers of `tenantry/web`.',
  },
  (context) => ({
    CallExpression: (node) => {
      const callee = bare(child(node, 'callee'))
      const [given] = children(node, 'arguments')
      if (callee?.type !== 'MemberExpression' || nameOf(callee) !== 'tenant' || given === undefined) return
      if (isClientsWord(context, given)) report(context, given, 'straight')
    },
  }),
)

const REQUESTS = new Set(['req', 'request', 'ctx', 'context', 'c', 'event'])
// What stands between a request and its parts, as in `c.req.raw.headers`.
const BETWEEN = new Set([...REQUESTS, 'url', 'nextUrl', 'raw'])
const PARTS = new Set([
  'headers',
  'header',
  'query',
  'params',
  'param',
  'body',
  'cookies',
  'searchParams',
  'queryStringParameters',
  'pathParameters',
])

/**
 * `req.headers['x-tenant']`, `c.req.param('tenant')`, `new URL(request.url).searchParams.get('tenant')`: a part of a request, and nothing done to it. Names
 * are followed to where they come from. `after` is what is taken from the node, the outermost last.
 */
function isClientsWord(
  context: RuleContext,
  node: SyntaxNode | undefined,
  after: readonly string[] = [],
  within: readonly SyntaxNode[] = [],
): boolean {
  const found = bare(node)
  // A name may stand in its own value.
  if (found === undefined || within.includes(found)) return false
  const inside = [...within, found]
  const goOn = (next: SyntaxNode | undefined, parts = after): boolean => isClientsWord(context, next, parts, inside)
  const any = (key: string): boolean => children(found, key).some((one) => goOn(one))
  switch (found.type) {
    case 'Identifier': {
      const binding = bindingOf(context, found)
      const parts = [...(binding?.path ?? []), ...after]
      if (binding?.whole !== undefined) return goOn(binding.whole, parts)
      // Of a parameter that is taken apart, the parts say what it is.
      const known = REQUESTS.has(found.name as string) || (binding !== undefined && binding.path.length > 0)
      return known && PARTS.has(parts.find((part) => !BETWEEN.has(part)) ?? '')
    }
    case 'MemberExpression':
      return goOn(child(found, 'object'), [nameOf(found) ?? '', ...after])
    case 'CallExpression': {
      const callee = bare(child(found, 'callee'))
      // A method of the request, or of what it holds; a function may well be what verifies it.
      if (callee?.type === 'MemberExpression') return goOn(callee)
      return nameOf(callee) === 'String' && goOn(children(found, 'arguments')[0])
    }
    case 'NewExpression':
      return nameOf(child(found, 'callee')) === 'URL' && goOn(children(found, 'arguments')[0])
    case 'TemplateLiteral':
      return any('expressions')
    case 'LogicalExpression':
    case 'BinaryExpression':
      return goOn(child(found, 'left')) || goOn(child(found, 'right'))
    case 'ConditionalExpression':
      return goOn(child(found, 'consequent')) || goOn(child(found, 'alternate'))
    default:
      return false
  }
}
