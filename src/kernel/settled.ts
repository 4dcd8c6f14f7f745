import { stopwatch, systemClock } from './clock.js'

export interface Limits {
  /** How long a program may take. */
  readonly wholeMs: number
  /** How long it may leave its transaction waiting: the server ends one that waits for longer. */
  readonly idleMs: number
}

const seconds = (milliseconds: number): string => `${milliseconds / 1_000} s`

/**
 * Waits for a program, but not for ever: nobody can stop one that never settles, and whoever waits for it ends nothing else. Answers why it was given
 * up, or undefined when it has settled; throws what it throws.
 */
export async function settled(program: Promise<unknown>, limits: Limits, idleMs: () => number): Promise<string | undefined> {
  const elapsed = stopwatch()
  const over = new AbortController()
  const watch = async (): Promise<string | undefined> => {
    while (!over.signal.aborted) {
      const [left, leftIdle] = [limits.wholeMs - elapsed(), limits.idleMs - idleMs()]
      if (left <= 0) return `it has not ended within ${seconds(limits.wholeMs)}`
      if (leftIdle <= 0) return `it sent no statement for ${seconds(limits.idleMs)} and has not ended: its transaction is given up then`
      await systemClock.sleep(Math.min(left, leftIdle), over.signal)
    }
    return undefined
  }
  try {
    return await Promise.race([program.then(() => undefined), watch()])
  } finally {
    over.abort()
  }
}
