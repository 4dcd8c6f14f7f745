import { keepFacts } from '../engine/keep-facts.js'
import { type AnyOperation, failWith } from '../engine/operation.js'
import type { Platform } from '../engine/platform.js'
import { submit } from '../engine/submit.js'
import { systemClock } from '../kernel/clock.js'
import { humanDuration } from '../kernel/durations.js'
import { fault } from '../kernel/faults.js'
import { confirm, mayAsk, withConfirmation } from './confirm.js'
import { callerOf, readEnvironment } from './environment.js'
import { type GlobalFlags, parseOperation } from './flags.js'
import type { IndexEntry } from './index-entry.js'
import type { Io } from './io.js'
import { harmless } from './one-line.js'
import { openFor } from './open.js'
import { type Format, printOutput } from './print-output.js'
import { ownOperation, PROGRESS_WAYS, type ProgressWay, showProgress, showsProgress } from './progress.js'
import type { Redactor } from './redact.js'

const BAD_NEWS = 1
const PENDING = 8

// Whoever has no worker running keeps the copies here; they are worth no more of anybody's time than this.
const KEEP_WITHIN_MS = 1_000
const CLEARING_MS = 500

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
  const parsed = parseOperation(definition, args, io, showsProgress(definition) ? { flags: [PROGRESS_FLAG] } : {})
  if (parsed === undefined) return 0
  const { globals, input } = parsed
  const tells = definition.tells !== undefined && mayAsk(io, globals) && input.confirm === undefined
  if (!tells && !(await confirm(definition, input, globals, io))) return 130
  const environment = await readEnvironment(globals.config, io, redactor)
  const platform = await openFor(definition, environment, io, redactor)
  try {
    if (tells && !(await toldAndConfirmed(platform, definition, input, globals, io))) return 130
    const progress = showProgress(platform, definition, io, wayOf(parsed.own.progress))
    const running = submit(platform, definition, withConfirmation(definition, input), callerOf(io), { signal: io.interrupt })
    onRunning(async () => {
      // What is not journaled takes away by itself what it has begun, and is given the time for it.
      const ended = definition.kind === 'direct' ? Promise.race([settled(running), systemClock.sleep(CLEARING_MS)]) : undefined
      const [left] = await Promise.all([leftBehind(platform), ended])
      return left
    })
    const { operation, output } = await running.finally(progress.stop)
    if (operation !== undefined && output === undefined) return handedOver(operation, globals.format, io)
    printOutput(definition, output, { format: globals.format, io, redactor })
    if (definition.effect !== 'read') await keepFacts(platform, new Map(), KEEP_WITHIN_MS).catch(() => {})
    if (parsed.exitCode && isPending(output)) return PENDING
    return definition.words.passes?.(output) === false ? BAD_NEWS : 0
  } finally {
    await platform.close()
  }
}

const settled = (running: Promise<unknown>): Promise<unknown> => running.catch(() => {})

async function toldAndConfirmed(
  platform: Platform,
  definition: AnyOperation,
  input: Readonly<Record<string, unknown>>,
  globals: GlobalFlags,
  io: Io,
): Promise<boolean> {
  for (const line of await definition.tells!({ platform, fail: failWith }, input)) io.stderr.write(`${harmless(line)}\n`)
  return confirm(definition, input, globals, io)
}

const PROGRESS_FLAG = ['--progress <way>', `how to show progress on stderr (choices: ${PROGRESS_WAYS.join(', ')}; default: auto)`] as const

function wayOf(given: unknown): ProgressWay {
  if (given === undefined) return 'auto'
  const way = PROGRESS_WAYS.find((one) => one === given)
  if (way === undefined) throw fault('INPUT_INVALID', { issues: [`--progress: must be one of ${PROGRESS_WAYS.join(', ')}`] })
  return way
}

/** The workers have it; there is no outcome yet. */
function handedOver(operation: string, format: Format, io: Io): number {
  if (format === 'json') io.stdout.write(`${JSON.stringify({ operation })}\n`)
  else
    io.stdout.write(
      `operation ${operation} is handed to the workers (\`tenantry serve\`); follow it with \`tenantry operation watch ${operation}\`\n`,
    )
  return 0
}

function isPending(output: unknown): boolean {
  const found = output as { pending?: number; pendingHomes?: number; pendingPlatforms?: number }
  return (found.pending ?? 0) + (found.pendingHomes ?? 0) + (found.pendingPlatforms ?? 0) > 0
}

async function leftBehind(platform: Platform): Promise<readonly string[]> {
  const own = await ownOperation(platform)
  if (own === undefined) return []
  return [
    `${own.name} ${own.id} is journaled: a worker (\`tenantry serve\`) goes on with it in ${humanDuration(platform.config.leaseMs)} at most, and without one nobody does`,
    `→ follow it with \`tenantry operation watch ${own.id}\`; where no worker runs, \`tenantry operation retry ${own.id}\` goes on with it then; after \`tenantry operation cancel ${own.id}\` whoever goes on stops it`,
  ]
}
