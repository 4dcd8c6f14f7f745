import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '../../src/kernel/sql.js'
import { expectAccessible } from './axe.js'
import { type Rig, startRig } from './rig.js'

const CANARY = `<img src=x onerror="alert(1)"> $(id) 'x'`

let rig: Rig

beforeAll(async () => {
  rig = await startRig({ tenants: { acme: 'schema', globex: 'shared' } })
  await rig.fleet.app.tenant('acme').query(sql`insert into note (body) values ('before')`)
})
afterAll(() => rig?.stop())

const bodies = async (tenant: string): Promise<readonly string[]> =>
  (await rig.fleet.app.tenant(tenant).query(sql<{ body: string }>`select body from note order by id`)).map(({ body }) => body)

test('a fleet without backups says what to do, and who has none', async () => {
  const page = await rig.open('/backups')
  await page.getByText('No backups yet').waitFor()
  await page.getByText('Without any backup').getByRole('link', { name: 'acme' }).waitFor()
  await expectAccessible(page)
  await page.getByRole('tab', { name: 'Policies' }).click()
  await page.getByText('No policies yet').waitFor()
  await page.getByRole('button', { name: 'Set a policy' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel(/^Tier/).fill('gold')
  await dialog.getByLabel(/^Daily/).fill('7')
  await dialog.getByRole('button', { name: 'Set', exact: true }).click()
  await page.getByRole('table', { name: 'Policies' }).getByText('tier gold').waitFor()
})

test('a tenant is backed up, restored beside, compared, re-pointed and pointed back, and cloned', async () => {
  const page = await rig.open('/backups?tenant=acme')
  await page.getByRole('button', { name: 'Back up now' }).click()
  const dialog = page.getByRole('dialog')
  await expect.poll(() => dialog.getByLabel(/^Tenant/).inputValue()).toBe('acme')
  await dialog.getByLabel(/^Note/).fill(CANARY)
  await dialog.getByLabel(/^Verify/).check()
  await dialog.getByRole('button', { name: 'Back up' }).click()
  const list = page.getByRole('grid', { name: 'Backups' })
  await list.getByText('verified').waitFor()
  await list.getByText(CANARY).waitFor()
  await expectAccessible(page)

  // What the backup does not have.
  await rig.fleet.app.tenant('acme').query(sql`insert into note (body) values ('after')`)
  await list.getByRole('link', { name: 'acme' }).click()
  await page.getByRole('heading', { name: 'Backup of acme' }).waitFor()
  expect(new URL(page.url()).searchParams.get('backup')).not.toBeNull()
  await page.getByRole('button', { name: 'Restore beside' }).click()
  await dialog.getByRole('button', { name: 'Restore' }).click()
  await page.getByRole('heading', { name: 'Homes of acme', level: 1 }).waitFor()
  const homes = page.getByRole('table', { name: 'Homes of acme' })
  await homes.getByText('beside', { exact: true }).waitFor()

  await homes.getByRole('button', { name: 'Compare' }).click()
  const difference = page.getByRole('table', { name: 'Differences by table' })
  const note = difference.getByRole('row').filter({ has: page.getByRole('cell', { name: 'note', exact: true }) })
  await expect.poll(() => note.getByRole('cell').allTextContents()).toEqual(['note', '2', '1', '1', '0', '0', 'only-live 2'])
  await expectAccessible(page)
  await page.getByRole('button', { name: 'Compare again' }).click()
  await note.waitFor()

  await homes.getByRole('button', { name: 'Re-point' }).click()
  const repoint = dialog.getByRole('button', { name: 'Re-point' })
  expect(await repoint.isDisabled()).toBe(true)
  await dialog.getByLabel(/^Type acme/).fill('acme')
  await repoint.click()
  await homes.getByText('former', { exact: true }).waitFor()
  expect(await bodies('acme')).toEqual(['before'])

  // What is asked for is what the page shows, which must not be what was before.
  const statesOf = async (name: string) => {
    const { data } = await rig.fleet.run<{ data: readonly { state: string }[] }>('operation.list', { name })
    return [...new Set(data.map(({ state }) => state))]
  }
  await expect.poll(() => statesOf('tenant.repoint')).toEqual(['succeeded'])
  await page.reload()
  await page.getByRole('button', { name: 'Point back' }).click()
  await dialog.getByRole('button', { name: 'Point back' }).click()
  await expect.poll(() => bodies('acme')).toEqual(['before', 'after'])

  await expect.poll(() => statesOf('tenant.pointback')).toEqual(['succeeded'])
  await page.reload()
  await page.getByRole('button', { name: 'Clone' }).click()
  await dialog.getByLabel('As').fill('acme-copy')
  await dialog.getByRole('button', { name: 'Clone' }).click()
  await expect.poll(() => bodies('acme-copy').catch(() => [])).toEqual(['before', 'after'])

  // On a page that has opened no form before.
  await page.reload()
  await homes.getByRole('button', { name: 'Drop' }).click()
  await dialog.getByLabel(/^Type acme/).fill('acme')
  await dialog.getByRole('button', { name: 'Destroy' }).click()
  await page.getByRole('heading', { name: '1 home', exact: true }).waitFor()
})

test('a backup is verified and proven from its page, and a drill proves others', async () => {
  await rig.fleet.run('backup.create', { tenant: 'globex' })
  const page = await rig.open('/backups?tenant=globex')
  const list = page.getByRole('grid', { name: 'Backups' })
  await list.getByText('kept', { exact: true }).waitFor()
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  const focused = () => page.evaluate(() => document.activeElement?.textContent)
  await expect.poll(focused).toBe('Backup of globex')
  await page.getByRole('button', { name: 'Verify', exact: true }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Verify' }).click()
  await list.getByText('verified', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Prove', exact: true }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Prove' }).click()
  await list.getByText('proven', { exact: true }).waitFor()
  await page.locator('[data-toast=done]').filter({ hasText: 'Prove' }).waitFor()
  await page.getByRole('button', { name: 'Close the backup' }).click()
  await expect.poll(() => new URL(page.url()).search).toBe('?tenant=globex')
  await expect.poll(() => page.evaluate(() => document.activeElement?.matches('[role="grid"] tr'))).toBe(true)
  await page.getByRole('button', { name: 'Take away the filter Tenant' }).click()
  await list.getByRole('link', { name: 'acme' }).first().waitFor()
  await expect.poll(focused).toBe('Filter')
  await expect.poll(() => list.getByText('proven', { exact: true }).count()).toBe(1)
  await page.getByRole('button', { name: 'Drill', exact: true }).click()
  await page.getByRole('dialog').getByLabel('Tenant').fill('acme')
  await page.getByRole('dialog').getByRole('button', { name: 'Drill' }).click()
  await expect.poll(() => list.getByText('proven', { exact: true }).count()).toBe(2)
})
