import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../src/kernel/sql.js'
import { expectAccessible } from './axe.js'
import { type Rig, startRig } from './rig.js'

const CANARY = `<img src=x onerror="alert(1)"> $(id) 'x'`

let rig: Rig

beforeAll(async () => {
  rig = await startRig({ tenants: { acme: 'schema', globex: 'shared' } })
})
afterAll(() => rig?.stop())

const stateOf = async (tenant: string): Promise<string> => (await rig.fleet.run<{ state: string }>('tenant.show', { tenant })).state

describe('making a tenant', () => {
  test('the form says what is wrong before anything is sent, and then tells step by step how far it is', async () => {
    const page = await rig.open('/create')
    await page.getByRole('button', { name: 'Create', exact: true }).click()
    await page.getByText('Slug is needed').waitFor()
    await page.getByLabel('Slug').fill('umbrella')
    await page.getByLabel(/^Isolation/).selectOption('schema')
    await page.getByLabel(/^Label/).fill('plan=gold\nteam=a')
    await page.getByText('tenantry tenant create umbrella --isolation schema --label=plan=gold --label=team=a').waitFor()
    await page.getByRole('button', { name: 'Create', exact: true }).click()
    await page.getByText('umbrella is there.').waitFor()
    expect(new URL(page.url()).searchParams.get('operation')).not.toBeNull()
    // The same after a reload, since the address says which operation it is.
    await page.reload()
    await page.getByText('umbrella is there.').waitFor()
    expect(
      await page
        .getByRole('listitem')
        .filter({ hasText: /\d (ms|s)/ })
        .count(),
    ).toBeGreaterThan(0)
    await expectAccessible(page)
    await page.getByRole('button', { name: 'Open umbrella' }).click()
    await page.getByRole('heading', { name: 'umbrella', level: 1 }).waitFor()
    await page.getByText('plan=gold').waitFor()
  })

  test('a slug that is taken is said in the form, with what to do', async () => {
    const page = await rig.open('/create', { expects: [/409/] })
    await page.getByLabel('Slug').fill('acme')
    await page.getByRole('button', { name: 'Create', exact: true }).click()
    await page.getByRole('alert').getByText('TENANT_EXISTS').waitFor()
    expect(new URL(page.url()).search).toBe('')
  })
})

describe('a tenant', () => {
  test('is suspended with a reason and resumed, and the page follows', async () => {
    const page = await rig.open('/tenants/globex')
    await page.getByRole('button', { name: 'Suspend', exact: true }).click()
    const dialog = page.getByRole('dialog', { name: 'Suspend globex' })
    await dialog.getByRole('button', { name: 'Suspend' }).click()
    await dialog.getByText('Reason is needed').waitFor()
    await dialog.getByLabel('Reason').fill(CANARY)
    await expectAccessible(page, 'dialog[open]')
    await dialog.getByRole('button', { name: 'Suspend' }).click()
    await dialog.waitFor({ state: 'detached' })
    await page.getByText(`suspended: ${CANARY}`).waitFor()
    expect(await stateOf('globex')).toBe('suspended')
    await page.getByRole('button', { name: 'Resume' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Resume' }).click()
    await page.getByRole('button', { name: 'Suspend', exact: true }).waitFor()
    expect(await stateOf('globex')).toBe('active')
  })

  test('what was decided about an older state is refused, says so, and changes nothing', async () => {
    const page = await rig.open('/tenants/acme', { expects: [/412/] })
    await page.getByRole('button', { name: 'Suspend', exact: true }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Reason').fill('too late')
    await rig.fleet.run('tenant.set', { tenant: 'acme', region: 'eu-west' })
    await dialog.getByRole('button', { name: 'Suspend' }).click()
    await dialog.getByText('It was changed since this page has shown it, and nothing was done.').waitFor()
    expect(await stateOf('acme')).toBe('active')
    await dialog.getByRole('button', { name: 'Show what it is now' }).click()
    await page.getByText('eu-west').waitFor()
    expect(await page.getByRole('dialog').count()).toBe(0)
  })

  test('is cloned from its page, and the message about it leads to the operation', async () => {
    const page = await rig.open('/tenants/acme')
    await page.getByRole('button', { name: 'Clone' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('As').fill('acme-copy')
    await dialog.getByRole('button', { name: 'Clone' }).click()
    await page.locator('[data-toast=done]').waitFor()
    expect(await stateOf('acme-copy')).toBe('active')
    await page.goto('/tenants/acme-copy?tab=danger')
    await page.getByRole('button', { name: 'Rename …' }).click()
    await dialog.getByLabel('Slug').fill('acme-two')
    await dialog.getByRole('button', { name: 'Rename' }).click()
    await expect.poll(() => page.url()).toBe(`${rig.url}/tenants/acme-two?tab=danger`)
  })

  test('is deleted only by its name, and taken back', async () => {
    await rig.fleet.run('tenant.create', { slug: 'doomed', isolation: 'shared' })
    const page = await rig.open('/tenants/doomed?tab=danger')
    await page.getByRole('button', { name: 'Delete …' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Reason').fill('closed')
    const go = dialog.getByRole('button', { name: 'Delete' })
    expect(await go.isDisabled()).toBe(true)
    await dialog.getByLabel(/^Type doomed/).fill('doome')
    expect(await go.isDisabled()).toBe(true)
    await dialog.getByLabel(/^Type doomed/).fill('doomed')
    await go.click()
    await page.getByRole('button', { name: 'Take back …' }).click()
    expect(await stateOf('doomed')).toBe('deleted')
    await page.getByRole('dialog').getByRole('button', { name: 'Take back' }).click()
    await page.getByRole('button', { name: 'Delete …' }).waitFor()
    expect(await stateOf('doomed')).toBe('active')
  })

  test('shows how to connect when that is asked for, and never a password', async () => {
    const page = await rig.open('/tenants/acme?tab=connect')
    const show = page.getByRole('button', { name: 'Show how to connect' })
    let asked = 0
    page.on('request', (request) => {
      if (request.url().endsWith('/connection')) asked++
    })
    await show.click()
    await page.getByText('psql ', { exact: false }).first().waitFor()
    // What happens to the tenant does not have it asked again, which would be one more line of the audit.
    const heard = page.waitForResponse((response) => response.url().endsWith('/v1/tenants/acme'))
    await rig.fleet.run('tenant.set', { tenant: 'acme', region: 'eu-north' })
    await heard
    await page.getByRole('combobox', { name: 'Library' }).selectOption('Drizzle')
    await page.getByText('drizzle(drizzleConfig(tenantry').waitFor()
    expect(await page.content()).not.toContain(rig.fleet.secrets('env:TENANTRY_APP_PASSWORD'))
    // What enters is good for a minute: whoever comes back finds none.
    await page.getByRole('tab', { name: 'Overview' }).click()
    await page.getByText('eu-north').waitFor()
    await page.getByRole('tab', { name: 'Connect' }).click()
    await show.waitFor()
    expect(asked).toBe(1)
  })

  test('has a domain added, which tells what to publish', async () => {
    const page = await rig.open('/tenants/acme?tab=domains')
    await page.getByRole('button', { name: 'Add a domain' }).click()
    await page.getByRole('dialog').getByLabel('Domain').fill('shop.example.com')
    await page.getByRole('dialog').getByRole('button', { name: 'Add', exact: true }).click()
    await page.getByText('Publish this TXT record').waitFor()
    await expectAccessible(page)
  })

  test('shows how it has grown as lines with gaps, and the same as numbers', async () => {
    const { home } = await rig.fleet.run<{ home: string }>('tenant.growth', { tenant: 'acme' })
    await rig.fleet.platform.catalog.run(sql`
      insert into catalog.home_size (home_id, day, bytes, rows, dead)
      select ${home}::uuid, current_date - n, 1024 * 1024 * (10 - n), 100 - n, n from generate_series(1, 6) n where n <> 3`)
    await rig.fleet.platform.catalog.run(sql`
      insert into catalog.home_fact (home_id, tried_at, bytes, rows, dead, held, tenants, week_ago, measured_at)
      values (${home}::uuid, now(), 10485760, 100, 0, 0, 1, 9437184, now())
      on conflict (home_id) do update set measured_at = excluded.measured_at`)
    const page = await rig.open('/tenants/acme?tab=growth')
    await page.getByRole('definition').getByRole('time').waitFor()
    const chart = page.getByRole('figure').filter({ hasText: 'Bytes' })
    await chart.locator('canvas').waitFor()
    await chart.getByText('Numbers').click()
    await chart.getByRole('cell', { name: '9 MiB' }).waitFor()
    await expectAccessible(page, '[role=tabpanel]')
  })

  test('its tabs keep nobody out, in the light and in the dark', async () => {
    const page = await rig.open('/tenants/acme')
    const tabs = page.getByRole('tab')
    await tabs.first().waitFor()
    expect(await tabs.count()).toBeGreaterThan(7)
    await expectAccessible(page)
    // Whatever a tab shows once its data is there.
    const data: Readonly<Record<string, string | RegExp>> = {
      Overview: 'tenant.set',
      'Size and growth': 'Bytes',
      Domains: 'shop.example.com',
      Backups: 'No backups yet',
      Operations: 'tenant.create',
      Sessions: 'Nobody is in a scope of it at this moment.',
      Audit: 'tenant.set',
      Connect: 'Show how to connect',
      'Danger zone': 'Delete …',
      JSON: '"epoch"',
    }
    expect(await tabs.allTextContents()).toEqual(Object.keys(data))
    for (const [name, says] of Object.entries(data)) {
      await page.getByRole('tab', { name }).click()
      await page.getByRole('tabpanel').getByText(says).first().waitFor()
      await expectAccessible(page, '[role=tabpanel]')
    }
  }, 180_000)

  test('what cannot be read is told as such, not as nothing', async () => {
    const page = await rig.open('/tenants', { expects: [/403/] })
    const refuse = { status: 403, json: { code: 'KEY_FORBIDDEN', detail: 'not for you', remedy: 'ask somebody' } }
    await page.route(/\/v1\/(views\?|operations\?|metrics\/|tenants\/acme\/tables)/, (route) =>
      route.fulfill({ ...refuse, contentType: 'application/problem+json' }),
    )
    await page.reload()
    await page.getByRole('button', { name: 'Views' }).click()
    await page.getByRole('alert').getByText('KEY_FORBIDDEN').waitFor()
    await page.goto('/tenants/acme')
    const last = page.locator('section').filter({ has: page.getByRole('heading', { name: 'Last operations' }) })
    await last.getByRole('alert').getByText('KEY_FORBIDDEN').waitFor()
    expect(await page.getByText('None yet.').count()).toBe(0)
    for (const path of ['/', '/sql?tenant=acme']) {
      await page.goto(path)
      await page.getByRole('alert').getByText('KEY_FORBIDDEN').waitFor()
    }
  })
})
