import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Role } from '../../src/catalog/keys.js'
import { sql } from '../../src/kernel/sql.js'
import { openPage } from '../support/browser.js'
import { startIssuer } from '../support/issuer.js'
import { newcomer, openAs, PASSWORD, post, REFUSED } from './people.js'
import { type Rig, startRig } from './rig.js'

let rig: Rig
beforeAll(async () => {
  rig = await startRig({ tenants: { acme: 'shared' } })
})
afterAll(() => rig?.stop())

const invite = async (name: string, role?: Role): Promise<string> =>
  (await rig.fleet.run<{ link: string }>('user.invite', { name, ...(role === undefined ? {} : { role, shownAs: `The ${name}` }) })).link

/** As somebody's browser, without a key. */
const open = async (path: string): Promise<Page> => {
  const page = await openPage({ url: rig.url, expects: REFUSED })
  await page.goto(path)
  return page
}

async function choose(page: Page, password = PASSWORD): Promise<void> {
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByLabel('The same again').fill(password)
  await page.getByRole('button', { name: 'Choose it, and sign in' }).click()
}

async function signIn(page: Page, name: string, password = PASSWORD): Promise<void> {
  await page.getByLabel('Name', { exact: true }).fill(name)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

const overview = (page: Page): Promise<void> => page.getByRole('heading', { name: 'Overview' }).waitFor()
const outside = (page: Page): Promise<void> => page.getByRole('heading', { name: 'Sign in' }).waitFor()

test('a link leads to a password, and in; its secret leaves the address; a reload changes nothing; signing out leads out', async () => {
  const link = await invite('anna', 'operator')
  const page = await open(link)
  await page.getByRole('heading', { name: 'Choose a password, The anna' }).waitFor()
  expect(page.url()).toBe(`${rig.url}/sign-in`)
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await page.getByLabel('The same again').fill('something else')
  await page.getByRole('button', { name: 'Choose it, and sign in' }).click()
  await page.getByText('The two are not the same').waitFor()
  await choose(page)
  await overview(page)
  expect(new URL(page.url()).pathname).toBe('/')
  await page.getByText('The anna').waitFor()
  await page.reload()
  await overview(page)
  await page.getByText('operator', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await outside(page)
  await page.reload()
  await outside(page)
  expect(await page.getByText('The anna').count()).toBe(0)

  const { password } = await rig.fleet.platform.catalog.one(
    sql<{ password: string }>`select password from catalog.person where name = 'anna'`,
  )
  expect(password).toMatch(/^scrypt\$32768\$8\$3\$/)

  const again = await open(link)
  await again.getByRole('heading', { name: 'This link does not work' }).waitFor()
  await again.getByRole('button', { name: 'Sign in by name and password' }).click()
  await signIn(again, 'anna')
  await overview(again)
})

describe('somebody with a password', () => {
  test('signs in, and is where they wanted to be', async () => {
    await newcomer(rig, 'berta')
    const page = await open('/somewhere/else?with=filters')
    await outside(page)
    await signIn(page, 'berta', 'not the right horse')
    await page.getByText('The name or the password is wrong').waitFor()
    await signIn(page, 'berta')
    await page.getByRole('heading', { name: 'There is no such page' }).waitFor()
    expect(page.url()).toBe(`${rig.url}/somewhere/else?with=filters`)
  })

  test('is led to sign in when the session has ended, and back', async () => {
    await newcomer(rig, 'carla')
    const page = await openAs(rig, 'carla', '/elsewhere?with=filters')
    await page.getByText('The carla').waitFor()
    const { data } = await rig.fleet.run<{ data: readonly { id: string; user: string }[] }>('session.list', {})
    for (const { id, user } of data) if (user === 'carla') await rig.fleet.run('session.end', { session: id })
    await page.getByText('Your session has ended').waitFor()
    expect(await page.getByText('The carla').count()).toBe(0)
    await signIn(page, 'carla')
    await page.getByRole('heading', { name: 'There is no such page' }).waitFor()
    expect(page.url()).toBe(`${rig.url}/elsewhere?with=filters`)
  })

  test('is told when to try again, after five failures', async () => {
    await newcomer(rig, 'dora')
    for (let n = 0; n < 4; n++) await post(rig, '/v1/session', { name: 'dora', password: `wrong ${n}` }, 401)
    const page = await open('/')
    await signIn(page, 'dora', 'wrong again')
    await page.getByText('The name or the password is wrong').waitFor()
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
    await signIn(page, 'dora')
    await page.getByText(/^Try again in (1 min 00 s|\d+ s)\.$/).waitFor()
    expect(await page.getByRole('button', { name: 'Sign in' }).isDisabled()).toBe(true)
    await rig.fleet.run('user.unlock', { user: 'dora' })
    await page.reload()
    await signIn(page, 'dora')
    await overview(page)
  })

  test('breaks glass for a reason, sees so, and gives it back', async () => {
    await newcomer(rig, 'frida', { breakGlass: 'operator' })
    const page = await openAs(rig, 'frida', '/')
    await overview(page)
    await page.getByRole('button', { name: 'Break glass…' }).click()
    await page.getByLabel('What it is for').fill('INC-1: <b>"$(id)"</b>')
    await page.getByRole('button', { name: 'Break glass', exact: true }).click()
    const banner = page.getByRole('region', { name: 'Broken glass' })
    await banner.getByText(/^You are operator until \d\d:\d\d UTC: INC-1: <b>"\$\(id\)"<\/b>$/).waitFor()
    await banner.getByRole('button', { name: 'Give it back' }).click()
    await banner.waitFor({ state: 'detached' })
    await page.getByText('viewer', { exact: true }).waitFor()
  })

  test('has one stream for two tabs, and signs out of both', async () => {
    await newcomer(rig, 'emma')
    const page = await open('/')
    let streams = 0
    page.context().on('request', (request) => {
      if (request.resourceType() === 'eventsource') streams++
    })
    await signIn(page, 'emma')
    await overview(page)
    const other = await page.context().newPage()
    await other.goto('/')
    await overview(other)
    await other.getByText('The emma').waitFor()
    await expect.poll(() => streams).toBe(1)
    await other.getByRole('button', { name: 'Sign out' }).click()
    await outside(other)
    await outside(page)
    await signIn(page, 'emma')
    await overview(page)
    await overview(other)
  })
})

test('whoever signs in at an issuer comes back signed in, to where they were; who has no role there is told so', async () => {
  const issuer = await startIssuer({ id: 'tenantry', secret: '' })
  onTestFinished(issuer.stop)
  const path = join(rig.fleet.folder, 'tenantry.config.json')
  const oidc = { issuer: issuer.url, clientId: 'tenantry', roleClaim: 'groups', roles: { ops: 'operator' } }
  const plain = await open('/tenants')
  await outside(plain)
  expect(await plain.getByRole('link', { name: 'Sign in with your organisation' }).count()).toBe(0)
  // It would ask a server that is not there.
  await plain.close()
  await rig.kill()
  await writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, 'utf8')), console: { url: rig.url, oidc } }))
  await rig.start()

  issuer.who = { sub: 'sub-gerda', preferred_username: 'gerda', name: 'Gerda', groups: [] }
  const page = await open('/tenants?state=active')
  await page.getByRole('link', { name: 'Sign in with your organisation' }).click()
  await page.getByText('gives you no role here').waitFor()
  issuer.who = { ...issuer.who, groups: ['ops'] }
  await page.goto('/tenants?state=active')
  await page.getByRole('link', { name: 'Sign in with your organisation' }).click()
  await page.getByRole('heading', { name: 'Tenants' }).waitFor()
  expect(page.url()).toBe(`${rig.url}/tenants?state=active`)
  await page.getByText('Gerda').waitFor()
  await page.reload()
  await page.getByText('operator', { exact: true }).waitFor()
})
