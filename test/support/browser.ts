import type { BrowserContext, Page } from 'playwright-core'
import { expect, onTestFinished } from 'vitest'
import { type ContextOptions, openContext, watch } from './chromium.js'

export { barriers, browser, watch, whyNoBrowser } from './chromium.js'

export interface PageOptions extends ContextOptions {
  /** Error lines of the browser that the test provokes, such as that of an answer 409. */
  readonly expects?: readonly RegExp[]
  /** Before the page is opened. */
  readonly prepare?: (context: BrowserContext, page: Page) => Promise<void>
}

/**
 * A page in a context of its own, for one test: an exception in it, an error line of the browser, and whatever the page's policy has forbidden fail that
 * test, unless it has said that it expects that.
 */
export async function openPage({ expects = [], prepare, ...options }: PageOptions): Promise<Page> {
  const context = await openContext(options)
  const page = await context.newPage()
  const problems = watch(page)
  onTestFinished(async () => {
    await context.close()
    expect(problems.filter((problem) => !expects.some((pattern) => pattern.test(problem)))).toEqual([])
  })
  await prepare?.(context, page)
  return page
}
