import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '../../src/kernel/sql.js'
import { expectAccessible } from './axe.js'
import { newcomer, openAs } from './people.js'
import { type Rig, startRig } from './rig.js'

const CANARY = `<img src=x onerror="alert(1)">$(id)`

let rig: Rig
beforeAll(async () => {
  rig = await startRig({ tenants: { acme: 'shared', globex: 'schema' } })
  await rig.fleet.app.tenant('acme').query(sql`insert into note (body) select 'note ' || n from generate_series(1, 250) n`)
  await rig.fleet.app.tenant('globex').query(sql`insert into note (body) values (${CANARY}), ('=1+1')`)
})
afterAll(() => rig?.stop())

const bodies = async (tenant: string): Promise<readonly string[]> =>
  (await rig.fleet.app.tenant(tenant).query(sql<{ body: string }>`select body from note order by id`)).map(({ body }) => body)

const field = (page: Page) => page.getByRole('textbox', { name: 'Statement' })
const rows = (page: Page) => page.getByRole('grid', { name: 'Rows' }).getByRole('row')
const history = (page: Page) => page.getByRole('list', { name: 'Statements that were run' }).getByRole('listitem')

async function run(page: Page, statement: string): Promise<void> {
  await field(page).fill(statement)
  await field(page).press('Control+Enter')
}

test('a statement only reads, until somebody says otherwise and names the tenant; the next one only reads again', async () => {
  const page = await rig.open('/tenants/globex', { expects: [/status of 409/] })
  await page.getByRole('button', { name: 'SQL' }).click()
  await page.getByRole('heading', { name: 'SQL', level: 1 }).waitFor()
  expect(new URL(page.url()).search).toBe('?tenant=globex')
  const change = `update note set body = 'changed' where body = '=1+1'`
  await run(page, change)
  await page.getByRole('alert').getByText('SQL_READ_ONLY').waitFor()
  expect(await bodies('globex')).toEqual([CANARY, '=1+1'])

  await page.getByLabel('Let it change data').check()
  await page.getByText('may change data', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText(change).waitFor()
  const go = dialog.getByRole('button', { name: 'Run it in globex' })
  expect(await go.isDisabled()).toBe(true)
  await expectAccessible(page, 'dialog[open]')
  await dialog.getByLabel(/^Type globex/).fill('globex')
  await go.click()
  await page.getByText('update: 1 row', { exact: true }).waitFor()
  expect(await bodies('globex')).toEqual([CANARY, 'changed'])
  await page.getByText('read-only', { exact: true }).waitFor()
  expect(await page.getByLabel('Let it change data').isChecked()).toBe(false)
  await rig.fleet.app.tenant('globex').query(sql`update note set body = '=1+1' where body = 'changed'`)
})

test('rows come up to a limit; what is in them is text, and leaves as CSV and JSON that harm nobody', async () => {
  const page = await rig.open('/sql?tenant=globex&limit=100')
  await run(page, `select body, null as nothing, '{"a": 1}'::jsonb as "<b>bold</b>" from note order by id`)
  await page.getByText('2 rows', { exact: true }).waitFor()
  await rows(page).getByText(CANARY).waitFor()
  await page.getByRole('columnheader', { name: '<b>bold</b>' }).waitFor()
  await expectAccessible(page)
  const saved = async (name: string): Promise<string> => {
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name, exact: true }).click()])
    return readFile(await file.path(), 'utf8')
  }
  expect(await saved('CSV')).toBe(`body,nothing,<b>bold</b>\n"${CANARY.replaceAll('"', '""')}",,"{""a"":1}"\n'=1+1,,"{""a"":1}"\n`)
  expect(JSON.parse(await saved('JSON'))).toEqual([
    { body: CANARY, nothing: null, '<b>bold</b>': { a: 1 } },
    { body: '=1+1', nothing: null, '<b>bold</b>': { a: 1 } },
  ])
  await rows(page).nth(1).press('Enter')
  await page.getByRole('dialog', { name: 'Row 1' }).getByText(JSON.stringify(CANARY).slice(1, -1)).waitFor()

  await page.goto('/sql?tenant=acme&limit=100')
  await run(page, 'select id, body from note')
  await page.getByText('the first 100 rows; there are more', { exact: true }).waitFor()
  await page.getByLabel('Rows at most').selectOption('1000')
  await expect.poll(() => new URL(page.url()).search).toBe('?tenant=acme&limit=1000')
  await expect.poll(() => page.getByLabel('Rows at most').inputValue()).toBe('1000')
  await field(page).press('Control+Enter')
  await page.getByText('250 rows', { exact: true }).waitFor()
  await page.getByText('tenantry tenant sql acme').waitFor()
})

test('an error says its SQLSTATE and its place, and whose fault it is', async () => {
  const page = await rig.open('/sql?tenant=acme', { expects: [/status of 4\d\d/] })
  await run(page, `select 1,\n  "${CANARY.replaceAll('"', '')}" from note`)
  const alert = page.getByRole('alert')
  await alert.getByText('SQLSTATE 42703, line 2, column 3').waitFor()
  await alert.getByText('SQL_FAILED').waitFor()
  await run(page, 'set role postgres')
  await alert.getByText('STATEMENT_REFUSED').waitFor()
})

test('what runs too long is cancelled, on the server too', async () => {
  const page = await rig.open('/sql?tenant=acme')
  const witness = await rig.fleet.witness('acme')
  const running = async () =>
    (
      await witness.one(
        sql<{
          n: number
        }>`select count(*)::int as n from pg_catalog.pg_stat_activity where state = 'active' and query like '%19999999999%' and pid <> pg_backend_pid()`,
      )
    ).n
  const cancel = page.getByRole('button', { name: 'Cancel', exact: true })
  expect(await cancel.isDisabled()).toBe(true)
  await field(page).fill('select count(*) from generate_series(1, 19999999999)')
  // The second click of two neither ends it nor begins another.
  await page.getByRole('button', { name: 'Run', exact: true }).dblclick()
  await history(page).filter({ hasText: '19999999999' }).filter({ hasText: 'not answered' }).waitFor()
  await expect.poll(running).toBe(1)
  await page.getByText('It runs …').waitFor()
  await cancel.click()
  await page.getByRole('alert').getByText('CANCELLED', { exact: true }).waitFor()
  await expect.poll(running).toBe(0)

  await field(page).press('Control+Enter')
  await expect.poll(running).toBe(1)
  await page.getByLabel('Rows at most').focus()
  await page.keyboard.press('Escape')
  await page.getByRole('alert').getByText('run it anew when it is wanted').waitFor()
  await expect.poll(running).toBe(0)
})

test('of a change that is cancelled nobody claims that it was not done', async () => {
  const page = await rig.open('/sql?tenant=globex')
  await field(page).fill(
    `insert into note (body) select 'late' from generate_series(1, 1000000) a, generate_series(1, 100000) b having count(*) > 0`,
  )
  await page.getByLabel('Let it change data').check()
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel(/^Type globex/).fill('globex')
  await dialog.getByRole('button', { name: 'Run it in globex' }).click()
  await history(page).filter({ hasText: 'late' }).filter({ hasText: 'with changes, not answered' }).waitFor()
  await page.getByRole('button', { name: 'Cancel', exact: true }).click()
  const alert = page.getByRole('alert')
  await alert.getByText('it is not known whether it was done').waitFor()
  await alert.getByText('look before you run it anew').waitFor()
  await history(page).filter({ hasText: 'late' }).filter({ hasText: 'with changes, CANCELLED' }).waitFor()
})

test('a plan is shown as a tree, with what each node took where it was run', async () => {
  const page = await rig.open('/sql?tenant=acme')
  await field(page).fill('with n as materialized (select body from note) select count(*) from n order by 1')
  await field(page).press('Control+Shift+Enter')
  await page.getByText('Estimated: nothing was run').waitFor()
  await page.getByText('tenantry tenant explain acme').waitFor()
  const nodes = page.getByRole('table', { name: 'Nodes of the plan' }).getByRole('row')
  await nodes.filter({ hasText: 'CTE Scan' }).filter({ hasText: 'Level 3' }).waitFor()
  expect(await nodes.filter({ hasText: 'By itself' }).count()).toBe(0)
  await page.getByRole('button', { name: 'Explain and run' }).click()
  await page.getByText('It was run, and taken back').waitFor()
  await nodes.filter({ hasText: 'By itself' }).waitFor()
  await nodes.filter({ hasText: 'CTE Scan' }).filter({ hasText: '250' }).waitFor()
  await expectAccessible(page)
})

test('what was run is remembered in the browser alone, and gone when one signs out', async () => {
  await newcomer(rig, 'anna', { role: 'operator' })
  const page = await openAs(rig, 'anna', '/')
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox', { name: 'Where to' }).fill('sql')
  await page.keyboard.press('Enter')
  await page.getByLabel('Tenant', { exact: true }).fill('acme')
  await page.keyboard.press('Enter')
  await page.getByText('Nothing was run yet.').waitFor()
  const write = page.getByLabel('Let it change data')
  expect(await write.isDisabled()).toBe(true)
  await write.focus()
  expect(await write.evaluate((box) => box === document.activeElement)).toBe(true)
  await page.keyboard.press('Space')
  expect(await write.isChecked()).toBe(false)
  await page.getByText('you are operator').waitFor()

  await run(page, `select 'remembered'`)
  await history(page).filter({ hasText: `select 'remembered'` }).filter({ hasText: '1 row' }).waitFor()
  await run(page, `select 'not remembered' as password`)
  await page.getByRole('columnheader', { name: 'password' }).waitFor()
  expect(await history(page).count()).toBe(1)
  await field(page).fill('select 2')
  await page.reload()
  await history(page).filter({ hasText: `select 'remembered'` }).getByRole('button').waitFor()
  expect(await field(page).inputValue()).toBe('select 2')
  await history(page).getByRole('button').first().click()
  expect(await field(page).inputValue()).toBe(`select 'remembered'`)
  // What was meant for one tenant is not offered among that of another.
  await page.goto('/sql?tenant=globex')
  await page.getByText('Nothing was run here yet.').waitFor()
  await page.getByText('Of other tenants: 1').click()
  await page.getByRole('list', { name: 'Statements of other tenants' }).getByRole('listitem').filter({ hasText: 'acme, ' }).waitFor()
  const kept = () => page.evaluate(() => Object.entries(localStorage).flat().join('\n'))
  expect(await kept()).toContain('remembered')
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  expect(await kept()).not.toContain('remembered')
  const catalog = sql<{ n: number }>`select count(*)::int as n from catalog.audit a where a::text like '%remembered%'`
  expect((await rig.fleet.platform.catalog.rows(catalog))[0]!.n).toBe(0)
})

test('whoever may not is told so before they try', async () => {
  const page = await rig.open('/sql?tenant=acme', { role: 'viewer' })
  await page.getByText('This takes the role operator or fleet-admin; you are viewer').first().waitFor()
  expect(await field(page).isDisabled()).toBe(true)
  await page.getByRole('button', { name: 'Run', exact: true }).and(page.locator('[aria-disabled=true]')).waitFor()
  await expectAccessible(page)
})
