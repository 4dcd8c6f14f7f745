import { appendFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fault } from '../kernel/faults.js'
import { canRaiseOpenFiles, type ProgramExit, runProgram, startProgram } from './child.js'
import { openLog, readLog, reasonIn, sizeOf } from './log-file.js'
import { type PoolMode, type PoolTarget, pgBouncerIni, userlistText } from './pgbouncer-files.js'
import { makePrivateFolder, writePrivateFile } from './private-file.js'
import { type ProgramUser, programUser } from './program-user.js'
import { type StopStage, stopProgram } from './stop-program.js'
import { waitFor } from './wait.js'
import { answersPostgres } from './wire-probe.js'

const PLACES = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer', '/usr/local/bin/pgbouncer']

export interface PgBouncerProgram {
  readonly path: string
  readonly version: string
}

export interface StartPgBouncerOptions {
  /** See choosePort. */
  readonly port: number
  /** A folder for its files, made when it is missing; the parent must be one that PgBouncer's user can reach. */
  readonly directory: string
  /** By the name that clients ask for; `*` stands for every other name. */
  readonly databases: Readonly<Record<string, PoolTarget>>
  /** Plain passwords or SCRAM verifiers by user; see userlistText for which. More can be added later. */
  readonly users: Readonly<Record<string, string>>
  /** Who may use the admin console (the database `pgbouncer`). */
  readonly admin: { readonly user: string; readonly password: string }
  /** Default transaction. */
  readonly poolMode?: PoolMode
  /** Server connections for each pair of user and database. Default 20. */
  readonly poolSize?: number
  /** Default 1,000. */
  readonly maxClients?: number
  /** Other settings of pgbouncer.ini. They win. */
  readonly settings?: Readonly<Record<string, string | number>>
  readonly program?: PgBouncerProgram
  readonly as?: ProgramUser | undefined
}

/** A pooler whose files are there already. */
export interface RunPgBouncerOptions {
  /** The one that its pgbouncer.ini says. */
  readonly port: number
  /** Holds pgbouncer.ini and userlist.txt, and gets its log. */
  readonly directory: string
  readonly maxClients: number
  readonly program: PgBouncerProgram
  readonly as: ProgramUser | undefined
}

/** What another process needs to add users to a running PgBouncer: plain data. */
export interface PgBouncerHandle {
  readonly pid: number
  readonly userlist: string
  readonly logFile: string
}

export interface PgBouncer extends PgBouncerHandle {
  readonly host: '127.0.0.1'
  readonly port: number
  readonly version: string
  readonly exited: Promise<ProgramExit>
  readonly signal: (signal: NodeJS.Signals) => boolean
  /** Ends it at once, whatever its clients are doing. Harmless when it has ended already. */
  readonly stop: () => Promise<void>
}

/** Undefined when PgBouncer is not installed. */
export async function findPgBouncer(): Promise<PgBouncerProgram | undefined> {
  for (const path of PLACES) {
    if (!(await stat(path).catch(() => undefined))) continue
    const { stdout } = await runProgram([path, '--version'])
    return { path, version: /\d+\.\d+(\.\d+)?/.exec(stdout)?.[0] ?? 'unknown' }
  }
  return undefined
}

/**
 * Starts a PgBouncer on 127.0.0.1 that lives no longer than our process, and waits until it answers. Throws PROGRAM_MISSING when it is
 * not installed, and PROGRAM_FAILED with the reason from its log when it does not come up.
 */
export async function startPgBouncer(options: StartPgBouncerOptions): Promise<PgBouncer> {
  const { port, directory, admin, poolMode = 'transaction', poolSize = 20, maxClients = 1_000, settings = {} } = options
  const as = options.as ?? (await programUser())
  const program = options.program ?? (await findPgBouncer())
  if (!program) throw fault('PROGRAM_MISSING', { program: 'PgBouncer', places: PLACES })

  const [ini, userlist] = [join(directory, 'pgbouncer.ini'), join(directory, 'userlist.txt')]
  const config = { port, databases: options.databases, poolMode, poolSize, maxClients, adminUser: admin.user, userlist, settings }
  await makePrivateFolder(directory, { owner: as })
  await writePrivateFile(userlist, userlistText({ ...options.users, [admin.user]: admin.password }), { owner: as })
  await writePrivateFile(ini, pgBouncerIni(config), { owner: as })
  return runPgBouncer({ port, directory, maxClients, program, as })
}

/** The same with files that are there already. Throws PROGRAM_FAILED. */
export async function runPgBouncer({ port, directory, maxClients, program, as }: RunPgBouncerOptions): Promise<PgBouncer> {
  const [ini, userlist, logFile] = [join(directory, 'pgbouncer.ini'), join(directory, 'userlist.txt'), join(directory, 'pgbouncer.log')]
  const logStart = await sizeOf(logFile)
  const log = await openLog(logFile)
  const openFiles = maxClients * 2 + 256
  const pooler = await startProgram([program.path, ini], {
    as,
    deathSignal: atOnce(program.version),
    log: log.fd,
    ...((await canRaiseOpenFiles(openFiles)) ? { openFiles } : {}),
  }).finally(() => log.close())

  const stages: readonly StopStage[] = [
    { signal: atOnce(program.version), withinMs: 5_000 },
    { signal: 'SIGKILL', withinMs: 5_000 },
  ]
  const answers = async (): Promise<true | undefined> => (pooler.exit() || (await answersPostgres(port)) ? true : undefined)
  if (!(await waitFor(answers, { withinMs: 10_000 })) || pooler.exit()) {
    await stopProgram(pooler, { stages })
    const reason = reasonIn(await readLog(logFile, logStart)) || 'it did not answer within 10 s'
    throw fault('PROGRAM_FAILED', { program: `PgBouncer ${program.version}`, reason })
  }
  return {
    host: '127.0.0.1',
    port,
    pid: pooler.pid,
    version: program.version,
    userlist,
    logFile,
    exited: pooler.exited,
    signal: pooler.signal,
    stop: () => stopProgram(pooler, { stages }),
  }
}

/** The signal that ends PgBouncer without waiting for its clients; SIGTERM waits for them from 1.23 on. */
function atOnce(version: string): 'SIGTERM' | 'SIGQUIT' {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > 1 || minor >= 23 ? 'SIGQUIT' : 'SIGTERM'
}

/**
 * Lets more users in (or changes the secret of one), and waits until PgBouncer has read them. Several processes may do so at once: lines
 * are only appended, and of two lines for one user the later one counts.
 */
export async function addPgBouncerUsers(pooler: PgBouncerHandle, users: Readonly<Record<string, string>>): Promise<void> {
  await appendFile(pooler.userlist, userlistText(users))
  const logStart = await sizeOf(pooler.logFile)
  process.kill(pooler.pid, 'SIGHUP')
  // It reads the file in the same turn in which it logs the signal, before it looks at any connection.
  const reread = async (): Promise<true | undefined> => ((await readLog(pooler.logFile, logStart)).includes('SIGHUP') ? true : undefined)
  if (await waitFor(reread, { withinMs: 5_000 })) return
  throw fault('PROGRAM_FAILED', { program: 'PgBouncer', reason: 'it did not read its userlist again' })
}
