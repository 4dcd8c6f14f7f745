import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ident, sql } from '../../src/kernel/sql.js'
import { gate } from '../support/gate.js'
import { expectAccessible } from './axe.js'
import { type Rig, startRig } from './rig.js'

const BEFORE = '20260101000000'
const VERSION = '20260201000000'
const CANARY = `<img src=x onerror="alert(1)"> $(id) 'x'`

let rig: Rig

beforeAll(async () => {
  rig = await startRig({ tenants: { acme: 'schema', umbrella: 'schema', globex: 'shared' } })
})
afterAll(() => rig?.stop())

const addFile = () =>
  writeFile(
    join(rig.fleet.folder, 'migrations', 'tenant', `${VERSION}_short.sql`),
    '-- migrate:up\nalter table note add constraint note_short check (size < 100);\n-- migrate:down\nalter table note drop constraint note_short;\n',
  )
const versionOf = async (tenant: string): Promise<string> => (await rig.fleet.run<{ version: string }>('tenant.show', { tenant })).version

/** In the home of a tenant, as its administrator. */
async function byHand(tenant: string, statement: (schema: string) => ReturnType<typeof sql>): Promise<void> {
  const { schema, database } = await rig.fleet.run<{ schema: string; database: string }>('tenant.show', { tenant })
  const { catalog, tenantDatabase } = rig.fleet.platform
  const found = await catalog.one(sql<{ id: string }>`select id from catalog.database where name = ${database}`)
  await (await tenantDatabase(found.id)).database.run(statement(schema))
}

describe('migrations', () => {
  test('a fleet at its newest version says so, and offers nothing to migrate', async () => {
    const page = await rig.open('/migrations')
    await page.getByText('all current').waitFor()
    const row = page.getByRole('table', { name: 'Homes by version' }).getByRole('row').nth(1)
    await expect.poll(() => row.textContent()).toMatch(/20260101000000current/)
    expect(await page.getByRole('button', { name: 'Migrate', exact: true }).getAttribute('aria-disabled')).toBe('true')
    await expectAccessible(page)
    await page.getByRole('tab', { name: 'Plan' }).click()
    await page.getByText('Nothing is to be done').waitFor()
    expect(new URL(page.url()).search).toBe('?tab=plan')
  })

  test('a plan says what a file does, asks every home what would fail, and shows the waves', async () => {
    await addFile()
    await rig.fleet.app.tenant('umbrella').query(sql`insert into note (body, size) values ('long', 200)`)
    const page = await rig.open('/migrations?tab=plan', { expects: [/400/] })
    await page.getByText('3 homes behind').waitFor()
    await page.getByRole('table', { name: 'Files that wait' }).getByText('_short.sql').waitFor()
    await page.getByRole('table', { name: 'Statements' }).getByText('alter table note').first().waitFor()
    await page.getByRole('button', { name: 'Ask every home' }).click()
    const findings = page.getByRole('table', { name: 'What would fail' })
    await findings.getByRole('link', { name: 'umbrella' }).waitFor()
    expect(new URL(page.url()).search).toBe('?tab=plan&forecast=yes')
    await page.getByLabel('Waves').fill('1,100%')
    await page.getByRole('button', { name: 'Show in which order' }).click()
    await page.getByRole('alert').getByText('INPUT_INVALID').waitFor()
    await page.getByLabel('Waves').fill('50%,100%')
    await page.getByRole('button', { name: 'Show in which order' }).click()
    await expect.poll(() => page.getByRole('table', { name: 'Homes by wave' }).getByRole('row').count()).toBe(3)
    await page.getByText(/tenantry migrate up --dry-run --waves '?50%,100%'?/).waitFor()
    expect(await versionOf('acme')).toBe(BEFORE)
    await expectAccessible(page, '[role=tabpanel]')
  })

  test('a home that fails is shown with its reason; once it is repaired it is tried again, and the fleet is whole', async () => {
    const page = await rig.open('/migrations')
    await page.getByRole('button', { name: 'Migrate', exact: true }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Migrate', exact: true }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    const troubled = page.getByRole('table', { name: 'Homes in trouble' })
    await troubled.getByRole('link', { name: 'umbrella' }).waitFor()
    await troubled.getByText('note_short').first().waitFor()
    await page.getByText('1 home behind').waitFor()
    expect([await versionOf('acme'), await versionOf('umbrella'), await versionOf('globex')]).toEqual([VERSION, BEFORE, VERSION])
    await expect.poll(() => page.getByRole('table', { name: 'Homes by version' }).getByRole('row').count()).toBe(3)
    await expectAccessible(page)

    await rig.fleet.app.tenant('umbrella').query(sql`update note set size = 20 where size > 99`)
    await page.getByRole('button', { name: 'Try again', exact: true }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Try again', exact: true }).click()
    await page.getByText('all current').waitFor()
    await expect.poll(() => troubled.count()).toBe(0)
    expect(await versionOf('umbrella')).toBe(VERSION)
  })

  test('homes are listed with what each stands at, and files are judged', async () => {
    const page = await rig.open('/migrations?tab=homes&isolation=schema')
    const homes = page.getByRole('grid', { name: 'Homes' })
    await homes.getByRole('link', { name: 'umbrella' }).waitFor()
    await expect.poll(() => homes.getByText('current', { exact: true }).count()).toBe(2)
    await expectAccessible(page, '[role=tabpanel]')
    await page.getByRole('tab', { name: 'Lint' }).click()
    await page.getByText('_short.sql', { exact: false }).first().waitFor()
    expect(new URL(page.url()).search).toBe('?tab=lint')
    await expectAccessible(page, '[role=tabpanel]')
  })

  test('a freeze is seen with its reason, as text, and lifted', async () => {
    const page = await rig.open('/migrations')
    await page.getByRole('button', { name: 'Freeze', exact: true }).click()
    await page.getByRole('dialog').getByLabel('Reason').fill(CANARY)
    await page.getByRole('dialog').getByRole('button', { name: 'Freeze', exact: true }).click()
    await page.getByText('frozen', { exact: true }).waitFor()
    await page.getByText(CANARY).first().waitFor()
    await page.getByRole('button', { name: 'Unfreeze' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Unfreeze' }).click()
    await page.getByRole('button', { name: 'Freeze', exact: true }).waitFor()
    await expect.poll(() => page.getByText('frozen', { exact: true }).count()).toBe(0)
  })
})

describe('drift', () => {
  test('a home that was changed by hand stands in a class of its own, whose statements are seen and run', async () => {
    // The class is gone, or not to be judged, while its homes are repaired, and the page may ask for it once more.
    const page = await rig.open('/migrations?tab=drift', { expects: [/404/, /409/] })
    await page.getByText('No home was looked at yet').waitFor()
    await byHand('acme', (schema) => sql`drop index ${ident(schema, 'note_tenant_id_author_id_idx')}`)
    const scan = async () => {
      await page.getByRole('button', { name: 'Look at every home' }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Scan' }).click()
    }
    await scan()
    const classes = page.getByRole('table', { name: 'Classes of homes' })
    const drifted = classes.getByRole('row').filter({ hasText: 'drifted' })
    await drifted.getByRole('button').click()
    await page.getByText('CREATE INDEX', { exact: false }).first().waitFor()
    const chosen = () => new URL(page.url()).searchParams.get('class')
    const name = chosen()!
    await expectAccessible(page, '[role=tabpanel]')
    // Until the statements of another class are there, those of this one are not shown as its.
    const held = gate()
    await page.route(/\/v1\/drift\?class=/, async (route) => {
      if (!route.request().url().endsWith(name)) await held.opened
      await route.continue()
    })
    const expected = classes.getByRole('row').filter({ hasText: 'as expected' }).first().getByRole('button')
    const other = (await expected.textContent())!
    await expected.click()
    await expect.poll(chosen).toBe(other)
    expect(await page.getByRole('heading', { name: `Class ${other}` }).count()).toBe(0)
    held.open()
    await page.getByRole('heading', { name: `Class ${other}` }).waitFor()
    await page.getByText('It is as the files make it.').waitFor()
    await drifted.getByRole('button').click()
    await page.getByRole('heading', { name: `Class ${name}` }).waitFor()
    await page.getByRole('button', { name: 'Repair …' }).click()
    const dialog = page.getByRole('dialog')
    expect(await dialog.getByRole('button', { name: 'Repair' }).isDisabled()).toBe(true)
    await dialog.getByLabel(/^Type/).fill(name)
    await dialog.getByRole('button', { name: 'Repair' }).click()
    await expect.poll(() => drifted.count()).toBe(0)
    // The way back leads past the class that is gone.
    await expect.poll(chosen).toBe(null)
    await page.goBack()
    await page.getByRole('heading', { name: `Class ${other}` }).waitFor()
    expect(chosen()).toBe(other)
  })
})
