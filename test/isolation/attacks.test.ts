import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runSuite } from '../../src/engine/attacking/suite.js'
import { ATTACKS } from '../../src/isolation/attacks/catalogue.js'
import { fileText, sql } from '../../src/kernel/sql.js'
import { CONTRACT_HIDDEN, CONTRACT_MIGRATIONS } from '../../src/testing/contract-project.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { askAsCaller } from '../drills/attack/callers.js'
import { FOUNDING, startFounding } from '../drills/attack/founding.js'
import { type Attacked, publishedFor } from '../drills/attack/published.js'
import { fleetOn } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'

describe('an attack of one tenant on another', () => {
  let fleet: Fleet
  const witness = () => fleet.witness('bystander')
  const left = async (): Promise<unknown> =>
    (await witness()).one(sql`
      select array(select nspname::text from pg_catalog.pg_namespace where starts_with(nspname, 'attack_')) as schemas,
             array(
               select d.datname::text
               from pg_catalog.pg_database d
               where starts_with(d.datname, 'attack_')
                 and exists (
                   select from pg_catalog.aclexplode(d.datacl) a join pg_catalog.pg_roles r on r.oid = a.grantee
                   where starts_with(r.rolname, ${`tny_${fleet.platform.id}_`}))) as databases,
             array(select rolname::text from pg_catalog.pg_roles where starts_with(rolname, ${`tny_${fleet.platform.id}_h_`}) order by 1) as roles,
             (select count(*)::int from tenantry.placement) as placements,
             (select count(*)::int from tenantry.home) as homes,
             (select count(*)::int from tenantry.migration) as migrations`)

  beforeAll(async () => {
    fleet = await fleetOn(testServer(), {
      migrations: CONTRACT_MIGRATIONS,
      config: { hidden: CONTRACT_HIDDEN, extensions: ['pg_trgm'] },
      tenants: { bystander: 'shared', other: 'schema' },
    })
  })
  afterAll(() => fleet?.stop())

  test('comes to nothing in any isolation, but for the residuals that are published, and leaves nothing behind', {
    timeout: 90_000,
  }, async () => {
    const before = await left()
    const { data, residuals, closed, notes, attacks } = await fleet.run<Attacked>('doctor.attack')
    expect([...notes, ...closed]).toEqual([])
    expect(attacks).toBe(ATTACKS.length)
    expect(data.map(({ isolation, assurance }) => `${isolation}, ${assurance}`)).toEqual([
      'shared, strict',
      'schema, strict',
      'database, dedicated',
    ])
    for (const { refused } of data) expect(refused).toBeGreaterThan(500)
    expect(residuals).toEqual(publishedFor(data))
    expect(await left()).toEqual(before)
  })

  test('at the lowest assurance comes to nothing but for the residuals of that', { timeout: 60_000 }, async () => {
    const lowest = await fleetOn(testServer(), {
      migrations: CONTRACT_MIGRATIONS,
      config: { hidden: CONTRACT_HIDDEN },
      assurance: 'standard',
    })
    try {
      // Where the levels differ: who one is, and how one enters.
      const only = ATTACKS.filter(({ expected }) => JSON.stringify(expected).includes('standard')).map(({ id }) => id)
      const { data, residuals, closed, notes } = await lowest.run<Attacked>('doctor.attack', { only })
      expect([...notes, ...closed]).toEqual([])
      expect(data.map(({ assurance }) => assurance)).toEqual(['standard', 'standard', 'standard'])
      expect(residuals).toEqual(publishedFor(data, only))
    } finally {
      await lowest.stop()
    }
  })

  test.each([
    ['PUBLIC may set settings again', 'grant execute on function pg_catalog.set_config(text, text, boolean) to public', 'C-25', 'C-25'],
    ['everybody may make temporary tables', 'grant temporary on database {database} to public', 'S-24', 'S-24'],
  ])('is seen to come through when %s', async (_, plant, only, seen) => {
    const { database } = await fleet.tenant('bystander')
    const say = async (text: string) => (await witness()).script(fileText(text.replace('{database}', `"${database}"`)))
    await say(plant)
    const found = await fleet.run('doctor.attack', { isolation: 'shared', only: [only] }).catch((error: unknown) => error)
    await say(plant.replace(/^grant/, 'revoke').replace(/ to public$/, ' from public'))
    expect(found).toMatchObject({ code: 'ATTACK_BREACHED', message: expect.stringContaining(seen) })
    expect((await fleet.run<Attacked>('doctor.attack', { isolation: 'shared', only: [only] })).notes).toEqual([])
  })

  test('by a request to the API is answered as it is published', async () => {
    expect(await askAsCaller(fleet, 'other', 'bystander')).toEqual([])
  })
})

describe('the same attacks on what the founding documents describe', () => {
  const LEAST = { schemas: 25, 'rows, as their owner': 25, 'rows, as another role': 25, databases: 8 } as const

  test.concurrent.each(FOUNDING)('%s: they come through', { timeout: 90_000 }, async (kind) => {
    const ground = await startFounding(testServer(), kind)
    try {
      const { judged } = await runSuite(ground)
      const through = new Set(judged.filter(({ verdict, harmed }) => verdict === 'breach' && harmed).map(({ attack }) => attack))
      expect(through.size).toBeGreaterThanOrEqual(LEAST[kind])
    } finally {
      await ground.stop()
    }
  })
})
