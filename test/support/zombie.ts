/** Anything that takes signals: a child process, or one of the wrappers of one. */
export interface Stoppable {
  readonly signal: (signal: NodeJS.Signals) => void
}

/**
 * Stops the process for as long as `body` takes, and wakes it up as a zombie: it takes itself to be at work. The kernel lets nothing of it run
 * meanwhile, not even the renewal of its lease.
 */
export async function whileStopped<T>(process: Stoppable, body: () => Promise<T>): Promise<T> {
  process.signal('SIGSTOP')
  try {
    return await body()
  } finally {
    process.signal('SIGCONT')
  }
}
