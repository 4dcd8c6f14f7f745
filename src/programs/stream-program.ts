import { type ChildProcess, spawn } from 'node:child_process'
import { basename } from 'node:path'
import { fault } from '../kernel/faults.js'
import { type Argv, ENVIRONMENT } from './child.js'

const TOLD_BYTES = 64_000

/**
 * What a program writes to its standard output, as it comes: it waits for whoever reads. It ends with us, and whoever stops reading ends it. Throws
 * PROGRAM_MISSING, and at the end PROGRAM_FAILED (with the last line of its standard error) where it exits with another status than 0.
 */
export async function* streamProgram(argv: Argv, env: Readonly<Record<string, string>>): AsyncGenerator<Buffer, void> {
  const [program, ...rest] = argv
  const child = spawn(program, rest, { cwd: '/', env: { ...ENVIRONMENT, ...env }, stdio: ['ignore', 'pipe', 'pipe'], shell: false })
  const ended = endOf(child)
  let told = ''
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    told = (told + chunk).slice(-TOLD_BYTES)
  })
  const stop = (): void => void child.kill('SIGKILL')
  // Without setpriv nothing else would end it when we exit in order.
  process.once('exit', stop)
  try {
    for await (const chunk of child.stdout) yield chunk as Buffer
    const { status, cause } = await ended
    if (cause !== undefined) throw fault('PROGRAM_MISSING', { program: basename(program), places: [program] }, { cause })
    if (status !== 0)
      throw fault('PROGRAM_FAILED', { program: basename(program), reason: told.trim().split('\n').at(-1) || `exit status ${status}` })
  } finally {
    process.off('exit', stop)
    if (child.exitCode === null && child.signalCode === null) stop()
  }
}

const endOf = (child: ChildProcess): Promise<{ readonly status: number | null; readonly cause?: Error }> =>
  new Promise((resolve) => {
    child.once('close', (status) => resolve({ status }))
    child.once('error', (cause) => resolve({ status: null, cause }))
  })
