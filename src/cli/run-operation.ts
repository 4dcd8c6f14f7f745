import { keepFacts } from '../engine/keep-facts.js'
import type { Platform } from '../engine/platform.js'
import { submit } from '../engine/submit.js'
import { humanDuration } from '../kernel/durations.js'
import { confirm, withConfirmation } from './confirm.js'
import { callerOf, readEnvironment } from './environment.js'
import { parseOperation } from './flags.js'
import type { IndexEntry } from './index-entry.js'
import type { Io } from './io.js'
import { openFor } from './open.js'
import { printOutput } from './print-output.js'
import { ownOperation, showProgress } from './progress.js'
import type { Redactor } from './redact.js'

const BAD_NEWS = 1
const PENDING = 8

// Whoever has no worker running keeps the copies here; they are worth no more of anybody's time than this.
const KEEP_WITHIN_MS = 1_000

export interface RunOptions {
  readonly redactor: Redactor
  /** Told how to say what an interruption leaves behind, once there is something. */
  readonly onRunning: (leavesBehind: () => Promise<readonly string[]>) => void
}

/** Runs the command of one operation and answers the exit status. Throws faults. */
export async function runOperationCommand(
  entry: Pick<IndexEntry, 'load'>,
  args: readonly string[],
  io: Io,
  { redactor, onRunning }: RunOptions,
): Promise<number> {
  const definition = await entry.load()
  const parsed = parseOperation(definition, args, io)
  if (parsed === undefined) return 0
  const { globals, input } = parsed
  if (!(await confirm(definition, input, globals, io))) return 130
  const environment = await readEnvironment(globals.config, io, redactor)
  const platform = await openFor(definition, environment, io, redactor)
  try {
    onRunning(() => leftBehind(platform))
    const progress = showProgress(platform, definition, io)
    const { output } = await submit(platform, definition, withConfirmation(definition, input), callerOf(io)).finally(progress.stop)
    printOutput(definition, output, { format: globals.format, io, redactor })
    if (definition.effect !== 'read') await keepFacts(platform, new Map(), KEEP_WITHIN_MS).catch(() => {})
    if (definition.words.passes?.(output) === false) return BAD_NEWS
    return parsed.exitCode && isPending(output) ? PENDING : 0
  } finally {
    await platform.close()
  }
}

function isPending(output: unknown): boolean {
  const found = output as { pending?: number; pendingHomes?: number; pendingPlatforms?: number }
  return (found.pending ?? 0) + (found.pendingHomes ?? 0) + (found.pendingPlatforms ?? 0) > 0
}

async function leftBehind(platform: Platform): Promise<readonly string[]> {
  const own = await ownOperation(platform)
  if (own === undefined) return []
  return [
    `${own.name} ${own.id} is journaled and goes on: a worker takes it over when the lease ends, after ${humanDuration(platform.config.leaseMs)} at most`,
    `→ follow it with \`tenantry operation watch ${own.id}\`, or take it back with \`tenantry operation cancel ${own.id}\``,
  ]
}
