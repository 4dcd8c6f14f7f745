import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { barriers, codeLoaded, openContext, watch } from '../../test/support/chromium.js'
import { schemaSlug } from './large-fleet.js'

/** What shows that a screen has its data, and not only its frame. */
interface Screen {
  readonly address: string
  readonly data: (page: Page) => Locator
}

export interface SeenScreen {
  readonly name: string
  /** From the navigation until its data stood there, each time. */
  readonly shownMs: readonly number[]
  readonly barriers: readonly string[]
  /** Exceptions and error lines. */
  readonly problems: readonly string[]
}

const tenant = schemaSlug(1)
const heading = (page: Page, name: string): Locator => page.getByRole('heading', { name, level: 1 })
const row = (page: Page, table: string, has: string | RegExp): Locator =>
  page
    .getByRole('table', { name: table })
    .or(page.getByRole('grid', { name: table }))
    .getByRole('row', { name: has })
    .first()

const screensOf = (tenants: number, operation: string): Readonly<Record<string, Screen>> => ({
  '/': { address: '/', data: (page) => page.locator(`main data[value="${tenants}"]`).first() },
  '/tenants': { address: '/tenants', data: (page) => page.locator('main a[href^="/tenants/"]').first() },
  '/tenants/$tenant': { address: `/tenants/${tenant}`, data: (page) => heading(page, tenant) },
  '/create': { address: '/create', data: (page) => page.getByLabel('Slug', { exact: false }).first() },
  '/activity': { address: '/activity', data: (page) => row(page, 'Sessions', /tenantry/) },
  '/migrations': { address: '/migrations', data: (page) => page.getByText('all current') },
  '/backups': { address: '/backups', data: (page) => row(page, 'Backups', /chain-/) },
  '/security': { address: '/security?tab=api-keys', data: (page) => row(page, 'API keys', /reader 0/) },
  '/settings': { address: '/settings?tab=views', data: (page) => page.getByRole('button', { name: /^Remove the view/ }).first() },
  '/sql': { address: `/sql?tenant=${tenant}`, data: (page) => page.getByRole('list', { name: 'Tables' }).getByRole('button').first() },
  '/clusters': { address: '/clusters', data: (page) => page.getByRole('main').getByRole('link', { name: 'main', exact: true }).first() },
  '/clusters/$cluster': { address: '/clusters/main', data: (page) => heading(page, 'main') },
  '/restore/$tenant': { address: `/restore/${tenant}`, data: (page) => row(page, `Homes of ${tenant}`, /./) },
  '/operations': { address: '/operations', data: (page) => page.locator('main a[href^="/operations/"]').first() },
  '/operations/$operation': { address: `/operations/${operation}`, data: (page) => heading(page, 'migrate.up') },
})

// Where nobody is signed in, and there is no data.
const WITHOUT_DATA = ['/sign-in']

/** All that the console lists; throws for one that is not known here: it would go unmeasured. */
async function listedScreens(tenants: number, operation: string): Promise<readonly (readonly [name: string, screen: Screen])[]> {
  const lines = await readFile(join(process.cwd(), 'console', 'src', 'screens.ts'), 'utf8')
  const known = screensOf(tenants, operation)
  const paths = [...lines.matchAll(/\{ path: '([^']+)', name: '([^']+)'/g)].filter(([, path]) => !WITHOUT_DATA.includes(path!))
  if (paths.length === 0) throw new Error('console/src/screens.ts lists no screen')
  return paths.map(([, path, name]) => {
    const screen = known[path!]
    if (screen === undefined) throw new Error(`bench/console/screens.ts does not know what shows that ${path} has its data`)
    return [name!, screen]
  })
}

interface Options {
  readonly url: string
  readonly key: string
  readonly tenants: number
  readonly operation: string
  readonly rounds: number
}

/** Each screen by an address that is opened anew, in turns, so that none profits from the one before. The first time its code is loaded too. */
export async function seeScreens({ url, key, tenants, operation, rounds }: Options): Promise<readonly SeenScreen[]> {
  const context = await openContext({ url, key })
  try {
    const problems = watch(context)
    const page = await context.newPage()
    const found = (await listedScreens(tenants, operation)).map(([name, screen]) => ({
      name,
      screen,
      ...{ shownMs: [] as number[], barriers: [] as string[], problems: [] as string[] },
    }))
    for (let round = 0; round < rounds; round++) {
      for (const one of found) {
        const before = problems.length
        const begun = performance.now()
        await page.goto(one.screen.address, { waitUntil: 'commit' })
        await one.screen.data(page).waitFor()
        one.shownMs.push(performance.now() - begun)
        if (round === 0) one.barriers.push(...(await barriers(page)))
        one.problems.push(...problems.slice(before))
      }
    }
    return found
  } finally {
    await context.close()
  }
}

/** Bytes of scripts and styles, packed by gzip, that somebody loads who has never been there. */
export async function firstRouteBytes({ url, key, tenants }: Pick<Options, 'url' | 'key' | 'tenants'>): Promise<number> {
  const context = await openContext({ url, key })
  try {
    const page = await context.newPage()
    const loaded = await codeLoaded(context, page)
    await page.goto('/')
    await screensOf(tenants, '')['/']!.data(page).waitFor()
    await page.waitForLoadState('networkidle')
    return [...loaded.values()].reduce((sum, one) => sum + one, 0)
  } finally {
    await context.close()
  }
}
