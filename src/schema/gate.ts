import type { Sql } from '../kernel/sql.js'
import type { Session } from '../postgres/session.js'
import { cascadeTriggers, codeRules, wallRules } from './gate-code.js'
import { tenantColumnRules } from './gate-columns.js'
import type { GateFinding, GateSubject } from './gate-subject.js'
import { viewsOf } from './gate-views.js'
import { isHarmless } from './harmless.js'

/**
 * Checks what a migration has made against the rules that isolation stands on, in the live catalog and inside the migration's transaction. Answers the
 * findings; none means that it may commit. The statements look at all schemas at once, and with one schema at nothing else.
 */
export async function gate(session: Session, subject: GateSubject): Promise<readonly GateFinding[]> {
  if (subject.schemas.length === 0) return []
  const { schemas, tenantColumn } = subject
  const rows = (statement: Sql<GateFinding>): Promise<readonly GateFinding[]> => session.rows(statement)
  return [
    ...(tenantColumn === null ? [] : await rows(tenantColumnRules(subject, tenantColumn))),
    ...(await rows(codeRules(subject))),
    ...(subject.withoutWalls === true ? [] : await rows(wallRules(schemas))),
    ...(await session.rows(cascadeTriggers(subject))).filter(({ body }) => !isHarmless(body)).map(({ body: _, ...finding }) => finding),
    ...(await viewsOf(session, subject)),
  ]
}

/** As the refusal of a migration says it. */
export const gateTexts = (findings: readonly GateFinding[]): readonly string[] =>
  findings.map(({ finding, lint }) => `${finding} (${lint})`)
