import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectAccessible } from './axe.js'
import { type Rig, startRig } from './rig.js'
import { tenantCount, tenantsShown } from './tenants-shown.js'

let rig: Rig

beforeAll(async () => {
  rig = await startRig({ tenants: { acme: 'shared', globex: 'shared' } })
})
afterAll(() => rig?.stop())

test('what happens elsewhere is shown by itself, over one stream for all tabs of a browser', async () => {
  const streams: string[] = []
  const page = await rig.open('/', {
    prepare: async (context) => {
      context.on('request', (request) => {
        if (request.url().endsWith('/v1/events')) streams.push(request.url())
      })
    },
  })
  await tenantsShown(page, 2)
  await expect.poll(() => streams.length).toBe(1)
  const second = await page.context().newPage()
  await second.goto('/')
  await tenantsShown(second, 2)
  await rig.fleet.run('tenant.create', { slug: 'initech', isolation: 'shared' })
  await tenantsShown(page, 3)
  await tenantsShown(second, 3)
  expect(streams.length).toBe(1)

  // The tab that has the stream is closed: another takes it over, and asks anew what it may have missed.
  await page.close()
  await expect.poll(() => streams.length).toBe(2)
  await rig.fleet.run('tenant.create', { slug: 'hooli', isolation: 'shared' })
  await tenantsShown(second, 4)
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
