import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ident, sql } from '../../src/kernel/sql.js'
import { enter } from '../watchdog/trap.js'
import { type Rig, startRig } from './rig.js'

/** A name that would do something wherever it became markup: it asks for an image, runs a script, and leaves the attribute that it stands in. */
const canary = (field: string): string => `<img src=/canary onerror="ran('${field}')">"><script>ran('${field}')</script>`
/** What is seen of it. */
const seenOf = (field: string): string => `ran('${field}')`
// Names of tables, columns and constraints have 63 bytes.
const short = (field: string): string => `<img src=/canary onerror=ran('${field}')>`

let rig: Rig
let operation: string

/** What something has run for, what it has asked for, and what the policy has reported. */
const happened: string[] = []

const listen = async (context: BrowserContext, page: Page): Promise<void> => {
  await context.exposeFunction('told', (what: string) => happened.push(what))
  await context.addInitScript(() => {
    const told = (what: string): void => (globalThis as unknown as { told: (what: string) => void }).told(what)
    Object.assign(globalThis, { ran: (field: string) => told(`ran: ${field}`) })
    globalThis.addEventListener('securitypolicyviolation', (event) => {
      const { violatedDirective, sample } = event as Event & { violatedDirective: string; sample: string }
      told(`refused: ${violatedDirective} ${sample}`)
    })
  })
  context.on('request', (request) => {
    if (new URL(request.url()).pathname === '/canary') happened.push(`asked for: ${request.url()}`)
  })
  page.on('dialog', (dialog) => {
    happened.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
}

beforeAll(async () => {
  rig = await startRig({
    tenants: { acme: 'schema', globex: 'shared', initech: 'schema' },
    config: { watchdog: 'off', webhooks: { secret: 'env:HOOKS', allow: ['127.0.0.0/8'] } },
    secrets: { 'env:HOOKS': randomBytes(32).toString('hex') },
  })
  const { fleet } = rig
  await fleet.run('tenant.rename', { tenant: 'acme', slug: 'acme', name: canary('tenant') })
  await fleet.run('tenant.set', { tenant: 'acme', label: [`plan=${canary('label')}`] })
  await fleet.run('tenant.hold', { tenant: 'acme', reason: canary('hold') })
  await fleet.run('tenant.suspend', { tenant: 'globex', reason: canary('suspension') })
  await fleet.run('backup.create', { tenant: 'acme', note: canary('note') })
  await fleet.run('view.save', { screen: 'tenants', name: short('view'), query: 'state=active', shared: true })
  await fleet.run('key.create', { name: short('key'), role: 'viewer' })
  await fleet.run('user.invite', { name: 'anna', role: 'viewer', shownAs: short('person') })
  await fleet.run('webhook.add', { name: short('webhook'), url: `https://127.0.0.1/"><img/src=/canary/onerror=ran('address')>` })
  // In the home of a tenant: what its tables and columns are called, and what the database says of a constraint.
  const witness = await fleet.witness('acme')
  const { schema } = await fleet.tenant('acme')
  await witness.run(sql`create table ${ident(schema, short('table'))} (${ident(short('column'))} int)`)
  await fleet.run('drift.scan', {})
  await fleet.app.tenant('initech').query(sql`insert into note (body, size) values ('long', 200)`)
  const constraint = short('constraint')
  const file = join(fleet.folder, 'migrations', 'tenant', '20260201000000_short.sql')
  await writeFile(file, `-- migrate:up\nalter table note add constraint "${constraint}" check (size < 100);\n-- migrate:down\nselect 1;\n`)
  await fleet.run('migrate.up', { errorBudget: '1' }).catch(() => {})
  await fleet.run('migrate.freeze', { reason: canary('freeze') })
  const { data } = await fleet.run<{ data: readonly { id: string; name: string }[] }>('operation.list', {})
  operation = data.find(({ name }) => name === 'migrate.up')!.id
})
afterAll(() => rig?.stop())

/** Where it is, which fields are shown there, and what is pressed before that. */
const SHOWN: readonly {
  readonly path: string | (() => string)
  readonly fields: readonly string[]
  readonly press?: (page: Page) => Promise<void>
}[] = [
  { path: '/tenants', fields: ['tenant', 'suspension', 'label'], press: (page) => chooseColumns(page, ['Name', 'Reason', 'Labels']) },
  { path: '/tenants', fields: ['view'], press: (page) => page.getByRole('button', { name: 'Views' }).click() },
  { path: '/tenants/acme', fields: ['tenant', 'label', 'hold'] },
  { path: '/tenants/acme?tab=json', fields: ['tenant', 'label', 'hold'] },
  { path: '/tenants/acme?tab=backups', fields: ['note'] },
  { path: '/tenants/globex', fields: ['suspension'] },
  { path: '/backups', fields: ['note'] },
  { path: '/migrations', fields: ['constraint', 'freeze'] },
  { path: '/migrations?tab=plan', fields: ['constraint'] },
  { path: '/migrations?tab=lint', fields: ['constraint'] },
  {
    path: '/migrations?tab=drift',
    fields: ['table'],
    press: (page) =>
      page.getByRole('table', { name: 'Classes of homes' }).getByRole('row').filter({ hasText: 'drifted' }).getByRole('button').click(),
  },
  { path: '/settings?tab=people', fields: ['person'] },
  { path: '/settings?tab=webhooks', fields: ['webhook', 'address'] },
  { path: '/settings?tab=views', fields: ['view'] },
  { path: '/security?tab=api-keys', fields: ['key'] },
  {
    path: '/sql?tenant=acme',
    fields: ['value', 'column'],
    press: (page) => runStatement(page, `select '${short('value').replaceAll("'", "''")}' as "${short('column')}"`),
  },
  { path: () => `/operations/${operation}?tab=items`, fields: ['constraint'] },
]

const chooseColumns = async (page: Page, names: readonly string[]): Promise<void> => {
  await page.getByRole('button', { name: 'Columns' }).click()
  for (const name of names) await page.getByRole('checkbox', { name, exact: true }).check()
}
const runStatement = async (page: Page, statement: string): Promise<void> => {
  const field = page.getByRole('textbox', { name: 'Statement' })
  await field.fill(statement)
  await field.press('Control+Enter')
}

describe('a name that is markup', () => {
  test('is shown as the text that it is, on every screen, and does nothing', async () => {
    happened.length = 0
    const page = await rig.open('/', { prepare: listen })
    const wrong: string[] = []
    for (const { path, fields, press } of SHOWN) {
      const at = typeof path === 'string' ? path : path()
      await page.goto(at)
      await press?.(page)
      for (const field of fields) {
        const shown = page.getByText(seenOf(field)).first()
        await shown.waitFor().catch(() => wrong.push(`${at} does not show ${field}`))
      }
      // What it would have made.
      if ((await page.locator('img[src*=canary], script:not([src])').count()) > 0) wrong.push(`${at} has made markup of a name`)
    }
    expect({ wrong, happened }).toEqual({ wrong: [], happened: [] })
  }, 120_000)

  test('in a statement that runs is shown as text as well', async () => {
    const trap = await enter(rig.fleet, 'initech')
    await trap.say(`select '${canary('statement').replaceAll("'", "''")}'`)
    const page = await rig.open('/activity?text=true', { prepare: listen })
    await page.getByText("ran(''statement'')", { exact: false }).waitFor()
    await trap.end()
    expect(happened).toEqual([])
  })

  test('in what is typed in is shown as text: in the form, its command line, its message and the error about it', async () => {
    const page = await rig.open('/tenants/initech', { prepare: listen, expects: [/40[049]/] })
    await page.getByRole('button', { name: 'Suspend', exact: true }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Reason').fill(canary('typed'))
    await dialog.getByText('tenantry tenant suspend initech --reason', { exact: false }).waitFor()
    await dialog.getByRole('button', { name: 'Suspend' }).click()
    await page.getByText(`suspended: ${canary('typed')}`).waitFor()
    for (const path of [`/tenants/${encodeURIComponent(canary('address'))}`, `/${encodeURIComponent(canary('nowhere'))}`]) {
      await page.goto(path)
      await page
        .getByText(/no such page|NOT_FOUND|INPUT_INVALID/)
        .first()
        .waitFor()
    }
    await page.goto(`/tenants?search=${encodeURIComponent(short('search'))}`)
    await page.getByText('No tenants match').waitFor()
    await page.getByText("tenantry tenant list --search '<img", { exact: false }).waitFor()
    expect(happened).toEqual([])
  })

  test('would be noticed: what becomes markup runs, asks, or is refused and told of', async () => {
    happened.length = 0
    const page = await rig.open('/', { prepare: listen, expects: [/Trusted(HTML|Script)|Content Security Policy|404/] })
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
    await page.evaluate(() => {
      const image = document.createElement('img')
      image.src = '/canary'
      document.body.append(image)
      for (const wrong of [
        () => image.setAttribute('onerror', "ran('control')"),
        () => {
          document.body.innerHTML = '<b>markup</b>'
        },
      ]) {
        try {
          wrong()
        } catch {}
      }
      ;(globalThis as unknown as { ran: (field: string) => void }).ran('control')
    })
    await expect
      .poll(() => happened.map((one) => one.split(' ').slice(0, 2).join(' ')).sort())
      .toEqual(['asked for:', 'ran: control', 'refused: require-trusted-types-for', 'refused: require-trusted-types-for'])
  })
})
