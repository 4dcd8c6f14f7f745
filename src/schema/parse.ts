import { parse, SqlError } from 'libpg-query'
import { fault } from '../kernel/faults.js'
import type { Migration } from './migration-files.js'

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

/** Throws MIGRATION_INVALID, with the line, unless the file parses and every statement of it is one that a migration may hold. */
export async function checkMigration(migration: Migration): Promise<void> {
  try {
    await checkStatements(migration)
  } catch (error) {
    // The stack, of the parser or of what walks over its tree.
    if (!(error instanceof RangeError)) throw error
    throw fault('MIGRATION_INVALID', { file: migration.file, reason: 'is nested too deeply to be checked' }, { cause: error })
  }
}

async function checkStatements(migration: Migration): Promise<void> {
  const bytes = Buffer.from(migration.up)
  const lineOf = (byte: number): number => migration.upLine + bytes.subarray(0, byte).toString().split('\n').length - 1
  const refuse = (byte: number, reason: string): never => {
    throw fault('MIGRATION_INVALID', { file: `${migration.file}:${lineOf(byte + leadingBlank(bytes, byte))}`, reason })
  }
  const meta = /^\\\w+/m.exec(migration.up)
  if (meta !== null) refuse(Buffer.byteLength(migration.up.slice(0, meta.index)), `"${meta[0]}" is a command of psql, not SQL`)
  // The parser calls it an error to be given nothing.
  if (migration.up.trim() === '') throw fault('MIGRATION_INVALID', { file: migration.file, reason: 'holds no statement' })
  const tree = await parse(migration.up).catch((error: unknown) => {
    if (!(error instanceof SqlError)) throw error
    return refuse(Buffer.byteLength([...migration.up].slice(0, error.sqlDetails?.cursorPosition ?? 0).join('')), error.message)
  })
  const statements = tree.stmts ?? []
  if (statements.length === 0) throw fault('MIGRATION_INVALID', { file: migration.file, reason: 'holds no statement' })
  for (const { stmt, stmt_location: location } of statements) {
    const [kind, node] = Object.entries(stmt ?? {})[0] as [string, Node]
    const start = location ?? 0
    if (!ALLOWED.has(kind)) refuse(start, INSTEAD[kind] ?? `${words(kind)} is not something that a migration may do`)
    if (kind === 'IndexStmt' && node.concurrent === true)
      refuse(start, 'creates an index concurrently, which cannot run inside a transaction')
    if (kind === 'DropStmt' && node.removeType === 'OBJECT_SCHEMA') refuse(start, "drops a schema: homes are Tenantry's")
    if (kind === 'DropStmt' && node.removeType === 'OBJECT_POLICY') refuse(start, 'drops a policy: policies follow from the tenant column')
    for (const found of walk(node)) {
      const subcommand = found.subtype
      if (typeof subcommand === 'string' && OWN_SUBCOMMANDS.has(subcommand))
        refuse(start, `${words(subcommand.slice(3))}: row security and owners follow from the isolation`)
      const schema = found.schemaname
      if (typeof schema === 'string' && !NAMEABLE.has(schema))
        refuse(start, `names the schema "${schema}": the same file runs in many homes, so tables are named without a schema`)
    }
  }
}

export interface Node {
  readonly [key: string]: unknown
}

/** Every object of a syntax tree, itself first. */
export function* walk(node: unknown): Generator<Node> {
  if (Array.isArray(node)) {
    for (const child of node) yield* walk(child)
  } else if (typeof node === 'object' && node !== null) {
    yield node as Node
    for (const child of Object.values(node)) yield* walk(child)
  }
}

/** White space and comments between the end of one statement and the beginning of the next count as part of the latter. */
/** Only for what is refused: for each of 100,000 statements it would take minutes. */
function leadingBlank(bytes: Buffer, from: number): number {
  return Buffer.byteLength(/^(\s|--[^\n]*\n|\/\*[\s\S]*?\*\/)*/.exec(bytes.subarray(from).toString())![0])
}

const words = (kind: string): string =>
  kind
    .replace(/Stmt$/, '')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
