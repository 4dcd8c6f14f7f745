import type { Sql } from '../../kernel/sql.js'
import type { Check } from '../doctor/finding.js'
import type { ClusterSubject, DatabaseSubject } from '../doctor/subject.js'

/** What a statement of a rule answers, a row for each thing that breaks it. */
export interface Told {
  /** What comes after `cluster/database/`, or after `cluster/`. */
  readonly object: string
  readonly reason: string
  /** SQL that mends it, where there is such. */
  readonly fix: string
}

/** A statement that looks at all homes of a database at once, or at a server. */
export type Statement<Subject> = (subject: Subject) => Sql<Told>

/** A rule of the advisor. */
export interface Lint {
  /** What must hold. */
  readonly title: string
  readonly why: string
  /** What mends it, in general. */
  readonly fix: string
  /** The doctor's checks that tell of it. Their severity is the rule's. */
  readonly checks: readonly [Check, ...Check[]]
  /** The gate refuses a migration that breaks it. */
  readonly gate?: true
  /** Numbers of splinter's rules that say the same. */
  readonly splinter?: readonly string[]
  /** Only where no other check of the doctor has seen it already: nothing is found twice. */
  readonly database?: { readonly check: Check; readonly statement: Statement<DatabaseSubject> }
  readonly server?: { readonly check: Check; readonly statement: Statement<ClusterSubject> }
}

/** The schemas of tenants' tables and of platform tables: what migrations make. */
export const migratedSchemas = ({ homes }: DatabaseSubject): readonly string[] => [...homes.map((home) => home.schema), 'platform']
