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
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
]

// One for all test files of a worker; it ends with the pipe that this process holds.
let launched: Promise<Browser> | undefined

export function browser(): Promise<Browser> {
  if (found === undefined) throw new Error(`${whyNoBrowser}: run npm test, or apt-get install --no-install-recommends chromium`)
  launched ??= chromium.launch({ executablePath: found, args: ARGUMENTS })
  return launched
}

export interface ContextOptions {
  /** Of the server; paths are taken from there. */
  readonly url: string
  /** Sent with every request, as no browser does by itself. */
  readonly key?: string
  readonly colorScheme?: 'light' | 'dark'
}

export async function openContext({ url, key, colorScheme = 'light' }: ContextOptions): Promise<BrowserContext> {
  const context = await (await browser()).newContext({
    baseURL: url,
    colorScheme,
    reducedMotion: 'reduce',
    viewport: { width: 1280, height: 800 },
    ...(key === undefined ? {} : { extraHTTPHeaders: { Authorization: `Bearer ${key}` } }),
  })
  context.setDefaultTimeout(15_000)
  return context
}

/** What goes wrong in a page, as it goes wrong. */
export function watch(page: Page): readonly string[] {
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(`exception: ${error.stack ?? error.message}`))
  page.on('crash', () => problems.push('the page has crashed'))
  // A violation of the policy is an error line as well.
  page.on('console', (line) => {
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

/** What axe finds serious or critical in a page, one line each. Its source is evaluated: a script element is what the page's policy refuses. */
export async function barriers(page: Page): Promise<readonly string[]> {
  axe ??= readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
  await page.evaluate(await axe)
  const violations = (await page.evaluate(
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] }).then(({ violations }) =>
       violations.map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.map(({ html, failureSummary }) => html.slice(0, 200) + ': ' + failureSummary) })))`,
  )) as readonly { readonly id: string; readonly impact: string; readonly nodes: readonly string[] }[]
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node}`))
}

let axe: Promise<string> | undefined
