#!/usr/bin/env node
import { overview } from './cli/overview.js'

const INTERRUPTED = 130

const argv = process.argv.slice(2)
const text = overview(argv)
// A reader that has gone (`tenantry … | head -1`) is no failure, and what is being done is still done.
const ignoreClosedReader = (error: NodeJS.ErrnoException): void => {
  if (error.code !== 'EPIPE') throw error
}
process.stdout.on('error', ignoreClosedReader)

if (text !== undefined) process.stdout.write(text)
else await run()

async function run(): Promise<void> {
  process.stderr.on('error', ignoreClosedReader)
  const [{ main }, { isatty }] = await Promise.all([import('./cli/main.js'), import('node:tty')])
  const interrupt = new AbortController()
  let lent = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (lent && signal === 'SIGINT') return
      if (interrupt.signal.aborted) process.exit(INTERRUPTED)
      interrupt.abort()
    })
  }
  const status = await main(argv, {
    stdout: process.stdout,
    stderr: process.stderr,
    get stdin() {
      return process.stdin
    },
    env: process.env,
    cwd: process.cwd(),
    isTTY: { stdin: isatty(0), stdout: isatty(1), stderr: isatty(2) },
    interrupt: interrupt.signal,
    lendTerminal: async (body) => {
      lent = true
      return body().finally(() => {
        lent = false
      })
    },
    services: async () => {
      const [{ serve }, { runWorker }] = await Promise.all([import('./server.js'), import('./worker/worker.js')])
      return { serve, runWorker }
    },
  })
  process.exitCode = status
  // What was interrupted is still at work, and would keep the process; its journal is all that it needs.
  if (interrupt.signal.aborted) process.exit(status)
}
