import { PLATFORM_SCHEMA } from '../isolation/names.js'
import { fault, isFault } from '../kernel/faults.js'
import { outsideStatementsOf } from './forms/outside-statements.js'
import { loadProgram } from './forms/program.js'
import { checkRepeatable } from './forms/repeatable.js'
import type { Migration } from './migration.js'
import { type Node, type Statement, statementsOf, walk } from './statements.js'

/** The statements that a migration may hold. All others belong to Tenantry (roles, grants, policies, extensions, transactions) or to nobody. */
const ALLOWED = new Set([
  'CreateStmt',
  'CreateTableAsStmt',
  'AlterTableStmt',
  'IndexStmt',
  'ViewStmt',
  'CreateFunctionStmt',
  'AlterFunctionStmt',
  'CreateTrigStmt',
  'DropStmt',
  'RenameStmt',
  'CommentStmt',
  'CreateSeqStmt',
  'AlterSeqStmt',
  'CreateEnumStmt',
  'AlterEnumStmt',
  'CompositeTypeStmt',
  'AlterTypeStmt',
  'CreateDomainStmt',
  'AlterDomainStmt',
  'CreateRangeStmt',
  'DefineStmt',
  'CreateStatsStmt',
  'AlterStatsStmt',
  'InsertStmt',
  'UpdateStmt',
  'DeleteStmt',
  'MergeStmt',
  'SelectStmt',
  'DoStmt',
  'RefreshMatViewStmt',
  'TruncateStmt',
  'LockStmt',
  'ConstraintsSetStmt',
])

const INSTEAD: Readonly<Record<string, string>> = {
  TransactionStmt: 'controls the transaction: every migration runs in one of its own',
  VariableSetStmt: 'sets a setting: search_path and role are set by Tenantry',
  CreateExtensionStmt: 'creates an extension: list it under `extensions` in tenantry.config.ts',
  CreateSchemaStmt: "creates a schema: a home is one schema, and its name is the catalog's",
  GrantStmt: 'grants or revokes: grants follow from the isolation',
  GrantRoleStmt: 'grants a role: roles follow from the isolation',
  CreatePolicyStmt: 'creates a policy: policies follow from the tenant column',
  AlterOwnerStmt: 'changes an owner: owners follow from the isolation',
  CopyStmt: 'copies: use insert',
  VacuumStmt: 'cannot run inside a transaction',
}

const OWN_SUBCOMMANDS = new Set([
  'AT_EnableRowSecurity',
  'AT_DisableRowSecurity',
  'AT_ForceRowSecurity',
  'AT_NoForceRowSecurity',
  'AT_ChangeOwner',
  'AT_SetTableSpace',
])

/** Schemas that a tenant migration may name. Its own home is never named: it is the search_path. */
const NAMEABLE = new Set(['pg_catalog', 'information_schema', 'ext', 'platform', 'tenantry'])

/** Throws MIGRATION_INVALID, with the line, unless the file parses and every statement of it is one that a migration of its kind may hold. */
export const checkMigration = (migration: Migration): Promise<void> =>
  shallow(migration.file, async () => {
    if (migration.kind === 'program') {
      await loadProgram(migration)
      return
    }
    if (!migration.options.transaction) await outsideStatementsOf(migration)
    const statements = await statementsOf({ file: migration.file, text: migration.up, line: migration.upLine })
    checkStatements(migration.file, statements, migration.options.transaction)
    if (migration.kind === 'repeatable') checkRepeatable(migration, statements)
  })

/** The same for what undoes it. Throws MIGRATION_NOT_UNDOABLE, also where there is nothing that does. */
export async function checkDown(migration: Migration): Promise<void> {
  try {
    await lookAtDown(migration)
  } catch (error) {
    if (!isFault(error, 'MIGRATION_INVALID')) throw error
    throw fault('MIGRATION_NOT_UNDOABLE', error.facts as { file: string; reason: string }, { cause: error })
  }
}

const lookAtDown = (migration: Migration): Promise<void> =>
  shallow(migration.file, async () => {
    const { file, down, downLine, downOptions } = migration
    const refuse = (reason: string): never => {
      throw fault('MIGRATION_INVALID', { file, reason })
    }
    if (migration.kind === 'repeatable') refuse('is repeatable and is not undone; change its text instead')
    if (migration.kind === 'program') {
      if ((await loadProgram(migration)).down === undefined) refuse('has no `down`, so it cannot be undone')
      return
    }
    if (down === undefined) return refuse('has no down section, so it cannot be undone; go forward with a new file')
    if (!downOptions.transaction)
      refuse('says transaction:false on its down section; what is undone is undone in one transaction with its ledger entry')
    checkStatements(file, await statementsOf({ file, text: down, line: downLine }), true)
  })

async function shallow(file: string, check: () => Promise<void>): Promise<void> {
  try {
    await check()
  } catch (error) {
    // The stack, of the parser or of what walks over its tree.
    if (!(error instanceof RangeError)) throw error
    throw fault('MIGRATION_INVALID', { file, reason: 'is nested too deeply to be checked' }, { cause: error })
  }
}

function checkStatements(file: string, statements: readonly Statement[], inTransaction: boolean): void {
  for (const { kind, node, line } of statements) {
    const refuse = (reason: string): never => {
      throw fault('MIGRATION_INVALID', { file: `${file}:${line}`, reason })
    }
    if (!ALLOWED.has(kind)) refuse(INSTEAD[kind] ?? `${words(kind)} is not something that a migration may do`)
    if (inTransaction && node.concurrent === true && (kind === 'IndexStmt' || kind === 'DropStmt'))
      refuse(`${CONCURRENT[kind]} concurrently, which cannot run inside a transaction: write -- migrate:up transaction:false`)
    if (kind === 'DropStmt' && node.removeType === 'OBJECT_SCHEMA') refuse("drops a schema: homes are Tenantry's")
    if (makesIn(kind, node) === PLATFORM_SCHEMA && !file.startsWith(`${PLATFORM_SCHEMA}/`))
      refuse(
        `makes something in the schema ${PLATFORM_SCHEMA}: it would for every home of a database; put it into a file of ${PLATFORM_SCHEMA}/`,
      )
    if (kind === 'DropStmt' && node.removeType === 'OBJECT_POLICY') refuse('drops a policy: policies follow from the tenant column')
    for (const found of walk(node)) {
      const subcommand = found.subtype
      if (typeof subcommand === 'string' && OWN_SUBCOMMANDS.has(subcommand))
        refuse(`${words(subcommand.slice(3))}: row security and owners follow from the isolation`)
      const schema = found.schemaname
      if (typeof schema === 'string' && !NAMEABLE.has(schema))
        refuse(`names the schema "${schema}": the same file runs in many homes, so tables are named without a schema`)
    }
  }
}

// Under which key a statement names what it makes: a relation, or a list of words.
const MADE: Readonly<Record<string, string>> = {
  CreateStmt: 'relation',
  CreateTableAsStmt: 'into',
  SelectStmt: 'intoClause',
  IndexStmt: 'relation',
  ViewStmt: 'view',
  CreateTrigStmt: 'relation',
  CreateSeqStmt: 'sequence',
  CompositeTypeStmt: 'typevar',
  CreateFunctionStmt: 'funcname',
  CreateEnumStmt: 'typeName',
  CreateDomainStmt: 'domainname',
  CreateRangeStmt: 'typeName',
  DefineStmt: 'defnames',
  CreateStatsStmt: 'defnames',
}

/** The schema that a statement says for what it makes, if it makes something and says one. */
function makesIn(kind: string, node: Node): string | undefined {
  const made = node[MADE[kind] ?? ''] as Node | readonly Node[] | undefined
  if (made === undefined) return undefined
  if (Array.isArray(made)) return made.length > 1 ? String((made[0].String as Node | undefined)?.sval) : undefined
  const relation = ((made as Node).rel ?? made) as Node
  return relation.schemaname as string | undefined
}

const CONCURRENT = { IndexStmt: 'creates an index', DropStmt: 'drops an index' } as const

const words = (kind: string): string =>
  kind
    .replace(/Stmt$/, '')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
