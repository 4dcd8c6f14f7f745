import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { randomBytes } from './kernel/clock.js'
import { fault } from './kernel/faults.js'
import { type Log, silent } from './kernel/log.js'
import { choosePort } from './programs/port.js'
import { findPostgres } from './programs/postgres-binaries.js'
import { initPostgres } from './programs/postgres-data.js'
import { releaseDataDirectory } from './programs/postgres-lock.js'
import { startPostgres } from './programs/postgres-server.js'
import type { PostgresSettings } from './programs/postgres-settings.js'
import { writePrivateFile } from './programs/private-file.js'
import { serverFolder } from './programs/server-folder.js'

export { choosePort }

export interface EmbeddedOptions {
  /** The folder of a project. Data and secrets go to its `.tenantry`, or to a folder of the system where the server's user cannot reach that. */
  readonly folder: string
  /** Default: that of the first start, which was a free one below 32768. Another one is chosen when it is taken. */
  readonly port?: number
  readonly log?: Log
}

/** A PostgreSQL 18 of our own on 127.0.0.1, for development: it lives no longer than this process. */
export interface Embedded {
  /** The superuser's connection string. */
  readonly url: string
  readonly port: number
  readonly version: string
  /** Where data and secrets are; only its files are private, not the folder itself. */
  readonly folder: string
  /** Did this start make the data? */
  readonly firstStart: boolean
  /** Settles when the server has ended, whoever ended it. */
  readonly exited: Promise<void>
  /** Disconnects everyone and waits for a clean end. Harmless when it has ended already. */
  readonly stop: () => Promise<void>
}

const SUPERUSER = 'postgres'

const SETTINGS: PostgresSettings = {
  cluster_name: 'tenantry',
  shared_buffers: '128MB',
  max_connections: 200,
  // Dropping or dumping a home locks all its tables at once, and a project may have many.
  max_locks_per_transaction: 256,
  // Moves follow a tenant's changes by logical decoding.
  wal_level: 'logical',
  synchronous_commit: true,
  // For `tenantry cluster observe`: what statements take. Others than those on rows may carry passwords.
  shared_preload_libraries: 'pg_stat_statements',
  'pg_stat_statements.track_utility': false,
}

/**
 * Starts the PostgreSQL 18 that comes with the package, with what it held when it last ran. Throws PROGRAM_MISSING when npm has not installed it,
 * DATA_DIRECTORY_IN_USE while another process runs it, SECRET_MISSING when the password to existing data is gone, PROGRAM_FAILED with the server's reason.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const { log = silent } = options
  const folder = await serverFolder({ checkout: options.folder })
  const binaries = await findPostgres(18, { from: import.meta.dirname, folder })
  const dataDirectory = join(folder, 'postgres-18')
  const firstStart = !(await exists(dataDirectory))
  const password = await passwordIn(join(folder, 'postgres-password'), { create: firstStart })
  if (firstStart) {
    log.info({ dataDirectory }, 'making the data directory')
    await initPostgres({ binaries, dataDirectory, superuser: SUPERUSER, password })
  }
  // The server of a killed process needs a moment to stop, and until then it holds the port that is to be ours again.
  await releaseDataDirectory(dataDirectory)
  const portFile = join(folder, 'postgres-port')
  const lastPort = await numberIn(portFile)
  const port = await choosePort(options.port ?? lastPort)
  // Clusters are registered with the first port, so the one that a stranger has forced upon us is not remembered.
  if (lastPort === undefined) await writePrivateFile(portFile, `${port}\n`)
  const server = await startPostgres({ binaries, dataDirectory, port, settings: SETTINGS })
  log.info({ port, version: server.version, pid: server.pid }, 'PostgreSQL accepts connections')
  return {
    url: `postgres://${SUPERUSER}:${password}@${server.host}:${port}/postgres`,
    port,
    version: server.version,
    folder,
    firstStart,
    exited: server.exited.then(() => {}),
    stop: server.stop,
  }
}

/** Written before the data that it opens, so that data without a password cannot come into being. */
async function passwordIn(path: string, { create }: { readonly create: boolean }): Promise<string> {
  const known = await textIn(path)
  if (known !== '') return known
  if (!create) throw fault('SECRET_MISSING', { reference: `file:${path}` })
  const password = randomBytes(24).toString('base64url')
  await writePrivateFile(path, `${password}\n`)
  return password
}

const numberIn = async (path: string): Promise<number | undefined> => Number(await textIn(path)) || undefined

const textIn = (path: string): Promise<string> =>
  readFile(path, 'utf8').then(
    (text) => text.trim(),
    () => '',
  )

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )
