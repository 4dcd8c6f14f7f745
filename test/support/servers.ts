import { join } from 'node:path'
import { randomBytes } from '../../src/kernel/clock.js'
import { addPgBouncerUsers, findPgBouncer, type PgBouncerHandle, startPgBouncer } from '../../src/programs/pgbouncer.js'
import { choosePort } from '../../src/programs/port.js'
import { findPostgres, type PostgresBinaries } from '../../src/programs/postgres-binaries.js'
import { initPostgres } from '../../src/programs/postgres-data.js'
import { startPostgres } from '../../src/programs/postgres-server.js'
import type { PostgresSettings } from '../../src/programs/postgres-settings.js'

export const ENGINES = {
  'embedded-18': { major: 18, origin: 'embedded' },
  'embedded-16': { major: 16, origin: 'embedded' },
  'debian-15': { major: 15, origin: 'debian' },
} as const

export type EngineName = keyof typeof ENGINES

/** A PgBouncer in transaction mode with one server connection per user and database: neighbours always share it. */
export interface TestPooler extends PgBouncerHandle {
  readonly port: number
  readonly version: string
  readonly adminUser: string
  readonly adminPassword: string
}

export interface TestServer {
  readonly engine: EngineName
  readonly host: '127.0.0.1'
  readonly port: number
  readonly pid: number
  readonly version: string
  readonly superuser: string
  readonly password: string
  readonly dataDirectory: string
  readonly pooler?: TestPooler
  /** A database with an empty catalog: each fleet has a copy of it. */
  readonly catalogTemplate?: string
}

/** What the tests are told; plain JSON. */
export interface TestServers {
  readonly servers: { readonly [engine in EngineName]?: TestServer }
  /** Why an engine, or PgBouncer, is not there. */
  readonly missing: { readonly [engine in EngineName | 'pgbouncer']?: string }
}

export interface RunningServers extends TestServers {
  readonly stop: () => Promise<void>
}

/** Speed over durability, and room for many tests at once. */
const SETTINGS: PostgresSettings = {
  fsync: false,
  full_page_writes: false,
  wal_level: 'logical',
  max_connections: 300,
  max_locks_per_transaction: 256,
  max_wal_senders: 20,
  max_replication_slots: 40,
  max_worker_processes: 24,
}

export interface StartServersOptions {
  /** The folder whose node_modules hold the embedded binaries. */
  readonly from: string
  /** An empty folder that the servers' user can reach. */
  readonly folder: string
  readonly engines: readonly EngineName[]
  /** In place of some of those for speed. */
  readonly settings?: PostgresSettings
  /** Why an engine that cannot be found is not there. */
  readonly reasonMissing?: string
}

/** Starts the engines side by side, each with a PgBouncer in front when that is installed. What is not installed is told, not thrown. */
export async function startTestServers(options: StartServersOptions): Promise<RunningServers> {
  const reason = options.reasonMissing ?? 'it is not installed'
  const hasPooler = (await findPgBouncer()) !== undefined
  const started = await Promise.all(
    options.engines.map(async (engine) => {
      const { major, origin } = ENGINES[engine]
      const binaries = await findPostgres(major, { ...options, origin }).catch((error: Error & { code?: string }) => {
        if (error.code !== 'PROGRAM_MISSING') throw error
        return undefined
      })
      return {
        engine,
        running: binaries && (await startEngine(engine, binaries, { folder: options.folder, hasPooler, settings: options.settings ?? {} })),
      }
    }),
  )
  const running = started.flatMap((one) => (one.running ? [one.running] : []))
  const missing = started.filter((one) => !one.running).map(({ engine }) => [engine, reason])
  return {
    servers: Object.fromEntries(running.map(({ server }) => [server.engine, server])),
    missing: Object.fromEntries([...missing, ...(hasPooler ? [] : [['pgbouncer', reason]])]),
    stop: async () => {
      await Promise.all(running.map((one) => one.stop()))
    },
  }
}

async function startEngine(
  engine: EngineName,
  binaries: PostgresBinaries,
  options: { readonly folder: string; readonly hasPooler: boolean; readonly settings: PostgresSettings },
): Promise<{ readonly server: TestServer; readonly stop: () => Promise<void> }> {
  const [superuser, adminUser] = ['postgres', 'pooler_admin']
  const [password, adminPassword] = [secret(), secret()]
  const dataDirectory = join(options.folder, engine)
  await initPostgres({ binaries, dataDirectory, superuser, password, durable: false })
  const postgres = await startPostgres({
    binaries,
    dataDirectory,
    port: await choosePort(),
    settings: { ...SETTINGS, ...options.settings },
  })
  const pooler = options.hasPooler
    ? await startPgBouncer({
        port: await choosePort(),
        directory: join(options.folder, `${engine}-pooler`),
        databases: { '*': { host: postgres.host, port: postgres.port } },
        users: { [superuser]: password },
        admin: { user: adminUser, password: adminPassword },
        poolSize: 1,
      })
    : undefined

  const { host, port, pid, version } = postgres
  return {
    server: {
      ...{ engine, host, port, pid, version, superuser, password, dataDirectory },
      ...(pooler && {
        pooler: {
          ...{ port: pooler.port, pid: pooler.pid, version: pooler.version, adminUser, adminPassword },
          ...{ userlist: pooler.userlist, logFile: pooler.logFile },
        },
      }),
    },
    stop: async () => {
      await pooler?.stop()
      await postgres.stop()
    },
  }
}

const secret = (): string => randomBytes(18).toString('base64url')

/** Lets a role that a test has made log in through the server's pooler. */
export async function addPoolerUser(server: TestServer, user: string, password: string): Promise<void> {
  if (server.pooler) await addPgBouncerUsers(server.pooler, { [user]: password })
}
