import { defineConfig } from '../../kernel/config.js'
import { isDuration, milliseconds } from '../../kernel/durations.js'
import { FAULTS, Fault, fault, isFault } from '../../kernel/faults.js'
import { defineMigration, type MigrationProgram } from '../../kernel/migration-program.js'
import { settled } from '../../kernel/settled.js'
import { ident, join, type Sql, sql } from '../../kernel/sql.js'
import { isConnectionLoss, isContention, isDiskFull, sqlstate } from '../../postgres/errors.js'
import type { Session } from '../../postgres/session.js'
import { checksumOf, type Migration } from '../migration.js'
import { readText } from '../read-text.js'
import { openDoor } from './program-door.js'
import { leavePlace } from './target.js'

export interface LoadedProgram extends Pick<MigrationProgram, 'up' | 'down'> {
  readonly wholeMs: number
}

const WHOLE_MS = 60_000
// The server ends a transaction that waits for longer.
const IDLE_MS = 15_000

// By what it says: loading one costs more than what it does in a small home.
const loaded = new Map<string, { readonly checksum: string; readonly program: LoadedProgram }>()

/** Loads a data step. Throws MIGRATION_INVALID when it is none, cannot be loaded, or its modules never end loading. */
export async function loadProgram({ file, program: path, checksum }: Migration): Promise<LoadedProgram> {
  const known = loaded.get(path!)
  if (known?.checksum === checksum) return known.program
  const invalid = (reason: string, cause?: unknown) => fault('MIGRATION_INVALID', { file, reason }, { cause })
  let found: Partial<Record<string, unknown>> = {}
  const text = await readText(path!, invalid, 'a data step reads data, and does not hold it')
  if (checksumOf(text) !== checksum) throw invalid('was edited while it was being read: try again')
  const loading = importProgram(path!, text).then((module) => {
    found = module
  })
  const limits = { wholeMs: WHOLE_MS, idleMs: WHOLE_MS }
  const givenUp = await settled(loading, limits, () => 0).catch((error: unknown) => {
    throw invalid(`cannot be loaded: ${reasonOf(error)}`, error)
  })
  if (givenUp !== undefined) throw invalid(`cannot be loaded: ${givenUp}`)
  const { up, down, timeout } = found
  const how = 'export default defineMigration({ up: async ({ rows, run, sql }) => {…} }) from tenantry'
  if (typeof up !== 'function') throw invalid(`exports no function \`up\`: ${how}`)
  if (down !== undefined && typeof down !== 'function') throw invalid(`exports a \`down\` that is no function: ${how}`)
  if (timeout !== undefined && (typeof timeout !== 'string' || !isDuration(timeout) || milliseconds(timeout) === 0))
    throw invalid('exports a `timeout` that is no duration: write a whole number and a unit, such as 30s or 5min')
  const wholeMs = timeout === undefined ? WHOLE_MS : milliseconds(timeout as string)
  const program = { up, down, wholeMs } as LoadedProgram
  loaded.set(path!, { checksum, program })
  return program
}

/** What a module exports by default, or by name. Node keeps modules by their path, and a file may be corrected while a worker runs: so its text is evaluated. */
async function importProgram(path: string, text: string): Promise<Partial<Record<string, unknown>>> {
  const { createJiti } = await import('jiti')
  // The same module as ours: a statement is known by who made it.
  const tenantry = { sql, ident, join, FAULTS, Fault, isFault, defineConfig, defineMigration }
  const jiti = createJiti(path, { moduleCache: false, virtualModules: { tenantry } })
  const module = (await jiti.evalModule(text, { filename: path, ext: '.ts', async: true })) as Partial<Record<string, unknown>>
  return (typeof module.default === 'object' && module.default !== null ? module.default : module) as Partial<Record<string, unknown>>
}

/**
 * Runs a data step, or what undoes it, in the session's transaction, after `place` has said as whom and where. Throws MIGRATION_FAILED with file and home,
 * whatever it threw; what went wrong between us and PostgreSQL is thrown as it is. Afterwards the transaction can go on.
 */
export async function runProgram(
  session: Session,
  place: Sql,
  migration: Migration,
  home: string,
  direction: 'up' | 'down',
): Promise<void> {
  const { wholeMs, ...program } = await loadProgram(migration)
  const failed = (reason: string, cause?: unknown) => fault('MIGRATION_FAILED', { file: migration.file, home, reason }, { cause })
  // Of the file before: the owner cannot change settings.
  await session.script(leavePlace)
  // A statement that is under way when a program is given up would keep the connection for as long as it likes.
  const { before } = await session.one(sql<{ before: string }>`select current_setting('statement_timeout') as before`)
  await session.run(sql`select set_config('statement_timeout', ${`${wholeMs}ms`}, true)`)
  await session.script(place)
  const { door, failures, idleMs, close } = openDoor(session)
  const program_ = async () => program[direction]!(door)
  let floating = 0
  const givenUp = await settled(program_(), { wholeMs, idleMs: IDLE_MS }, idleMs)
    .catch((error: unknown) => {
      throw failures.find(isElsewhere) ?? failed(reasonOf(error), error)
    })
    .finally(async () => {
      floating = await close()
    })
  if (givenUp !== undefined) throw failed(givenUp)
  const [first] = failures
  if (floating > 0 && !isElsewhere(first)) {
    const told = first === undefined ? '' : ` (${reasonOf(first)})`
    throw failed(`it ended before ${floating} of its calls had${told}: put await before each rows, one, maybe, run and batches`, first)
  }
  // The server has taken everything back, whatever the program made of it.
  if (first !== undefined && sqlstate(first) !== undefined)
    throw isElsewhere(first) ? first : failed(`a statement failed and the program went on without it: ${reasonOf(first)}`, first)
  await session.script(leavePlace)
  await session.run(sql`select set_config('statement_timeout', ${before}, true)`)
}

/** What the engine tries again, or what is no fault of the file. */
const isElsewhere = (error: unknown): boolean =>
  isConnectionLoss(error) || isFault(error, 'SERVER_UNREACHABLE', 'OPERATION_LOST') || isDiskFull(error) || isContention(error)

function reasonOf(error: unknown): string {
  const [first = ''] = String((error as Error | undefined)?.message ?? error).split('\n')
  const state = sqlstate(error)
  return `${first || 'it failed without saying why'}${state === undefined ? '' : ` (SQLSTATE ${state})`}`
}
