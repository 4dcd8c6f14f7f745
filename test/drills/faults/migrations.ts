import { killMigrationsAt } from '../../faults/migrate-messages.js'
import { killMigratorsAt } from '../../faults/migrate-sigkill.js'
import type { Form } from '../../faults/migrations-killed.js'
import type { MessageTally } from '../../faults/proxied-kills.js'
import { ISOLATIONS } from '../../faults/rig.js'
import { sum } from '../../faults/tally.js'
import type { TestServer } from '../../support/servers.js'
import type { Scenario } from './scenario.js'

const FORMS: readonly Form[] = ['in one transaction', 'statement by statement']
// Fleets at the same time: what takes long is the waiting for those that were killed.
const LANES = 4
// Over the fleet, each kill is a process.
const PROCESS_EVERY = 37

/** Whoever migrates is killed: its connections at every message for one home of each isolation, and its process over a fleet. */
export async function* killMigrations(server: TestServer, every: number): AsyncGenerator<Scenario> {
  for (const isolation of ISOLATIONS) {
    for (const form of FORMS) {
      const lane = (n: number): Promise<MessageTally> =>
        killMigrationsAt(server, isolation, form, (marks) => marks.filter((_, i) => i % (every * LANES) === (n + 1) * every - 1))
      const tallies = await Promise.all(Array.from({ length: LANES }, (_, n) => lane(n)))
      const messages = Math.min(...tallies.map((tally) => tally.messages))
      yield {
        name: `migrate.up ${isolation}, ${form}, connections killed at one of ${messages} messages`,
        tally: sum(tallies),
        atLeast: Math.floor((0.8 * messages) / every),
      }
    }
  }
  yield {
    name: `migrate.up over a fleet, its process killed at every ${PROCESS_EVERY * every}th message`,
    tally: await killMigratorsAt(server, PROCESS_EVERY * every),
    atLeast: Math.max(1, Math.floor(40 / every)),
  }
}
