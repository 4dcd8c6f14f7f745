import type { BrowserContext, Page } from 'playwright-core'
import { expect, onTestFinished } from 'vitest'
import { type ContextOptions, openContext, VIEWPORT, watch } from './chromium.js'

export interface PageOptions extends ContextOptions {
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
  const opened = (again === undefined ? undefined : left.get(again)?.pop()) ?? (await open({ url, key }))
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

async function open(options: ContextOptions): Promise<Opened> {
  const context = await openContext(options)
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
