import { propertyOf, textOf, visitSql } from './sql-texts.js'
import { callsOf } from './statements.js'
import { child, children, lintRule, nameOf, report } from './syntax.js'

export const noSearchPath = lintRule(
  'Refuse a search_path of your own: the scope sets it to the home of its tenant.',
  {
    sql: 'The scope sets the search_path to the home of its tenant; another one leads past it. Name tables without a schema and use `tenantry.tenant(…)`.',
    option:
      'A connection with a search_path of its own always sees the same schema. Take the pool from a door of Tenantry: each scope sets its own.',
  },
  (context) => ({
    ...mergeCalls(
      visitSql(context, ({ node, statements }) => {
        if (statements.some(setsSearchPath)) report(context, node, 'sql')
      }),
      (node) => {
        const [options] = children(node, 'arguments')
        const path = options?.type === 'ObjectExpression' ? propertyOf(options, 'searchPath') : undefined
        if (path !== undefined) report(context, path, 'option')
      },
    ),
    Property: (node) => {
      // As `pg` takes it: options: '-c search_path=…'.
      if (nameOf(child(node, 'key')) !== 'options') return
      if (/-c\s*search_path|--search_path/.test(textOf(context, child(node, 'value')) ?? '')) report(context, node, 'option')
    },
  }),
)

const setsSearchPath = (statement: string): boolean =>
  /^(set( session| local)?|reset) "?search_path\b/.test(statement) ||
  /^alter (role|user|database) .*\bset search_path\b/.test(statement) ||
  callsOf(statement, 'set_config').some(([name]) => name === "'search_path'")

type Visitor = ReturnType<typeof visitSql>

/** Two visitors of calls as one. */
const mergeCalls = (visitor: Visitor, also: Visitor[string]): Visitor => ({
  ...visitor,
  CallExpression: (node) => {
    visitor.CallExpression?.(node)
    also(node)
  },
})
