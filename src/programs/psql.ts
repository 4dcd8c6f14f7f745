import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { fault } from '../kernel/faults.js'
import { type ProgramExit, runAtTerminal } from './child.js'
import { writePrivateFile } from './private-file.js'

export interface PsqlSession {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
  readonly password: string
  /** As libpq calls them. */
  readonly sslmode: string
  readonly sslrootcert: string | undefined
  /** Shown in the prompt: a slug. */
  readonly name: string
  /** The statement that enters the tenant. */
  readonly enter: string
  /** What is handed on of the environment that we were started in. */
  readonly env: Readonly<Record<string, string | undefined>>
}

// An open scope keeps the tenant from being moved or suspended, so somebody who has gone away for longer is put out.
const IDLE = '5min'

/** Where psql is. Throws PROGRAM_MISSING. */
export function findPsql(path: string | undefined): string {
  const places = (path ?? '/usr/local/bin:/usr/bin:/bin').split(':').filter((folder) => isAbsolute(folder))
  const found = places.map((folder) => join(folder, 'psql')).find((file) => existsSync(file))
  if (found === undefined) throw fault('PROGRAM_MISSING', { program: 'psql', places })
  return found
}

/**
 * Opens psql inside of a tenant's read-only scope and waits for its end. Neither password nor address stand on its command line: they are in
 * its environment, which only the same user can read. What it does first comes from a startup file in place of the user's own.
 */
export async function openPsql(psql: string, session: PsqlSession): Promise<ProgramExit> {
  const folder = await mkdtemp(join(tmpdir(), 'tenantry-psql-'))
  try {
    const startup = join(folder, 'psqlrc')
    await writePrivateFile(startup, startupFile(session))
    return await runAtTerminal([psql], {
      env: {
        ...handedOn(session.env),
        PGHOST: session.host,
        PGPORT: String(session.port),
        PGUSER: session.user,
        PGDATABASE: session.database,
        PGPASSWORD: session.password,
        ...(session.sslmode === 'disable' ? {} : { PGSSLMODE: session.sslmode }),
        ...(session.sslrootcert === undefined || session.sslrootcert === 'system' ? {} : { PGSSLROOTCERT: session.sslrootcert }),
        PGAPPNAME: 'tenantry psql',
        PGOPTIONS: `-c default_transaction_read_only=on -c idle_in_transaction_session_timeout=${IDLE}`,
        PSQLRC: startup,
      },
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

// psql finds its terminal, pager, editor and history by these.
const HANDED_ON = [
  'PATH',
  'HOME',
  'TERM',
  'LANG',
  'LC_ALL',
  'LC_CTYPE',
  'TZ',
  'PAGER',
  'PSQL_PAGER',
  'EDITOR',
  'VISUAL',
  'PSQL_EDITOR',
  'LESS',
  'PGSSLROOTCERT',
]

const handedOn = (env: PsqlSession['env']): Record<string, string> =>
  Object.fromEntries(HANDED_ON.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])))

/**
 * The scope is a transaction that psql's user can end; then the login, which has no rights, sees nothing. The prompt shows a star inside of it,
 * an error does not end it, and `:enter` goes in again.
 */
export function startupFile({ name, enter }: Pick<PsqlSession, 'name' | 'enter'>): string {
  const variable = `begin read only; ${enter}`.replaceAll('\\', '\\\\').replaceAll("'", "\\'")
  return [
    '\\set QUIET on',
    '\\set ON_ERROR_ROLLBACK on',
    `\\set PROMPT1 '${name}%x=> '`,
    `\\set PROMPT2 '${name}%x-> '`,
    `\\set enter '${variable}'`,
    'begin read only;',
    `${enter.replace(/;$/, '')} as entered \\gset tenantry_`,
    '\\if :{?tenantry_entered}',
    `\\warn 'inside of ${name}, reading only (the star in the prompt). After commit or rollback nothing can be seen; :enter goes in again.'`,
    `\\warn 'A scope that is idle for ${IDLE} is ended.'`,
    '\\else',
    'rollback;',
    `\\warn '${name} could not be entered; nothing can be seen here.'`,
    '\\endif',
    '\\set QUIET off',
    '',
  ].join('\n')
}
