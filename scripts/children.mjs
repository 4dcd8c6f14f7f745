import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'

const SETPRIV = ['/usr/bin/setpriv', '/bin/setpriv'].find((path) => existsSync(path))
// Less than the patience of the lifeline, which leaves without looking back.
const PATIENCE_MS = 6_000

/**
 * Runs a program to its end; answers { status, output }. It never outlives us: the kernel ends it when we are killed, and when `signal`
 * aborts it is asked to end, and killed with everything it started 6 s later. `stdio` is 'inherit', or 'capture' for its output as text.
 */
export async function runChild(argv, { signal, stdio = 'inherit', env = process.env, cwd } = {}) {
  const bond = SETPRIV ? [SETPRIV, '--pdeathsig', 'TERM', '--'] : []
  const [program, ...rest] = [...bond, ...argv]
  const out = stdio === 'capture' ? 'pipe' : 'inherit'
  // A process group of its own, so that a Ctrl-C reaches us alone and is passed on once.
  const child = spawn(program, rest, { stdio: ['ignore', out, out], env, cwd, detached: true })

  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text) => (output += text))

  let killer
  const end = () => {
    tell(child.pid, 'SIGTERM')
    killer = setTimeout(() => tell(-child.pid, 'SIGKILL'), PATIENCE_MS)
  }
  if (signal?.aborted) end()
  signal?.addEventListener('abort', end, { once: true })
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject)
      // What it has left behind in its group ends with it.
      child.once('exit', () => tell(-child.pid, 'SIGKILL'))
      child.once('close', (status, killedBy) => resolve({ status: status ?? (killedBy ? 1 : 0), output }))
    })
  } finally {
    clearTimeout(killer)
    signal?.removeEventListener('abort', end)
  }
}

function tell(pid, signal) {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended already.
  }
}
