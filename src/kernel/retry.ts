import { type Clock, jitter, systemClock } from './clock.js'

export interface RetryOptions {
  /** Give up when this much time has passed; the last error is thrown. */
  readonly withinMs: number
  readonly firstDelayMs?: number
  readonly longestDelayMs?: number
  readonly clock?: Clock
  readonly signal?: AbortSignal
}

/** Runs `attempt` until it answers, `isRetryable` says no, or the time is over. Delays double from 20 ms to 1 s, with jitter. */
export async function retry<T>(attempt: () => Promise<T>, isRetryable: (error: unknown) => boolean, options: RetryOptions): Promise<T> {
  const clock = options.clock ?? systemClock
  const deadline = clock.now() + options.withinMs
  let delay = options.firstDelayMs ?? 20
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (!isRetryable(error) || clock.now() + delay > deadline || options.signal?.aborted) throw error
    }
    await clock.sleep(delay * jitter(), options.signal)
    delay = Math.min(delay * 2, options.longestDelayMs ?? 1_000)
  }
}
