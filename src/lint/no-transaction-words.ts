import { visitSql } from './sql-texts.js'
import { lintRule, report } from './syntax.js'

const WORDS =
  /^(begin( (work|transaction|isolation|read|deferrable|not)\b.*)?|start transaction\b.*|(commit|rollback|abort)( (work|transaction|prepared|and|to)\b.*)?|savepoint \S+|release (savepoint )?\S+|prepare transaction\b.*)$/

export const noTransactionWords = lintRule(
  'Refuse SQL that begins or ends a transaction: the scope is one, and without it there is no tenant.',
  {
    word: '`{{what}}` would leave the transaction that is bound to the tenant. Use `tenantry.tenant(…).transaction(…)`, or `scope.transaction(…)` for a part that may fail.',
  },
  (context) =>
    visitSql(context, ({ node, statements, part }) => {
      for (const statement of statements) {
        // `end` also closes a `case`, of which a template may be a part.
        if (!WORDS.test(statement) && (part || !/^end( work| transaction)?$/.test(statement))) continue
        report(context, node, 'word', { what: statement.split(' ', 2).join(' ') })
      }
    }),
)
