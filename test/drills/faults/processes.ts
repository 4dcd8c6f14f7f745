import { checkPlatform } from '../../faults/checker.js'
import { SKEWED_LEASE, skewClocks } from '../../faults/clock-skew.js'
import { checkHistory } from '../../faults/invariants.js'
import { ISOLATIONS, pointsOf, startRigOn } from '../../faults/rig.js'
import { found, sum } from '../../faults/tally.js'
import { wakeZombies } from '../../faults/zombies.js'
import type { TestServer } from '../../support/servers.js'
import { withRig } from './points.js'
import { everyNth, type Scenario } from './scenario.js'

/** Stops a process at every border of every step until it is taken for dead, and wakes it up. */
export async function* wakeAll(server: TestServer, every: number): AsyncGenerator<Scenario> {
  const choose = everyNth(every)
  for (const isolation of ISOLATIONS) {
    for (const name of ['tenant.create', 'tenant.suspend', 'tenant.purge'] as const) {
      const tally = await withRig(
        () => startRigOn(server, { peace: isolation }),
        (rig) => wakeZombies(rig, name, isolation, choose),
      )
      yield { name: `${name} ${isolation}, a zombie at a failpoint`, tally, atLeast: choose(pointsOf(name)).length }
    }
  }
}

/** Lets processes live with clocks that are hours and days off. */
export async function* killClocks(server: TestServer): AsyncGenerator<Scenario> {
  const rig = await startRigOn(server, { peace: 'schema' }, { config: SKEWED_LEASE })
  try {
    const tally = await skewClocks(rig)
    const violations = [...(await checkPlatform(rig.subject)), ...(await checkHistory(rig.subject))]
    yield { name: 'wrong clocks', tally: sum([tally, found(violations)]), atLeast: 3 }
  } finally {
    await rig.stop()
  }
}
