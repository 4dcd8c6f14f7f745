import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { fault } from '../kernel/faults.js'
import type { ProgramUser } from './program-user.js'

/** The program is named by its full path. */
export type Argv = readonly [program: string, ...rest: readonly string[]]

interface ChildOptions {
  /** Run as this user. Undefined: as ourselves. */
  readonly as?: ProgramUser | undefined
  /** Default: the root folder, since another user may not enter ours. */
  readonly cwd?: string
  /** Added to a fixed minimum (search path, C.UTF-8, UTC). Nothing of our own environment is passed on, so no PGHOST or PGDATA leaks in. */
  readonly env?: Readonly<Record<string, string>>
}

export interface RunOptions extends ChildOptions {
  /** The program and its children are killed when it takes longer. Default 60,000. */
  readonly timeoutMs?: number
  /** An open file that becomes standard input. Default: nothing to read. */
  readonly stdin?: number
  /** Answer a non-zero exit status instead of throwing PROGRAM_FAILED. */
  readonly tolerant?: boolean
}

export interface StartOptions extends ChildOptions {
  /** What the kernel sends to the program when our process dies, however it dies. */
  readonly deathSignal: NodeJS.Signals
  /** An open file that takes standard output and standard error: a pipe would stall the program whenever we are too busy to read. */
  readonly log: number
  /** Raise the limit of open files to this, where that is allowed. */
  readonly openFiles?: number
}

export interface ProgramExit {
  readonly status: number | undefined
  readonly signal: NodeJS.Signals | undefined
}

export interface RunResult extends ProgramExit {
  readonly stdout: string
  readonly stderr: string
}

export interface RunningProgram {
  readonly pid: number
  /** Settles when the program has ended; never rejects. */
  readonly exited: Promise<ProgramExit>
  /** How it ended, or undefined while it runs. */
  readonly exit: () => ProgramExit | undefined
  /** False when it has ended already. */
  readonly signal: (signal: NodeJS.Signals) => boolean
}

export const ENVIRONMENT = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8', TZ: 'UTC' }
const CAPTURED_BYTES = 1_000_000

/**
 * Runs a program to its end. Throws PROGRAM_MISSING when it cannot be started, PROGRAM_TIMEOUT when it takes too long, and
 * PROGRAM_FAILED (with the last line of its standard error) when it exits with another status than 0.
 */
export async function runProgram(argv: Argv, options: RunOptions = {}): Promise<RunResult> {
  const { timeoutMs = 60_000, tolerant = false } = options
  const child = await launch(argv, { ...options, deathSignal: 'SIGTERM' }, [options.stdin ?? 'ignore', 'pipe', 'pipe'])
  const stdout = capture(child.stdout)
  const stderr = capture(child.stderr)

  let late = false
  const timer = setTimeout(() => {
    late = true
    killGroup(child)
  }, timeoutMs)
  const exit = await endOf(child, 'close').finally(() => clearTimeout(timer))

  const result = { ...exit, stdout: stdout(), stderr: stderr() }
  if (late) throw fault('PROGRAM_TIMEOUT', { program: basename(argv[0]), timeoutMs })
  if (result.status !== 0 && !tolerant) throw fault('PROGRAM_FAILED', { program: basename(argv[0]), reason: lastLine(result) })
  return result
}

/**
 * Starts a program that runs as long as we do: the kernel signals it when our process dies, even by SIGKILL. It has a process group of
 * its own, so that a Ctrl-C reaches us alone and we can stop things in order. Throws PROGRAM_MISSING when it cannot be started.
 */
export async function startProgram(argv: Argv, options: StartOptions): Promise<RunningProgram> {
  const child = await launch(argv, options, ['ignore', options.log, options.log])
  let ended: ProgramExit | undefined
  const exited = endOf(child, 'exit').then((exit) => {
    ended = exit
    return exit
  })
  return { pid: child.pid!, exited, exit: () => ended, signal: (signal) => child.kill(signal) }
}

/** Runs a program at our own terminal, until it ends. Throws PROGRAM_MISSING when it cannot be started. */
export async function runAtTerminal(argv: Argv, options: ChildOptions = {}): Promise<ProgramExit> {
  const child = await launch(argv, { ...options, deathSignal: 'SIGTERM', foreground: true }, ['inherit', 'inherit', 'inherit'])
  return endOf(child, 'exit')
}

interface Launch extends ChildOptions {
  readonly deathSignal: NodeJS.Signals
  readonly openFiles?: number
  /** In our own process group, as the terminal wants it of a program that reads from it. */
  readonly foreground?: boolean
}

async function launch(argv: Argv, options: Launch, stdio: ('ignore' | 'pipe' | 'inherit' | number)[]): Promise<ChildProcess> {
  // Asked first, since setpriv would hide it behind an exit status of its own.
  if (!existsSync(argv[0])) throw fault('PROGRAM_MISSING', { program: basename(argv[0]), places: [argv[0]] })
  const [program, ...rest] = [...limits(options), ...bonds(options), ...argv] as [string, ...string[]]
  // Where setpriv does not exist, Node itself changes the user, and the program outlives a SIGKILL of ours.
  const identity = options.as && !SETPRIV ? { uid: options.as.uid, gid: options.as.gid } : {}
  const child = spawn(program, rest, {
    ...identity,
    cwd: options.cwd ?? '/',
    env: { ...ENVIRONMENT, ...options.env },
    stdio,
    detached: options.foreground !== true,
    shell: false,
  })
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', (cause) => reject(fault('PROGRAM_MISSING', { program: basename(argv[0]), places: [argv[0]] }, { cause })))
  })
  return child
}

const SETPRIV = ['/usr/bin/setpriv', '/bin/setpriv'].find((path) => existsSync(path))
const PRLIMIT = ['/usr/bin/prlimit', '/bin/prlimit'].find((path) => existsSync(path))

/** setpriv and prlimit replace themselves by the program, so that the process id is the program's own. */
function bonds({ as, deathSignal }: Launch): readonly string[] {
  if (!SETPRIV) return []
  const identity = as ? [`--reuid=${as.uid}`, `--regid=${as.gid}`, '--clear-groups'] : []
  return [SETPRIV, '--pdeathsig', deathSignal.slice('SIG'.length), ...identity, '--']
}

function limits({ openFiles }: Launch): readonly string[] {
  return openFiles !== undefined && PRLIMIT ? [PRLIMIT, `--nofile=${openFiles}`, '--'] : []
}

/** Does a child need a higher limit of open files than it would inherit, and may we give it? Asked by doing it. */
export async function canRaiseOpenFiles(openFiles: number): Promise<boolean> {
  const inherited = /^Max open files\s+(\d+)/m.exec(await readFile('/proc/self/limits', 'utf8').catch(() => ''))?.[1]
  if (!PRLIMIT || Number(inherited ?? 0) >= openFiles) return false
  const { status } = await runProgram([PRLIMIT, `--nofile=${openFiles}`, '--', '/bin/true'], { tolerant: true })
  return status === 0
}

function endOf(child: ChildProcess, event: 'exit' | 'close'): Promise<ProgramExit> {
  return new Promise((resolve) => {
    child.once(event, (status: number | null, signal: NodeJS.Signals | null) =>
      resolve({ status: status ?? undefined, signal: signal ?? undefined }),
    )
  })
}

function capture(stream: ChildProcess['stdout']): () => string {
  let text = ''
  stream?.setEncoding('utf8').on('data', (chunk: string) => {
    text = (text + chunk).slice(-CAPTURED_BYTES)
  })
  return () => text
}

function killGroup(child: ChildProcess): void {
  try {
    process.kill(-child.pid!, 'SIGKILL')
  } catch {
    // It ended in this very moment.
  }
}

function lastLine(result: RunResult): string {
  const line = result.stderr.trim().split('\n').at(-1)
  return line || (result.signal ? `ended by ${result.signal}` : `exit status ${result.status}`)
}
