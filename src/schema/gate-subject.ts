import type { LintId } from '../isolation/advisor/ids.js'
import { type Sql, sql } from '../kernel/sql.js'

/** What the gate looks at: schemas of the live catalog, after a migration and before its commit, or at any time. */
export interface GateSubject {
  /** One home, or all homes of a database that have the same tenant column. */
  readonly schemas: readonly string[]
  readonly platform: boolean
  readonly tenantColumn: string | null
  /** That of the project: a service's tables have none, and platform tables may have it all the same. */
  readonly projectColumn: string | null
  /** Leaves out policies and grants to PUBLIC, for those who look at them more closely. Default false. */
  readonly withoutWalls?: boolean
  /** Says with each finding what mends it. A migration is corrected in its file, and does not wait for such statements to be planned. Default false. */
  readonly fixes?: boolean
}

export interface GateFinding {
  readonly schema: string
  readonly lint: LintId
  readonly finding: string
  /** SQL that mends it by hand, or a sentence. Empty unless it was asked for. */
  readonly fix: string
}

/** A part of a rule's statement that is wanted only where fixes are. */
export const fixOf = ({ fixes }: GateSubject, fix: Sql): Sql => (fixes === true ? fix : sql`''`)
