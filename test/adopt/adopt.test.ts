import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../src/kernel/sql.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { runKilled, withWorkers, writeConfig } from '../faults/children.js'
import { type Eyes, openEyes } from '../faults/eyes.js'
import { atMost, pointsOf, rigOf, slugOf } from '../faults/rig.js'
import { fleetOn, urlOf } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'
import { fingerprint, rowsOf, schemaOf, type Theirs } from './theirs.js'

const mark = randomBytes(4).toString('hex')
const theirs: Theirs = { owner: `shop_${mark}_owner`, app: `shop_${mark}_app`, report: `shop_${mark}_report` }
const databases: string[] = []
let eyes: Eyes

async function makeDatabase(name: string, ...scripts: readonly string[]): Promise<string> {
  const database = `shop_${mark}_${name}`
  databases.push(database)
  await eyes.see('postgres', `create database ${database} owner ${theirs.owner}`)
  for (const script of scripts) await eyes.see(database, script)
  return database
}

const flags = { revokeOthers: true, revokePublic: true }

beforeAll(async () => {
  eyes = openEyes(urlOf(testServer()))
  for (const role of Object.values(theirs)) await eyes.see('postgres', `create role ${role} login password 'theirs'`)
})
afterAll(async () => {
  for (const database of databases) await eyes.see('postgres', `drop database if exists ${database} with (force)`)
  for (const role of Object.values(theirs)) await eyes.see('postgres', `drop role ${role}`)
  await eyes.close()
})

describe('schemas and databases that are there', () => {
  let fleet: Fleet
  let shop: string
  let first: readonly string[]
  const adopt = (slug: string, more: object) => fleet.run<Record<string, unknown>>('tenant.adopt', { slug, ...more })

  beforeAll(async () => {
    fleet = await fleetOn(testServer(), { migrations: {}, config: { tenantColumn: undefined, lease: '1s' } })
    shop = await makeDatabase('main', ...['acme', 'globex', 'initech'].flatMap((name) => [schemaOf(name, theirs), rowsOf(name)]))
    first = await fingerprint(eyes, shop)
  })
  afterAll(() => fleet?.stop())

  test('a dry run says what would change and what stands against it, and changes nothing', async () => {
    const asked = await adopt('acme', { database: shop, schema: 'acme', dryRun: true })
    expect((asked.findings as string[]).join('\n')).toMatch(
      new RegExp(
        `--revoke-public.*\n(.*\n)*policy theirs on table customer.*\n(.*\n)*public has rights here.*\n(.*\n)*${theirs.app} has rights here.*\n${theirs.report} has`,
      ),
    )
    const fine = await adopt('acme', { database: shop, schema: 'acme', dryRun: true, ...flags })
    expect(fine.findings).toEqual([])
    expect((fine.changes as string[]).join('\n')).toMatch(new RegExp(`table acme.purchase: owner ${theirs.owner} becomes tny_\\w+_owner`))
    await expect(adopt('acme', { database: shop, schema: 'acme' })).rejects.toMatchObject({ code: 'ADOPTION_REFUSED' })
    expect(await fingerprint(eyes, shop)).toEqual(first)
    const left = 'select slug as one from catalog.tenant union all select schema_name from catalog.home'
    expect(await eyes.see(fleet.platform.config.catalog.database, left)).toEqual([])
  })

  test('three schemas of a database become tenants, are used, and are given back as they were', async () => {
    for (const name of ['acme', 'globex', 'initech']) await adopt(name, { database: shop, schema: name, ...flags })
    for (const name of ['acme', 'globex', 'initech']) {
      await fleet.app.tenant(name).transaction(async (scope) => {
        expect(await scope.rows(sql`select count(*)::int as n from purchases`)).toEqual([{ n: 20 }])
        await scope.run(sql`update purchase set total = total + 1`)
        await scope.run(sql`insert into customer (email) values ('NEW@example.org')`)
        expect(await scope.rows(sql`select email from customer where email ~ 'new'`)).toEqual([{ email: 'new@example.org' }])
      })
      await expect(fleet.app.tenant(name).query(sql`select * from ${sql`acme`}.customer, ${sql`globex`}.customer`)).rejects.toMatchObject({
        code: '42501',
      })
    }
    const app = await eyes.session('postgres', { user: theirs.app, password: 'theirs' })
    await app.end()
    await expect(eyes.session(shop, { user: theirs.app, password: 'theirs' })).rejects.toMatchObject({ code: '42501' })
    const doctor = await fleet.run<{ data: unknown[] }>('doctor.run')
    expect(doctor.data).toEqual([])

    await fleet.run('tenant.suspend', { tenant: 'globex', reason: 'unpaid' })
    await expect(fleet.app.tenant('globex').query(sql`select 1`)).rejects.toMatchObject({ code: 'TENANT_SUSPENDED' })
    // What was written is theirs, and stays.
    for (const name of ['acme', 'globex', 'initech'])
      await eyes.see(shop, `update ${name}.purchase set total = total - 1; delete from ${name}.customer where email ~ 'new'`)
    for (const name of ['globex', 'acme', 'initech']) await fleet.run('tenant.unadopt', { tenant: name })
    expect(await fingerprint(eyes, shop)).toEqual(first)
    await expect(fleet.app.tenant('acme').query(sql`select 1`)).rejects.toMatchObject({ code: 'TENANT_NOT_FOUND' })
  })

  test('two databases become tenants, are used, and are given back as they were', async () => {
    const two = [
      await makeDatabase('one', schemaOf('public', theirs), rowsOf('public')),
      await makeDatabase('two', schemaOf('app', theirs), rowsOf('app'), `comment on database shop_${mark}_two is 'the second'`),
    ]
    for (const [n, database] of two.entries()) {
      const before = await fingerprint(eyes, database)
      const [slug, schema] = [`own${n}`, n === 0 ? 'public' : 'app']
      await adopt(slug, { isolation: 'database', database, schema, ...flags })
      expect(await fleet.app.tenant(slug).query(sql`select count(*)::int as n from purchase`)).toEqual([{ n: 20 }])
      expect((await fleet.run<{ data: unknown[] }>('doctor.run')).data).toEqual([])
      await fleet.run('tenant.unadopt', { tenant: slug })
      expect(await fingerprint(eyes, database)).toEqual(before)
    }
  })
})
