import { readdir, readFile, readlink, realpath, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fault } from '../kernel/faults.js'
import { waitFor } from './wait.js'

/** What postmaster.pid says about a running server. */
export interface PostmasterPid {
  readonly pid: number
  readonly state: 'starting' | 'stopping' | 'ready' | 'standby' | 'unknown'
}

/** Reads postmaster.pid; undefined when there is none, or while it is being written. */
export async function readPostmasterPid(dataDirectory: string): Promise<PostmasterPid | undefined> {
  const text = await readFile(join(dataDirectory, 'postmaster.pid'), 'utf8').catch(() => '')
  const lines = text.split('\n')
  const pid = Number(lines[0])
  if (!Number.isInteger(pid) || pid <= 0) return undefined
  const word = (lines[7] ?? '').trim()
  return { pid, state: word === 'starting' || word === 'stopping' || word === 'ready' || word === 'standby' ? word : 'unknown' }
}

/**
 * Waits until no earlier server uses the data directory, and clears away a lock that only looks alive. A server whose owner was killed
 * needs a moment to notice and to stop. Throws DATA_DIRECTORY_IN_USE when one goes on running.
 */
export async function releaseDataDirectory(
  dataDirectory: string,
  options: { readonly stoppingMs?: number; readonly runningMs?: number } = {},
): Promise<void> {
  const directory = await realpath(dataDirectory)
  const { stoppingMs = 60_000, runningMs = 3_000 } = options
  const idle = async (): Promise<true | undefined> => ((await processesIn(directory)).length === 0 ? true : undefined)
  const lock = await readPostmasterPid(directory)

  if (!(await waitFor(idle, { withinMs: runningMs, everyMs: 25 }))) {
    const stopping = (await readPostmasterPid(directory))?.state === 'stopping'
    if (!stopping || !(await waitFor(idle, { withinMs: stoppingMs, everyMs: 100 }))) {
      const [pid] = await processesIn(directory)
      throw fault('DATA_DIRECTORY_IN_USE', { directory, pid: lock?.pid ?? pid ?? 0 })
    }
  }
  // PostgreSQL itself removes the lock of a dead process. It refuses to start when the number lives on: as a zombie that nobody has
  // reaped yet, or as another program. No process works in the directory, so removing the lock is safe.
  if (lock && (await runs(lock.pid))) await rm(join(directory, 'postmaster.pid'), { force: true })
}

/** All processes of a PostgreSQL server have its data directory as their working directory. Without /proc: none are found. */
async function processesIn(directory: string): Promise<readonly number[]> {
  const pids = (await readdir('/proc').catch(() => [])).map(Number).filter(Number.isInteger)
  const folders = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => undefined)))
  return pids.filter((_, index) => folders[index] === directory)
}

const runs = (pid: number): Promise<boolean> =>
  readFile(`/proc/${pid}/stat`).then(
    () => true,
    () => false,
  )
