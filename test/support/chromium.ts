import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'

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
  // Processes that are kept ready for the next page cost more than they save where a page is opened for a second.
  '--renderer-process-limit=1',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
]

// One for all test files of a worker; it ends with the pipe that this process holds.
let launched: Promise<Browser> | undefined

export function browser(): Promise<Browser> {
  if (found === undefined) throw new Error(`${whyNoBrowser}: run npm test, or apt-get install --no-install-recommends chromium`)
  launched ??= chromium.launch({ executablePath: found, args: ARGUMENTS })
  return launched
}

export const VIEWPORT = { width: 1280, height: 800 }

export interface ContextOptions {
  /** Of the server; paths are taken from there. */
  readonly url: string
  /** Sent with every request, as no browser does by itself. */
  readonly key?: string | undefined
}

export async function openContext({ url, key }: ContextOptions): Promise<BrowserContext> {
  const context = await (await browser()).newContext({
    baseURL: url,
    reducedMotion: 'reduce',
    viewport: VIEWPORT,
    ...(key === undefined ? {} : { extraHTTPHeaders: { Authorization: `Bearer ${key}` } }),
  })
  context.setDefaultTimeout(40_000)
  return context
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

/** Bytes on the wire of each script and style that the page loads from now on, by address. Packed by gzip: what is near is packed by brotli otherwise. */
export async function codeLoaded(context: BrowserContext, page: Page): Promise<ReadonlyMap<string, number>> {
  const loaded = new Map<string, number>()
  const wanted = new Map<string, string>()
  const devtools = await context.newCDPSession(page)
  devtools.on('Network.responseReceived', ({ requestId, type, response }) => {
    if (type === 'Script' || type === 'Stylesheet') wanted.set(requestId, response.url)
  })
  devtools.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    const url = wanted.get(requestId)
    if (url !== undefined) loaded.set(url, encodedDataLength)
  })
  await devtools.send('Network.enable')
  await devtools.send('Network.setExtraHTTPHeaders', { headers: { 'Accept-Encoding': 'gzip' } })
  return loaded
}

// What axe looks at that depends on colours.
const COLOURS = { type: 'rule', values: ['color-contrast', 'link-in-text-block'] }

let axe: Promise<string> | undefined

interface Found {
  readonly violations: readonly {
    readonly id: string
    readonly impact: string | null
    readonly help: string
    readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[]
  }[]
}

/**
 * What axe finds serious or critical in a page, or within a part of it: in the light of all that it knows, in the dark of what has to do with colours. The
 * page is light afterwards.
 */
export async function barriers(page: Page, within?: string): Promise<readonly string[]> {
  // As text that is evaluated: what adds a script to the page is refused by its policy.
  axe ??= readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
  if (!(await page.evaluate(`'axe' in window`))) await page.evaluate(`${await axe}; undefined`)
  const found: string[] = []
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    const options = { preload: false, resultTypes: ['violations'], ...(colorScheme === 'dark' ? { runOnly: COLOURS } : {}) }
    const { violations } = (await page.evaluate(
      `axe.run(${JSON.stringify(within) ?? 'document'}, ${JSON.stringify(options)}).then(({ violations }) => ({ violations }))`,
    )) as Found
    for (const { id, impact, help, nodes } of violations) {
      if (impact !== 'serious' && impact !== 'critical') continue
      found.push(`${colorScheme}: ${id}: ${help}\n${nodes.map((node) => `  ${node.html}\n  ${node.failureSummary}`).join('\n')}`)
    }
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
  return found
}
