import { existsSync } from 'node:fs'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { expect, onTestFinished } from 'vitest'

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const found = PLACES.find((path) => existsSync(path))

/** Undefined when there is a browser. */
export const whyNoBrowser = found === undefined ? 'chromium is not installed' : undefined

// Nothing leaves this machine: names are not looked up, and what a browser likes to tell its makers is turned off.
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-dev-shm-usage',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-domain-reliability',
  '--disable-sync',
  '--no-first-run',
  '--no-pings',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
]

const VIEWPORT = { width: 1280, height: 800 }

// One for all test files of a worker; it ends with the pipe that this process holds.
let launched: Promise<Browser> | undefined

export function browser(): Promise<Browser> {
  if (found === undefined) throw new Error(`${whyNoBrowser}: run npm test, or apt-get install --no-install-recommends chromium`)
  launched ??= chromium.launch({ executablePath: found, args: ARGUMENTS })
  return launched
}

export interface PageOptions {
  /** Of the server; paths are taken from there. */
  readonly url: string
  /** Sent with every request, as no browser does by itself. */
  readonly key?: string
  readonly colorScheme?: 'light' | 'dark'
  /** Error lines of the browser that the test provokes, such as that of an answer 409. */
  readonly expects?: readonly RegExp[]
  /** Before the page is opened; nobody else has had such a page, nor will. */
  readonly prepare?: (context: BrowserContext, page: Page) => Promise<void>
}

interface Opened {
  readonly context: BrowserContext
  readonly page: Page
  readonly problems: string[]
}

// What a browser does for its first page at a server costs several times what it does for the next: a test is given what another one has left.
const left = new Map<string, Opened[]>()

/**
 * A page for one test, as a browser would show it that has kept nothing but the server's files: an exception in it or in another page of its context, an error
 * line of the browser, and whatever the page's policy has forbidden fail that test, unless it has said that it expects that.
 */
export async function openPage({ url, key, colorScheme = 'light', expects = [], prepare }: PageOptions): Promise<Page> {
  const again = prepare === undefined ? `${url} ${key}` : undefined
  const opened = (again === undefined ? undefined : left.get(again)?.pop()) ?? (await openContext(url, key))
  const { context, page, problems } = opened
  onTestFinished(async () => {
    const isLeft = again !== undefined && (await leave(opened))
    const told = problems.splice(0).filter((problem) => !expects.some((pattern) => pattern.test(problem)))
    if (isLeft) left.set(again, [...(left.get(again) ?? []), opened])
    else await context.close()
    expect(told).toEqual([])
  })
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
  await prepare?.(context, page)
  return page
}

/** Closes what was left at this server. */
export async function closePages(url: string): Promise<void> {
  for (const [key, pages] of left) {
    if (!key.startsWith(`${url} `)) continue
    left.delete(key)
    await Promise.all(pages.map(({ context }) => context.close()))
  }
}

async function openContext(url: string, key: string | undefined): Promise<Opened> {
  const context = await (await browser()).newContext({
    baseURL: url,
    viewport: VIEWPORT,
    ...(key === undefined ? {} : { extraHTTPHeaders: { Authorization: `Bearer ${key}` } }),
  })
  context.setDefaultTimeout(40_000)
  const problems = watch(context)
  return { context, page: await context.newPage(), problems }
}

/** Nothing goes on in it, and nothing but files is kept. False where it cannot be so. */
async function leave({ context, page }: Opened): Promise<boolean> {
  try {
    if (page.isClosed()) return false
    await Promise.all(context.pages().map((one) => (one === page ? undefined : one.close())))
    await page.unrouteAll({ behavior: 'ignoreErrors' })
    await page.evaluate('localStorage.clear(); sessionStorage.clear()')
    await page.goto('about:blank')
    await page.setViewportSize(VIEWPORT)
    await context.clearCookies()
    return true
  } catch {
    return false
  }
}

/** What goes wrong in the pages of a context, as it goes wrong. */
export function watch(context: BrowserContext): string[] {
  const problems: string[] = []
  context.on('weberror', (wrong) => problems.push(`exception: ${wrong.error().stack ?? wrong.error().message}`))
  context.on('page', (page) => page.on('crash', () => problems.push('the page has crashed')))
  // A violation of the policy is an error line as well.
  context.on('console', (line) => {
    if (line.type() === 'error') problems.push(`error line: ${line.text()} (${line.location().url})`)
  })
  return problems
}
