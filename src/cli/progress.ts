import { listOperations, type Operation } from '../catalog/operations.js'
import { itemSays } from '../engine/item-says.js'
import type { AnyOperation } from '../engine/operation.js'
import type { Platform } from '../engine/platform.js'
import { type FollowOptions, followOperation, type ItemFailed, type Progress, type ProgressEvent } from '../engine/progress.js'
import { systemClock } from '../kernel/clock.js'
import { humanDuration } from '../kernel/durations.js'
import type { Io } from './io.js'
import { oneLine } from './one-line.js'

const QUIET_MS = 1_000
const SEEK_MS = 200

export const PROGRESS_WAYS = ['auto', 'json', 'none'] as const
export type ProgressWay = (typeof PROGRESS_WAYS)[number]

/** The operation that this process is running, if it is: its lease is held by our worker's name. */
export async function ownOperation(platform: Platform): Promise<Operation | undefined> {
  const found = await platform.catalog.rows(listOperations({ states: ['running', 'undoing'] }, { after: null, limit: 1_000 }))
  return found.find((row) => row.leaseOwner === platform.worker)
}

/** Does the command run an operation of steps, its own or one that was begun before? */
export const showsProgress = (definition: AnyOperation): boolean =>
  definition.kind === 'steps' || definition.name === 'operation.resume' || definition.name === 'operation.retry'

/**
 * On a terminal: which step is running, and a bar for items, as soon as it takes longer than a second, and failures as they come. Elsewhere a line for each
 * failure and each wave that is over; as JSON, for every event. All on stderr. `stop` takes the bar away again.
 */
export function showProgress(
  platform: Platform,
  definition: AnyOperation,
  io: Io,
  way: ProgressWay = 'auto',
): { readonly stop: () => Promise<void> } {
  if (!showsProgress(definition) || way === 'none') return { stop: async () => {} }
  const stopped = new AbortController()
  const signal = io.interrupt === undefined ? stopped.signal : AbortSignal.any([stopped.signal, io.interrupt])
  const bar = way === 'auto' && io.isTTY.stderr
  const screen = bar ? terminal(io) : way === 'json' ? jsonLines(io) : plainLines(io)
  const running = (
    bar
      ? follow(platform, screen, { signal }, QUIET_MS)
      : follow(
          platform,
          screen,
          { signal: io.interrupt ?? new AbortController().signal, soon: stopped.signal },
          way === 'json' ? 0 : SEEK_MS,
        )
  )
    .catch(() => {})
    .finally(screen.close)
  return {
    stop: async () => {
      stopped.abort()
      await running
    },
  }
}

interface Screen {
  readonly show: (event: ProgressEvent) => Promise<void> | void
  readonly close: () => void
}

async function follow(platform: Platform, screen: Screen, options: FollowOptions, quietMs: number): Promise<void> {
  const over = options.soon === undefined ? options.signal : AbortSignal.any([options.signal, options.soon])
  await systemClock.sleep(quietMs, over)
  let own: Operation | undefined
  while (own === undefined && !over.aborted) {
    own = await ownOperation(platform)
    if (own === undefined) await systemClock.sleep(SEEK_MS, over)
  }
  if (own === undefined) return
  for await (const event of followOperation(platform, own.id, options)) {
    if (options.signal.aborted) return
    await screen.show(event)
  }
}

const jsonLines = (io: Io): Screen => ({
  show: (event) => void io.stderr.write(`${JSON.stringify(event)}\n`),
  close: () => {},
})

function plainLines(io: Io): Screen {
  let told = 0
  return {
    show: (event) => {
      if (event.event === 'failed') io.stderr.write(failureLine(event))
      if (event.event !== 'progress') return
      for (const { wave, name, done, failed } of event.over.slice(told)) {
        const of = event.wave?.of ?? wave
        // One wave is the whole fleet: the answer tells.
        if (of > 1) io.stderr.write(`wave ${wave} of ${of} (${name}) is over: ${done} done, ${failed} failed\n`)
      }
      told = event.over.length
    },
    close: () => {},
  }
}

const failureLine = (failed: ItemFailed): string => `failed: ${oneLine(itemSays(failed))}: ${oneLine(failed.message)}\n`

const CLEAR = '\r\u001b[2K'

function terminal(io: Io): Screen {
  let bar: Awaited<ReturnType<typeof newBar>> | undefined
  let shown = false
  const clear = (): void => {
    if (shown) io.stderr.write(CLEAR)
  }
  return {
    show: async (event) => {
      if (event.event === 'ended') return
      if (event.event === 'failed') {
        io.stderr.write(`${CLEAR}${failureLine(event)}`)
        return
      }
      const text = textOf(event)
      if (event.total > 0) {
        if (bar === undefined) clear()
        bar ??= await newBar(event.total, text, io)
        // The next step may have items of its own.
        bar.setTotal(event.total)
        bar.update(event.total - event.waiting, { text, rest: restOf(event) })
      } else io.stderr.write(`${CLEAR}${text}`)
      shown = true
    },
    close: () => {
      bar?.stop()
      clear()
    },
  }
}

function textOf({ name, state, step, steps, wave }: Progress): string {
  if (state === 'undoing') return `${name}: taking it back`
  const within = wave === null || wave.of < 2 ? '' : `, wave ${wave.wave} of ${wave.of} (${wave.name})`
  return `${name}: ${step ?? 'finishing'} (step ${Math.min(steps.done + 1, steps.total)} of ${steps.total}${within})`
}

function restOf({ failed, skipped, waitsFor, perSecond, etaMs }: Progress): string {
  const words = [
    failed === 0 ? '' : `${failed} failed`,
    skipped === 0 ? '' : `${skipped} skipped`,
    perSecond === null ? '' : `${perSecond}/s`,
    etaMs === null ? '' : `${humanDuration(etaMs)} left`,
    waitsFor === null ? '' : `waiting: ${waitsFor}`,
  ].filter((word) => word !== '')
  return words.length === 0 ? '' : `; ${words.join(', ')}`
}

async function newBar(total: number, text: string, io: Io) {
  const { default: cliProgress } = await import('cli-progress')
  const bar = new cliProgress.SingleBar({
    stream: io.stderr as NodeJS.WriteStream,
    format: '{text} [{bar}] {value} of {total}{rest}',
    clearOnComplete: true,
    // Ctrl-C may leave at any moment; the terminal must need no repair then.
    hideCursor: false,
    linewrap: true,
    barsize: 30,
    stopOnComplete: false,
    // Ctrl-C is ours: it says what becomes of the operation.
    gracefulExit: false,
  })
  bar.start(total, 0, { text, rest: '' })
  return bar
}
