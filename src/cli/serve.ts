import type { Platform } from '../engine/platform.js'
import { fault, isFault } from '../kernel/faults.js'
import { callerOf, readEnvironment } from './environment.js'
import { newCommand, parseFlags } from './flags.js'
import type { Io } from './io.js'
import { logOfService, openWith } from './open.js'
import { SERVE_SUMMARY } from './overview.js'
import type { Redactor } from './redact.js'

/** The surfaces that a long-running process has beside this one; the door hands them in, since rooms of one floor do not know each other. */
export interface Services {
  readonly serve: (
    platform: Platform,
    options: { readonly port: number; readonly host: string },
  ) => Promise<{ readonly url: string; readonly close: () => Promise<void> }>
  readonly runWorker: (platform: Platform, signal: AbortSignal) => Promise<void>
}

/** Serves the HTTP API and finishes what other workers have left, until Ctrl-C or SIGTERM. */
export async function runServe(args: readonly string[], io: Io, redactor: Redactor, services: Services): Promise<number> {
  const command = newCommand('serve', SERVE_SUMMARY, io)
    .option('--port <number>', 'port of the HTTP API', '4100')
    .option('--host <address>', 'address to listen on; behind anything but loopback, put TLS in front', '127.0.0.1')
  const globals = parseFlags(command, args)
  if (globals === undefined) return 0
  const { port: given, host } = command.opts<{ port: string; host: string }>()
  const port = Number(given)
  if (!/^\d{1,5}$/.test(given) || port > 65_535) throw fault('INPUT_INVALID', { issues: [`--port "${given}" is not a port: 0 to 65535`] })
  const environment = await readEnvironment(globals.config, io, redactor)
  const { OPERATIONS } = await import('../operations/registry.js')
  const platform = await openWith(OPERATIONS, environment, io, redactor, logOfService(io, redactor))
  const stop = io.interrupt ?? new AbortController().signal
  try {
    const { url, close } = await services.serve(platform, { port, host })
    io.stderr.write(`serving ${url} and working; Ctrl-C stops both\n`)
    await sayFirstLink(platform, url, io)
    await services.runWorker(platform, stop)
    await close()
    return 0
  } finally {
    await platform.close()
  }
}

/** While nobody has ever signed in with a password, whoever starts it is told how. */
async function sayFirstLink(platform: Platform, url: string, io: Io): Promise<void> {
  const { firstLink } = await import('../operations/user/first.js')
  try {
    const link = await firstLink(platform, url, callerOf(io))
    if (link !== undefined) io.stderr.write(`nobody has signed in with a password yet; this link works once, for 24 hours: ${link}\n`)
  } catch (error) {
    if (!isFault(error)) throw error
    io.stderr.write(`no link for a first sign-in could be made: ${error.message}\n`)
  }
}
