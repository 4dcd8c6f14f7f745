import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '../../src/kernel/sql.js'
import { type Fleet, startFleet } from '../../src/testing/fleet.js'
import { addMigration } from '../../src/testing/project-files.js'
import { type OwnServer, startOwnServer } from '../support/own-server.js'
import { thrown } from './waves-rig.js'

// Room for little, and a file that needs more than all of it: PostgreSQL lends what is left of its shared memory
// besides, which was room for 900 tables.
const SETTINGS = { max_connections: 30, max_locks_per_transaction: 10 }
const ROOM = 300
const TOO_MANY = 2_000
const FITTING = 100

let server: OwnServer
let fleet: Fleet
beforeAll(async () => {
  server = await startOwnServer(SETTINGS)
  fleet = await startFleet({
    url: server.url(),
    migrations: {
      'tenant/1_first.sql':
        '-- migrate:up\ncreate table first (tenant_id uuid not null default tenantry.tenant(), id int not null, primary key (tenant_id, id));\n-- migrate:down\ndrop table first;\n',
    },
    tenants: { acme: 'schema' },
  })
})
afterAll(async () => {
  await fleet?.stop()
  await server?.stop()
})

const tables = (from: number, to: number): string =>
  Array.from(
    { length: to - from },
    (_, i) =>
      `create table wide_${from + i} (tenant_id uuid not null default tenantry.tenant(), id int not null, primary key (tenant_id, id));`,
  ).join('\n')

test('a file that takes more locks than the server has room for says so, changes nothing, and files that take fewer pass', async () => {
  await addMigration(fleet, 'tenant/2_wide.sql', `-- migrate:up budget:60s\n${tables(0, TOO_MANY)}\n`)
  const partial = await thrown(fleet.run('migrate.up'))
  expect(partial).toMatchObject({ code: 'FLEET_PARTIAL' })
  const failed = await fleet.platform.catalog.rows<{ fault: object }>(
    sql<{ fault: object }>`select fault from catalog.operation_item where state = 'failed'`,
  )
  expect(failed).toHaveLength(2)
  for (const { fault } of failed)
    expect(fault).toMatchObject({ code: 'MIGRATION_LOCKS', facts: { file: expect.stringContaining('2_wide.sql'), room: ROOM } })
  const { schema } = await fleet.tenant('acme')
  const count = async (): Promise<number> =>
    (
      await (
        await fleet.witness('acme')
      ).one<{ n: number }>(
        sql<{ n: number }>`select count(*)::int as n from pg_tables where schemaname = ${schema} and tablename like 'wide%'`,
      )
    ).n
  expect(await count()).toBe(0)

  const files = 5
  for (let n = 0; n < files; n++)
    await addMigration(fleet, `tenant/${n + 2}_wide.sql`, `-- migrate:up budget:60s\n${tables(n * FITTING, (n + 1) * FITTING)}\n`)
  await fleet.run('migrate.up')
  expect(await count()).toBe(files * FITTING)
})
