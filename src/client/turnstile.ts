/** Lets so many in at once; others wait, in the order in which they came. */
export interface Turnstile {
  readonly waiting: () => number
  readonly through: <T>(body: () => Promise<T>) => Promise<T>
}

export function createTurnstile(atOnce: number): Turnstile {
  const queue: (() => void)[] = []
  let inside = 0
  return {
    waiting: () => queue.length,
    through: async (body) => {
      if (inside < atOnce) inside++
      else await new Promise<void>((resolve) => queue.push(resolve))
      try {
        return await body()
      } finally {
        // The place is handed on, so that nobody who comes now gets ahead.
        const next = queue.shift()
        if (next === undefined) inside--
        else next()
      }
    },
  }
}
