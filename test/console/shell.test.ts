import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { gate } from '../support/gate.js'
import { expectAccessible } from './axe.js'
import { type Rig, startRig } from './rig.js'
import { tenantCount, tenantsShown } from './tenants-shown.js'

let rig: Rig

beforeAll(async () => {
  rig = await startRig({ tenants: { acme: 'shared', globex: 'shared' } })
})
afterAll(() => rig?.stop())

test('what happens elsewhere is shown by itself, over one stream for all tabs of a browser, and nothing before it is missed', async () => {
  let streams = 0
  let held = gate()
  // Nothing asks for the list of tenants again and again: what is new on it was heard of.
  const page = await rig.open('/tenants', {
    prepare: async (context) => {
      await context.route(/\/v1\/events$/, async (route) => {
        streams++
        await held.opened
        await route.continue().catch(() => {})
      })
    },
  })
  const shows = (one: Page, slug: string) =>
    one.getByRole('grid', { name: 'Tenants' }).getByRole('link', { name: slug, exact: true }).waitFor()
  const create = (slug: string) => rig.fleet.run('tenant.create', { slug, isolation: 'shared' })
  await shows(page, 'globex')
  await expect.poll(() => streams).toBe(1)
  // Behind the first answers and before the stream.
  await create('early')
  held.open()
  await shows(page, 'early')
  const second = await page.context().newPage()
  await second.goto('/tenants')
  await shows(second, 'early')
  await create('initech')
  await shows(page, 'initech')
  await shows(second, 'initech')
  expect(streams).toBe(1)

  // The tab that has the stream is closed: another takes it over, and asks anew what was missed meanwhile.
  held = gate()
  await page.close()
  await expect.poll(() => streams).toBe(2)
  await create('hooli')
  held.open()
  await shows(second, 'hooli')
})

test('a server that is gone is told of, and the page comes back by itself', async () => {
  const page = await rig.open('/', {
    expects: [/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET/],
  })
  const before = Number(await tenantCount(page).textContent())
  // The stream is open, so that its end is noticed at once.
  const opened = page.waitForResponse((response) => response.url().endsWith('/v1/events') && response.ok())
  await page.reload()
  await opened
  await tenantsShown(page, before)
  await rig.kill()
  await page.getByText('Nothing is heard of the platform since').waitFor()
  await tenantsShown(page, before)
  await rig.fleet.run('tenant.create', { slug: 'umbrella', isolation: 'shared' })
  await rig.start()
  await tenantsShown(page, before + 1)
  await page.getByText('Nothing is heard of the platform since').waitFor({ state: 'detached' })
}, 120_000)

test('the palette leads to screens by keyboard alone, and gives the focus back', async () => {
  const page = await rig.open('/')
  const button = page.getByRole('button', { name: /Go to, find/ })
  await button.focus()
  await page.keyboard.press('Enter')
  const field = page.getByRole('combobox', { name: 'Where to' })
  await field.waitFor()
  await page.keyboard.type('overv')
  await page.getByRole('option', { name: /Overview/, selected: true }).waitFor()
  await expectAccessible(page, 'dialog[open]')
  await page.keyboard.press('Escape')
  await field.waitFor({ state: 'detached' })
  expect(await button.evaluate((element) => element === document.activeElement)).toBe(true)
  await page.keyboard.press('Control+k')
  await field.fill('nobody is called like that')
  await page.getByText('Nothing is called like that.').waitFor()
  await field.fill('')
  await page.keyboard.press('Enter')
  await field.waitFor({ state: 'detached' })
  await page.keyboard.press('?')
  await page.getByRole('dialog', { name: 'Keys' }).waitFor()
  await page.keyboard.press('Escape')
  // A text that is marked to beyond the edge is no press beside it.
  await page.keyboard.press('Control+k')
  await field.fill('over')
  await field.hover()
  await page.mouse.down()
  await page.mouse.move(5, 5)
  await page.mouse.up()
  await page.keyboard.type('overv')
  await page.getByRole('option', { name: /Overview/, selected: true }).waitFor()
  await page.mouse.click(5, 5)
  await field.waitFor({ state: 'detached' })
})

test('a theme that was chosen is there before anything is painted, and overrides that of the system', async () => {
  const page = await rig.open('/', { colorScheme: 'light' })
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  const light = await ground()
  await page.getByLabel('Theme').selectOption('dark')
  const dark = await ground()
  expect(dark).not.toBe(light)
  // With every module held back, nothing but the script before the paint has run.
  await page.route(/\/assets\/index-.*\.js$/, () => {})
  await page.reload({ waitUntil: 'commit' })
  await expect.poll(() => page.evaluate(() => document.documentElement.dataset.theme)).toBe('dark')
  await expect.poll(ground).toBe(dark)
})

test('an address that no screen has says so and leads back', async () => {
  const page = await rig.open('/nowhere/at/all')
  await page.getByRole('heading', { name: 'There is no such page' }).waitFor()
  await page.getByRole('link', { name: 'To the overview' }).click()
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
})

test('the palette finds what can be done here, and what is called like that', async () => {
  const page = await rig.open('/tenants/acme')
  await page.getByRole('heading', { name: 'acme', level: 1 }).waitFor()
  const field = page.getByRole('combobox', { name: 'Where to' })
  const find = async (text: string) => {
    await page.keyboard.press('Control+k')
    await field.fill(text)
  }
  const chosen = page.getByRole('listbox', { name: 'Places' }).getByRole('option', { selected: true })
  await find('suspend')
  await chosen.getByText('Suspend acme …').waitFor()
  await expectAccessible(page)
  await page.keyboard.press('Enter')
  await page.getByRole('dialog', { name: 'Suspend acme' }).waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  // Not in the state that it is in.
  await find('resume')
  await page.getByText('Nothing is called like that.').waitFor()
  await page.keyboard.press('Escape')
  for (const [text, kind, path] of [
    // Not "Add a domain to acme".
    ['main', 'cluster', '/clusters/main'],
    ['admi', 'person admin', '/settings?tab=people&person=admin'],
    ['create a', 'action', '/create'],
    ['globe', 'active', '/tenants/globex'],
  ] as const) {
    await find(text)
    await chosen.getByText(kind, { exact: true }).waitFor()
    await page.keyboard.press('Enter')
    await expect.poll(() => page.url()).toBe(`${rig.url}${path}`)
  }
  // Enter leads to nothing that was found for what stood there before.
  const { opened: answered, open: answer } = gate()
  await page.goto('/clusters')
  await page.getByRole('heading', { name: 'Clusters', level: 1 }).waitFor()
  await find('acme')
  await chosen.getByText('active', { exact: true }).waitFor()
  await page.route('**/v1/tenants?*search=globex*', async (route) => {
    await answered
    await route.continue()
  })
  await field.fill('globex')
  await page.keyboard.press('Enter')
  await page.getByText('Looking …').waitFor()
  expect(new URL(page.url()).pathname).toBe('/clusters')
  answer()
  await chosen.getByText('active', { exact: true }).waitFor()
  // Whoever is signed in is not led there, and what the keys have reached is in sight.
  await field.fill('sign in')
  await page.getByText('Nothing is called like that.').waitFor()
  await field.fill('')
  await page.keyboard.press('ArrowUp')
  const isInSight = () =>
    chosen.evaluate((option) => option.getBoundingClientRect().bottom <= option.parentElement!.getBoundingClientRect().bottom)
  await expect.poll(isInSight).toBe(true)
  expect(await chosen.getAttribute('id')).toMatch(/^\S+$/)
  await page.keyboard.press('Escape')

  const { data } = await rig.fleet.run<{ data: { id: string }[] }>('operation.list', { name: 'tenant.create' })
  await find('tenant.create')
  await chosen.getByText('operation, succeeded').waitFor()
  await page.keyboard.press('Enter')
  await expect.poll(() => page.url()).toBe(`${rig.url}/operations/${data[0]!.id}`)
})

test('what a role may not do is told in the palette as well, and is not done', async () => {
  const page = await rig.open('/tenants/acme', { role: 'viewer' })
  await page.getByRole('heading', { name: 'acme', level: 1 }).waitFor()
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox', { name: 'Where to' }).fill('suspend')
  const option = page.getByRole('option', { name: /^Suspend acme/ })
  await option.getByText('This takes the role operator or fleet-admin; you are viewer').waitFor()
  await page.keyboard.press('Enter')
  await option.click({ force: true })
  expect(await page.getByRole('dialog', { name: 'Go to, find' }).count()).toBe(1)
})
