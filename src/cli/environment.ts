import { readFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { parseEnv } from 'node:util'
import type { Caller } from '../engine/operation.js'
import { fault } from '../kernel/faults.js'
import { type Secrets, secretsFrom } from '../kernel/secrets.js'
import { type Transport, transportFrom } from '../postgres/transport.js'
import type { Io } from './io.js'
import type { Redactor } from './redact.js'

const CONFIG_FILE = 'tenantry.config.ts'

/** Where the configuration is, and what its references to secrets are read from. */
export interface Environment {
  readonly config: string
  readonly folder: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly secrets: Secrets
  readonly transport: Transport
}

/** The environment, and beneath it what the `.env` beside the configuration says. */
export async function readEnvironment(config: string | undefined, io: Io, redactor: Redactor): Promise<Environment> {
  const path = resolve(io.cwd, config ?? (io.env.TENANTRY_CONFIG || CONFIG_FILE))
  const folder = dirname(path)
  const env = { ...(await readDotEnv(folder)), ...io.env }
  return { config: path, folder, env, secrets: redactor.watch(secretsFrom(env, folder)), transport: transportFrom(env) }
}

/** What a `.env` says; nothing when there is none. */
export async function readDotEnv(folder: string): Promise<Readonly<Record<string, string | undefined>>> {
  try {
    return parseEnv(await readFile(join(folder, '.env'), 'utf8'))
  } catch (error) {
    const { code } = error as { code?: string }
    if (code === 'ENOENT') return {}
    throw fault('CONFIG_INVALID', { path: join(folder, '.env'), issues: [`cannot be read (${code ?? 'unknown'})`] }, { cause: error })
  }
}

/** Who runs the command line, as journal and audit name it. */
export function callerOf(io: Io): Caller {
  let user: string | undefined
  try {
    user = userInfo().username
  } catch {
    // A user that the system has no name for, as in some containers.
    user = io.env.USER
  }
  return { actor: `cli:${user || 'unknown'}`, source: 'cli' }
}
