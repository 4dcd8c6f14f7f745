import { systemClock } from '../kernel/clock.js'
import type { RunningProgram } from './child.js'

export interface StopStage {
  readonly signal: NodeJS.Signals
  readonly withinMs: number
}

/** Sends the first signal and waits for the end; while it does not come, the next signal. Harmless when the program has ended already. */
export async function stopProgram(program: RunningProgram, options: { readonly stages: readonly StopStage[] }): Promise<void> {
  for (const { signal, withinMs } of options.stages) {
    if (program.exit()) return
    program.signal(signal)
    const waited = new AbortController()
    await Promise.race([program.exited, systemClock.sleep(withinMs, waited.signal)])
    waited.abort()
  }
}
