import type { Sql } from '../../kernel/sql.js'
import type { Database } from '../../postgres/session.js'
import { type Check, type Finding, told } from '../doctor/finding.js'
import type { ClusterSubject, DatabaseSubject } from '../doctor/subject.js'
import { LINT_IDS, type LintId } from './ids.js'
import type { Told } from './lint.js'
import { RULES } from './rules.js'

/** The rules that have a statement of their own: one look each at all homes of a database. */
export const databaseRules = (subject: DatabaseSubject): readonly (() => Promise<readonly Finding[]>)[] =>
  LINT_IDS.flatMap((lint) => {
    const rule = RULES[lint].database
    return rule === undefined ? [] : [() => look(subject.database, subject.where, lint, rule.check, rule.statement(subject))]
  })

/** The same of a server. */
export const serverRules = (subject: ClusterSubject): readonly (() => Promise<readonly Finding[]>)[] =>
  LINT_IDS.flatMap((lint) => {
    const rule = RULES[lint].server
    return rule === undefined ? [] : [() => look(subject.server, subject.where, lint, rule.check, rule.statement(subject))]
  })

async function look(database: Database, where: string, lint: LintId, check: Check, statement: Sql<Told>): Promise<readonly Finding[]> {
  return (await database.rows(statement)).map(({ object, reason, fix }) =>
    told(check, object === '' ? where : `${where}/${object}`, reason, fix, lint),
  )
}
