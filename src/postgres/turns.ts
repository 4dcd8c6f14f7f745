/** Takes a turn; whoever has it gives it back by calling the answer, once. Undefined when none came in time. */
export type TakeTurn = () => Promise<(() => void) | undefined>

/** At most `count` turns at a time, in the order of asking; a wait ends after `patienceMs`. */
export function turns(count: number, patienceMs: number): TakeTurn {
  let free = count
  const waiting = new Set<() => void>()
  const giveBack = (): void => {
    const [next] = waiting
    if (next === undefined) free++
    else next()
  }
  return async () => {
    if (free > 0) {
      free--
      return giveBack
    }
    const came = await new Promise<boolean>((resolve) => {
      const end = (came: boolean): void => {
        clearTimeout(timer)
        waiting.delete(turn)
        resolve(came)
      }
      const turn = (): void => end(true)
      const timer = setTimeout(() => end(false), patienceMs)
      waiting.add(turn)
    })
    return came ? giveBack : undefined
  }
}
