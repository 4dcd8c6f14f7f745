import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Fleet, FleetOptions } from '../../src/testing/fleet.js'

// From the project's folder, since compiled benches live elsewhere.
const BIN = join(process.cwd(), 'dist', 'bin.js')
const BUILT = join(process.cwd(), 'dist', 'console', 'assets.json')
const SETPRIV = '/usr/bin/setpriv'
const UP_WITHIN_MS = 60_000

/** The built `tenantry serve` over a fleet, as a process of its own. */
export interface ServeProcess {
  readonly url: string
  readonly pid: () => number
  /** As a crash does. */
  readonly kill: () => Promise<void>
  /** After `kill`, at the same port. */
  readonly start: () => Promise<void>
}

/** Throws when nothing is built. It ends with us, however we end. */
export async function startServeProcess(fleet: Fleet, options: Partial<FleetOptions> = {}): Promise<ServeProcess> {
  if (!existsSync(BIN) || !existsSync(BUILT)) throw new Error('nothing is built: run npm run build')
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
  return {
    url: running.url,
    pid: () => running.child.pid!,
    kill: async () => {
      if (running.child.exitCode !== null || running.child.signalCode !== null) return
      const gone = once(running.child, 'exit')
      running.child.kill('SIGKILL')
      await gone
    },
    start: async () => {
      running = await serve(config, env, port)
    },
  }
}

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
