import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { sql } from '../../src/kernel/sql.js'
import { gate } from '../support/gate.js'
import { expectAccessible } from './axe.js'
import { type Rig, startRig } from './rig.js'

let rig: Rig

beforeAll(async () => {
  rig = await startRig({ tenants: { acme: 'shared', globex: 'shared', initech: 'schema' }, config: { lease: '1s' } })
})
afterAll(() => rig?.stop())

const rows = (page: Page) => page.getByRole('grid', { name: 'Operations' }).getByRole('row')
const state = (page: Page, words: string) => page.getByRole('status').getByText(words, { exact: true }).waitFor()
const tab = (page: Page, name: string) => page.getByRole('tab', { name }).click()
/** In the head of the page, and not in a dialog. */
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).first().click()
const confirm = (page: Page, name: string) => page.getByRole('dialog').getByRole('button', { name, exact: true }).click()

/** Has the server begin it, and answers its id at once. */
async function begin(path: string, json: object): Promise<string> {
  const response = await fetch(`${rig.url}${path}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${await rig.key('fleet-admin')}`, 'Content-Type': 'application/json', Prefer: 'respond-async' },
    body: JSON.stringify(json),
  })
  expect(response.status).toBe(202)
  return ((await response.json()) as { operation: string }).operation
}

/** Keeps whoever wants to change this tenant waiting, until it is let go, or the test is over. */
async function hold(slug: string): Promise<() => Promise<void>> {
  const { id } = await rig.fleet.tenant(slug)
  const witness = await rig.fleet.witness(slug)
  const { opened: released, open: letGo } = gate()
  const { opened: begun, open: held } = gate()
  const over = witness.transaction(async (tx) => {
    await tx.run(sql`select pg_advisory_xact_lock(uuid_hash_extended(${id}::uuid, 7426))`)
    held()
    await released
  })
  await begun
  const go = async (): Promise<void> => {
    letGo()
    await over
  }
  onTestFinished(go)
  return go
}

/** How many there have been of this name, also in a try before this one. */
const many = async (name: string): Promise<number> =>
  (await rig.fleet.run<{ data: readonly object[] }>('operation.list', { name })).data.length

const bulk = (action: string, more: object = {}): Promise<string> =>
  begin('/v1/tenant-bulk', { action, tenants: ['acme', 'globex'], expect: 2, parallel: 1, ...more })

describe('the list of operations', () => {
  test('filters are in the address, and one is opened by the keyboard', async () => {
    const id = await bulk('migrate', { tenants: ['acme'], expect: 1 })
    const shown = 1 + (await many('tenant.bulk'))
    const page = await rig.open('/operations')
    await page.getByRole('link', { name: 'tenant.bulk' }).first().waitFor()
    await page.getByRole('button', { name: 'Filter', exact: true }).click()
    await page.getByRole('button', { name: 'Operation' }).click()
    await page.getByRole('textbox', { name: 'Operation' }).fill('tenant.bulk')
    await page.getByRole('button', { name: 'Apply' }).click()
    await expect.poll(() => rows(page).count()).toBe(shown)
    await expect.poll(() => new URL(page.url()).search).toBe('?name=tenant.bulk')
    await page.getByRole('button', { name: 'failed', exact: true }).click()
    await page.getByText('No operations match').waitFor()
    await page.goBack()
    await expect.poll(() => rows(page).count()).toBe(shown)
    await page.reload()
    await expect.poll(() => rows(page).count()).toBe(shown)
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'tenant.bulk', level: 1 }).waitFor()
    expect(new URL(page.url()).pathname).toBe(`/operations/${id}`)
  })

  test('what begins elsewhere appears by itself', async () => {
    const before = await many('tenant.hold')
    const page = await rig.open('/operations?name=tenant.hold')
    const links = page.getByRole('link', { name: 'tenant.hold' })
    if (before === 0) await page.getByText('No operations match').waitFor()
    else await expect.poll(() => links.count()).toBe(before)
    await rig.fleet.run('tenant.hold', { tenant: 'initech', reason: 'a claim' })
    await expect.poll(() => links.count()).toBe(before + 1)
  })
})

describe('one operation', () => {
  test('is seen to go on, is paused, resumed, and tells what it did', async () => {
    const letGo = await hold('acme')
    const page = await rig.open(`/operations/${await bulk('suspend', { reason: 'unpaid <b>bill</b>' })}`)
    await state(page, 'running')
    await page.getByRole('progressbar', { name: '0 of 2 items are over' }).waitFor()
    await press(page, 'Pause')
    await page.getByRole('dialog').getByLabel('Reason').fill('lunch')
    await confirm(page, 'Pause')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    await letGo()
    await state(page, 'paused')
    await page.getByText(/is paused: lunch; 1 done/).waitFor()
    await page.getByRole('progressbar', { name: '1 of 2 items are over' }).waitFor()
    await expectAccessible(page)
    await press(page, 'Resume')
    await confirm(page, 'Resume')
    await state(page, 'succeeded')
    await tab(page, 'Log')
    await page.getByRole('log').getByText('tenants is done, in', { exact: false }).waitFor()
    // A time that goes on would be read out with every line again.
    await expect.poll(() => page.getByRole('log').locator('time').first().textContent()).toMatch(/^\d{4}-.* UTC$/)
    await expectAccessible(page, '[role=tabpanel]')
    await tab(page, 'Items')
    await expect.poll(() => page.getByRole('grid', { name: 'Items' }).getByText('done', { exact: true }).count()).toBe(2)
    await expectAccessible(page, '[role=tabpanel]')
  })

  test('an item that fails is told with its reason; what failed is retried, or left out', async () => {
    const { catalog } = rig.fleet.platform
    const { id: tenant } = await rig.fleet.tenant('globex')
    await catalog.run(sql`
      insert into catalog.operation (id, name, input, state, actor, subject, lease_until)
      values (gen_random_uuid(), 'tenant.set', '{}', 'running', 'nobody', ${tenant}, now() + interval '1 h')`)
    const page = await rig.open(`/operations/${await bulk('resume')}?tab=items`)
    await state(page, 'failed')
    await page.getByText('FLEET_PARTIAL').waitFor()
    const item = page.getByRole('grid', { name: 'Items' }).getByRole('row', { name: /globex/ })
    await item.getByText('TENANT_STATE').click()
    const opened = page.getByRole('region', { name: 'The item' })
    await opened.getByText('failed', { exact: true }).waitFor()
    await catalog.run(sql`delete from catalog.operation where actor = 'nobody'`)
    await press(page, 'Retry')
    await confirm(page, 'Retry')
    await state(page, 'succeeded')
    expect((await rig.fleet.tenant('globex')).state).toBe('active')
    await opened.getByText('done', { exact: true }).waitFor()
    expect(await opened.getByRole('button').count()).toBe(0)
  })

  test('is cancelled, and what waits is not begun', async () => {
    const letGo = await hold('acme')
    const page = await rig.open(`/operations/${await bulk('suspend', { reason: 'x' })}`)
    await state(page, 'running')
    await press(page, 'Cancel')
    await confirm(page, 'Cancel the operation')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    await letGo()
    await state(page, 'cancelled')
    expect((await rig.fleet.tenant('globex')).state).toBe('active')
    expect(await page.getByRole('button', { name: 'Cancel', exact: true }).first().getAttribute('aria-disabled')).toBe('true')
    await rig.fleet.run('tenant.resume', { tenant: 'acme' }).catch(() => {})
  })

  test('over a server that is killed in the middle the page says so, and recovers alone', async () => {
    const letGo = await hold('acme')
    const page = await rig.open(`/operations/${await bulk('suspend', { reason: 'x' })}`, { expects: [/ERR_|Failed to load|50\d/] })
    await state(page, 'running')
    await rig.kill()
    await letGo()
    await rig.start()
    await state(page, 'succeeded')
    await page.getByText(/^\d times$/).waitFor()
    expect([(await rig.fleet.tenant('acme')).state, (await rig.fleet.tenant('globex')).state]).toEqual(['suspended', 'suspended'])
  }, 120_000)

  test('that nobody knows is said to be none', async () => {
    const page = await rig.open('/operations/7c9e6679-7425-40de-944b-e07fc1f90ae7', { expects: [/404/] })
    await page.getByText('OPERATION_NOT_FOUND').waitFor()
  })
})
