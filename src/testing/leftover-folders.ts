import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../kernel/clock.js'

// `tenantry-fleets-<run>-…` holds the socket of a run, `tenantry-fleet-<run>n<number>-…` the files of one of its fleets.
const RUN_FOLDER = 'tenantry-fleets-'
const OF_A_RUN = /^tenantry-fleets?-(k[a-z2-7]{8})(n\d+)?-/
const SOCKET = 'claims.sock'
// Between the folder and the socket in it there is a moment.
const YOUNG_MS = 60_000

/** The folder of a run: its socket is what says that it lives. */
export async function makeRunFolder(run: string): Promise<{ readonly folder: string; readonly socket: string }> {
  const folder = await mkdtemp(join(tmpdir(), `${RUN_FOLDER}${run}-`))
  return { folder, socket: join(folder, SOCKET) }
}

/** Removes the folders of runs whose process is gone, whatever server they used. What cannot be removed is another user's, and stays. */
export async function clearFolders(): Promise<void> {
  const names = (await readdir(tmpdir())).filter((name) => OF_A_RUN.test(name))
  const runOf = (name: string): string => OF_A_RUN.exec(name)![1]!
  // Read once more: the folder of a run is there before those of its fleets.
  const runs = (await readdir(tmpdir())).filter((name) => name.startsWith(RUN_FOLDER) && OF_A_RUN.test(name))
  const living = new Set<string>()
  for (const name of runs) if (await lives(join(tmpdir(), name))) living.add(runOf(name))
  for (const name of names) {
    if (!living.has(runOf(name))) await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => {})
  }
}

/** Only a socket that refuses, or one that never came to be, says that nobody is there. */
async function lives(folder: string): Promise<boolean> {
  const answer = await codeOf(join(folder, SOCKET))
  if (answer === 'ECONNREFUSED') return false
  if (answer !== 'ENOENT') return true
  const age = await stat(folder).then(
    ({ mtimeMs }) => systemClock.now() - mtimeMs,
    () => 0,
  )
  return age < YOUNG_MS
}

const codeOf = (path: string): Promise<string | undefined> =>
  new Promise((resolve) => {
    const socket = connect(path)
    socket.on('connect', () => {
      socket.destroy()
      resolve(undefined)
    })
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code))
  })
