import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { databaseById, findCluster } from '../../src/catalog/clusters.js'
import { clearPair, makePair, planPair } from '../../src/engine/attacking/scratch.js'
import { openScratchGround } from '../../src/engine/attacking/scratch-ground.js'
import { runSuite } from '../../src/engine/attacking/suite.js'
import { ATTACKS } from '../../src/isolation/attacks/catalogue.js'
import { loginName } from '../../src/isolation/names.js'
import { fileText, sql } from '../../src/kernel/sql.js'
import { CONTRACT_HIDDEN, CONTRACT_MIGRATIONS } from '../../src/testing/contract-project.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { askAsCaller } from '../drills/attack/callers.js'
import { FOUNDING, startFounding } from '../drills/attack/founding.js'
import { type Attacked, publishedFor } from '../drills/attack/published.js'
import { fleetOn } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'

// Of those that set something inside of an expression.
const EXPRESSIONS = ['R-03', 'C-25', 'C-27', 'C-31', 'C-32', 'C-33', 'C-35']

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
      tenants: { anybody: 'shared' },
      assurance: 'standard',
    })
    try {
      // Where the levels differ: who one is, and how one enters.
      const only = ATTACKS.filter(({ expected }) => JSON.stringify(expected).includes('standard')).map(({ id }) => id)
      const { data, residuals, closed, notes } = await lowest.run<Attacked>('doctor.attack', { only })
      expect([...notes, ...closed]).toEqual([])
      expect(data.map(({ assurance }) => assurance)).toEqual(['standard', 'standard', 'standard'])
      expect(residuals).toEqual(publishedFor(data, only))

      // Whoever is let in nowhere can do no harm, which proves nothing.
      const shared = await lowest.witness('anybody')
      await shared.script(
        fileText(`do $$ declare f regprocedure; begin
        for f in select p.oid from pg_catalog.pg_proc p where p.pronamespace = 'tenantry'::regnamespace and p.proname like 'enter%' loop
          execute format('revoke execute on function %s from "${loginName(lowest.platform.id, 1)}"', f);
        end loop;
      end $$`),
      )
      await expect(lowest.run('doctor.attack', { isolation: 'shared', only: only.slice(0, 1) })).rejects.toThrow(/cannot be entered: 42501/)
    } finally {
      await lowest.stop()
    }
  })

  test.each(['standard', 'strict'])(
    'without a tenant column comes to nothing but for what roles alone do not keep apart, at %s',
    {
      timeout: 60_000,
    },
    async (assurance) => {
      const columnless = await fleetOn(testServer(), {
        migrations: {},
        config: { tenantColumn: undefined },
        cluster: { assurance },
        tenants: { anybody: 'schema' },
      })
      try {
        // Where the column makes a difference, and one where it makes none.
        const only = ATTACKS.filter((attack) => attack.id === 'C-37' || attack.columnless !== undefined).map(({ id }) => id)
        const { data, residuals, closed, notes } = await columnless.run<Attacked>('doctor.attack', { only })
        expect([...notes, ...closed]).toEqual([])
        expect(data.map((one) => `${one.isolation}, ${one.assurance}`)).toEqual([`schema, ${assurance}`, 'database, dedicated'])
        expect(residuals).toEqual(['role-alone', 'role-switch'])
        expect(residuals).toEqual(publishedFor(data, only, true))
      } finally {
        await columnless.stop()
      }
    },
  )

  test.each([
    ['PUBLIC may set settings again', 'grant execute on function pg_catalog.set_config(text, text, boolean) to public', EXPRESSIONS],
    ['everybody may make temporary tables', 'grant temporary on database {database} to public', ['S-24']],
  ])('is seen to come through when %s', async (_, plant, only) => {
    const { database } = await fleet.tenant('bystander')
    const say = async (text: string) => (await witness()).script(fileText(text.replace('{database}', `"${database}"`)))
    await say(plant)
    const found = await fleet.run('doctor.attack', { isolation: 'shared', only }).catch((error: unknown) => error)
    await say(plant.replace(/^grant/, 'revoke').replace(/ to public$/, ' from public'))
    // All of them can be tried again, however many are told.
    expect(found).toMatchObject({ code: 'ATTACK_BREACHED', facts: { ids: only } })
    const { message, remedy, facts } = found as { message: string; remedy: string; facts: { breaches: number } }
    expect(remedy).toContain(`tenantry doctor --attack --only ${only.join(' ')}`)
    expect(message).toContain(facts.breaches > 12 ? `; and ${facts.breaches - 12} more` : only[0])
    expect((await fleet.run<Attacked>('doctor.attack', { isolation: 'shared', only })).notes).toEqual([])
  })

  test('that cannot be begun leaves no connection open', async () => {
    const { platform } = fleet
    const cluster = await platform.catalog.one(findCluster('main'))
    const main = await platform.catalog.one(databaseById(cluster.defaultDatabase!))
    const { adminRef, appSecretRef, hardened, loginSide } = cluster
    const pair = planPair(platform, 'schema', { cluster: 'main', adminRef, appSecret: appSecretRef, hardened, main, loginSide })
    const by = { operation: randomUUID(), token: 1 }
    const lines = async () =>
      (await witness()).one(sql`select count(*)::int as open from pg_catalog.pg_stat_activity where application_name = 'tenantry attack'`)
    try {
      await makePair(platform, pair, by)
      await (await witness()).run(sql`update tenantry.placement set state = 'moved' where tenant_id = ${pair.victim.tenant}`)
      await expect(openScratchGround(platform, pair, by)).rejects.toThrow(/victim cannot be entered: TN007/)
      await vi.waitFor(async () => expect(await lines()).toEqual({ open: 0 }), 2_000)
    } finally {
      await clearPair(platform, pair, by)
    }
  })

  test('finds no operator or type of its own in what runs with the rights of others', async () => {
    const unpinned = await (await witness()).rows(sql<{ name: string; source: string }>`
      select p.proname::text as name, p.prosrc as source
      from pg_catalog.pg_proc p
      where p.pronamespace in ('tenantry'::regnamespace, 'tenantry_pooler'::regnamespace)
        and p.prosecdef
        and not coalesce(array_to_string(p.proconfig, ' '), '') like '%search_path=pg_catalog, pg_temp%'
      order by 1`)
    expect(unpinned.map(({ name }) => name)).toEqual(['enter_v1', 'enter_v2'])
    for (const { name, source } of unpinned) {
      const code = source.replace(/--.*$|'[^']*'|:=|errcode = |detail = |operator\(pg_catalog\.[^)]+\)/gm, '')
      expect(code.match(/[-+*/<>=~!@#%^&|`?]+|::(?!pg_catalog\.)\w+|^ {2}\w+ (?!pg_catalog\.)(text|uuid|bytea)\b/gm), name).toBeNull()
    }
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
