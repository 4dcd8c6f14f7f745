import { stopwatch, systemClock } from '../kernel/clock.js'

/** Asks again and again until the answer is not undefined. Undefined when the time is over. */
export async function waitFor<T>(
  ask: () => Promise<T | undefined>,
  options: { readonly withinMs: number; readonly everyMs?: number },
): Promise<T | undefined> {
  const elapsed = stopwatch()
  for (;;) {
    const answer = await ask()
    if (answer !== undefined || elapsed() >= options.withinMs) return answer
    await systemClock.sleep(options.everyMs ?? 10)
  }
}
