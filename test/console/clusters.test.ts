import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '../../src/kernel/sql.js'
import { gate } from '../support/gate.js'
import { expectAccessible } from './axe.js'
import { type Rig, startRig } from './rig.js'

const REPLICA = '<img src=x onerror="alert(1)">'

let rig: Rig
beforeAll(async () => {
  // What is shown is what was measured: here by nobody but this test.
  rig = await startRig({ config: { collect: { samples: 'off' } }, tenants: { acme: 'shared', globex: 'schema', hooli: 'schema' } })
  const { catalog } = rig.fleet.platform
  await catalog.run(sql`
    insert into catalog.sample (cluster_id, source, step, at, facts)
    select c.id, s.source, 15, at,
           jsonb_build_object('at', extract(epoch from at), 'of', jsonb_build_object(s.label, jsonb_build_object(
             'up', 1, 'clients', 12, 'room', 97, 'active', 3 + n % 4, 'idle', 7, 'waiting', 0, 'lag', 2.5, 'databasesReset', 1,
             'commits', -n * 300, 'blocksHit', -n * 990, 'blocksRead', -n * 10)))
    from catalog.cluster c, generate_series(0, 100) n, (values ('server', ''), ('replicas', ${REPLICA})) s (source, label),
         lateral (select date_bin('15 s', clock_timestamp(), timestamptz '2001-01-01 00:00:00+00') - n * interval '15 s' as at) m`)
  await catalog.run(sql`
    insert into catalog.sample (cluster_id, source, step, at, facts)
    select c.id, 'homes', step, at, jsonb_build_object('at', extract(epoch from at), 'of', jsonb_build_object('', jsonb_build_object('bytes', bytes)))
    from catalog.cluster c, (values (6.5, 1073741824), (0, 3221225472)) v (days, bytes), (values (300), (3600)) s (step),
         lateral (select date_bin(make_interval(secs => step), clock_timestamp() - days * interval '1 day', timestamptz '2001-01-01 00:00:00+00') as at) m`)
})
afterAll(() => rig?.stop())

const draining = async (): Promise<boolean> =>
  (await rig.fleet.platform.catalog.one(sql<{ draining: boolean }>`select draining from catalog.cluster where name = 'main'`)).draining

const deed = (page: Page) => page.getByRole('dialog')

test('each cluster with what lives on it, how much of it is used, and how it does', async () => {
  const page = await rig.open('/')
  await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Clusters' }).click()
  const line = page.getByRole('table', { name: 'Clusters' }).getByRole('row').filter({ hasText: 'main' })
  for (const words of ['live', '2 schema, 1 shared', '12 of 97', '3 GiB', '+2 GiB', '99 %', '2 s'])
    await line.getByText(words, { exact: true }).waitFor()
  await expectAccessible(page)
  await line.getByRole('link', { name: 'main' }).click()
  await page.getByRole('heading', { name: 'main', level: 1 }).waitFor()
  await page.getByText('takes new tenants while no other has fewer homes').waitFor()
  await page
    .getByRole('table', { name: 'Databases' })
    .getByRole('cell', { name: /^(standard|strict)$/ })
    .waitFor()
  await expectAccessible(page)
  await page.getByRole('link', { name: '3 tenants' }).click()
  await page.waitForURL(/\/tenants\?cluster=main$/)
})

test('how it has gone is drawn, and told as numbers; the address keeps how far back', async () => {
  const page = await rig.open('/clusters/main?tab=charts')
  await page.getByRole('button', { name: '6h' }).click()
  await expect.poll(() => new URL(page.url()).search).toBe('?tab=charts&since=6h')
  await page.reload()
  await page.getByRole('button', { name: '6h', pressed: true }).waitFor()
  const connections = page.getByRole('figure').filter({ hasText: 'Connections' })
  await connections.getByText('room', { exact: false }).first().waitFor()
  await connections.locator('canvas').waitFor()
  await connections.getByText('Numbers').click()
  await connections.getByRole('columnheader', { name: 'idle', exact: true }).waitFor()
  expect(await connections.getByRole('columnheader', { name: 'idle in transaction' }).count()).toBe(0)
  await page.getByRole('figure').filter({ hasText: 'Replica lag' }).getByText(REPLICA).first().waitFor()
  await expectAccessible(page, '[role=tabpanel]')
  await page.getByText(/^tenantry metric show connections/).waitFor()
})

test('it is drained and takes tenants again, for what was shown alone', async () => {
  const page = await rig.open('/clusters/main', { expects: [/status of 412/] })
  await page.getByRole('button', { name: 'Drain', exact: true }).click()
  await deed(page).getByText('tenantry cluster drain main').waitFor()
  await rig.fleet.run('cluster.drain', { cluster: 'main' })
  await deed(page).getByRole('button', { name: 'Drain', exact: true }).click()
  await deed(page).getByText('PRECONDITION_FAILED').waitFor()
  await deed(page).getByRole('button', { name: 'Show what it is now' }).click()
  await page.getByText('takes no new tenants').waitFor()
  await page.getByRole('button', { name: 'Take tenants', exact: true }).click()
  await deed(page).getByRole('button', { name: 'Take tenants', exact: true }).click()
  await page.getByText('takes new tenants while no other has fewer homes').waitFor()
  expect(await draining()).toBe(false)
  await page.getByRole('button', { name: 'Drain', exact: true }).click()
  await deed(page).getByRole('button', { name: 'Drain', exact: true }).click()
  await page.getByText('takes no new tenants').waitFor()
  expect(await draining()).toBe(true)
  await rig.fleet.run('cluster.undrain', { cluster: 'main' })
  await page.getByText('takes new tenants while no other has fewer homes').waitFor()
})

test('it says where applications reach it, what its pooler is at, and the files that it wants', async () => {
  const page = await rig.open('/clusters/main?tab=pooler', { expects: [/status of 400/] })
  await page.getByText('No pooler').waitFor()
  await page.getByRole('button', { name: 'Say where it is' }).click()
  await deed(page)
    .getByLabel(/^App host/)
    .fill('localhost')
  await deed(page).getByText('tenantry cluster set main --app-host localhost').waitFor()
  await deed(page).getByRole('option', { name: 'as it is', exact: true }).first().waitFor({ state: 'attached' })
  expect(await deed(page).getByRole('option', { name: 'as by default' }).count()).toBe(0)
  await deed(page).getByRole('button', { name: 'Change' }).click()
  await page.getByText('at localhost:').waitFor()
  await page.getByRole('tab', { name: 'Files' }).click()
  await page.getByRole('region', { name: 'tenantry.conf' }).getByText('password_encryption').waitFor()
  await page.getByRole('combobox', { name: /^File/ }).selectOption('pg_hba')
  await page.getByLabel('Applications come from').fill('10.1.0.0/16')
  await page.getByRole('button', { name: 'Write' }).click()
  await page.getByRole('region', { name: 'pg_hba.conf' }).getByText('10.1.0.0/16').first().waitFor()
  expect(new URL(page.url()).search).toBe('?tab=files&file=pg_hba')
  await expectAccessible(page, '[role=tabpanel]')
})

test('whoever may only look is told so before they try; where there is no cluster, the next step is said', async () => {
  const page = await rig.open('/clusters/main', { role: 'viewer' })
  const drain = page.getByRole('button', { name: 'Drain', exact: true })
  await drain.and(page.locator('[aria-disabled=true]')).waitFor()
  await drain.focus()
  await page.getByRole('tooltip').getByText('This takes the role fleet-admin; you are viewer').first().waitFor()
  await page.getByRole('tab', { name: 'Files' }).click()
  await page.getByText('This takes the role operator or fleet-admin; you are viewer').waitFor()

  const none = await rig.open('/clusters', {
    prepare: async (context) => {
      await context.route('**/v1/fleet', async (route) => {
        const response = await route.fetch()
        await route.fulfill({ response, json: { ...(await response.json()), clusters: [] } })
      })
    },
  })
  await none.getByText('No clusters yet').waitFor()
  await none.getByText('tenantry cluster add main').waitFor()
  await none.getByRole('button', { name: 'Add the first cluster' }).click()
  await deed(none).getByLabel(/^Name/).waitFor()
  await expectAccessible(none)
})

test('what is on its way, or cannot be had, is not told as if there were nothing', async () => {
  const { opened: held, open: answer } = gate()
  const page = await rig.open('/clusters/main', {
    expects: [/status of 404/],
    prepare: async (context) => {
      await context.route('**/v1/metrics/**', async (route) => {
        await held
        await route.continue({ url: route.request().url().replace('cluster=main', 'cluster=elsewhere') })
      })
    },
  })
  const room = page.locator('section').filter({ has: page.getByRole('heading', { name: 'What it has room for' }) })
  await room.getByText('…', { exact: true }).nth(5).waitFor()
  const nothing = page.getByText(/no replica is seen|not seen lately/)
  expect(await nothing.count()).toBe(0)
  answer()
  await page.getByText('CLUSTER_NOT_FOUND').waitFor()
  await expect.poll(() => room.getByText('…', { exact: true }).count()).toBe(0)
  expect(await nothing.count()).toBe(0)
})

test('what was seen a while ago is not told as now, and growth only of the whole week', async () => {
  await rig.fleet.platform.catalog.run(sql`
    delete from catalog.sample
    where (source in ('server', 'replicas') and at > clock_timestamp() - interval '10 minutes')
       or (source = 'homes' and step = 3600 and at < clock_timestamp() - interval '5 days')`)
  const page = await rig.open('/clusters/main')
  await page.getByText('not seen lately').nth(3).waitFor()
  expect(await page.getByText(/^(no replica is seen|99 %|2 s|\+2 GiB)$/).count()).toBe(0)
  await page.goto('/clusters')
  const line = page.getByRole('table', { name: 'Clusters' }).getByRole('row').filter({ hasText: 'main' })
  await line.getByText('not seen lately').waitFor()
  await expect.poll(() => line.getByText('…', { exact: true }).count()).toBe(0)
  expect(await line.getByText(/^(99 %|2 s|\+2 GiB)$/).count()).toBe(0)
})

test('the statements that took its time are told with whose they were, by what is asked for, to those alone who may read them', async () => {
  const page = await rig.open('/clusters/main?tab=statements')
  await page.getByText('Its server counts no statements yet').waitFor()
  await expectAccessible(page, '[role=tabpanel]')
  await page.getByRole('button', { name: 'Let it count' }).click()
  await deed(page).getByText('tenantry cluster observe main').waitFor()
  await deed(page).press('Escape')

  const { role: globex } = await rig.fleet.platform.catalog.one(sql<{ role: string }>`
    select h.role_name as role from catalog.home h join catalog.placement p on p.home_id = h.id join catalog.tenant t on t.id = p.tenant_id where t.slug = 'globex'`)
  for (const [text, role, calls, totalMs] of [
    ['select often <b>from</b> note', globex, 90_000, 4_500],
    ['select slowly from nobody', 'somebody', 3, 4_200],
  ] as const)
    await rig.fleet.platform.catalog.run(sql`
      with told as (insert into catalog.statement_text (digest, text, seen_at) values (sha256(${text}::text::bytea), ${text}, now()) returning id)
      insert into catalog.slow_statement (cluster_id, at, database, role, query_id, text_id, calls, total_ms, rows, max_ms)
      select c.id, now() - interval '10 min', 'app', ${role}, ${role}, told.id, ${calls}, ${totalMs}, 7, 1400 from catalog.cluster c, told`)
  await page.reload()
  const rows = page.getByRole('table', { name: 'Statements of main' }).getByRole('row')
  await rows.nth(1).getByRole('link', { name: 'globex' }).waitFor()
  for (const words of ['select often <b>from</b> note', '90,000', '4.5 s', '0.05 ms', '1.4 s'])
    await rows.nth(1).getByText(words, { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Time of one call' }).click()
  await rows.nth(1).getByText('select slowly from nobody').waitFor()
  await expect.poll(() => new URL(page.url()).search).toBe('?tab=statements&sort=mean')
  await page.getByText('tenantry statement list --cluster main --since 24h --sort mean').waitFor()
  await expectAccessible(page, '[role=tabpanel]')

  const viewer = await rig.open('/clusters/main?tab=statements', { role: 'viewer' })
  await viewer.getByRole('note').getByText('This takes the role operator or fleet-admin; you are viewer.').waitFor()
})
