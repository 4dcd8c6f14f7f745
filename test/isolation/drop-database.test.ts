import { afterAll, beforeAll, expect, test } from 'vitest'
import { dropByForce } from '../../src/isolation/install.js'
import { sql } from '../../src/kernel/sql.js'
import { parseUrl } from '../../src/postgres/connection.js'
import { type Database, openDatabase } from '../../src/postgres/session.js'
import { openEyes } from '../faults/eyes.js'
import { until } from '../faults/rig.js'
import { type OwnServer, startOwnServer } from '../support/own-server.js'

// Autovacuum comes by at once, and takes its time over every page.
const SETTINGS = { autovacuum_naptime: 1, autovacuum_vacuum_cost_delay: 100, autovacuum_vacuum_cost_limit: 1 }

let server: OwnServer
let owner: Database
const databases = (): Promise<unknown> => owner.rows(sql`select datname::text as name from pg_database where datname like 'their%'`)

beforeAll(async () => {
  server = await startOwnServer(SETTINGS)
  const eyes = openEyes(server.url())
  await eyes.see('postgres', `create role landlord login createdb password 'landlord'`)
  for (const name of ['theirs', 'theirs_too']) await eyes.see('postgres', `create database ${name} owner landlord`)
  await eyes.close()
  owner = openDatabase(parseUrl(server.url().replace('postgres:postgres', 'landlord:landlord'), 'it'), { applicationName: 'test', max: 1 })
})
afterAll(async () => {
  await owner?.end()
  await server?.stop()
})

test('an owner who is no superuser drops a database that autovacuum is in', async () => {
  const eyes = openEyes(server.url())
  await eyes.see('theirs', 'create table busy as select n, repeat(n::text, 200) as filler from generate_series(1, 20000) as n')
  await eyes.see('theirs', 'update busy set n = n + 1')
  await until('autovacuum to come', async () => {
    const seen = `select from pg_stat_activity where backend_type = 'autovacuum worker' and datname = 'theirs'`
    return (await eyes.see('postgres', seen))[0]
  })
  await eyes.close()
  const refused = owner.run(sql`drop database theirs with (force)`)
  await expect(refused).rejects.toMatchObject({ code: '42501', routine: 'TerminateOtherDBBackends' })
  await dropByForce(owner, 'theirs')
  expect(await databases()).toEqual([{ name: 'theirs_too' }])
})

test('one who may not drop it is told so', async () => {
  const eyes = openEyes(server.url())
  await eyes.see('postgres', 'alter database theirs_too owner to postgres')
  await eyes.close()
  await expect(dropByForce(owner, 'theirs_too')).rejects.toMatchObject({ code: '42501', routine: 'aclcheck_error' })
  await dropByForce(owner, 'theirs_never')
  expect(await databases()).toEqual([{ name: 'theirs_too' }])
})
