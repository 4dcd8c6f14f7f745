import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectAccessible } from './axe.js'
import { addTenants } from './many-tenants.js'
import { type Rig, startRig } from './rig.js'

let rig: Rig

beforeAll(async () => {
  rig = await startRig({ tenants: { acme: 'shared', globex: 'schema', initech: 'shared' } })
  await rig.fleet.run('tenant.suspend', { tenant: 'initech', reason: 'unpaid <b>bill</b>' })
  await addTenants(rig.fleet, 260, 'shop')
})
afterAll(() => rig?.stop())

const rows = (page: Page) => page.getByRole('grid', { name: 'Tenants' }).getByRole('row')
const slugs = (page: Page): Promise<string[]> => rows(page).locator('td a').allTextContents()
const focused = (page: Page): Promise<string | null> => page.evaluate(() => document.activeElement?.querySelector('a')?.textContent ?? null)

describe('the list of tenants', () => {
  test('filters, search and order are in the address: they survive a reload, and the way back', async () => {
    const page = await rig.open('/tenants')
    await page.getByRole('link', { name: 'shop-00001' }).waitFor()
    await page.getByRole('button', { name: 'Filter', exact: true }).click()
    await page.getByRole('button', { name: 'Isolation' }).click()
    await page.getByRole('button', { name: 'schema' }).click()
    await expect.poll(() => slugs(page)).toEqual(['globex'])
    expect(new URL(page.url()).search).toBe('?isolation=schema')

    await page.reload()
    await page.getByRole('button', { name: 'Isolation: schema' }).waitFor()
    await expect.poll(() => slugs(page)).toEqual(['globex'])

    await page.goBack()
    await page.getByRole('link', { name: 'shop-00001' }).waitFor()
    await page.getByRole('button', { name: /^suspended 1$/ }).click()
    await expect.poll(() => slugs(page)).toEqual(['initech'])
    expect(new URL(page.url()).search).toBe('?state=suspended')
    await page.getByRole('button', { name: 'Take away the filter State' }).click()
    await page.getByRole('columnheader', { name: 'Tenant' }).getByRole('button').click()
    await expect.poll(async () => (await slugs(page)).slice(0, 3)).toEqual(['acme', 'globex', 'initech'])
    expect(new URL(page.url()).search).toBe('?sort=slug')
  })

  test('reaching the end asks for the next page, until all are there', async () => {
    const page = await rig.open('/tenants?sort=slug&search=shop-')
    await page.getByRole('link', { name: 'shop-00001' }).waitFor()
    await expect
      .poll(async () => {
        await page.getByRole('grid').evaluate((grid) => grid.parentElement!.scrollTo(0, grid.parentElement!.scrollHeight))
        return page.getByRole('link', { name: 'shop-00260' }).count()
      })
      .toBe(1)
    // The first ones are out of sight, and out of the page.
    expect(await page.getByRole('link', { name: 'shop-00001' }).count()).toBe(0)
    expect(await rows(page).count()).toBeLessThan(150)
  })

  test('by the keyboard alone: search, walk, choose, open', async () => {
    const page = await rig.open('/tenants?sort=slug')
    await page.getByRole('link', { name: 'acme' }).waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('e')
    await expect.poll(() => slugs(page)).toEqual(['acme', 'globex', 'initech'])
    await page.keyboard.press('Escape')
    await expect.poll(async () => (await slugs(page)).length).toBeGreaterThan(20)
    await page.keyboard.press('Escape')
    await page.keyboard.press('j')
    await expect.poll(() => focused(page)).toBe('acme')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('j')
    await expect.poll(() => focused(page)).toBe('initech')
    await page.keyboard.press('k')
    await page.keyboard.press('x')
    await expect.poll(() => rows(page).nth(2).getAttribute('aria-selected')).toBe('true')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'globex', level: 1 }).waitFor()
    expect(new URL(page.url()).pathname).toBe('/tenants/globex')
  })

  test('says how the same is asked for elsewhere, and what to do where nothing matches', async () => {
    const page = await rig.open('/tenants?search=%24(id)&state=active')
    await page.getByText('No tenants match').waitFor()
    await page.getByText("tenantry tenant list --state active --search '$(id)' --sort=-created").waitFor()
    await page.getByRole('button', { name: 'Clear search and filters' }).click()
    await page.getByRole('link', { name: 'shop-00001' }).waitFor()
    expect(new URL(page.url()).search).toBe('')
  })

  test('columns are chosen, and this browser remembers', async () => {
    const page = await rig.open('/tenants?sort=slug&state=suspended')
    await page.getByRole('link', { name: 'initech' }).waitFor()
    await page.getByRole('button', { name: 'Columns' }).click()
    await page.getByRole('checkbox', { name: 'Reason' }).check()
    await page.keyboard.press('Escape')
    await page.getByRole('gridcell', { name: 'unpaid <b>bill</b>' }).waitFor()
    await page.reload()
    await page.getByRole('columnheader', { name: 'Reason' }).waitFor()
  })

  test('keeps nobody out, in the light and in the dark', async () => {
    const page = await rig.open('/tenants?isolation=shared')
    await page.getByRole('link', { name: 'shop-00001' }).waitFor()
    await expectAccessible(page)
  })
})
