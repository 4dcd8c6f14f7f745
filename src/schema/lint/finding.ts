import type { LintId } from '../../isolation/advisor/ids.js'
import type { Migration } from '../migration-files.js'
import type { Statement } from '../statements.js'
import type { Schema } from './schema.js'

export const SEVERITIES = ['error', 'warning', 'advice'] as const
export type Severity = (typeof SEVERITIES)[number]

/** What lint has found, with all that somebody needs to mend it. */
export interface LintFinding {
  readonly rule: string
  readonly severity: Severity
  /** The rule of the isolation advisor that says the same of the live catalog. */
  readonly advisor: LintId | undefined
  readonly file: string
  /** Where the statement begins. */
  readonly line: number
  readonly what: string
  readonly why: string
  /** SQL that is safe, with the names of the statement; several files each begin with `-- migrate:up`. Empty where only a person can say. */
  readonly rewrite: string
  readonly link: string
}

export interface Found {
  readonly what: string
  readonly rewrite?: string
  /** Default: the statement that the rule was asked about. */
  readonly line?: number
}

/** What a rule knows of the file that it looks at. */
export interface LintedFile {
  readonly migration: Migration
  readonly statements: readonly Statement[]
  /** Why statements may not stand in a migration, by their lines. */
  readonly refusals: ReadonlyMap<number, string>
  /** False with `transaction:false`. */
  readonly transaction: boolean
  /** Runs again whenever its text changes. */
  readonly repeatable: boolean
  /** Its tables are those of the platform, and not of a home. */
  readonly platform: boolean
  readonly tenantColumn: string | null
  /** Tables that this file has made so far: nobody uses them yet. */
  readonly made: ReadonlyMap<string, Statement>
  /** Tables and views of the platform, where the file is not itself the platform's. */
  readonly platformTables: ReadonlySet<string>
}

/** One statement, with the schema as the statements before it have left it. */
export interface Step extends LintedFile {
  readonly statement: Statement
  readonly at: number
  readonly schema: Schema
}

export interface LintRule {
  readonly name: string
  readonly severity: Severity
  readonly advisor?: LintId
  /** What should be, in a sentence. */
  readonly title: string
  /** What it costs when it is not. */
  readonly why: string
  /** What to write instead, for the page. */
  readonly instead: string
  readonly statement?: (step: Step) => readonly Found[]
  /** Asked once the last statement of a file has been read: what is missing by then stays missing. */
  readonly file?: (file: LintedFile, schema: Schema) => readonly Found[]
}

export const NOTHING: readonly Found[] = []
