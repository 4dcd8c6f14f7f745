import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '../../src/kernel/sql.js'
import { parseUrl } from '../../src/postgres/connection.js'
import { openDatabase } from '../../src/postgres/session.js'
import { clearFolders } from '../../src/testing/leftover-folders.js'
import { clearLeftovers } from '../../src/testing/leftovers.js'
import { claimFleet, type Fleet, type PreparedFleets, prepareFleets } from '../../src/testing.js'
import { urlOf } from '../support/fleet.js'
import { type OwnServer, startOwnServer } from '../support/own-server.js'
import { describeOn } from '../support/servers-injected.js'

const NOTES = {
  'tenant/20260101000000_notes.sql': '-- migrate:up\ncreate table note (tenant_id uuid not null default tenantry.tenant() primary key);\n',
}

describeOn(['embedded-18'], 'the fleets of a run that lives, on two servers', (server) => {
  let own: OwnServer
  let fleets: PreparedFleets
  let fleet: Fleet
  beforeAll(async () => {
    own = await startOwnServer()
    fleets = await prepareFleets({ url: urlOf(server), catalogServer: own.url(), name: 'two-servers', spare: 1, migrations: NOTES })
    fleet = await fleets.claim()
  })
  afterAll(async () => {
    await fleets?.close()
    await own?.stop()
  })

  const isThere = async (url: string): Promise<boolean> => {
    const admin = openDatabase(parseUrl(url, 'url'), { applicationName: 'test', max: 1 })
    try {
      const prefix = fleet.platform.config.catalog.database.replace(/catalog$/, '')
      return (await admin.rows(sql`select from pg_catalog.pg_database where starts_with(datname, ${prefix})`)).length > 0
    } finally {
      await admin.end()
    }
  }

  test('stay when another run begins, whichever of the servers that one uses', async () => {
    await clearLeftovers(urlOf(server), own.url())
    await clearLeftovers(own.url(), undefined)
    expect([await isThere(urlOf(server)), await isThere(own.url())]).toEqual([true, true])
  })

  test('stay when it begins just after a server was started again', async () => {
    await own.kill()
    await own.restart()
    await clearLeftovers(own.url(), undefined)
    expect(await isThere(own.url())).toBe(true)
  })
})

describeOn(['embedded-18'], 'what a run leaves on this machine', (server) => {
  const names = () => readdir(tmpdir())

  test('goes with the run that made it, and the run that was killed', async () => {
    const program = new URL('fleet-child.mjs', import.meta.url).pathname
    const running = spawn(process.execPath, [program, 'prepare'], { env: { ...process.env, TEST_SERVER: urlOf(server) }, stdio: 'pipe' })
    const [line] = await once(running.stdout, 'data')
    const run = /tenantry-fleet-(k\w{8})n/.exec(String(line))![1]!
    const ofRun = async (): Promise<readonly string[]> => (await names()).filter((name) => name.includes(`-${run}`))
    // One that its run began just before it was killed has no database.
    await mkdtemp(join(tmpdir(), `tenantry-fleet-${run}n9-`))
    await clearFolders()
    expect((await ofRun()).length).toBeGreaterThanOrEqual(3)
    running.kill('SIGKILL')
    await once(running, 'close')
    await clearFolders()
    expect(await ofRun()).toEqual([])
  })

  test('is left alone while its run is just beginning, and goes when that never went on', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tenantry-fleets-kaaaaaaaa-'))
    await clearFolders()
    expect(await names()).toContain(basename(folder))
    const before = new Date(Date.now() - 3_600_000)
    await utimes(folder, before, before)
    await clearFolders()
    expect(await names()).not.toContain(basename(folder))
  })

  test('is not claimed by whoever looks whether the run lives', async () => {
    await using fleets = await prepareFleets({ url: urlOf(server), name: 'looked-at', spare: 1, migrations: NOTES })
    await expect.poll(() => fleets.counts().ready, { timeout: 15_000, interval: 20 }).toBe(1)
    const { folder } = await fleets.claim()
    for (let i = 0; i < 5; i++) await clearFolders()
    expect(fleets.counts().held).toBe(1)
    expect(await names()).toContain(basename(folder))
  })

  test('by a run that ends, no other that this process prepares is forgotten', async () => {
    const making = { url: urlOf(server), spare: 1, migrations: NOTES }
    const one = await prepareFleets({ ...making, name: 'one' })
    const two = await prepareFleets({ ...making, name: 'two' })
    await one.close()
    await expect(claimFleet({ name: 'one' })).rejects.toMatchObject({ code: 'FLEET_NOT_PREPARED' })
    await (await claimFleet({ name: 'two' })).stop()
    await two.close()
    await expect(claimFleet({ name: 'two' })).rejects.toMatchObject({ code: 'FLEET_NOT_PREPARED' })
  })
})
