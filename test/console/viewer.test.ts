import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../src/kernel/sql.js'
import { expectAccessible } from './axe.js'
import { type Rig, startRig } from './rig.js'

const LOOKS_ONLY = 'you are viewer'

let rig: Rig
let operation: string
beforeAll(async () => {
  rig = await startRig({ tenants: { acme: 'schema' } })
  await rig.fleet.run('backup.create', { tenant: 'acme' })
  await rig.fleet.run('domain.add', { tenant: 'acme', domain: 'shop.acme.example' })
  const { data } = await rig.fleet.run<{ data: { id: string }[] }>('operation.list', { name: 'backup.create' })
  operation = data[0]!.id
})
afterAll(() => rig?.stop())

/** Everything below is offered to nobody who may only look: not one request but looks leaves the page. */
async function expectRefused(page: Page, names: readonly (string | RegExp)[]): Promise<void> {
  for (const name of names) {
    const button = page
      .getByRole('main')
      .getByRole('button', { name, exact: typeof name === 'string' })
      .first()
    await button.waitFor()
    expect([name, await button.getAttribute('aria-disabled')]).toEqual([name, 'true'])
    await button.focus()
    await page.getByRole('tooltip').getByText(LOOKS_ONLY).waitFor()
    await page.keyboard.press('Enter')
    await button.click({ force: true })
    expect(await page.getByRole('dialog').count()).toBe(0)
    await button.evaluate((element: HTMLElement) => element.blur())
  }
}

const SCREENS: readonly { readonly path: string; readonly buttons?: readonly (string | RegExp)[]; readonly told?: string }[] = [
  { path: '/tenants', buttons: ['New tenant'] },
  { path: '/create', buttons: ['Create'] },
  { path: '/tenants/acme', buttons: ['Suspend', 'Back up', 'Clone'] },
  { path: '/tenants/acme?tab=domains', buttons: ['Add a domain', 'Verify', 'Remove'] },
  { path: '/tenants/acme?tab=audit', told: 'This takes the role fleet-admin or security-auditor; you are viewer.' },
  { path: '/tenants/acme?tab=connect', buttons: ['Show how to connect'] },
  { path: '/tenants/acme?tab=danger', buttons: ['Suspend …', 'Rename …', 'Delete …'] },
  { path: '/migrations', buttons: ['Freeze', 'Migrate'] },
  { path: '/migrations?tab=plan', told: 'This takes the role operator or fleet-admin; you are viewer.' },
  { path: '/migrations?tab=drift', told: 'This takes the role operator, fleet-admin or security-auditor; you are viewer.' },
  { path: '/backups', buttons: ['Drill', 'Back up now'] },
  { path: '/backups?tab=policies', buttons: ['Set a policy'] },
  { path: '/restore/acme', buttons: ['Point back', 'Clone'] },
  { path: '/operations/$operation', buttons: ['Retry', 'Cancel'] },
]

describe('the admin of one tenant', () => {
  test('begins at it, and asks for nothing that is for others: each refusal would be a line of the audit', async () => {
    // An answer 403 is an error line of the browser, which fails the test.
    const page = await rig.open('/', { role: 'tenant-admin', tenant: 'acme' })
    await page.getByRole('heading', { name: 'acme', level: 1 }).waitFor()
    expect(await page.getByRole('navigation', { name: 'Screens' }).getByRole('link').allTextContents()).toEqual([
      'Tenants',
      'SQL',
      'Activity',
      'Settings',
    ])
    const note = page.getByRole('main').getByRole('note').getByText('you are tenant-admin').first()
    await note.waitFor()
    // What happens to it has what is shown asked anew.
    await rig.fleet.run('tenant.set', { tenant: 'acme', region: 'eu-west' })
    await page.getByText('eu-west').waitFor()
    for (const path of [
      '/',
      '/tenants',
      '/tenants/acme?tab=sessions',
      '/create',
      '/sql?tenant=acme',
      '/settings',
      '/restore/acme',
      '/activity',
    ]) {
      await page.goto(path)
      await page.getByRole('heading', { level: 1 }).waitFor()
      await page.waitForLoadState('networkidle')
    }
    for (const path of [
      ...['backups', 'operations', 'audit', 'domains'].map((tab) => `/tenants/acme?tab=${tab}`),
      ...['/activity?view=locks', '/clusters', '/clusters/main', '/migrations', '/backups', '/security', '/settings?tab=people'],
      ...['/operations', `/operations/${operation}`],
    ]) {
      await page.goto(path)
      await note.waitFor()
    }
    await expectAccessible(page)
  }, 180_000)
})

describe('whoever may only look', () => {
  test('is told so on every screen, before anything is asked of the API', async () => {
    const page = await rig.open('/', { role: 'viewer' })
    for (const { path, buttons = [], told } of SCREENS) {
      await page.goto(path.replace('$operation', operation))
      await page.getByRole('heading', { level: 1 }).waitFor()
      if (told !== undefined) await page.getByRole('note').getByText(told).waitFor()
      await expectRefused(page, buttons)
    }
  }, 180_000)

  test('finds the same in a menu, with the reason beside it', async () => {
    const page = await rig.open('/tenants/acme', { role: 'viewer' })
    await page.getByRole('button', { name: 'More to do' }).click()
    const line = page.getByRole('button', { name: 'Hold …' })
    expect(await line.getAttribute('aria-disabled')).toBe('true')
    await line.hover()
    await page.getByRole('tooltip').getByText('This takes the role fleet-admin; you are viewer').waitFor()
    await expectAccessible(page)
  })

  test('is refused by the API as well, which changes nothing', async () => {
    const headers = { Authorization: `Bearer ${await rig.key('viewer')}`, 'Content-Type': 'application/json' }
    const before = await rig.fleet.platform.catalog.one(sql<{ n: number }>`select count(*)::int as n from catalog.operation`)
    for (const [path, body] of [
      ['/v1/tenants', { slug: 'mine', isolation: 'shared' }],
      ['/v1/tenants/acme/suspend', { reason: 'no' }],
      ['/v1/tenants/acme/rename', { slug: 'other' }],
      ['/v1/backups', { tenant: 'acme' }],
      ['/v1/migrations/up', {}],
      [`/v1/operations/${operation}/retry`, {}],
    ] as const) {
      const response = await fetch(`${rig.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
      expect([path, response.status, ((await response.json()) as { code: string }).code]).toEqual([path, 403, 'KEY_FORBIDDEN'])
    }
    expect(await rig.fleet.platform.catalog.one(sql<{ n: number }>`select count(*)::int as n from catalog.operation`)).toEqual(before)
  })
})
