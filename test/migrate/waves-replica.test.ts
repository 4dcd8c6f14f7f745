import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createPace } from '../../src/engine/pace.js'
import type { Platform } from '../../src/engine/platform.js'
import { silent } from '../../src/kernel/log.js'
import { sql } from '../../src/kernel/sql.js'
import { parseUrl } from '../../src/postgres/connection.js'
import { type Database, openDatabase } from '../../src/postgres/session.js'
import { choosePort } from '../../src/programs/port.js'
import { findPostgres } from '../../src/programs/postgres-binaries.js'
import { copyPostgresData } from '../../src/programs/postgres-data.js'
import { type PostgresServer, startPostgres } from '../../src/programs/postgres-server.js'
import { type OwnServer, startOwnServer } from '../support/own-server.js'
import { until } from './waves-rig.js'

let primary: OwnServer
let replica: PostgresServer
let standby: Database
let database: Database

beforeAll(async () => {
  primary = await startOwnServer({ wal_level: 'replica', wal_receiver_status_interval: '1s' })
  // Its replica is a copy of it while it does not run.
  await primary.halt()
  const dataDirectory = join(primary.folder, 'replica')
  await copyPostgresData(primary.dataDirectory, dataDirectory)
  await primary.restart()
  await writeFile(join(dataDirectory, 'standby.signal'), '')
  const binaries = await findPostgres(18, { from: process.cwd(), folder: primary.folder, origin: 'embedded' })
  const port = await choosePort()
  const from = `host=127.0.0.1 port=${primary.port} user=${primary.superuser} password=${primary.password} application_name=r1`
  const settings = { fsync: false, max_connections: 200, primary_conninfo: from, hot_standby: true, wal_receiver_status_interval: '1s' }
  replica = await startPostgres({ binaries, dataDirectory, port, settings })
  database = openDatabase(parseUrl(primary.url(), 'primary'), { applicationName: 'test' })
  standby = openDatabase({ ...parseUrl(primary.url(), 'replica'), port }, { applicationName: 'test' })
})
afterAll(async () => {
  await Promise.all([standby?.end(), database?.end()])
  await replica?.stop()
  await primary?.stop()
})

test('work waits for a replica that is behind, even when its replay stands still, and goes on when it has caught up', async () => {
  const pace = createPace({ connect: () => database, log: silent } as unknown as Platform, {
    replicaLagMs: 1_500,
    walBytesPerS: undefined,
    commitMs: undefined,
    connections: 100,
  })
  const holds = () => pace.holds({ name: 'main', adminRef: 'env:X' })
  await until(async () => (await database.rows(sql`select from pg_stat_replication where replay_lsn is not null`)).length === 1)
  expect(await until(async () => ((await holds()) === undefined ? 'goes on' : undefined))).toBe('goes on')
  await standby.run(sql`select pg_wal_replay_pause()`)
  await database.run(sql`select pg_logical_emit_message(true, 'test', 'x')`)
  expect(await until(holds)).toMatch(/^replica r1 of main is \d+\.\d s behind; 1\.5 s are allowed$/)
  await standby.run(sql`select pg_wal_replay_resume()`)
  expect(await until(async () => ((await holds()) === undefined ? 'goes on' : undefined))).toBe('goes on')
})
