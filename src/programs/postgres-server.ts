import { join } from 'node:path'
import { fault } from '../kernel/faults.js'
import { type ProgramExit, type RunningProgram, startProgram } from './child.js'
import { openLog, readLog, reasonIn, sizeOf } from './log-file.js'
import type { PostgresBinaries } from './postgres-binaries.js'
import { readPostmasterPid, releaseDataDirectory } from './postgres-lock.js'
import { OWN_SETTINGS, type PostgresSettings, settingsText } from './postgres-settings.js'
import { writePrivateFile } from './private-file.js'
import { ownerOf, type ProgramUser } from './program-user.js'
import { stopProgram } from './stop-program.js'
import { waitFor } from './wait.js'
import { answersPostgres } from './wire-probe.js'

export interface StartPostgresOptions {
  readonly binaries: PostgresBinaries
  /** Made by initPostgres or copyPostgresData. */
  readonly dataDirectory: string
  /** See choosePort. */
  readonly port: number
  /** Replaces the settings of the start before. Address, port and sockets are not among them. */
  readonly settings?: PostgresSettings
  /** Default: the name of the data directory followed by .log. */
  readonly logFile?: string
  /** How long to wait until it accepts connections, recovery included. Default 60,000. */
  readonly startMs?: number
  /** Default: the owner of the data directory, when we are root. */
  readonly as?: ProgramUser | undefined
}

export interface PostgresServer {
  readonly host: '127.0.0.1'
  readonly port: number
  readonly pid: number
  readonly version: string
  readonly dataDirectory: string
  readonly logFile: string
  /** Settles when the server has ended, whoever ended it. */
  readonly exited: Promise<ProgramExit>
  /** For drills (SIGKILL, SIGSTOP) and for reloading the configuration (SIGHUP). */
  readonly signal: (signal: NodeJS.Signals) => boolean
  /** Disconnects everyone, writes a checkpoint and waits for the end. Harmless when it has ended already. */
  readonly stop: () => Promise<void>
}

/**
 * Starts a server on 127.0.0.1 (no Unix socket) that lives no longer than our process, and waits until it accepts connections. What a
 * killed run left behind is waited for and cleared away. Throws DATA_DIRECTORY_IN_USE when another server runs there, and PROGRAM_FAILED
 * with the reason from its log when it does not come up.
 */
export async function startPostgres(options: StartPostgresOptions): Promise<PostgresServer> {
  const { binaries, dataDirectory, port, settings = {}, logFile = `${dataDirectory}.log`, startMs = 60_000 } = options
  const as = options.as ?? (await ownerOf(dataDirectory))
  await releaseDataDirectory(dataDirectory)
  // In a file, since settings may hold secrets (primary_conninfo) and everyone can read a command line.
  await writePrivateFile(join(dataDirectory, OWN_SETTINGS), settingsText({ [STARTED_HERE]: true, ...settings }), { owner: as })

  const logStart = await sizeOf(logFile)
  const log = await openLog(logFile)
  const address = ['-c', 'listen_addresses=127.0.0.1', '-c', `port=${port}`, '-c', 'unix_socket_directories=']
  const server = await startProgram([join(binaries.bin, 'postgres'), '-D', dataDirectory, ...address], {
    as,
    deathSignal: 'SIGINT',
    log: log.fd,
  }).finally(() => log.close())

  if (!(await waitFor(() => settled(server, dataDirectory, port), { withinMs: startMs })) || server.exit()) {
    await stopProgram(server, { stages: STOP_STAGES })
    const reason = reasonIn(await readLog(logFile, logStart)) || `it did not accept connections within ${startMs} ms`
    throw fault('PROGRAM_FAILED', { program: `PostgreSQL ${binaries.version}`, reason })
  }
  return {
    host: '127.0.0.1',
    port,
    pid: server.pid,
    version: binaries.version,
    dataDirectory,
    logFile,
    exited: server.exited,
    signal: server.signal,
    stop: () => stopProgram(server, { stages: STOP_STAGES }),
  }
}

// By this the doctor and `cluster add` know a server that is for development or for tests.
const STARTED_HERE = 'tenantry_server.started_here'

// Fast shutdown; then without a checkpoint; then by force.
const STOP_STAGES = [
  { signal: 'SIGINT', withinMs: 30_000 },
  { signal: 'SIGQUIT', withinMs: 5_000 },
  { signal: 'SIGKILL', withinMs: 5_000 },
] as const

/** True when the server has ended or accepts connections. The port alone would not tell our server from another one that holds it. */
async function settled(server: RunningProgram, dataDirectory: string, port: number): Promise<true | undefined> {
  if (server.exit()) return true
  const lock = await readPostmasterPid(dataDirectory)
  const ready = lock?.pid === server.pid && (lock.state === 'ready' || lock.state === 'standby')
  return ready && (await answersPostgres(port)) ? true : undefined
}
