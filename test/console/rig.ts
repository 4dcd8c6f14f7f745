import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Page } from 'playwright-core'
import type { Role } from '../../src/catalog/keys.js'
import { CONTRACT_MIGRATIONS } from '../../src/testing/contract-project.js'
import type { Fleet, FleetOptions } from '../../src/testing/fleet.js'
import { closePages, openPage, type PageOptions } from '../support/browser.js'
import { fleetOn } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'

const ROOT = join(import.meta.dirname, '..', '..')
const BIN = join(ROOT, 'dist', 'bin.js')
const BUILT = join(ROOT, 'dist', 'console', 'assets.json')
const SETPRIV = '/usr/bin/setpriv'
const UP_WITHIN_MS = 60_000

/** A fleet, and the built `tenantry serve` over it as a process of its own. */
export interface Rig {
  readonly fleet: Fleet
  readonly url: string
  /** A key with this role, made once. */
  readonly key: (role: Role, tenant?: string) => Promise<string>
  /** A page of the console that is signed in with this role (default fleet-admin), at this path, for this test. */
  readonly open: (
    path: string,
    options?: Partial<Omit<PageOptions, 'url' | 'key'>> & { readonly role?: Role; readonly tenant?: string },
  ) => Promise<Page>
  /** As a crash does. */
  readonly kill: () => Promise<void>
  /** After `kill`, at the same port. */
  readonly start: () => Promise<void>
  readonly stop: () => Promise<void>
}

export async function startRig(options: Partial<FleetOptions> = {}): Promise<Rig> {
  if (!existsSync(BIN) || !existsSync(BUILT)) throw new Error('nothing is built: run npm run build')
  const fleet = await fleetOn(testServer(), { migrations: CONTRACT_MIGRATIONS, ...options })
  const config = join(fleet.folder, 'tenantry.config.json')
  await writeFile(config, JSON.stringify(configOf(fleet, options)))
  const env = {
    PATH: process.env.PATH ?? '',
    DATABASE_URL: fleet.secrets('env:DATABASE_URL'),
    TENANTRY_APP_PASSWORD: fleet.secrets('env:TENANTRY_APP_PASSWORD'),
    ...Object.fromEntries(Object.entries(options.secrets ?? {}).map(([reference, value]) => [reference.replace(/^env:/, ''), value])),
  }
  let running = await serve(config, env, 0)
  const port = Number(new URL(running.url).port)
  const keys = new Map<string, Promise<string>>()
  const key: Rig['key'] = (role, tenant) => {
    const made = keys.get(`${role} ${tenant}`) ?? newKey(fleet, role, tenant)
    keys.set(`${role} ${tenant}`, made)
    return made
  }
  const kill = async (): Promise<void> => {
    if (running.child.exitCode !== null || running.child.signalCode !== null) return
    const gone = once(running.child, 'exit')
    running.child.kill('SIGKILL')
    await gone
  }
  return {
    fleet,
    url: running.url,
    key,
    open: async (path, { role = 'fleet-admin', tenant, ...more } = {}) => {
      const page = await openPage({ url: running.url, key: await key(role, tenant), ...more })
      await page.goto(path)
      return page
    },
    kill,
    start: async () => {
      running = await serve(config, env, port)
    },
    stop: async () => {
      await closePages(running.url)
      await kill()
      await fleet.stop()
    },
  }
}

const newKey = async (fleet: Fleet, role: Role, tenant: string | undefined): Promise<string> =>
  (await fleet.run<{ key: string }>('key.create', { name: `console ${role}`, role, ...(tenant === undefined ? {} : { tenant }) })).key

/** What the fleet was made with, for another process. */
function configOf(fleet: Fleet, options: Partial<FleetOptions>): unknown {
  const database = new URL(fleet.catalogUrl).pathname.slice(1)
  return {
    tenantColumn: 'tenant_id',
    naming: { schema: 't_{id}', database: database.replace(/catalog$/, '{number}') },
    lease: '5s',
    ...options.config,
    catalog: { database },
    migrations: join(fleet.folder, 'migrations'),
  }
}

interface Running {
  readonly child: ChildProcess
  readonly url: string
}

async function serve(config: string, env: Readonly<Record<string, string>>, port: number): Promise<Running> {
  for (let attempt = 0; ; attempt++) {
    const words = [process.execPath, BIN, 'serve', '--config', config, '--port', String(port)]
    // It ends with us, however we end.
    const [program, ...rest] = existsSync(SETPRIV) ? [SETPRIV, '--pdeathsig', 'KILL', '--', ...words] : words
    const child = spawn(program!, rest, { env, stdio: ['ignore', 'ignore', 'pipe'] })
    const told: string[] = []
    const url = await new Promise<string | undefined>((resolve) => {
      const late = setTimeout(() => resolve(undefined), UP_WITHIN_MS)
      createInterface({ input: child.stderr! }).on('line', (line) => {
        if (told.length < 20) told.push(line)
        const serving = /^serving (http:\S+)/.exec(line)?.[1]
        if (serving !== undefined) resolve(serving)
      })
      child.once('exit', () => resolve(undefined))
      child.once('spawn', () => child.once('exit', () => clearTimeout(late)))
    })
    if (url !== undefined) return { child, url }
    child.kill('SIGKILL')
    // Somebody else may have the port for a moment.
    if (attempt === 25 || !told.some((line) => line.includes('in use')))
      throw new Error(`tenantry serve did not come up:\n${told.join('\n')}`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}
