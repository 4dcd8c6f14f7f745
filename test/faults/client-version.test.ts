import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '../../src/kernel/sql.js'
import { ISOLATIONS, type Rig, startRig } from './rig.js'

// The way into a tenant is a contract between releases: see `enter_v1` in sql/home.

let rig: Rig
beforeAll(async () => {
  rig = await startRig(Object.fromEntries(ISOLATIONS.map((isolation) => [isolation, isolation])))
})
afterAll(() => rig?.stop())

const databases = async (): Promise<readonly string[]> => [
  ...new Set(await Promise.all(ISOLATIONS.map(async (slug) => (await rig.fleet.tenant(slug)).database))),
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
  for (const database of await databases()) {
    await rig.eyes.see(database, 'alter function tenantry.enter_v1(uuid, bigint, text, uuid, text, text) rename to enter_v3')
  }
  for (const client of [old, rig.fleet.client()]) {
    for (const slug of ISOLATIONS) {
      const told = { code: 'ENTER_VERSION', facts: { tenant: slug }, message: expect.stringContaining('enter_v1') }
      await expect(client.tenant(slug).query(sql`select 1`)).rejects.toMatchObject(told)
      await expect(client.tenant(slug).transaction((scope) => scope.rows(sql`select 1`))).rejects.toMatchObject(told)
    }
  }
  for (const database of await databases()) {
    await rig.eyes.see(database, 'alter function tenantry.enter_v3(uuid, bigint, text, uuid, text, text) rename to enter_v1')
  }
  for (const slug of ISOLATIONS) expect(await old.tenant(slug).query(sql`select 1 as one`)).toEqual([{ one: 1 }])
})
