import { isFault } from '../../kernel/faults.js'
import type { Migration } from '../migration-files.js'
import { checkMigration } from '../parse.js'
import { type Node, type Statement, statementsOf, walk } from '../statements.js'
import type { Format } from './foreign.js'

export interface Problem {
  readonly line: number
  readonly says: string
}

export interface ExamineOptions {
  /** As it will be written. */
  readonly migration: Migration
  readonly format: Format
  /** That the tables must have; null where they need none. */
  readonly tenantColumn: string | null
}

/** What must be corrected by hand before homes take the file: all that a migration may not hold, and what cannot mean the same in a home. */
export async function examine({ migration, format, tenantColumn }: ExamineOptions): Promise<readonly Problem[]> {
  const { up, upLine, down, downLine } = migration
  // A down section runs in one transaction, whatever the other one does.
  const undone: Migration = { ...migration, kind: 'sql', up: down ?? '', upLine: downLine, options: migration.downOptions }
  const sections = [
    { migration, text: up, line: upLine },
    ...(down === undefined ? [] : [{ migration: undone, text: down, line: downLine }]),
  ]
  const problems: Problem[] = []
  for (const section of sections) problems.push(...(await problemsOf(section, { format, tenantColumn })))
  return problems
}

interface Part {
  readonly migration: Migration
  readonly text: string
  readonly line: number
}

async function problemsOf(
  { migration, text, line }: Part,
  { format, tenantColumn }: Pick<ExamineOptions, 'format' | 'tenantColumn'>,
): Promise<readonly Problem[]> {
  const placeholder = format === 'flyway' ? /\$\{[^}\n]*\}/.exec(text) : null
  const problems: Problem[] = []
  if (placeholder !== null) {
    const at = line + text.slice(0, placeholder.index).split('\n').length - 1
    problems.push({ line: at, says: `holds the placeholder ${placeholder[0]} of Flyway: write what it stands for` })
  }
  const statements = await statementsOf({ file: migration.file, text, line }).catch((error: unknown) => told(error, line))
  if (!isStatements(statements)) return [...problems, statements]
  const refused: Problem[] = []
  for (const statement of statements) {
    refused.push(...(await refusal({ ...migration, kind: 'sql' }, statement)))
    problems.push(...shapes(statement, tenantColumn).map((says) => ({ line: statement.line, says })))
  }
  // What is wrong with the file as a whole, such as that it cannot run twice.
  const whole = refused.length > 0 ? [] : await refusal(migration, { text, line })
  return [...problems, ...refused, ...whole].sort((a, b) => a.line - b.line)
}

const isStatements = (found: readonly Statement[] | Problem): found is readonly Statement[] => Array.isArray(found)

/** One statement by itself, so that a file's second fault is told with its first. */
async function refusal(migration: Migration, { text, line }: Pick<Statement, 'text' | 'line'>): Promise<readonly Problem[]> {
  try {
    await checkMigration({ ...migration, up: text, upLine: line, down: undefined })
    return []
  } catch (error) {
    return [told(error, line)]
  }
}

/** The stack, of the parser or of what walks over its tree. */
export const isTooDeep = (error: unknown): boolean => error instanceof RangeError

function told(error: unknown, line: number): Problem {
  if (isTooDeep(error)) return { line, says: 'is nested too deeply to be checked' }
  if (!isFault(error, 'MIGRATION_INVALID')) throw error
  const { file, reason } = error.facts as { file: string; reason: string }
  return { line: Number(/:(\d+)$/.exec(file)?.[1] ?? line), says: reason }
}

const SERIAL = /^(small|big)?serial[248]?$/

/** What the gate refuses in the catalog, and what is hidden in texts, where no check looks. */
function shapes({ kind, node }: Statement, tenantColumn: string | null): readonly string[] {
  const found: string[] = []
  if (kind === 'CreateStmt' && tenantColumn !== null && !hasColumn(node, tenantColumn))
    found.push(
      `table ${nameOf(node)} has no column ${tenantColumn}: \`${tenantColumn} uuid not null default tenantry.tenant()\`, first in every key`,
    )
  for (const part of walk(node)) {
    const column = part.colname
    if (typeof column === 'string' && SERIAL.test(lastName(part.typeName)))
      found.push(`column ${column} is ${lastName(part.typeName)}: write \`generated always as identity\``)
    if (typeof part.sval === 'string' && /(^|[^\w$"])("public"|public)\s*\./i.test(part.sval))
      found.push('names `public.` inside a text, where it was not dropped: a home has another name')
  }
  return [...new Set(found)]
}

function hasColumn(node: Node, column: string): boolean {
  // It comes from the parent, or from the other table.
  if (node.partbound !== undefined || node.inhRelations !== undefined || node.ofTypename !== undefined) return true
  const elements = (node.tableElts ?? []) as readonly { readonly ColumnDef?: Node; readonly TableLikeClause?: Node }[]
  return elements.some(({ ColumnDef, TableLikeClause }) => TableLikeClause !== undefined || ColumnDef?.colname === column)
}

const nameOf = (node: Node): string => String((node.relation as Node).relname)

function lastName(type: unknown): string {
  const names = ((type as Node | undefined)?.names ?? []) as readonly { readonly String?: { readonly sval?: string } }[]
  return names.at(-1)?.String?.sval ?? ''
}
