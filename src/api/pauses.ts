const FIRST_PAUSE_MS = 200
const LONGEST_PAUSE_MS = 2_000

/** Longer from time to time, until the patience is at an end: it is counted from the first on, with all that is waited for in between. */
export interface Pauses {
  /** False when it was in vain for long enough. Rejects with the signal's reason. */
  readonly next: (signal: AbortSignal | undefined) => Promise<boolean>
  /** Somebody has answered. */
  readonly reset: () => void
}

export function pauses(patienceMs: number): Pauses {
  let pause = FIRST_PAUSE_MS
  let since: number | undefined
  return {
    next: async (signal) => {
      since ??= performance.now()
      if (performance.now() - since + pause > patienceMs) return false
      await sleep(pause, signal)
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS)
      return true
    },
    reset: () => {
      pause = FIRST_PAUSE_MS
      since = undefined
    },
  }
}

export const sleep = (milliseconds: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve, reject) => {
    const left = (): void => {
      clearTimeout(timer)
      reject(signal!.reason)
    }
    if (signal?.aborted) return reject(signal.reason)
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', left)
      resolve()
    }, milliseconds)
    signal?.addEventListener('abort', left, { once: true })
  })
