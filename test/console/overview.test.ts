import { afterAll, beforeAll, expect, test } from 'vitest'
import { barriers } from '../support/browser.js'
import { type Rig, startRig } from './rig.js'
import { tenantsShown } from './tenants-shown.js'

let rig: Rig

beforeAll(async () => {
  rig = await startRig({ tenants: { acme: 'shared', globex: 'schema' } })
})
afterAll(() => rig?.stop())

test('it says what asks for attention, and leads to the tenants that are meant', async () => {
  const page = await rig.open('/', { role: 'viewer' })
  await tenantsShown(page, 2)
  const attention = page.locator('section').filter({ has: page.getByRole('heading', { name: 'Attention' }) })
  await attention.getByText('2 tenants without a backup').waitFor()
  await attention.getByRole('link', { name: 'Say by a policy how many backups are kept' }).click()
  await page.waitForURL(/\/tenants\?withoutBackup=true$/)
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

test('whoever may not see the fleet is told so', async () => {
  const page = await rig.open('/', { role: 'tenant-admin', tenant: 'acme', expects: [/403/] })
  await page.getByRole('alert').getByText('KEY_FORBIDDEN').waitFor()
})

test.each(['light', 'dark'] as const)('axe finds nothing serious on it in the %s theme', async (colorScheme) => {
  const page = await rig.open('/', { colorScheme })
  await tenantsShown(page, 2)
  await page.getByText('Latest events').waitFor()
  expect(await barriers(page)).toEqual([])
})
