import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { gate } from '../support/gate.js'
import { expectAccessible } from './axe.js'
import { addTenants } from './many-tenants.js'
import { type Rig, startRig } from './rig.js'

let rig: Rig

beforeAll(async () => {
  rig = await startRig({ tenants: { acme: 'shared', globex: 'schema', initech: 'shared' } })
  await rig.fleet.run('tenant.suspend', { tenant: 'initech', reason: 'unpaid <b>bill</b>' })
  await addTenants(rig.fleet, 200, 'shop')
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
        return page.getByRole('link', { name: 'shop-00200' }).count()
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

  test('the keys act on the row in focus wherever rows come and go, and reach the ends of a list that is scrolled', async () => {
    const page = await rig.open('/tenants')
    await page.getByRole('link', { name: 'acme' }).waitFor()
    for (const key of ['j', 'j', 'j']) await page.keyboard.press(key)
    const one = await focused(page)
    const before = (await slugs(page)).indexOf(one!)
    await rig.fleet.run('tenant.create', { slug: 'newest', isolation: 'shared' })
    await expect.poll(async () => (await slugs(page)).indexOf(one!)).toBe(before + 1)
    await page.keyboard.press('x')
    await expect.poll(() => page.getByRole('row', { selected: true }).locator('a').allTextContents()).toEqual([one])
    await page.goto('/tenants?sort=slug&search=shop-')
    await page.getByRole('link', { name: 'shop-00001' }).waitFor()
    await page.keyboard.press('j')
    await expect
      .poll(async () => {
        await page.keyboard.press('End')
        return focused(page)
      })
      .toBe('shop-00200')
    await page.keyboard.press('Home')
    await expect.poll(() => focused(page)).toBe('shop-00001')
    // What is scrolled to stays in sight, and the focus where it was.
    const grid = page.getByRole('grid')
    await grid.evaluate((element) => element.parentElement!.scrollTo(0, element.parentElement!.scrollHeight))
    await page.getByRole('link', { name: 'shop-00200' }).waitFor()
    expect(await focused(page)).toBe('shop-00001')
    expect(await grid.evaluate((element) => element.parentElement!.scrollTop)).toBeGreaterThan(5_000)
    await page.keyboard.press('j')
    await expect.poll(() => focused(page)).toBe('shop-00002')
    await expect.poll(() => grid.evaluate((element) => element.parentElement!.scrollTop)).toBeLessThan(100)
    await rig.fleet.run('tenant.delete', { tenant: 'newest', reason: 'made for a test' })
  })

  test('says how the same is asked for elsewhere, and what to do where nothing matches', async () => {
    const page = await rig.open('/tenants?search=%24(id)&state=active')
    await page.getByText('No tenants match').waitFor()
    await page.getByText("tenantry tenant list --state active --search '$(id)' --sort=-created").waitFor()
    await page.getByRole('button', { name: 'Clear search and filters' }).click()
    await page.getByRole('link', { name: 'shop-00001' }).waitFor()
    expect(new URL(page.url()).search).toBe('')
  })

  test('what is looked for is kept under a name, opened again, and removed', async () => {
    const page = await rig.open('/tenants?state=suspended&sort=slug')
    await page.getByRole('link', { name: 'initech' }).waitFor()
    await page.getByRole('button', { name: 'Views' }).click()
    await page.getByLabel('Name of the view').fill('<b>Unpaid</b>')
    await page.getByRole('button', { name: 'Keep', exact: true }).click()
    await page.getByRole('button', { name: 'Remove the view <b>Unpaid</b>' }).waitFor()
    await page.goto('/tenants')
    await page.getByRole('link', { name: 'shop-00001' }).waitFor()
    await page.getByRole('button', { name: 'Views' }).click()
    await page.getByRole('button', { name: '<b>Unpaid</b>', exact: true }).click()
    await expect.poll(() => slugs(page)).toEqual(['initech'])
    expect(new URL(page.url()).search).toBe('?state=suspended&sort=slug')
    await page.getByRole('button', { name: '<b>Unpaid</b>' }).click()
    await page.getByRole('button', { name: 'Remove the view <b>Unpaid</b>' }).click()
    await page.getByText('No views yet', { exact: false }).waitFor()
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

  test('all that match are changed at once, also those that nobody has scrolled to', async () => {
    const page = await rig.open('/tenants?search=shop-')
    await page.getByRole('checkbox', { name: 'Choose shop-00001', exact: true }).check()
    const bar = page.getByRole('region', { name: 'What is chosen' })
    await bar.getByText('1 chosen').waitFor()
    await bar.getByRole('button', { name: 'Choose all 200 that match' }).click()
    await bar.getByText('All 200 that match').waitFor()
    await bar.getByRole('button', { name: 'Change …' }).click()
    const dialog = page.getByRole('dialog', { name: 'Change 200 tenants' })
    await dialog.getByLabel(/^Set region/).fill('eu-west')
    await dialog.getByText('tenantry tenant bulk set --search shop- --expect 200 --set-region eu-west').waitFor()
    const { opened: ended, open: end } = gate()
    await page.route('**/v1/operations/*', async (route) => {
      await ended
      await route.continue()
    })
    await dialog.getByRole('button', { name: 'Change 200 tenants' }).click()
    await dialog.waitFor({ state: 'detached' })
    await bar.waitFor({ state: 'detached' })
    // What is chosen while it goes on stays chosen when it ends.
    await page.getByRole('checkbox', { name: 'Choose shop-00002', exact: true }).check()
    end()
    await page.locator('[data-toast=done]').waitFor({ timeout: 60_000 })
    expect(await bar.getByText('1 chosen').count()).toBe(1)
    expect((await rig.fleet.run<{ total: number }>('tenant.count', { region: 'eu-west' })).total).toBe(200)
  })

  test('those that are chosen are suspended with one reason, and deleted only when their number is typed in', async () => {
    const page = await rig.open('/tenants?sort=slug&isolation=schema')
    await page.getByRole('checkbox', { name: 'Choose globex' }).check()
    const bar = page.getByRole('region', { name: 'What is chosen' })
    await bar.getByRole('button', { name: 'Suspend …' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Suspend 1 tenant' }).click()
    await dialog.getByText('Reason is needed').waitFor()
    await dialog.getByLabel('Reason').fill('unpaid')
    await expectAccessible(page, 'dialog[open]')
    await dialog.getByRole('button', { name: 'Suspend 1 tenant' }).click()
    await page.locator('[data-toast=done]').waitFor()
    await bar.waitFor({ state: 'detached' })
    expect((await rig.fleet.run<{ state: string }>('tenant.show', { tenant: 'globex' })).state).toBe('suspended')

    await page.goto('/tenants?search=acm')
    await page.getByRole('checkbox', { name: 'Choose acme' }).check()
    await bar.getByRole('button', { name: 'Delete …' }).click()
    await dialog.getByLabel('Reason').fill('closed')
    expect(await dialog.getByRole('button', { name: 'Delete 1 tenant' }).isDisabled()).toBe(true)
    await dialog.getByLabel(/^Type 1/).fill('1')
    await dialog.getByRole('button', { name: 'Delete 1 tenant' }).click()
    await page.locator('[data-toast=done]').waitFor()
    expect((await rig.fleet.run<{ state: string }>('tenant.show', { tenant: 'acme' })).state).toBe('deleted')
    await rig.fleet.run('tenant.undelete', { tenant: 'acme' })
  })

  test('a choice of all that has another number by now is refused, and changes nobody', async () => {
    const page = await rig.open('/tenants?search=lat', { expects: [/409/] })
    await page.getByText('No tenants match').waitFor()
    await addTenants(rig.fleet, 2, 'late')
    await page.reload()
    await page.getByRole('checkbox', { name: 'Choose late-00001' }).check()
    const bar = page.getByRole('region', { name: 'What is chosen' })
    await bar.getByRole('button', { name: 'Choose all 2 that match' }).click()
    await bar.getByRole('button', { name: 'Change …' }).click()
    await page.getByLabel(/^Set region/).fill('eu-east')
    await addTenants(rig.fleet, 1, 'later')
    await page.getByRole('dialog').getByRole('button', { name: 'Change 2 tenants' }).click()
    await page.getByRole('alert').getByText('SELECTION_CHANGED').waitFor()
    expect((await rig.fleet.run<{ total: number }>('tenant.count', { region: 'eu-east' })).total).toBe(0)
  })

  test('keeps nobody out, in the light and in the dark', async () => {
    const page = await rig.open('/tenants?isolation=shared')
    await page.getByRole('link', { name: 'shop-00001' }).waitFor()
    await expectAccessible(page)
  })
})
