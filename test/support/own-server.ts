import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { choosePort } from '../../src/programs/port.js'
import { findPostgres } from '../../src/programs/postgres-binaries.js'
import { initPostgres } from '../../src/programs/postgres-data.js'
import { type PostgresServer, startPostgres } from '../../src/programs/postgres-server.js'
import type { PostgresSettings } from '../../src/programs/postgres-settings.js'
import { ENGINES, type EngineName, type TestServer } from './servers.js'
import { makeServersFolder } from './servers-folder.js'

/** A server that nobody else uses, in a folder of its own, so that it may be killed. */
export interface OwnServer extends TestServer {
  /** Holds the data, and may hold more: the server's user can reach it. */
  readonly folder: string
  /** The process of the moment: another one after `restart`. */
  readonly postmaster: () => number
  readonly url: (database?: string) => string
  /** Stops it cleanly, with its files left. */
  readonly halt: () => Promise<void>
  /** Kills the server with SIGKILL; answers when the process is gone. */
  readonly kill: () => Promise<void>
  /** Starts it anew on the same port and waits until it has recovered. */
  readonly restart: () => Promise<void>
  /** Stops it for good and removes its files. */
  readonly stop: () => Promise<void>
}

const LOGIN = { superuser: 'postgres', password: 'postgres' }

/** With the settings of a server as it is installed, but for speed (nothing is flushed: a killed process loses nothing by that). */
export async function startOwnServer(settings: PostgresSettings = {}, engine: EngineName = 'embedded-18'): Promise<OwnServer> {
  const folder = await makeServersFolder('in memory')
  const binaries = await findPostgres(ENGINES[engine].major, { from: process.cwd(), folder, origin: ENGINES[engine].origin })
  const dataDirectory = join(folder, 'data')
  await initPostgres({ binaries, dataDirectory, ...LOGIN, durable: false })
  const port = await choosePort()
  const start = (): Promise<PostgresServer> =>
    startPostgres({ binaries, dataDirectory, port, settings: { fsync: false, full_page_writes: false, max_connections: 200, ...settings } })
  let running = await start()
  return {
    engine,
    ...{ host: '127.0.0.1', port, pid: running.pid, version: running.version, ...LOGIN, dataDirectory, folder },
    postmaster: () => running.pid,
    url: (database = 'postgres') => `postgres://${LOGIN.superuser}:${LOGIN.password}@127.0.0.1:${port}/${database}`,
    halt: () => running.stop(),
    kill: async () => {
      running.signal('SIGKILL')
      await running.exited
    },
    restart: async () => {
      running = await start()
    },
    stop: async () => {
      await running.stop()
      await rm(folder, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}
