/** Takes a turn; whoever has it gives it back by calling the answer, once. Undefined when none came in time, or until the signal, or too many wait. */
export type TakeTurn = (signal?: AbortSignal) => Promise<(() => void) | undefined>

/** At most `count` turns at a time, in the order of asking; a wait ends after `patienceMs`, and at most `mostWaiting` wait. */
export function turns(count: number, patienceMs: number, mostWaiting = Number.POSITIVE_INFINITY): TakeTurn {
  let free = count
  const waiting = new Set<() => void>()
  const giveBack = (): void => {
    const [next] = waiting
    if (next === undefined) free++
    else next()
  }
  return async (signal) => {
    if (signal?.aborted) return undefined
    if (free > 0) {
      free--
      return giveBack
    }
    if (waiting.size >= mostWaiting) return undefined
    const came = await new Promise<boolean>((resolve) => {
      const end = (came: boolean): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', left)
        waiting.delete(turn)
        resolve(came)
      }
      const turn = (): void => end(true)
      const left = (): void => end(false)
      const timer = setTimeout(left, patienceMs)
      signal?.addEventListener('abort', left, { once: true })
      waiting.add(turn)
    })
    return came ? giveBack : undefined
  }
}
