import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type OwnServer, startOwnServer } from '../support/own-server.js'
import { testServer } from '../support/servers-injected.js'
import { openSmallDisk, type SmallDisk, whyNoSmallDisk } from '../support/small-disk.js'
import { fillDisk, putDatabasesOn } from './disk-full.js'
import { type Stage, startStage } from './stage.js'

const NAME = 'when the disk is full, creating a tenant says so, leaves nothing half-made, and works again when there is room'
const reason = await whyNoSmallDisk()

if (reason !== undefined) test.skip(`${NAME}: ${reason}`)
else {
  describe(NAME, () => {
    let [server, disk, stage]: [OwnServer | undefined, SmallDisk | undefined, Stage | undefined] = [undefined, undefined, undefined]
    beforeAll(async () => {
      server = await startOwnServer()
      disk = await openSmallDisk(server, 96 * 1_024 * 1_024)
      await putDatabasesOn(disk, server)
      stage = await startStage(server, testServer())
    })
    afterAll(async () => {
      await stage?.stop()
      await server?.stop()
      await disk?.close()
    })

    test.for([
      ['schema', 0],
      ['schema', 48],
      // With a little room left PostgreSQL makes a database of files with holes, and says that it is done.
      ['database', 0],
      ['shared', 0],
    ] as const)('%s, %d kB left', async ([isolation, kilobytes]) => {
      const { violations, kills } = await fillDisk(stage!, disk!, isolation, kilobytes * 1_024)
      expect(violations).toEqual([])
      // A tenant in shared tables needs a row or two, for which there may be room in what the tables have.
      if (isolation !== 'shared') expect(kills).toBeGreaterThan(0)
    })
  })
}
