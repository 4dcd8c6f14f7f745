import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { assuranceOfTenant } from '../../src/catalog/assurance.js'
import type { Tier } from '../../src/engine/tier-config.js'
import { assertTierAssurance } from '../../src/engine/tiers.js'
import { ofOurs } from '../support/doctor.js'
import { checkPlatform, checkTenant } from './checker.js'
import { runKilled, withWorkers } from './children.js'
import { type Rig, startRig } from './rig.js'

describe('whoever changes the assurance of a database was killed', () => {
  let rig: Rig
  let database: string
  beforeAll(async () => {
    rig = await startRig({ peace: 'shared', own: 'schema' })
    database = (await rig.fleet.tenant('peace')).database
  })
  afterAll(() => rig?.stop())

  const input = (more: object = {}) => ({ cluster: 'main', database, ...more })
  const assurance = async (): Promise<unknown> => {
    const shown = await rig.fleet.run<{ data: { database: string; assurance: string; keys: number }[] }>('assurance.show')
    const { assurance: level, keys } = shown.data.find((one) => one.database === database)!
    return { level, keys }
  }
  const over = async (operation: string): Promise<void> => {
    const open = `select id from catalog.operation where name = $1 order by created_at desc limit 1`
    const [{ id }] = (await rig.eyes.see<{ id: string }>(rig.subject.catalog, open, [operation])) as [{ id: string }]
    await withWorkers(rig.fleet, 1, async () => expect(await rig.endOf(id)).toMatchObject({ state: 'succeeded' }))
  }
  const whole = async (): Promise<void> => {
    for (const [slug, isolation] of [
      ['peace', 'shared'],
      ['own', 'schema'],
    ] as const)
      expect(await checkTenant(rig.subject, slug, { state: 'active', isolation })).toEqual([])
    expect(await checkPlatform(rig.subject)).toEqual([])
    const { data } = await rig.fleet.run<{ data: { check: string }[] }>('doctor.run')
    expect(data.filter(ofOurs)).toEqual([])
  }

  // Something has happened in one place and is not written down in the other yet.
  const KILLS = [
    ['begin', 'tell'],
    ['tenants', 'tenants'],
    ['forget', 'end'],
  ] as const
  for (const [down, up] of KILLS)
    test(`after ${down} it becomes standard, and after ${up} strict again`, { timeout: 60_000 }, async () => {
      for (const [to, step, keys] of [
        ['standard', down, 0],
        ['strict', up, 1],
      ] as const) {
        await runKilled(rig.fleet, 'assurance.set', input({ to }), `assurance.set/${step}:acted`)
        await over('assurance.set')
        expect(await assurance()).toEqual({ level: to, keys })
        await whole()
      }
    })

  test('a key is exchanged for another', { timeout: 60_000 }, async () => {
    for (const [step, more, keys] of [
      ['believe', {}, 2],
      ['forget', { retire: true, grace: '0s' }, 1],
    ] as const) {
      await runKilled(rig.fleet, 'assurance.rotate', input(more), `assurance.rotate/${step}:acted`)
      await over('assurance.rotate')
      expect(await assurance()).toEqual({ level: 'strict', keys })
      await whole()
    }
  })

  test('a change that failed half-way is gone on with by the same command, and not called done', { timeout: 60_000 }, async () => {
    await rig.fleet.run('assurance.set', input({ to: 'standard' }))
    // Somebody holds a tenant: as after 90 s, the item has failed, and with it the operation.
    await runKilled(rig.fleet, 'assurance.set', input({ to: 'strict' }), 'assurance.set/tell:after')
    const end =
      "update catalog.operation set state = 'failed', lease_until = null, ended_at = now() where name = 'assurance.set' and state = 'running'"
    await rig.eyes.see(rig.subject.catalog, end)
    expect(await assurance()).toEqual({ level: 'strict', keys: 1 })
    const forged = async (): Promise<string> => {
      const tenant = await rig.fleet.tenant('peace')
      const client = await rig.eyes.session(database)
      try {
        await client.query('begin')
        await client.query("select set_config('tenantry.context', $1, true)", [tenant.id])
        return (await client.query('select tenantry.tenant() as id')).rows[0].id
      } catch (error) {
        return (error as { code: string }).code
      } finally {
        await client.end()
      }
    }
    expect(await forged()).toBe((await rig.fleet.tenant('peace')).id)
    // Nobody takes it for strict meanwhile: the doctor mends nothing in the wrong order, and says what goes on with it.
    const seen = await rig.fleet.run<{ data: { check: string; fix: string }[] }>('doctor.run')
    expect(seen.data.filter(ofOurs).map(({ check, fix }) => [check, /assurance set .* --to strict/.test(fix)])).toEqual([
      ['assurance.unfinished', true],
    ])
    const { id } = await rig.fleet.tenant('peace')
    expect(await rig.fleet.platform.catalog.one(assuranceOfTenant(id))).toMatchObject({ assurance: 'strict', unfinished: 'strict' })
    const strictest = { assurance: 'strict' } as Tier
    const refused = { code: 'ASSURANCE_UNAVAILABLE', message: expect.stringContaining('on its way to strict') }
    await expect(rig.fleet.platform.catalog.transaction((tx) => assertTierAssurance(tx, strictest, id))).rejects.toMatchObject(refused)
    expect(await rig.fleet.run('assurance.set', input({ to: 'strict' }))).toMatchObject({ assurance: 'strict', tenants: 2 })
    expect(await forged()).toBe('TN000')
    expect(await rig.fleet.run('assurance.set', input({ to: 'strict' }))).toMatchObject({ assurance: 'strict', tenants: 0 })
    const { data } = await rig.fleet.run<{ data: { check: string }[] }>('doctor.run')
    expect(data.filter(ofOurs)).toEqual([])
  })
})
