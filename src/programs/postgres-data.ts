import { appendFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { runProgram } from './child.js'
import type { PostgresBinaries } from './postgres-binaries.js'
import { OWN_SETTINGS } from './postgres-settings.js'
import { makePrivateFolder, withSecretFile } from './private-file.js'
import { type ProgramUser, programUser } from './program-user.js'

export interface InitPostgresOptions {
  readonly binaries: PostgresBinaries
  /** Must not exist; its parent must exist and be one that the servers' user can reach. */
  readonly dataDirectory: string
  readonly superuser: string
  readonly password: string
  /** False skips flushing to disk, for data that may be lost. Default true. */
  readonly durable?: boolean
  readonly as?: ProgramUser | undefined
}

/**
 * Makes the data directory of a new server: UTF-8 with the C.UTF-8 collation (no dependence on the machine's locales), passwords by
 * SCRAM, checksums on. It appears complete or not at all. Throws PROGRAM_FAILED with initdb's reason.
 */
export async function initPostgres(options: InitPostgresOptions): Promise<void> {
  const { binaries, dataDirectory, superuser, durable = true } = options
  const as = options.as ?? (await programUser())
  const draft = `${dataDirectory}.init`
  await rm(draft, { recursive: true, force: true })
  await makePrivateFolder(draft, { owner: as })

  const flags = [
    ...['-D', draft, '--username', superuser, '--pwfile', '/dev/stdin', '--encoding', 'UTF8', '--data-checksums', '--no-instructions'],
    ...['--auth-host', 'scram-sha-256', '--auth-local', 'scram-sha-256'],
    ...(binaries.major >= 17 ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C.UTF-8'] : ['--locale=C.UTF-8']),
    ...(durable ? [] : ['--no-sync']),
  ]
  await withSecretFile(
    dirname(dataDirectory),
    options.password,
    (stdin) => runProgram([join(binaries.bin, 'initdb'), ...flags], { as, stdin, timeoutMs: 120_000 }),
    { owner: as },
  )
  await appendFile(join(draft, 'postgresql.conf'), `\ninclude_if_exists = '${OWN_SETTINGS}'\n`)
  await rename(draft, dataDirectory)
}

/** Copies the data directory of a server that does not run, with its owners and modes. */
export async function copyPostgresData(from: string, to: string): Promise<void> {
  await runProgram(['/bin/cp', '-a', '--', from, to], { timeoutMs: 600_000 })
}
