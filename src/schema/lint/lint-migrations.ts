import { isFault } from '../../kernel/faults.js'
import type { Migration } from '../migration-files.js'
import { type Statement, statementsOf } from '../statements.js'
import type { Found, LintedFile, LintFinding, LintRule, Severity, Step } from './finding.js'
import { type Ignore, ignoresIn } from './ignores.js'
import { emptySchema, type Growing, learn } from './learn.js'
import { INVALID_IGNORE, SYNTAX, UNUSED_IGNORE } from './own-rules.js'
import { refusalsOf } from './refusals.js'
import { RULES } from './rules.js'
import type { Schema } from './schema.js'
import { relationName } from './tree.js'

export interface LintOptions {
  /** Undefined or null in a project, or for a service, that has none. */
  readonly tenantColumn?: string | null
  /** The files are those of the platform's tables. Default false. */
  readonly platform?: boolean
  /** The files of the platform's tables, whose names tenants' files should not use by mistake. */
  readonly platformFiles?: readonly Migration[]
  /** Rules by name, with another severity than their own, or `off`. */
  readonly rules?: Readonly<Record<string, Severity | 'off'>>
  /** Which files are judged; all of them are read for what they make. Default all. */
  readonly judged?: (migration: Migration) => boolean
}

const PAGE = 'docs/migration-lint.md'
const KNOWN: ReadonlySet<string> = new Set(RULES.map(({ name }) => name))

/** Judges the files of one track, in their order, by their text alone. Neither throws on what they say, nor needs a server. */
export async function lintMigrations(migrations: readonly Migration[], options: LintOptions = {}): Promise<readonly LintFinding[]> {
  const platformTables = await tablesOf(options.platform === true ? [] : (options.platformFiles ?? []))
  const schema = emptySchema()
  const findings: LintFinding[] = []
  for (const migration of migrations) {
    if (migration.kind === 'program') continue
    const found = await lintFile(migration, schema, platformTables, options)
    if (options.judged?.(migration) ?? true) findings.push(...[...found].sort((a, b) => a.line - b.line))
  }
  return findings
}

async function tablesOf(files: readonly Migration[]): Promise<ReadonlySet<string>> {
  const schema = emptySchema()
  for (const migration of files) {
    if (migration.kind === 'program') continue
    const read = await readStatements(migration)
    if (!('refused' in read)) for (const statement of read.statements) learn(schema, statement, 'platform')
  }
  return new Set(schema.tables.keys())
}

type Read = { readonly statements: readonly Statement[] } | { readonly refused: string; readonly line: number }

/** The statements, each with places in its tree that count from its own beginning. */
async function readStatements({ file, up, upLine }: Migration): Promise<Read> {
  try {
    const statements: Statement[] = []
    for (const { text, line } of await statementsOf({ file, text: up, line: upLine }))
      statements.push(...(await statementsOf({ file, text, line })))
    return { statements }
  } catch (error) {
    if (error instanceof RangeError) return { refused: 'is nested too deeply to be read', line: upLine }
    if (!isFault(error, 'MIGRATION_INVALID')) throw error
    const { file: at, reason } = error.facts as { file: string; reason: string }
    return { refused: reason, line: Number(/:(\d+)$/.exec(at)?.[1] ?? upLine) }
  }
}

interface Raw extends Found {
  readonly rule: LintRule
  readonly line: number
}

async function lintFile(
  migration: Migration,
  schema: Growing,
  platformTables: ReadonlySet<string>,
  options: LintOptions,
): Promise<readonly LintFinding[]> {
  const { rules = {} } = options
  const read = await readStatements(migration)
  if ('refused' in read) {
    // Nobody knows what it would have made.
    schema.uncertain = true
    return worded([{ rule: SYNTAX, what: read.refused, line: read.line }], migration, rules)
  }
  const made = new Map<string, Statement>()
  const file: LintedFile = {
    migration,
    statements: read.statements,
    refusals: await refusalsOf(migration, read.statements),
    transaction: migration.options.transaction,
    repeatable: migration.kind === 'repeatable',
    platform: options.platform === true,
    tenantColumn: options.tenantColumn ?? null,
    made,
    platformTables,
  }
  let found: readonly Raw[]
  try {
    found = judge(file, made, schema)
  } catch (error) {
    // The stack, of what walks over the tree.
    if (!(error instanceof RangeError)) throw error
    found = [{ rule: SYNTAX, what: 'is nested too deeply to be read', line: migration.upLine }]
  }
  const ignores = ignoresIn(migration.up, migration.upLine, read.statements, KNOWN)
  return worded([...found.filter((one) => !isIgnored(one, ignores)), ...aboutIgnores(ignores, found, rules)], migration, rules)
}

function judge(file: LintedFile, made: Map<string, Statement>, schema: Growing): readonly Raw[] {
  const own = file.platform ? 'platform' : undefined
  const found: Raw[] = []
  for (const [at, statement] of file.statements.entries()) {
    const step: Step = { ...file, statement, at, schema }
    for (const rule of RULES) for (const one of rule.statement?.(step) ?? []) found.push({ line: statement.line, ...one, rule })
    const before = new Set(schema.tables.keys())
    learn(schema, statement, own)
    for (const name of schema.tables.keys()) if (!before.has(name)) made.set(name, statement)
    const renamed = statement.kind === 'RenameStmt' ? relationName(statement.node.relation, own) : ''
    // A table that was there before is there under its new name, too.
    if (renamed !== '' && !made.has(renamed)) made.delete(String(statement.node.newname))
  }
  for (const rule of RULES) {
    for (const one of rule.file?.(file, schema as Schema) ?? []) found.push({ line: file.migration.upLine, ...one, rule })
  }
  return found
}

const covers = (ignore: Ignore, { rule, line }: Raw): boolean =>
  ignore.wrong === undefined && ignore.rule === rule.name && (ignore.of === undefined || ignore.of === line)

const isIgnored = (found: Raw, ignores: readonly Ignore[]): boolean => ignores.some((ignore) => covers(ignore, found))

function aboutIgnores(ignores: readonly Ignore[], found: readonly Raw[], rules: LintOptions['rules'] & object): readonly Raw[] {
  return ignores.flatMap((ignore): readonly Raw[] => {
    if (ignore.wrong !== undefined) return [{ rule: INVALID_IGNORE, what: `this ignore ${ignore.wrong}`, line: ignore.line }]
    if (rules[ignore.rule] === 'off' || found.some((one) => covers(ignore, one))) return []
    const where = ignore.of === undefined ? 'in this file' : `in the statement of line ${ignore.of}`
    return [{ rule: UNUSED_IGNORE, what: `${ignore.rule} finds nothing ${where}`, line: ignore.line }]
  })
}

const worded = (found: readonly Raw[], { file }: Migration, rules: LintOptions['rules'] & object): readonly LintFinding[] =>
  found.flatMap(({ rule, line, what, rewrite = '' }): readonly LintFinding[] => {
    const severity = rules[rule.name] ?? rule.severity
    if (severity === 'off') return []
    return [{ rule: rule.name, severity, advisor: rule.advisor, file, line, what, why: rule.why, rewrite, link: `${PAGE}#${rule.name}` }]
  })
