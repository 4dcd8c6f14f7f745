import { join, relative, resolve } from 'node:path'
import { firstLink } from 'tenantry/control'
import { choosePort } from 'tenantry/embedded'
import { serve } from 'tenantry/server'
import { ensureApiKey } from './api-key.js'
import { checkPlatform } from './check-platform.js'
import { awaitUnfinished, createShops, listTenants, seedShops } from './create-shops.js'
import { openCustomers } from './customers.js'
import { onTypedLines } from './foreground.js'
import { readIfThere, writePrivate } from './private-files.js'
import { createProgress, type Progress } from './progress.js'
import { ensureCluster, type RunningPlatform, startPlatform } from './running-platform.js'
import { SHOPS } from './shops.js'
import { tourText } from './tour.js'
import { trade } from './trade.js'

// This file runs as .build/examples/pos/start.js.
const ROOT = resolve(import.meta.dirname, '..', '..', '..')
const CONFIG = join(ROOT, 'examples', 'pos', 'tenantry.config.ts')
const INTERRUPTED = 130

const USAGE = `npm start              a platform with ${SHOPS.length} shops, until you press Ctrl-C
npm start -- --load    the same, with customers in the shops
npm start -- --check   the same, asks it whether it is well, prints that and stops
`

export interface MainOptions {
  /** Aborts when everything is to be stopped. */
  readonly stopSignal: AbortSignal
}

/** From nothing, or from whatever the last run has left, to a living platform. Answers the exit status. */
export async function main(argv: readonly string[], { stopSignal }: MainOptions): Promise<number> {
  if (argv.includes('--help') || argv.includes('-h')) {
    process.stdout.write(USAGE)
    return 0
  }
  if (argv.some((argument) => argument !== '--check' && argument !== '--load')) {
    process.stderr.write(USAGE)
    return 2
  }
  const progress = createProgress()
  const closers: (() => Promise<unknown>)[] = []
  try {
    const platform = await startPlatform({ root: ROOT, config: CONFIG, progress, onClose: (close) => closers.push(close) })
    await furnish(platform, progress, stopSignal)
    const { url, key } = await openApi(platform, progress, (close) => closers.push(close))
    if (argv.includes('--check')) return await check(platform, { url, key })
    const tenants = await listTenants(platform.control)
    const link = await linkOf(platform, url, progress)
    process.stdout.write(tourText({ url, key, link, tenants, folder: shown(platform.server.folder), envFile: '.tenantry/env' }))
    closers.push(await keepCustomers(platform, progress, argv.includes('--load')))
    return await untilStopped(platform, stopSignal)
  } catch (error) {
    if (stopSignal.aborted) return INTERRUPTED
    throw error
  } finally {
    if (stopSignal.aborted) progress.say('stopping')
    for (const close of closers.reverse())
      await close().catch((error: unknown) => progress.say(`while stopping: ${(error as Error).message}`))
  }
}

const shown = (folder: string): string => (folder.startsWith(ROOT) ? relative(ROOT, folder) : folder)

/** Brings the fleet to what it should hold. Every part does only what is not done yet. */
async function furnish(platform: RunningPlatform, progress: Progress, stopSignal: AbortSignal): Promise<void> {
  const { control, tenantry } = platform
  const warnings: string[] = []
  await progress.step(
    'Cluster',
    async (note) => {
      await awaitUnfinished(control, { note, stopSignal })
      warnings.push(...(await ensureCluster(platform, 'main')))
      stopSignal.throwIfAborted()
      return (await control.run('migrate.up', {}, { actor: 'npm start' })) as { readonly homes: number }
    },
    ({ homes }) => (homes === 0 ? 'main, every home at the newest migration' : `main, ${homes} homes migrated`),
  )
  for (const warning of warnings) progress.say(`warning: ${warning}`)
  await progress.step(
    'Shops',
    (note) => createShops(control, { note, stopSignal }),
    (created) => (created === 0 ? `all ${SHOPS.length} are there` : `${created} created`),
  )
  await progress.step(
    'Sample data',
    (note) => seedShops(control, tenantry, { note, stopSignal }),
    (loaded) => (loaded === 0 ? 'all there' : `a year of sales in ${loaded} shops`),
  )
}

async function openApi(
  platform: RunningPlatform,
  progress: Progress,
  onClose: (close: () => Promise<unknown>) => void,
): Promise<{ readonly url: string; readonly key: string }> {
  const { control, server, env } = platform
  const portFile = join(server.folder, 'http-port')
  return progress.step(
    'HTTP API',
    async () => {
      const port = await choosePort(Number(await readIfThere(portFile)) || 4_100)
      await writePrivate(portFile, String(port))
      const api = await serve(control, { port, host: '127.0.0.1', graceMs: 2_000, log: { ...control.platform.log, info: () => {} } })
      onClose(api.close)
      const key = await ensureApiKey(control, { url: api.url, file: join(server.folder, 'api-key') })
      const lines = Object.entries({ ...env, TENANTRY_URL: api.url, TENANTRY_API_KEY: key }).map(([name, value]) => `${name}=${value}`)
      await writePrivate(join(ROOT, '.tenantry', 'env'), lines.join('\n'))
      return { url: api.url, key }
    },
    ({ url }) => url,
  )
}

async function check({ tenantry }: RunningPlatform, { url, key }: { readonly url: string; readonly key: string }): Promise<number> {
  const findings = await checkPlatform({ url, key, tenantry })
  for (const { ok, says } of findings) process.stdout.write(`${ok ? 'ok    ' : 'FAILED'} ${says}\n`)
  return findings.every((finding) => finding.ok) ? 0 : 1
}

/** Customers with `--load` and as somebody types. Answers what ends it. */
async function keepCustomers({ tenantry }: RunningPlatform, progress: Progress, atOnce: boolean): Promise<() => Promise<void>> {
  const customers = openCustomers({
    trade: (signal) => trade(tenantry, { shops: SHOPS, signal, note: progress.say }),
    say: progress.say,
  })
  const typed = onTypedLines((line) => {
    if (line === 'l') void customers.toggle()
    else progress.say('type l and Enter to open the shops or to close them')
  })
  if (atOnce) await customers.toggle()
  return () => {
    typed.close()
    return customers.close()
  }
}

/** The link for the first to sign in. That there is none stops nobody from working with the key. */
async function linkOf({ control }: RunningPlatform, url: string, progress: Progress): Promise<string | undefined> {
  try {
    return await firstLink(control.platform, url, { actor: 'npm start', source: 'library' })
  } catch (error) {
    progress.say(`warning: no link for a first sign-in could be made: ${(error as Error).message}`)
    return undefined
  }
}

/** 0 when we were asked to stop; 1 when PostgreSQL has ended by itself. */
function untilStopped({ server }: RunningPlatform, stopSignal: AbortSignal): Promise<number> {
  return new Promise((resolveStatus) => {
    if (stopSignal.aborted) return resolveStatus(0)
    stopSignal.addEventListener('abort', () => resolveStatus(0), { once: true })
    void server.exited.then(() => {
      if (!stopSignal.aborted) process.stderr.write(`PostgreSQL has ended by itself; its log is in ${server.folder}\n`)
      resolveStatus(1)
    })
  })
}
