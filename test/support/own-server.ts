import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { choosePort } from '../../src/programs/port.js'
import { findPostgres } from '../../src/programs/postgres-binaries.js'
import { initPostgres } from '../../src/programs/postgres-data.js'
import { type PostgresServer, startPostgres } from '../../src/programs/postgres-server.js'
import { makeServersFolder } from './servers-folder.js'

/** A server of one test alone, which may be stopped and started. */
export interface OwnServer {
  /** As its superuser. */
  readonly url: (database?: string) => string
  readonly stop: () => Promise<void>
  readonly start: () => Promise<void>
  /** Stops it for good and removes its files. */
  readonly remove: () => Promise<void>
}

export async function startOwnServer(): Promise<OwnServer> {
  const folder = await makeServersFolder()
  const binaries = await findPostgres(18, { from: process.cwd(), folder, origin: 'embedded' })
  const dataDirectory = join(folder, 'own')
  await initPostgres({ binaries, dataDirectory, superuser: 'postgres', password: 'own', durable: false })
  const port = await choosePort()
  const begin = (): Promise<PostgresServer> =>
    startPostgres({ binaries, dataDirectory, port, settings: { fsync: false, full_page_writes: false, max_connections: 100 } })
  let running = await begin()
  return {
    url: (database = 'postgres') => `postgres://postgres:own@${running.host}:${port}/${database}`,
    stop: () => running.stop(),
    start: async () => {
      running = await begin()
    },
    remove: async () => {
      await running.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
