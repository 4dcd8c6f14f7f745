import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '../../src/kernel/sql.js'
import { ISOLATIONS, type Rig, startRig } from './rig.js'

// The ways into a tenant are a contract between releases: see `enter_v1` and the short way in sql/home.

let rig: Rig
beforeAll(async () => {
  rig = await startRig(Object.fromEntries(ISOLATIONS.map((isolation) => [isolation, isolation])))
})
afterAll(() => rig?.stop())

const databases = async (): Promise<readonly string[]> => [
  ...new Set(await Promise.all(ISOLATIONS.map(async (slug) => (await rig.fleet.tenant(slug)).database))),
]

/** The short way, the long one and the signed one. */
const renames = (from: string, to: string): readonly string[] => [
  from === 'v1'
    ? 'alter sequence tenantry.placement_stamp rename to other_stamp'
    : 'alter sequence tenantry.other_stamp rename to placement_stamp',
  `alter view tenantry.entrance_${from} rename to entrance_${to}`,
  `alter function tenantry.enter_${from}(uuid, bigint, text, uuid, text, text) rename to enter_${to}`,
  from === 'v1'
    ? 'alter function tenantry.enter_v2(text, bigint, text, uuid, bigint, integer, bytea) rename to enter_later'
    : 'alter function tenantry.enter_later(text, bigint, text, uuid, bigint, integer, bytea) rename to enter_v2',
]

test.for(ISOLATIONS)('%s: a client goes on when its database learns a newer way in beside its own', async (slug) => {
  const app = rig.fleet.app.tenant(slug)
  await app.query(sql`insert into note (body) values ('before')`)
  const { database } = await rig.fleet.tenant(slug)
  await rig.eyes.see(
    database,
    `create or replace function tenantry.enter_v2(tenant uuid, expected jsonb) returns text language sql as $$ select 'not yours' $$`,
  )
  await app.query(sql`insert into note (body) values ('after')`)
  const fresh = rig.fleet.client().tenant(slug)
  expect(await fresh.query(sql`select body from note order by id`)).toEqual([{ body: 'before' }, { body: 'after' }])
  expect(await fresh.transaction((scope) => scope.rows(sql`select body from note where body = 'after'`))).toEqual([{ body: 'after' }])
})

test('a client is told plainly when its way in is no more', async () => {
  const old = rig.fleet.client()
  // Known from before, and connected.
  for (const slug of ISOLATIONS) await old.tenant(slug).query(sql`select 1`)
  for (const database of await databases()) for (const rename of renames('v1', 'v3')) await rig.eyes.see(database, rename)
  for (const client of [old, rig.fleet.client()]) {
    for (const slug of ISOLATIONS) {
      const told = { code: 'ENTER_VERSION', facts: { tenant: slug }, message: expect.stringContaining('enter_v2') }
      await expect(client.tenant(slug).query(sql`select 1`)).rejects.toMatchObject(told)
      await expect(client.tenant(slug).transaction((scope) => scope.rows(sql`select 1`))).rejects.toMatchObject(told)
    }
  }
  for (const database of await databases()) for (const rename of renames('v3', 'v1')) await rig.eyes.see(database, rename)
  for (const slug of ISOLATIONS) expect(await old.tenant(slug).query(sql`select 1 as one`)).toEqual([{ one: 1 }])
})
