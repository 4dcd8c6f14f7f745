import type { z } from 'zod'
import type { Platform } from '../engine/platform.js'
import { submit } from '../engine/submit.js'
import { fault } from '../kernel/faults.js'
import { passwordOf } from '../kernel/own-password.js'
import { connectTenant } from '../operations/tenant/connect.js'
import { parseUrl } from '../postgres/connection.js'
import { findPsql, openPsql } from '../programs/psql.js'
import { callerOf, readEnvironment } from './environment.js'
import { parseOperation } from './flags.js'
import type { Io } from './io.js'
import { openFor } from './open.js'
import { printOutput } from './print-output.js'
import type { Redactor } from './redact.js'

/** `tenant connect`: prints how to get in, or opens psql there. */
export async function runConnect(args: readonly string[], io: Io, redactor: Redactor): Promise<number> {
  const parsed = parseOperation(connectTenant, args, io, {
    flags: [['--psql', 'open psql inside of the tenant, in a read-only transaction']],
  })
  if (parsed === undefined) return 0
  const { globals, input, own } = parsed
  const psql = own.psql === true ? findPsql(io.env.PATH) : undefined
  const environment = await readEnvironment(globals.config, io, redactor)
  const platform = await openFor(connectTenant, environment, io, redactor)
  try {
    const { output } = await submit(platform, connectTenant, input, callerOf(io))
    if (psql !== undefined) return await psqlInside(psql, output as Connection, platform, io)
    printOutput(connectTenant, output, { format: globals.format, io, redactor })
    return 0
  } finally {
    await platform.close()
  }
}

type Connection = z.output<typeof connectTenant.output>

async function psqlInside(psql: string, connection: Connection, platform: Platform, io: Io): Promise<number> {
  if (io.lendTerminal === undefined) throw fault('INPUT_INVALID', { issues: ['--psql: psql needs a process of its own to run in'] })
  const { host, port, user, database, tls, rootcert } = parseUrl(connection.direct, 'the connection string', platform.config.transport)
  const password = passwordOf(user, platform.secrets(connection.secretRef))
  const { status } = await io.lendTerminal(() =>
    openPsql(psql, {
      host,
      port,
      user,
      database,
      password,
      sslmode: tls,
      sslrootcert: rootcert,
      name: connection.tenant,
      enter: connection.enter.at(-1)!,
      env: io.env,
    }),
  )
  return status ?? 1
}
