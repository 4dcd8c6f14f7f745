import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { SqlFile } from '../../src/kernel/ledger.js'
import type { Fleet } from '../../src/testing/fleet.js'

// From the project's folder, since compiled drills live elsewhere.
const PROGRAM = join(process.cwd(), 'test', 'faults', 'worker-child.mjs')
const SKEWED_CLOCK = join(process.cwd(), 'test', 'support', 'skewed-clock.mjs')

export interface ChildTask {
  /** The operation to run; without one the child is a worker, which finishes what others have left. */
  readonly run?: string
  readonly input?: unknown
  /** Or several, one after the other, whatever becomes of each. */
  readonly runs?: readonly (readonly [name: string, input: unknown])[]
  /** Or several at once, each with failpoints of its own; the child kills itself when all that are to be killed stand at theirs. */
  readonly together?: readonly (Required<Pick<ChildTask, 'run' | 'input'>> & Pick<ChildTask, 'waitAt' | 'killAt'>)[]
  /** The failpoint at which the child kills itself with SIGKILL. */
  readonly killAt?: string
  /** The failpoint at which it says so and waits for `goOn`. */
  readonly waitAt?: string
  /** SQL files of a release that is newer than ours. */
  readonly newer?: { readonly catalog: readonly SqlFile[]; readonly home: readonly SqlFile[] }
}

export interface ChildOptions {
  /** By how much its clock is wrong. */
  readonly skewMs?: number | undefined
  /** More secrets, by the names of their environment variables. */
  readonly secrets?: Readonly<Record<string, string>> | undefined
}

/** A process of the control plane. */
export interface Child {
  readonly pid: number
  /** Waits until it says this; throws when it has ended without. */
  readonly says: (line: string) => Promise<void>
  /** Waits for a line that begins so, and answers it. */
  readonly saying: (start: string) => Promise<string>
  /** Waits until so many of those that run together wait at their failpoints. */
  readonly standing: (count: number) => Promise<void>
  /** All lines until now. */
  readonly said: () => readonly string[]
  readonly goOn: () => void
  readonly signal: (signal: NodeJS.Signals) => void
  /** What it said last, and the signal that ended it. */
  readonly ended: () => Promise<{ readonly last: string; readonly signal: NodeJS.Signals | null }>
  readonly stop: () => Promise<void>
}

const configOf = (fleet: Fleet): string => join(fleet.folder, 'tenantry.config.json')

/** Writes the configuration that the fleet was made with to a file, as other processes need it. */
export async function writeConfig(fleet: Fleet): Promise<void> {
  const { leaseMs, catalog, tenantColumn, isolation, migrations, services, naming, assurance, hidden, dns, archives, webhooks } =
    fleet.platform.config
  const config = {
    catalog,
    tenantColumn: tenantColumn ?? undefined,
    isolation,
    migrations,
    services,
    naming,
    assurance,
    hidden,
    dns,
    archives,
    webhooks,
    lease: `${leaseMs}ms`,
  }
  await writeFile(configOf(fleet), JSON.stringify(config))
}

export function startChild(fleet: Fleet, task: ChildTask, { skewMs, secrets = {} }: ChildOptions = {}): Child {
  const secret = (name: string): string => fleet.secrets(`env:${name}`)
  const preload = skewMs === undefined ? [] : ['--import', SKEWED_CLOCK]
  const child = spawn(process.execPath, [...preload, PROGRAM, configOf(fleet), JSON.stringify(task)], {
    env: {
      DATABASE_URL: secret('DATABASE_URL'),
      TENANTRY_APP_PASSWORD: secret('TENANTRY_APP_PASSWORD'),
      ...(skewMs === undefined ? {} : { CLOCK_SKEW_MS: String(skewMs) }),
      ...secrets,
    },
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
  const saying = (wanted: (line: string) => boolean, what: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = said.find(wanted)
        if (found === undefined && !hasEnded(child)) return
        listeners.delete(look)
        if (found !== undefined) resolve(found)
        else reject(new Error(`the child ended with "${said.at(-1)}" before it said "${what}"`))
      }
      listeners.add(look)
      look()
    })
  return {
    pid: child.pid!,
    says: (line) => saying((one) => one === line, line).then(() => {}),
    saying: (start) => saying((one) => one.startsWith(start), start),
    standing: (count) => saying(() => said.filter((line) => line.startsWith('at ')).length >= count, `at, ${count} times`).then(() => {}),
    said: () => said,
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
export async function runKilled(
  fleet: Fleet,
  run: string,
  input: unknown,
  killAt: string,
  more: ChildTask & ChildOptions = {},
): Promise<void> {
  const { skewMs, secrets, ...task } = more
  const child = startChild(fleet, { ...task, run, input, killAt }, { skewMs, secrets })
  const { last, signal } = await child.ended()
  if (signal !== 'SIGKILL' || last !== `killed at ${killAt}`) throw new Error(`not killed at ${killAt}: it ended with "${last}"`)
}

type Victim = Required<ChildTask>['together'][number] & { readonly killAt: string }

/**
 * Runs several operations at once in a process that kills itself when each stands at its own failpoint; throws unless that is how it ended. To start a process
 * takes longer than most operations do, so each that needs none of its own shares one.
 */
export async function runKilledTogether(fleet: Fleet, together: readonly Victim[], more: ChildOptions = {}): Promise<void> {
  const child = startChild(fleet, { together }, more)
  // One that ends never stands at its failpoint: then all others would wait for it for good.
  const passed = ['fault', 'succeeded'].map((start) => child.saying(start).catch(() => undefined))
  const line = await Promise.race([...passed, child.ended().then(() => undefined)])
  if (line !== undefined) await child.stop()
  const { last, signal } = await child.ended()
  if (line !== undefined || signal !== 'SIGKILL') throw new Error(`not killed at their failpoints: it ended with "${line ?? last}"`)
}

/** Workers of other processes while `body` runs. */
export async function withWorkers<T>(fleet: Fleet, count: number, body: () => Promise<T>, more: ChildTask & ChildOptions = {}): Promise<T> {
  const { skewMs, secrets, ...task } = more
  const workers = Array.from({ length: count }, () => startChild(fleet, task, { skewMs, secrets }))
  try {
    await Promise.all(workers.map((worker) => worker.says('ready')))
    return await body()
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()))
  }
}
