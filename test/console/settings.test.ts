import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../src/kernel/sql.js'
import { openPage } from '../support/browser.js'
import { MASTER, type Receiver, startReceiver } from '../webhooks/receiver.js'
import { expectAccessible } from './axe.js'
import { newcomer, openAs, PASSWORD, REFUSED } from './people.js'
import { type Rig, startRig } from './rig.js'

const NEXT = 'a longer horse than it was before'
const CANARY = `<img src=x onerror="alert(1)"> $(id) 'x'`

let rig: Rig
let receiver: Receiver
beforeAll(async () => {
  receiver = await startReceiver()
  rig = await startRig({
    tenants: { acme: 'shared' },
    config: { webhooks: { secret: 'env:WEBHOOKS', allow: ['127.0.0.1'] } },
    secrets: { 'env:WEBHOOKS': MASTER },
  })
})
afterAll(async () => {
  await rig?.stop()
  await receiver?.close()
})

const dialogOf = (page: Page) => page.getByRole('dialog')

/** As somebody's browser, without a key. */
async function byLink(link: string): Promise<Page> {
  const page = await openPage({ url: rig.url, expects: REFUSED })
  await page.goto(new URL(link, rig.url).href)
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await page.getByLabel('The same again').fill(PASSWORD)
  await page.getByRole('button', { name: 'Choose it, and sign in' }).click()
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  return page
}

const invited = async (name: string, role: string): Promise<string> =>
  (await rig.fleet.run<{ link: string }>('user.invite', { name, role })).link

const personOf = (name: string) =>
  rig.fleet.platform.catalog.one(sql<{ role: string; disabled: boolean; shown: string }>`
    select role, shown_as as shown, disabled_at is not null as disabled from catalog.person where name = ${name}`)

const secretOf = async (page: Page): Promise<string> => {
  const secret = (await dialogOf(page).getByRole('note', { name: 'The secret' }).textContent())!
  await dialogOf(page).getByRole('button', { name: 'I have kept it' }).click()
  await dialogOf(page).waitFor({ state: 'detached' })
  return secret
}

test('somebody is invited, given another role, and shut out; each holds at once where they are signed in', async () => {
  const page = await rig.open('/settings?tab=people')
  const people = page.getByRole('grid', { name: 'People' })
  // The link that `tenantry serve` says.
  await people.getByRole('link', { name: 'admin' }).waitFor()
  await page.getByRole('button', { name: 'Invite somebody …' }).first().click()
  const dialog = dialogOf(page)
  await dialog.getByLabel(/^Name/).fill('anna')
  await dialog.getByLabel(/^Shown as/).fill(CANARY)
  await dialog.getByRole('button', { name: 'Make a link' }).click()
  await dialog.getByText('Role is needed').waitFor()
  await dialog.getByLabel(/^Role/).selectOption('viewer')
  await dialog.getByRole('button', { name: 'Make a link' }).click()
  const theirs = await byLink(await secretOf(page))
  await theirs.getByText(CANARY).first().waitFor()

  await people.getByRole('link', { name: 'anna' }).click()
  await page.getByRole('heading', { name: CANARY }).waitFor()
  expect(new URL(page.url()).search).toBe('?tab=people&person=anna')
  await expectAccessible(page)
  await page.getByRole('button', { name: 'Change …' }).click()
  await dialog.getByLabel(/^Role/).selectOption('operator')
  await dialog.getByText('--role operator').waitFor()
  await dialog.getByRole('button', { name: 'Save' }).click()
  await people.getByRole('gridcell', { name: 'operator' }).waitFor()
  expect(await personOf('anna')).toEqual({ role: 'operator', shown: CANARY, disabled: false })
  await theirs.reload()
  await theirs.getByRole('region', { name: 'Signed in' }).getByText('operator', { exact: true }).waitFor()

  await page.getByRole('button', { name: 'Disable …' }).click()
  expect(await dialog.getByRole('button', { name: 'Disable', exact: true }).isDisabled()).toBe(true)
  await dialog.getByLabel(/^Type anna/).fill('anna')
  await dialog.getByRole('button', { name: 'Disable', exact: true }).click()
  await page.getByRole('button', { name: 'Enable …' }).waitFor()
  expect((await personOf('anna')).disabled).toBe(true)
  await theirs.reload()
  await theirs.getByRole('heading', { name: 'Sign in' }).waitFor()
})

test('whoever has locked themselves out is let in again', async () => {
  await newcomer(rig, 'berta')
  const attempt = async () => {
    const body = JSON.stringify({ name: 'berta', password: 'wrong' })
    return (await fetch(`${rig.url}/v1/session`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body })).status
  }
  for (let n = 0; n < 5; n++) expect(await attempt()).toBe(401)
  expect(await attempt()).toBe(429)
  const page = await rig.open('/settings?tab=people&person=berta')
  await page.getByRole('button', { name: 'Unlock …' }).click()
  await dialogOf(page).getByRole('button', { name: 'Unlock', exact: true }).click()
  await dialogOf(page).waitFor({ state: 'detached' })
  expect(await attempt()).toBe(401)
})

test('whoever has forgotten the password gets a new link, and the one before works no more', async () => {
  const before = await invited('bodo', 'viewer')
  const page = await rig.open('/settings?tab=people&person=bodo')
  await page.getByRole('button', { name: 'New link …' }).click()
  await dialogOf(page).getByText('tenantry user invite bodo').waitFor()
  await dialogOf(page).getByRole('button', { name: 'Make a link' }).click()
  const link = await secretOf(page)
  expect(link.startsWith(`${rig.url}/sign-in#invitation=tni_`)).toBe(true)
  const open = async (of: string) => {
    const body = JSON.stringify({ invitation: of.split('=')[1] })
    const headers = { 'Content-Type': 'application/json' }
    return (await fetch(`${rig.url}/v1/session/invitation`, { method: 'POST', headers, body })).status
  }
  expect([await open(before), await open(link)]).toEqual([410, 200])
})

test('who has broken glass is seen with the reason, and the role is taken back from them', async () => {
  await newcomer(rig, 'emil', { breakGlass: 'operator' })
  const theirs = await openAs(rig, 'emil', '/')
  await theirs.getByRole('button', { name: 'Break glass…' }).click()
  await theirs.getByLabel('What it is for').fill(`INC-1: ${CANARY}`)
  await theirs.getByRole('button', { name: 'Break glass', exact: true }).click()
  await theirs.getByRole('region', { name: 'Broken glass' }).waitFor()
  const page = await rig.open('/settings?tab=people&person=emil')
  await page.getByText(`INC-1: ${CANARY}`).waitFor()
  await page.getByRole('button', { name: 'Take the role back from emil' }).click()
  await dialogOf(page).getByRole('button', { name: 'Take it back' }).click()
  await page.getByText(`INC-1: ${CANARY}`).waitFor({ state: 'detached' })
  const broken = sql<{ n: number }>`select count(*)::int as n from catalog.session where breakglass_until > clock_timestamp()`
  expect(await rig.fleet.platform.catalog.one(broken)).toEqual({ n: 0 })
})

test('the own password is changed for the one until now, and ends all sessions but this one', async () => {
  await newcomer(rig, 'carla')
  const page = await openAs(rig, 'carla', '/')
  const other = await openPage({ url: rig.url, expects: REFUSED })
  await other.goto('/settings')
  await other.getByLabel('Name', { exact: true }).fill('carla')
  await other.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await other.getByRole('button', { name: 'Sign in' }).click()
  await other.getByRole('heading', { name: 'Settings' }).waitFor()

  await page.getByRole('link', { name: 'Settings' }).click()
  const sessions = page.getByRole('table', { name: 'Your sessions' }).getByRole('row')
  await expect.poll(() => sessions.count()).toBe(3)
  await sessions.filter({ hasText: 'this one' }).waitFor()
  await expectAccessible(page)
  const change = async (current: string, password: string, again = password) => {
    await page.getByLabel('The password until now').fill(current)
    await page.getByLabel('The new one').fill(password)
    await page.getByLabel('The same again').fill(again)
    await page.getByRole('button', { name: 'Change it' }).click()
  }
  await change(PASSWORD, NEXT, PASSWORD)
  await page.getByText('the two are not the same').waitFor()
  await change('not the one until now', NEXT)
  await page.getByRole('alert').getByText('SIGN_IN_FAILED').waitFor()
  await change(PASSWORD, NEXT)
  await page.getByText('It is changed').waitFor()
  const left = sql<{ n: number }>`
    select count(*)::int as n from catalog.session s join catalog.person p on p.id = s.person_id where p.name = 'carla' and s.ended_at is null`
  expect(await rig.fleet.platform.catalog.one(left)).toEqual({ n: 1 })
  await other.reload()
  await other.getByRole('heading', { name: 'Sign in' }).waitFor()
  await other.getByLabel('Name', { exact: true }).fill('carla')
  await other.getByLabel('Password', { exact: true }).fill(NEXT)
  await other.getByRole('button', { name: 'Sign in' }).click()
  await other.getByRole('heading', { name: 'Settings' }).waitFor()

  // One that is lost is ended by its line, and the others by nobody here.
  await page.reload()
  await expect.poll(() => sessions.count()).toBe(3)
  await sessions.filter({ hasNotText: 'this one' }).getByRole('button', { name: 'End another session of yours' }).click()
  await dialogOf(page).getByRole('button', { name: 'End it' }).click()
  await expect.poll(() => sessions.count()).toBe(2)
  await other.reload()
  await other.getByRole('heading', { name: 'Sign in' }).waitFor()
})

describe('webhooks', () => {
  test('one is added, told, sent again, given another secret, and removed', async () => {
    const page = await rig.open('/settings?tab=webhooks', { expects: [/status of 412/] })
    await page.getByText('No webhooks yet').waitFor()
    await page.getByRole('button', { name: 'Add a webhook …' }).first().click()
    const dialog = dialogOf(page)
    await dialog.getByLabel(/^Name/).fill(CANARY)
    await dialog.getByLabel(/^Url/).fill(`${receiver.url}/told`)
    await dialog.getByLabel(/^Type/).fill('tenant.suspended')
    await dialog.getByRole('button', { name: 'Add', exact: true }).click()
    const first = await secretOf(page)
    expect(first).toMatch(/^whsec_/)
    await page.getByRole('grid', { name: 'Webhooks' }).getByRole('link', { name: CANARY }).click()
    await page.getByText('It was told of nothing yet').waitFor()

    await page.getByRole('button', { name: 'Send a test' }).click()
    await page.getByText(/^It has answered 204 in/).waitFor()
    // A message that it is done would be taken for one that it was delivered.
    expect(await page.locator('[data-toast]').filter({ hasText: 'Test ' }).count()).toBe(0)
    await rig.fleet.run('tenant.suspend', { tenant: 'acme', reason: 'unpaid' })
    const deliveries = page.getByRole('grid', { name: 'Deliveries' }).getByRole('row')
    await deliveries.filter({ hasText: 'tenant.suspended' }).filter({ hasText: 'delivered' }).waitFor()
    await expectAccessible(page)
    const told = () => receiver.at('/told').filter(({ body }) => body.includes('tenant.suspended'))
    expect(told()).toHaveLength(1)
    await deliveries.getByRole('button', { name: /^Send event \d+ again$/ }).click()
    await dialog.getByRole('button', { name: 'Send', exact: true }).click()
    await expect.poll(() => told().length).toBe(2)
    expect(told()[1]!.headers['webhook-id']).toBe(told()[0]!.headers['webhook-id'])

    // Of two lists the keys are those of the one that has the focus.
    await deliveries.nth(1).focus()
    await page.keyboard.press('j')
    expect(await page.evaluate(() => document.activeElement?.closest('[role=grid]')?.getAttribute('aria-label'))).toBe('Deliveries')

    // Somebody was faster: nothing is done to what nobody has seen.
    await page.getByRole('button', { name: 'Change …' }).click()
    await dialog.getByLabel(/^Url/).fill(`${receiver.url}/mine`)
    await rig.fleet.run('webhook.set', { webhook: CANARY, type: ['tenant.suspended', 'tenant.resumed'] })
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.getByText('PRECONDITION_FAILED').waitFor()
    await dialog.getByRole('button', { name: 'Show what it is now' }).click()
    await page.getByText('tenant.suspended, tenant.resumed').first().waitFor()
    const address = sql<{ url: string }>`select url from catalog.webhook where name = ${CANARY}`
    expect(await rig.fleet.platform.catalog.rows(address)).toEqual([{ url: `${receiver.url}/told` }])

    await page.getByRole('button', { name: 'Rotate the secret …' }).click()
    await dialog.getByRole('button', { name: 'Rotate', exact: true }).click()
    expect(await secretOf(page)).not.toBe(first)
    await page.getByText('number 2').waitFor()
    const kept = sql<{ generation: number }>`select generation::int from catalog.webhook where name = ${CANARY}`
    expect(await rig.fleet.platform.catalog.rows(kept)).toEqual([{ generation: 2 }])

    await page.getByRole('button', { name: 'Remove …' }).click()
    await dialog.getByLabel(/^Type /).fill(CANARY)
    await dialog.getByRole('button', { name: 'Remove', exact: true }).click()
    await page.getByRole('grid', { name: 'Webhooks' }).getByRole('link').waitFor({ state: 'detached' })
    expect(await rig.fleet.platform.catalog.rows(kept)).toEqual([])
  })
})

test('a saved view leads to its list, and is removed', async () => {
  const body = JSON.stringify({ screen: 'tenants', name: CANARY, query: 'state=suspended' })
  const headers = { Authorization: `Bearer ${await rig.key('viewer')}`, 'Content-Type': 'application/json' }
  expect((await fetch(`${rig.url}/v1/views`, { method: 'POST', headers, body })).status).toBe(200)
  const page = await rig.open('/settings?tab=views', { role: 'viewer' })
  await page.getByRole('link', { name: CANARY }).click()
  await expect.poll(() => page.url()).toBe(`${rig.url}/tenants?state=suspended`)
  await page.goBack()
  await page.getByRole('button', { name: `Remove the view ${CANARY}` }).click()
  await dialogOf(page).getByRole('button', { name: 'Remove', exact: true }).click()
  await page.getByText('No saved views yet').waitFor()
})

test('a viewer sees what is theirs, is told what is not, and reaches it all by the palette', async () => {
  await newcomer(rig, 'dora')
  const page = await openAs(rig, 'dora', '/')
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox', { name: 'Where to' }).fill('settin')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Settings' }).waitFor()
  const own = page.getByRole('table', { name: 'Your sessions' }).getByRole('row')
  await own.filter({ hasText: 'this one' }).waitFor()
  expect(await own.count()).toBe(2)
  await page.getByRole('tab', { name: 'People' }).click()
  await page.getByText('This takes the role fleet-admin or security-auditor; you are viewer.').waitFor()
  const invite = page.getByRole('button', { name: 'Invite somebody …' })
  expect(await invite.getAttribute('aria-disabled')).toBe('true')
  await page.getByRole('tab', { name: 'Webhooks' }).click()
  await page.getByText('This takes the role operator, fleet-admin or security-auditor; you are viewer.').waitFor()
  const headers = { Authorization: `Bearer ${await rig.key('viewer')}` }
  for (const path of ['/v1/users', '/v1/sessions', '/v1/webhooks']) expect((await fetch(`${rig.url}${path}`, { headers })).status).toBe(403)
})
