import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../src/kernel/clock.js'
import { sql } from '../../src/kernel/sql.js'
import { enter } from '../watchdog/trap.js'
import { expectAccessible } from './axe.js'
import { type Rig, startRig } from './rig.js'

let rig: Rig
beforeAll(async () => {
  // The watchdog would end whoever keeps others waiting for longer than a second.
  rig = await startRig({ config: { watchdog: 'off' }, tenants: { acme: 'shared', globex: 'shared' } })
  await rig.fleet.app.tenant('acme').query(sql`select 1`)
})
afterAll(() => rig?.stop())

test('a session that keeps another waiting is seen, and ended; the one that has waited goes on', async () => {
  const { schema } = await rig.fleet.tenant('acme')
  const witness = await rig.fleet.witness('acme')
  const holder = await enter(rig.fleet, 'acme')
  await holder.say('lock table note in share row exclusive mode')
  const waiter = await enter(rig.fleet, 'globex')
  await waiter.say('set local lock_timeout = 0')
  const waited = waiter.say('lock table note in share row exclusive mode').then(
    () => 'had it',
    (error: { code: string }) => error.code,
  )
  const waiting = sql<{ n: number }>`select count(*)::int as n from pg_catalog.pg_locks where not granted and pid = ${waiter.pid}`
  while ((await witness.one(waiting)).n === 0) await systemClock.sleep(20)

  const page = await rig.open('/activity')
  const sessions = page.getByRole('grid', { name: 'Sessions' })
  await sessions
    .getByRole('row')
    .filter({ hasText: `session ${holder.pid}` })
    .filter({ hasText: 'globex' })
    .waitFor()
  await page.getByRole('button', { name: /^Who waits for whom 1$/ }).click()
  await expect.poll(() => new URL(page.url()).search).toBe('?view=locks')
  const locks = page.getByRole('grid', { name: 'Who waits for whom' }).getByRole('row')
  await locks
    .filter({ hasText: `${schema}.note` })
    .filter({ hasText: 'globex' })
    .waitFor()
  await expectAccessible(page)

  await page.getByRole('button', { name: `End session ${holder.pid} of acme` }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('tenantry activity stop main').waitFor()
  await dialog.getByRole('button', { name: 'End it' }).click()
  await page.getByText('Nobody waits for anybody').waitFor()
  expect(await waited).toBe('had it')
  expect(await holder.end()).toBe('CONNECTION_LOST')
  expect(await waiter.end()).toBe('committed')
})

test('statements are shown to those alone who may read them; nobody is offered to stop what is no application', async () => {
  const trap = await enter(rig.fleet, 'globex')
  await trap.say(`select 'said in globex <b>bold</b>'`)
  const page = await rig.open('/activity?tenant=globex&text=true')
  await page.getByText(`select 'said in globex <b>bold</b>'`).waitFor()
  await page
    .getByRole('button', { name: `Cancel session ${trap.pid} of globex` })
    .and(page.locator('[aria-disabled=true]'))
    .waitFor()

  const viewer = await rig.open('/activity?text=true', { role: 'viewer' })
  await viewer.getByText('Without statements. This takes the role operator or fleet-admin; you are viewer.').waitFor()
  await viewer
    .getByRole('grid', { name: 'Sessions' })
    .getByRole('row')
    .filter({ hasText: String(trap.pid) })
    .first()
    .waitFor()
  expect(await viewer.getByText('said in globex').count()).toBe(0)
  await viewer.goto('/tenants/globex?tab=sessions')
  const theirs = viewer.getByRole('table', { name: 'Sessions of globex' }).getByRole('row')
  await theirs
    .filter({ hasText: String(trap.pid) })
    .filter({ hasText: 'idle in transaction' })
    .waitFor()
  expect(await trap.end()).toBe('committed')
})
