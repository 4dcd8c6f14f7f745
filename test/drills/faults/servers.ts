import { fillDisk, putDatabasesOn } from '../../faults/disk-full.js'
import { checkHistory } from '../../faults/invariants.js'
import { ISOLATIONS } from '../../faults/rig.js'
import { killServer, ROUNDS, type Victim } from '../../faults/server-kills.js'
import { startStage } from '../../faults/stage.js'
import { found, sum, type Tally } from '../../faults/tally.js'
import { type OwnServer, startOwnServer } from '../../support/own-server.js'
import type { TestServer } from '../../support/servers.js'
import { openSmallDisk, whyNoSmallDisk } from '../../support/small-disk.js'
import type { Scenario } from './scenario.js'

const VICTIMS: readonly Victim[] = ['postmaster', 'backend']

/** Kills the tenants' server in the midst of nine operations at once. */
export async function* killServers(near: TestServer, every: number): AsyncGenerator<Scenario> {
  const rounds = Math.max(1, Math.floor(ROUNDS / every))
  for (const catalogOn of [undefined, near]) {
    const server = await startOwnServer()
    try {
      const stage = await startStage(server, catalogOn)
      try {
        for (const victim of VICTIMS) {
          const tallies: Tally[] = []
          for (let round = 0; round < rounds; round++) tallies.push(await killServer(stage, victim, round * every))
          tallies.push(found(await checkHistory(stage.rig.subject)))
          const where = catalogOn === undefined ? 'the catalog on it' : 'the catalog elsewhere'
          yield { name: `${victim} killed in the midst of 9 operations, ${where}`, tally: sum(tallies), atLeast: rounds }
        }
      } finally {
        await stage.stop()
      }
    } finally {
      await server.stop()
    }
  }
}

const KILOBYTES_LEFT = [0, 8, 16, 32, 64, 96, 128, 192]

/** Fills the disk of the tenants' databases up, to the last few pages. */
export async function* fillDisks(near: TestServer): AsyncGenerator<Scenario> {
  const reason = await whyNoSmallDisk()
  if (reason !== undefined) {
    process.stderr.write(`no disk is filled up: ${reason}\n`)
    return
  }
  const server: OwnServer = await startOwnServer()
  const disk = await openSmallDisk(server, 192 * 1_024 * 1_024)
  try {
    await putDatabasesOn(disk, server)
    const stage = await startStage(server, near)
    try {
      for (const isolation of ISOLATIONS) {
        const tallies: Tally[] = []
        for (const kilobytes of isolation === 'database' ? [0] : KILOBYTES_LEFT) {
          tallies.push(await fillDisk(stage, disk, isolation, kilobytes * 1_024))
        }
        tallies.push(found(await checkHistory(stage.rig.subject)))
        yield { name: `disk full, ${isolation}`, tally: sum(tallies), atLeast: isolation === 'shared' ? 0 : 1 }
      }
    } finally {
      await stage.stop()
    }
  } finally {
    await server.stop()
    await disk.close()
  }
}
