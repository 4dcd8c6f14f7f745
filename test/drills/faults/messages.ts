import { startProxied } from '../../faults/proxied.js'
import { killAt } from '../../faults/proxied-kills.js'
import { type Scenario as Ridden, SCENARIOS } from '../../faults/proxied-scenarios.js'
import type { TestServer } from '../../support/servers.js'
import type { Scenario } from './scenario.js'

// Homes in a database of their own take room: after so many kills everything is removed and begun anew.
const BATCH = 120

/** Kills the caller's connection at every single message of its operations. The long form of test/faults/proxy-kill.test.ts. */
export async function* killMessages(server: TestServer, every: number): AsyncGenerator<Scenario> {
  for (const scenario of SCENARIOS) yield await killEvery(server, scenario, every)
}

async function killEvery(server: TestServer, scenario: Ridden, every: number): Promise<Scenario> {
  let [messages, kills] = [0, 0]
  const violations: string[] = []
  const convergedMs: number[] = []
  for (let done = 0; ; done += BATCH) {
    let left = 0
    const proxied = await startProxied(server, { 'peace-shared': 'shared', 'peace-schema': 'schema', 'peace-database': 'database' })
    try {
      const tally = await killAt(proxied, scenario, (count) => {
        const points = Array.from({ length: Math.floor(count / every) }, (_, i) => (i + 1) * every)
        left = points.length - done - BATCH
        return points.slice(done, done + BATCH)
      })
      messages = tally.messages
      kills += tally.kills
      violations.push(...tally.violations)
      convergedMs.push(...tally.convergedMs)
    } finally {
      await proxied.stop()
    }
    if (left > 0) {
      process.stderr.write(`${scenario}: ${kills} done, ${left} left\n`)
      continue
    }
    // The journal of a run that was disturbed may be a message longer or shorter than that of the one that was counted.
    const atLeast = Math.floor((0.98 * messages) / every)
    return { name: `${scenario}, connections killed at one of ${messages} messages`, tally: { kills, violations, convergedMs }, atLeast }
  }
}
