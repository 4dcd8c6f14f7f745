import { loadConfig } from '../engine/config.js'
import type { AnyOperation } from '../engine/operation.js'
import { openPlatform, type Platform } from '../engine/platform.js'
import { readPlatformFiles } from '../engine/sql-files.js'
import { type Log, silent } from '../kernel/log.js'
import type { Environment } from './environment.js'
import type { Io } from './io.js'
import { oneLine } from './one-line.js'
import type { Redactor } from './redact.js'

/** Opens the platform for one operation. Throws what `loadConfig` and `openPlatform` throw. */
export async function openFor(definition: AnyOperation, environment: Environment, io: Io, redactor: Redactor): Promise<Platform> {
  return openWith(await operationsFor(definition), environment, io, redactor)
}

/** Opens the platform with the operations that will be needed. */
export async function openWith(
  operations: readonly AnyOperation[],
  environment: Environment,
  io: Io,
  redactor: Redactor,
  log: Log = logTo(io, redactor),
): Promise<Platform> {
  const config = await loadConfig(environment.config, environment.transport)
  return openPlatform(config, {
    secrets: environment.secrets,
    ...(await readPlatformFiles()),
    operations,
    // It is there to say what is missing.
    evenBehind: operations.every(({ name }) => name === 'platform.status'),
    log,
    progress: (text) => void io.stderr.write(`${io.isTTY.stderr ? '\r\u001b[2K' : ''}${oneLine(text)}\n`),
    failpoint: failpointOf(io),
  })
}

/** An operation that is not journaled may start any other (a retry does), and so may one that says so; only then are all of them loaded. */
async function operationsFor(definition: AnyOperation): Promise<readonly AnyOperation[]> {
  const alone = definition.kind !== 'direct' || definition.effect === 'read'
  if (alone && definition.startsOthers !== true && definition.asksOthers !== true) return [definition]
  return (await import('../operations/registry.js')).OPERATIONS
}

/** The rooms below log what a fault will say anyway; their own words are for those who look for a bug. */
const logTo = (io: Io, redactor: Redactor): Log => (io.env.TENANTRY_DEBUG === '1' ? logAll(io, redactor) : silent)

/** What runs on and on tells nobody else what went wrong, and what it did about it. */
export const logOfService = (io: Io, redactor: Redactor): Log =>
  io.env.TENANTRY_DEBUG === '1' ? logAll(io, redactor) : { ...logAll(io, redactor), info: silent.info }

function logAll(io: Io, redactor: Redactor): Log {
  const line = (level: string) => (facts: Readonly<Record<string, unknown>>, message: string) =>
    void io.stderr.write(`${level} ${oneLine(redactor.message(`${message} ${JSON.stringify(facts)}`))}\n`)
  return { info: line('info'), warn: line('warn'), error: line('error') }
}

/**
 * For drills: with TENANTRY_FAILPOINT=tenant.create/home:acted the process kills itself, as `kill -9` does, at that border of that step. The borders
 * are `before`, `acted` (done, not yet journaled), `after`, and `before-undo` and `undone` on the way back.
 */
export function failpointOf(io: Io): (name: string) => Promise<void> {
  const wanted = io.env.TENANTRY_FAILPOINT
  return async (name) => {
    if (name !== wanted) return
    process.kill(process.pid, 'SIGKILL')
    await new Promise(() => {})
  }
}
