import { afterAll, beforeAll, describe, expect, test } from 'vitest'
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
})
