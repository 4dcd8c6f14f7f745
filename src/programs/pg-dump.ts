import { readdir } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { fault, isFault } from '../kernel/faults.js'
import { runProgram } from './child.js'
import { streamProgram } from './stream-program.js'

/** pg_dump and pg_dumpall of one release. */
export interface DumpPrograms {
  readonly bin: string
  readonly version: string
}

/** How the programs reach a server; what is secret in it goes through the environment, which only the same user can read, and never into their arguments. */
export interface DumpServer {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string | undefined
  /** As libpq calls them. */
  readonly sslmode: string
  readonly sslrootcert: string | undefined
}

const DEBIAN = '/usr/lib/postgresql'
const OTHERS = ['/usr/local/bin', '/usr/local/pgsql/bin', '/usr/bin', '/opt/homebrew/bin']

/** The oldest that fits a server of this major version: it must be of the same or a newer one. Throws DUMP_UNFIT, which names what there is. */
export async function findDumpPrograms(major: number, first?: string): Promise<DumpPrograms> {
  const packaged = (await readdir(DEBIAN).catch(() => [])).map(Number).filter((one) => one >= major)
  const folders = [
    ...(first !== undefined && isAbsolute(first) ? [first] : []),
    ...packaged.sort((a, b) => a - b).map((one) => join(DEBIAN, String(one), 'bin')),
    ...OTHERS,
  ]
  const found: string[] = []
  for (const bin of folders) {
    const version = await versionIn(bin)
    if (version === undefined) continue
    if (Number.parseInt(version, 10) >= major) return { bin, version }
    found.push(`${join(bin, 'pg_dump')} ${version}`)
  }
  throw fault('DUMP_UNFIT', { server: major, found })
}

async function versionIn(bin: string): Promise<string | undefined> {
  try {
    const { stdout } = await runProgram([join(bin, 'pg_dump'), '--version'])
    return /\) (\d+[^\s]*)/.exec(stdout)?.[1]
  } catch (error) {
    if (isFault(error, 'PROGRAM_MISSING', 'PROGRAM_FAILED')) return undefined
    throw error
  }
}

const environmentOf = ({ host, port, user, password, sslmode, sslrootcert }: DumpServer, database: string): Record<string, string> => ({
  PGHOST: host,
  PGPORT: String(port),
  PGUSER: user,
  PGDATABASE: database,
  ...(password === undefined ? {} : { PGPASSWORD: password }),
  PGSSLMODE: sslmode,
  ...(sslrootcert === undefined ? {} : { PGSSLROOTCERT: sslrootcert }),
  PGAPPNAME: 'tenantry dump',
})

/** A whole database, in the format that pg_restore reads; not compressed, since the archive does that. */
export const dumpDatabase = ({ bin }: DumpPrograms, server: DumpServer, database: string): AsyncGenerator<Buffer, void> =>
  streamProgram([join(bin, 'pg_dump'), '--format=custom', '--compress=0', '--no-password'], environmentOf(server, database))

/** Roles and tablespaces of a server, as SQL. Without passwords: they are no part of a backup, and `cluster rotate` sets new ones. */
export const dumpGlobals = ({ bin }: DumpPrograms, server: DumpServer, database: string): AsyncGenerator<Buffer, void> =>
  streamProgram([join(bin, 'pg_dumpall'), '--globals-only', '--no-role-passwords', '--no-password'], environmentOf(server, database))
