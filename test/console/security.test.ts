import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fileText, sql } from '../../src/kernel/sql.js'
import { newFolder } from '../support/folders.js'
import { gate } from '../support/gate.js'
import { expectAccessible } from './axe.js'
import { type Rig, startRig } from './rig.js'

const CANARY = `<img src=x onerror="alert(1)"> $(id) 'x'`

let rig: Rig
let folder: string

beforeAll(async () => {
  folder = await newFolder('security')
  rig = await startRig({
    assurance: 'strict',
    tenants: { acme: 'schema' },
    config: {
      archives: {
        store: { folder: join(folder, 'a') },
        keys: { provider: { secrets: ['env:MASTER'] }, store: { folder: join(folder, 'k') } },
      },
    },
    secrets: { 'env:MASTER': randomBytes(32).toString('hex') },
  })
  await rig.fleet.app.tenant('acme').query(sql`insert into note (body) values ('kept')`)
})
afterAll(() => rig?.stop())

const asked = async (key: string, path: string, body?: object, method = body === undefined ? 'GET' : 'POST'): Promise<number> => {
  const headers = { Authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) }
  return (await fetch(`${rig.url}${path}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })).status
}

const dialogOf = (page: Page) => page.getByRole('dialog')

describe('keys', () => {
  test('the key of tokens is rotated and retired: the database believes the new one alone, and applications go on', async () => {
    const witness = await rig.fleet.witness('acme')
    const believed = async () =>
      (await witness.rows(sql<{ id: number }>`select id from tenantry.signing_key order by id`)).map(({ id }) => Number(id))
    const told = async () =>
      (await rig.fleet.platform.catalog.rows(sql<{ id: number }>`select id from catalog.signing_key order by id`)).map(({ id }) =>
        Number(id),
      )
    const before = await witness.one(sql<{ key: string }>`select encode(key, 'hex') as key from tenantry.signing_key`)
    expect(await believed()).toEqual([1])

    const page = await rig.open('/security?tab=token-keys')
    await page.getByRole('button', { name: /^Rotate the token key of main\// }).click()
    await dialogOf(page)
      .getByText(/^tenantry assurance rotate main /)
      .waitFor()
    await dialogOf(page).getByRole('button', { name: 'Rotate', exact: true }).click()
    await dialogOf(page).waitFor({ state: 'detached' })
    const retire = page.getByRole('button', { name: /^Retire the old token key of main\// })
    await retire.waitFor()
    expect([await believed(), await told()]).toEqual([
      [1, 2],
      [1, 2],
    ])
    expect(await rig.fleet.app.tenant('acme').query(sql`select body from note`)).toEqual([{ body: 'kept' }])
    await expectAccessible(page)

    await retire.click()
    await dialogOf(page)
      .getByLabel(/^Grace/)
      .fill('0s')
    await dialogOf(page).getByRole('button', { name: 'Retire', exact: true }).click()
    await page.getByRole('button', { name: /^Rotate the token key of main\// }).waitFor()
    expect([await believed(), await told()]).toEqual([[2], [2]])
    expect((await witness.one(sql<{ key: string }>`select encode(key, 'hex') as key from tenantry.signing_key`)).key).not.toBe(before.key)
    expect(await rig.fleet.app.tenant('acme').query(sql`select body from note`)).toEqual([{ body: 'kept' }])
  })

  test('the data key of a tenant is rotated: what was backed up before stays readable, and the next backup has the new one', async () => {
    const page = await rig.open('/security?tab=data-keys')
    await page.getByText('No data keys yet').waitFor()
    await rig.fleet.run('backup.create', { tenant: 'acme' })
    const list = page.getByRole('grid', { name: 'Data keys' })
    await page.reload()
    await list.getByRole('link').first().click()
    await page.getByRole('heading', { name: 'Data keys of acme' }).waitFor()
    await page.getByRole('button', { name: 'Show the keys of: acme', exact: true }).waitFor()
    await page.getByRole('button', { name: 'Rotate …' }).click()
    await dialogOf(page).getByText('tenantry datakey rotate acme').waitFor()
    await dialogOf(page).getByRole('button', { name: 'Rotate', exact: true }).click()
    await dialogOf(page).waitFor({ state: 'detached' })
    await expect.poll(() => page.getByRole('table', { name: 'Data keys of acme' }).getByText('in force').count()).toBe(2)
    const { id } = await rig.fleet.tenant('acme')
    expect(await readdir(join(folder, 'k', 'keys', id))).toHaveLength(2)

    await rig.fleet.run('backup.create', { tenant: 'acme' })
    const { copies, keys } = await rig.fleet.run<{ copies: { key: string; standing: string }[]; keys: { key: string }[] }>('datakey.show', {
      tenant: 'acme',
    })
    expect(copies.map(({ standing }) => standing)).toEqual(['encrypted', 'encrypted'])
    expect(new Set(copies.map(({ key }) => key))).toEqual(new Set(keys.map(({ key }) => key)))
    const { data } = await rig.fleet.run<{ data: { id: string }[] }>('backup.list', {})
    for (const backup of data) await rig.fleet.run('backup.verify', { backup: backup.id })
    await page.reload()
    await page.getByRole('table', { name: 'What the keys open' }).getByText('encrypted').first().waitFor()
    await expectAccessible(page, '[role=tabpanel]')
  })

  test('an API key is made, shown once and revoked; it opens the API exactly as long', async () => {
    const page = await rig.open('/security?tab=api-keys')
    await page.getByRole('button', { name: 'New API key …' }).click()
    await dialogOf(page).getByLabel('Name').fill(CANARY)
    await dialogOf(page).getByLabel('Role').selectOption('operator')
    // The answer comes once: nobody leaves before it is there, and it goes by one button alone.
    const { opened: sent, open: send } = gate()
    await page.route('**/v1/keys', async (route) => {
      if (route.request().method() === 'POST') await sent
      await route.continue()
    })
    await dialogOf(page).getByRole('button', { name: 'Make it' }).click()
    await dialogOf(page).getByRole('button', { name: 'Working …' }).waitFor()
    for (let n = 0; n < 3; n++) await page.keyboard.press('Escape')
    expect(await dialogOf(page).getByRole('button', { name: 'Cancel' }).isDisabled()).toBe(true)
    send()
    await dialogOf(page).getByRole('note', { name: 'The secret' }).waitFor()
    await page.unroute('**/v1/keys')
    const copy = dialogOf(page).getByRole('button', { name: 'Copy the secret' })
    await expect.poll(() => copy.evaluate((button) => button === document.activeElement)).toBe(true)
    for (let n = 0; n < 3; n++) await page.keyboard.press('Escape')
    expect(await dialogOf(page).getByRole('button', { name: 'Close' }).count()).toBe(0)
    const key = (await dialogOf(page).getByRole('note', { name: 'The secret' }).textContent())!
    expect(await asked(key, '/v1/tenants')).toBe(200)
    await expectAccessible(page, 'dialog[open]')
    await dialogOf(page).getByRole('button', { name: 'I have kept it' }).click()
    const row = page.getByRole('grid', { name: 'API keys' }).getByRole('row').filter({ hasText: CANARY })
    await dialogOf(page).waitFor({ state: 'detached' })
    await row.getByText('in force').waitFor()
    expect(await page.content()).not.toContain(key)
    await page.reload()
    await row.getByRole('button', { name: `Revoke ${CANARY}` }).click()
    const revoke = dialogOf(page).getByRole('button', { name: 'Revoke', exact: true })
    expect(await revoke.isDisabled()).toBe(true)
    await revoke.focus()
    await page.getByRole('tooltip').getByText(`Type ${CANARY} before`).waitFor()
    await dialogOf(page)
      .getByLabel(/^Type /)
      .fill(CANARY)
    await revoke.click()
    await row.getByText('revoked', { exact: true }).waitFor()
    expect(await asked(key, '/v1/tenants')).toBe(401)
    const kept = sql<{ revoked: boolean }>`select revoked_at is not null as revoked from catalog.api_key where name = ${CANARY}`
    expect(await rig.fleet.platform.catalog.rows(kept)).toEqual([{ revoked: true }])
  })
})

test('what was left alone takes nothing away when it ends: a secret stays, whatever is pressed, until it is kept', async () => {
  const page = await rig.open('/security?tab=data-keys')
  const palette = page.getByRole('combobox', { name: 'Where to' })
  await page.getByRole('button', { name: 'Wrap all anew …' }).waitFor()
  await page.keyboard.press('Control+k')
  await palette.waitFor()
  await page.keyboard.press('Escape')
  await palette.waitFor({ state: 'detached' })
  const { opened: ended, open: end } = gate()
  await page.route('**/v1/operations/*', async (route) => {
    await ended
    await route.continue()
  })
  await page.getByRole('button', { name: 'Wrap all anew …' }).click()
  await dialogOf(page).getByRole('button', { name: 'Wrap anew' }).click()
  await dialogOf(page).waitFor({ state: 'detached' })
  await page.getByRole('tab', { name: 'API keys' }).click()
  await page.getByRole('button', { name: 'New API key …' }).click()
  await dialogOf(page).getByLabel('Name').fill('kept')
  // What is not chosen is not shown as if it were.
  expect(await dialogOf(page).getByLabel('Role').inputValue()).toBe('')
  await dialogOf(page).getByLabel('Role').selectOption('viewer')
  await dialogOf(page).getByRole('button', { name: 'Make it' }).click()
  const secret = dialogOf(page).getByRole('note', { name: 'The secret' })
  await secret.waitFor()
  end()
  await page.locator('[data-toast=done]', { hasText: 'Wrap all data keys anew' }).waitFor()
  await page.keyboard.press('Control+k')
  expect(await palette.count()).toBe(0)
  await page.goBack({ waitUntil: 'commit' }).catch(() => null)
  const left = page.waitForEvent('dialog')
  void page.evaluate('setTimeout(() => location.reload())')
  const asks = await left
  expect(asks.type()).toBe('beforeunload')
  await asks.dismiss()
  expect(await secret.count()).toBe(1)
  expect(new URL(page.url()).search).toBe('?tab=api-keys')
  await dialogOf(page).getByRole('button', { name: 'I have kept it' }).click()
  await dialogOf(page).waitFor({ state: 'detached' })
  await page.goBack()
  await page.getByRole('tab', { name: 'Data keys', selected: true }).waitFor()
})

test('the walls are attacked from the screen; what holds and what comes through is told apart', async () => {
  const page = await rig.open('/security')
  await page.getByText('The walls were never attacked').waitFor()
  await page.getByRole('button', { name: 'Attack the walls …' }).click()
  await dialogOf(page)
    .getByLabel(/^Isolation/)
    .selectOption('shared')
  await dialogOf(page).getByLabel(/^Only/).fill('C-25\nS-01')
  await dialogOf(page).getByRole('button', { name: 'Attack', exact: true }).click()
  const walls = page.getByRole('table', { name: 'How the walls stand' })
  await walls.getByText('held').waitFor()
  await walls.getByText('some attacks only').waitFor()

  const witness = await rig.fleet.witness('acme')
  await witness.script(fileText('grant execute on function pg_catalog.set_config(text, text, boolean) to public'))
  await rig.fleet.run('doctor.attack', { isolation: 'shared', only: ['C-25'] }).catch(() => undefined)
  await witness.script(fileText('revoke execute on function pg_catalog.set_config(text, text, boolean) from public'))
  await walls.getByText(/^\d came through$/).waitFor()
  await page
    .getByText(/^C-25 \(/)
    .first()
    .waitFor()
  await expect.poll(() => page.getByRole('table', { name: 'Runs of the attacks' }).getByRole('row').count()).toBe(3)
  await expectAccessible(page, '[role=tabpanel]')
})

test('a finding says why, and the statement that mends it does', async () => {
  const witness = await rig.fleet.witness('acme')
  const { schema } = await rig.fleet.tenant('acme')
  await witness.script(fileText(`grant select on "${schema}".note to public`))
  const page = await rig.open('/security')
  await page.getByRole('tab', { name: 'Findings' }).click()
  const finding = page.getByRole('list', { name: 'Findings' }).getByRole('listitem').filter({ hasText: 'grants.public' })
  await finding.getByText('repairable').waitFor()
  await expectAccessible(page, '[role=tabpanel]')
  await page.getByRole('button', { name: 'Repair what is safe …' }).click()
  await dialogOf(page).getByText('all of it, also what a filter of the list leaves out').waitFor()
  await dialogOf(page).getByRole('button', { name: 'Repair', exact: true }).click()
  await finding.waitFor({ state: 'detached' })
  const left = sql<{ n: number }>`
    select count(*)::int as n from pg_catalog.pg_class c, pg_catalog.aclexplode(c.relacl) a where c.relname = 'note' and a.grantee = 0`
  expect(await witness.one(left)).toEqual({ n: 0 })

  await witness.script(fileText(`create index twice_a on "${schema}".note (body); create index twice_b on "${schema}".note (body)`))
  const { opened: looked, open: look } = gate()
  await page.route('**/v1/doctor*', async (route) => {
    await looked
    await route.continue()
  })
  await page.getByRole('button', { name: 'Look again' }).click()
  await page.getByText('It is looked again …').waitFor()
  expect(await page.getByRole('button', { name: 'Look again' }).isDisabled()).toBe(true)
  look()
  await page.getByText(/^Looked /).waitFor()
  await page.getByRole('status').getByText('Looked', { exact: true }).waitFor()
  await page.unroute('**/v1/doctor*')
  const double = page.getByRole('list', { name: 'Findings' }).getByRole('listitem').filter({ hasText: 'advice.duplicate-index' })
  const statement = (await double
    .locator('code')
    .filter({ hasText: /^drop index/ })
    .textContent())!
  await witness.script(fileText(statement))
  await page.getByRole('button', { name: 'Look again' }).click()
  await double.waitFor({ state: 'detached' })
  expect(new URL(page.url()).search).toBe('?tab=findings')
})

test('a viewer is told beforehand what takes more, and the API refuses it too', async () => {
  const page = await rig.open('/security', { role: 'viewer' })
  const refused = async (name: string | RegExp) => {
    const button = page.getByRole('button', { name }).first()
    await button.waitFor()
    expect(await button.getAttribute('aria-disabled')).toBe('true')
    await button.focus()
    await page.getByRole('tooltip').getByText('This takes the role fleet-admin; you are viewer').waitFor()
    await page.keyboard.press('Enter')
    expect(await dialogOf(page).count()).toBe(0)
  }
  await refused('Attack the walls …')
  // Not that nothing came through.
  await page.getByText('This takes the role operator, fleet-admin or security-auditor; you are viewer.').waitFor()
  await page.getByRole('tab', { name: 'Findings' }).click()
  await page.getByText('This takes the role operator, fleet-admin or security-auditor; you are viewer.').waitFor()
  await page.getByRole('tab', { name: 'API keys' }).click()
  await refused('New API key …')
  await page.getByText('This takes the role fleet-admin or security-auditor; you are viewer.').waitFor()
  await expectAccessible(page)
  await page.getByRole('tab', { name: 'Token keys' }).click()
  await refused(/^Rotate the token key of main\//)
  await refused(/^Change the assurance of main\//)

  const key = await rig.key('viewer')
  const { data } = await rig.fleet.run<{ data: { cluster: string; database: string }[] }>('assurance.show', {})
  const { cluster, database } = data[0]!
  expect(await asked(key, '/v1/assurance/rotate', { cluster, database })).toBe(403)
  expect(await asked(key, '/v1/tenants/acme/datakeys/rotate', {})).toBe(403)
  expect(await asked(key, '/v1/doctor/attack', {})).toBe(403)
  expect(await asked(key, '/v1/keys')).toBe(403)
})
