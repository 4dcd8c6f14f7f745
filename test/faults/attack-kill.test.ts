import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkPlatform } from './checker.js'
import { runKilledTogether, startChild } from './children.js'
import { type Rig, startRig } from './rig.js'
import { withWork } from './with-work.js'

// Of a scratch pair the catalog knows nothing: whoever takes the operation over has only its journal.
const KILLED = ['make:acted', 'attack:acted', 'clear:before', 'clear:acted'] as const
const INPUT = { isolation: 'shared', only: ['S-01', 'T-46'] } as const

let rig: Rig
const operations = () =>
  rig.eyes.see<{ id: string; state: string }>(rig.subject.catalog, `select id, state from catalog.operation where name = 'doctor.attack'`)
const left = async (): Promise<readonly unknown[]> => {
  const { database } = await rig.fleet.tenant('peace')
  return rig.eyes.see(
    database,
    `select nspname as found from pg_namespace where nspname like 'attack\\_%'
     union all select track from tenantry.home where track = '~attack'
     union all select rolname from pg_roles where starts_with(rolname, $1) and rolname not in (select role_name from tenantry.home)`,
    [`tny_${rig.fleet.platform.id}_h_`],
  )
}

beforeAll(async () => {
  rig = await startRig({ peace: 'shared' })
})
afterAll(() => rig?.stop())

test('attacks whose workers were killed are brought to an end by others, and leave nothing', async () => {
  await runKilledTogether(
    rig.fleet,
    KILLED.map((point) => ({ run: 'doctor.attack', input: INPUT, killAt: `doctor.attack/${point}` })),
  )
  expect((await left()).length).toBeGreaterThan(0)
  await withWork(rig.fleet, async () => {
    for (const { id } of await operations()) expect((await rig.endOf(id)).state).toBe('succeeded')
  })
  expect(await left()).toEqual([])
  expect(await checkPlatform(rig.subject)).toEqual([])
})

test('one that is cancelled takes back what it has made, also when its worker is killed over it', async () => {
  const point = 'doctor.attack/attack:before'
  const child = startChild(rig.fleet, { run: 'doctor.attack', input: INPUT, waitAt: point, killAt: 'doctor.attack/make:undone' })
  await child.says(`at ${point}`)
  const { id } = (await operations()).find(({ state }) => state === 'running')!
  await rig.fleet.run('operation.cancel', { operation: id })
  child.goOn()
  expect((await child.ended()).signal).toBe('SIGKILL')
  await withWork(rig.fleet, async () => expect((await rig.endOf(id)).state).toBe('cancelled'))
  expect(await left()).toEqual([])
  expect(await checkPlatform(rig.subject)).toEqual([])
})
