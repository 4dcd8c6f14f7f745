import { startNameServer } from '../../facts/name-server.js'
import { checkPlatform } from '../../faults/checker.js'
import { LIFE } from '../../faults/doings.js'
import { killAtPoints } from '../../faults/failpoint-kills.js'
import { checkHistory, checkOnePlace, connectionsOf, settleTo } from '../../faults/invariants.js'
import { killRotations, killVerifications, ROTATION_SECRETS } from '../../faults/kills-elsewhere.js'
import { ISOLATIONS, pointsOf, type Rig, startRigOn } from '../../faults/rig.js'
import { found, sum, type Tally } from '../../faults/tally.js'
import type { TestServer } from '../../support/servers.js'
import { everyNth, type Scenario } from './scenario.js'

/** SIGKILL at every border of every step of the journaled operations. */
export async function* killPoints(server: TestServer, every: number): AsyncGenerator<Scenario> {
  const choose = everyNth(every)
  for (const isolation of ISOLATIONS) {
    for (const name of LIFE) {
      const tally = await withRig(
        () => startRigOn(server, { peace: isolation }),
        async (rig) => sum([await killAtPoints(rig, name, isolation, choose), found(await checkOnePlace(rig.subject, 'peace'))]),
      )
      yield { name: `${name} ${isolation}, killed at a failpoint`, tally, atLeast: choose(pointsOf(name)).length }
    }
  }
  const names = await startNameServer()
  try {
    const tally = await withRig(
      () => startRigOn(server, { peace: 'schema' }, { config: { dns: [names.address] } }),
      (rig) => killVerifications(rig, names, choose),
    )
    yield { name: 'domain.verify, killed at a failpoint', tally, atLeast: choose(pointsOf('domain.verify')).length }
  } finally {
    await names.close()
  }
  const tally = await withRig(
    () => startRigOn(server, { peace: 'schema' }, { secrets: ROTATION_SECRETS }),
    (rig) => killRotations(rig, choose),
  )
  yield { name: 'cluster.rotate, killed at a failpoint', tally, atLeast: choose(pointsOf('cluster.rotate')).length }
}

/** With the invariants of the whole platform afterwards. */
export async function withRig(start: () => Promise<Rig>, work: (rig: Rig) => Promise<Tally>): Promise<Tally> {
  const rig = await start()
  try {
    const connections = await connectionsOf(rig.subject)
    const tally = await work(rig)
    const violations = [
      ...(await checkPlatform(rig.subject)),
      ...(await checkHistory(rig.subject)),
      ...(await settleTo(rig.subject, connections)),
    ]
    return sum([tally, found(violations)])
  } finally {
    await rig.stop()
  }
}
