export interface Bell {
  readonly ring: () => void
  /** Until it rings, the signal aborts, or so much time has passed. */
  readonly wait: (signal: AbortSignal, mostMs: number) => Promise<void>
}

/** Rings once; whoever waits for it leaves nothing behind. */
export function newBell(): Bell {
  const waiting = new Set<() => void>()
  let rung = false
  return {
    ring: () => {
      rung = true
      for (const wake of [...waiting]) wake()
    },
    wait: (signal, mostMs) =>
      new Promise((resolve) => {
        if (rung || signal.aborted) return resolve()
        const wake = (): void => {
          clearTimeout(timer)
          waiting.delete(wake)
          signal.removeEventListener('abort', wake)
          resolve()
        }
        const timer = setTimeout(wake, mostMs)
        waiting.add(wake)
        signal.addEventListener('abort', wake, { once: true })
      }),
  }
}
