import { afterAll, beforeAll, expect, test } from 'vitest'
import { codeLoaded } from '../support/chromium.js'
import { expectAccessible } from './axe.js'
import { type Rig, startRig } from './rig.js'
import { tenantsShown } from './tenants-shown.js'

let rig: Rig

beforeAll(async () => {
  rig = await startRig({ tenants: { acme: 'shared', globex: 'schema' } })
})
afterAll(() => rig?.stop())

const KB = 1_000

test('it opens on the overview, and loads at most 200 KB of scripts and styles for that', async () => {
  let loaded: ReadonlyMap<string, number> = new Map()
  const page = await rig.open('/', {
    prepare: async (context, opened) => {
      loaded = await codeLoaded(context, opened)
    },
  })
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  await tenantsShown(page, 2)
  await page.waitForLoadState('networkidle')
  const bytes = [...loaded.values()].reduce((sum, one) => sum + one, 0)
  expect(loaded.size).toBeGreaterThan(3)
  // Those that came without being packed would be about three times as large.
  expect(bytes).toBeGreaterThan(50 * KB)
  expect(bytes).toBeLessThanOrEqual(200 * KB)
})

test('it says what asks for attention, and leads to where that is done', async () => {
  const page = await rig.open('/', { role: 'viewer' })
  await tenantsShown(page, 2)
  const attention = page.locator('section').filter({ has: page.getByRole('heading', { name: 'Attention' }) })
  await attention.getByText('2 tenants without a backup').waitFor()
  await attention.getByRole('link', { name: 'Say by a policy how many backups are kept' }).click()
  await page.waitForURL(/\/backups\?tab=policies$/)
  await page.goBack()
  await tenantsShown(page, 2)
})

test('it counts by state and isolation, and follows what happens', async () => {
  const page = await rig.open('/')
  const tenants = page.locator('section').filter({ has: page.getByRole('heading', { name: 'Tenants', exact: true }) })
  await tenants.getByText('schema').waitFor()
  await page.getByRole('row', { name: /main.*live/ }).waitFor()
  await rig.fleet.run('tenant.suspend', { tenant: 'globex', reason: 'unpaid' })
  await tenants.getByText('suspended').waitFor()
  const latest = page.locator('section').filter({ has: page.getByRole('heading', { name: 'Latest events' }) })
  await latest.getByText('tenant.suspended').waitFor()
  await latest.getByRole('link', { name: 'globex' }).first().waitFor()
})

test('the same as JSON stands in the address', async () => {
  const page = await rig.open('/?view=json')
  await page.getByRole('region', { name: 'The fleet' }).getByText('"tenants"').first().waitFor()
  await page.getByRole('button', { name: 'JSON' }).click()
  await tenantsShown(page, 2)
  expect(new URL(page.url()).search).toBe('')
})

test('keeps nobody out, in the light and in the dark', async () => {
  const page = await rig.open('/')
  await tenantsShown(page, 2)
  await page.getByText('Latest events').waitFor()
  await expectAccessible(page)
})
