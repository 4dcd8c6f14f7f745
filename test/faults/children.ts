import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Fleet } from '../../src/testing/fleet.js'

const PROGRAM = join(import.meta.dirname, 'worker-child.mjs')

export interface ChildTask {
  /** The operation to run; without one the child is a worker, which finishes what others have left. */
  readonly run?: string
  readonly input?: unknown
  /** The failpoint at which the child kills itself with SIGKILL. */
  readonly killAt?: string
  /** The failpoint at which it says so and waits for `goOn`. */
  readonly waitAt?: string
}

/** A process of the control plane. */
export interface Child {
  readonly pid: number
  /** Waits until it says this; throws when it has ended without. */
  readonly says: (line: string) => Promise<void>
  readonly goOn: () => void
  readonly signal: (signal: NodeJS.Signals) => void
  /** What it said last, and the signal that ended it. */
  readonly ended: () => Promise<{ readonly last: string; readonly signal: NodeJS.Signals | null }>
  readonly stop: () => Promise<void>
}

const configOf = (fleet: Fleet): string => join(fleet.folder, 'tenantry.config.json')

/** Writes the configuration that the fleet was made with to a file, as other processes need it. */
export async function writeConfig(fleet: Fleet): Promise<void> {
  const { catalog, tenantColumn, isolation, migrations, naming, hidden, leaseMs } = fleet.platform.config
  await writeFile(
    configOf(fleet),
    JSON.stringify({ catalog, tenantColumn: tenantColumn ?? undefined, isolation, migrations, naming, hidden, lease: `${leaseMs}ms` }),
  )
}

export function startChild(fleet: Fleet, task: ChildTask): Child {
  const secret = (name: string): string => fleet.secrets(`env:${name}`)
  const child = spawn(process.execPath, [PROGRAM, configOf(fleet), JSON.stringify(task)], {
    env: { DATABASE_URL: secret('DATABASE_URL'), TENANTRY_APP_PASSWORD: secret('TENANTRY_APP_PASSWORD') },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  // Writing to a child that is dead is no reason for the test to die.
  child.stdin.on('error', () => {})
  const said: string[] = []
  const listeners = new Set<() => void>()
  const tell = (): void => {
    for (const listener of listeners) listener()
  }
  const exited = once(child, 'close').then(tell)
  createInterface({ input: child.stdout }).on('line', (line) => {
    said.push(line)
    tell()
  })
  const ended = async (): Promise<{ last: string; signal: NodeJS.Signals | null }> => {
    await exited
    return { last: said.at(-1) ?? '', signal: child.signalCode }
  }
  const says = (line: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = said.includes(line)
        if (!found && !hasEnded(child)) return
        listeners.delete(look)
        if (found) resolve()
        else reject(new Error(`the child ended with "${said.at(-1)}" before it said "${line}"`))
      }
      listeners.add(look)
      look()
    })
  return {
    pid: child.pid!,
    says,
    goOn: () => child.stdin.write('go on\n'),
    signal: (signal) => child.kill(signal),
    ended,
    stop: async () => {
      child.kill('SIGKILL')
      await exited
    },
  }
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null

/** Runs an operation in a process that kills itself at the failpoint; throws unless that is how it ended. */
export async function runKilled(fleet: Fleet, run: string, input: unknown, killAt: string): Promise<void> {
  const child = startChild(fleet, { run, input, killAt })
  const { last, signal } = await child.ended()
  if (signal !== 'SIGKILL' || last !== `killed at ${killAt}`) throw new Error(`not killed at ${killAt}: it ended with "${last}"`)
}

/** Workers of other processes while `body` runs. */
export async function withWorkers<T>(fleet: Fleet, count: number, body: () => Promise<T>): Promise<T> {
  const workers = Array.from({ length: count }, () => startChild(fleet, {}))
  try {
    await Promise.all(workers.map((worker) => worker.says('ready')))
    return await body()
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()))
  }
}
