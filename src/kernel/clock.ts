import { randomBytes, randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'

/** The one place that asks for the time, so that drills can move it. What must be right across machines asks the database's clock instead. */
export interface Clock {
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const done = (): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, milliseconds)
      if (signal === undefined) return
      // Any number may sleep until one signal, and leaves with nothing behind: Node need not warn of them.
      setMaxListeners(0, signal)
      signal.addEventListener('abort', done, { once: true })
    }),
}

/** A monotonic stopwatch: milliseconds since it was made. */
export function stopwatch(): () => number {
  const start = process.hrtime.bigint()
  return () => Number(process.hrtime.bigint() - start) / 1e6
}

/** A factor in [1 - share, 1 + share], so that waiters who were turned away together do not come back together. */
export function jitter(share = 0.3): number {
  return 1 + share * (2 * Math.random() - 1)
}

export const newId = (): string => randomUUID()

export { randomBytes }
