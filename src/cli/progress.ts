import { itemsOf, listOperations, type Operation, operationById, stepsOf } from '../catalog/operations.js'
import type { AnyOperation } from '../engine/operation.js'
import type { Platform } from '../engine/platform.js'
import { stopwatch, systemClock } from '../kernel/clock.js'
import type { Io } from './io.js'

const QUIET_MS = 1_000
const BETWEEN_MS = 500

/** The operation that this process is running, if it is: its lease is held by our worker's name. */
export async function ownOperation(platform: Platform): Promise<Operation | undefined> {
  for (const state of ['running', 'undoing']) {
    const found = await platform.catalog.rows(listOperations({ state, name: null, subject: null, after: null, limit: 500 }))
    const own = found.find((row) => row.leaseOwner === platform.worker)
    if (own !== undefined) return own
  }
  return undefined
}

/** Shows on a terminal which step is running, and a bar for items, as soon as it takes longer than a second. `stop` takes it away again. */
export function showProgress(platform: Platform, definition: AnyOperation, io: Io): { readonly stop: () => Promise<void> } {
  if (definition.kind !== 'steps' || !io.isTTY.stderr) return { stop: async () => {} }
  const stopped = new AbortController()
  const signal = io.interrupt === undefined ? stopped.signal : AbortSignal.any([stopped.signal, io.interrupt])
  const shown = follow(
    platform,
    definition.steps.map((step) => step.name),
    definition.name,
    io,
    signal,
  ).catch(() => {})
  return {
    stop: async () => {
      stopped.abort()
      await shown
    },
  }
}

async function follow(platform: Platform, steps: readonly string[], name: string, io: Io, signal: AbortSignal): Promise<void> {
  await systemClock.sleep(QUIET_MS, signal)
  let id: string | undefined
  let bar: Awaited<ReturnType<typeof newBar>> | undefined
  let shown = false
  const clear = (): void => {
    if (shown) io.stderr.write('\r\u001b[2K')
  }
  try {
    while (!signal.aborted) {
      const elapsed = stopwatch()
      id ??= (await ownOperation(platform))?.id
      if (id !== undefined) {
        const [now, done, items] = [
          await platform.catalog.maybe(operationById(id)),
          await platform.catalog.rows(stepsOf(id)),
          await platform.catalog.rows(itemsOf(id)),
        ]
        const reached = done.filter((row) => row.position > 0).length
        const text =
          now?.state === 'undoing'
            ? `${name}: taking it back`
            : `${name}: ${steps[reached] ?? 'finishing'} (step ${Math.min(reached + 1, steps.length)} of ${steps.length})`
        if (signal.aborted) break
        if (items.length > 0) {
          if (bar === undefined) clear()
          bar ??= await newBar(items.length, text, io)
          // The next step may have items of its own.
          bar.setTotal(items.length)
          bar.update(items.filter((item) => item.state !== 'waiting').length, { text })
        } else io.stderr.write(`\r\u001b[2K${text}`)
        shown = true
      }
      // Over a large fleet, asking costs something: it takes a small part of the time, whatever its size.
      await systemClock.sleep(Math.max(BETWEEN_MS, elapsed() * 20), signal)
    }
  } finally {
    bar?.stop()
    clear()
  }
}

async function newBar(total: number, text: string, io: Io) {
  const { default: cliProgress } = await import('cli-progress')
  const bar = new cliProgress.SingleBar({
    stream: io.stderr as NodeJS.WriteStream,
    format: '{text} [{bar}] {value} of {total}',
    clearOnComplete: true,
    // Ctrl-C may leave at any moment; the terminal must need no repair then.
    hideCursor: false,
    linewrap: true,
    barsize: 30,
    stopOnComplete: false,
    // Ctrl-C is ours: it says what becomes of the operation.
    gracefulExit: false,
  })
  bar.start(total, 0, { text })
  return bar
}
