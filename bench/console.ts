import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Fleet } from '../src/testing/fleet.js'
import { browser, whyNoBrowser } from '../test/support/chromium.js'
import { startServeProcess } from '../test/support/serve-process.js'
import { startTestServers } from '../test/support/servers.js'
import { makeServersFolder } from '../test/support/servers-folder.js'
import { atRest, largeFleetConfig, makeLargeFleet } from './console/large-fleet.js'
import type { LoadResult, LoadTask } from './console/load.js'
import { firstRouteBytes, type SeenScreen, seeScreens } from './console/screens.js'
import { type Figure, figure, median, report } from './measuring/figures.js'

const LARGE = { shared: 9_700, schema: 300, backups: 100, warmUpSeconds: 20, seconds: 60, rounds: 7 }
const QUICK = { shared: 270, schema: 30, backups: 10, warmUpSeconds: 3, seconds: 5, rounds: 3 }
const PER_SECOND = 200
const P95_MS = 100
const SHOWN_MS = 1_000
const FIRST_ROUTE_KB = 200
// A team and its programs; the limit of each is the one that everybody has.
const READERS = 4

/** The API under a steady load of a large fleet, and then each screen of the console over it: the real server in a process of its own, whose writes are durable. */
async function main(argv: readonly string[]): Promise<number> {
  if (whyNoBrowser !== undefined) throw new Error(whyNoBrowser)
  const sizes = argv.includes('--quick') ? QUICK : LARGE
  const servers = await startTestServers({
    from: process.cwd(),
    folder: await makeServersFolder(),
    engines: ['embedded-18'],
    settings: { fsync: true, full_page_writes: true, synchronous_commit: true },
  })
  const archives = await mkdtemp(join(tmpdir(), 'console-bench-'))
  try {
    const server = servers.servers['embedded-18']!
    const url = `postgres://${server.superuser}:${encodeURIComponent(server.password)}@${server.host}:${server.port}/postgres`
    const config = largeFleetConfig(archives)
    const { fleet, migration } = await makeLargeFleet({ url, config }, sizes, say)
    try {
      const serving = await startServeProcess(fleet, { config })
      try {
        const tenants = sizes.shared + sizes.schema
        const keys = await keysOf(fleet)
        await atRest(fleet)
        say(`${PER_SECOND} requests a second for ${sizes.seconds} s`)
        const load = await underLoad({ url: serving.url, keys, perSecond: PER_SECOND, operation: migration, ...sizes })
        sayKinds(load)
        say('the screens')
        const bytes = await firstRouteBytes({ url: serving.url, key: keys[0]!, tenants })
        const screens = await seeScreens({ url: serving.url, key: keys[0]!, tenants, operation: migration, rounds: sizes.rounds })
        return report('suite', 'console', [...figuresOfLoad(tenants, load), ...figuresOfScreens(bytes, screens)], argv)
      } finally {
        await serving.kill()
      }
    } finally {
      await fleet.stop()
    }
  } finally {
    if (whyNoBrowser === undefined) await (await browser()).close()
    await servers.stop()
    await rm(archives, { recursive: true, force: true })
  }
}

const keysOf = (fleet: Fleet): Promise<readonly string[]> =>
  Promise.all(
    Array.from({ length: READERS }, async (_, n) => {
      const { key } = await fleet.run<{ key: string }>('key.create', { name: `reader ${n}`, role: 'fleet-admin' })
      return key
    }),
  )

/** The client is a process of its own: what it costs to ask is not what it costs to answer. */
async function underLoad(task: LoadTask): Promise<LoadResult> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'console', 'load.js')], { stdio: ['pipe', 'pipe', 'inherit'] })
  const gone = once(child, 'exit')
  child.stdin.end(JSON.stringify(task))
  let said = ''
  for await (const part of child.stdout) said += part
  await gone
  return JSON.parse(said) as LoadResult
}

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!
const ascending = (values: readonly number[]): readonly number[] => [...values].sort((a, b) => a - b)

function figuresOfLoad(tenants: number, { tookMs, errors, mostOpen }: LoadResult): readonly Figure[] {
  const all = ascending(Object.values(tookMs).flat())
  const wrong = Object.values(errors).reduce((sum, one) => sum + one, 0)
  return [
    figure('tenants', tenants, 'tenants', 'higher'),
    figure(`requests, ${PER_SECOND} a second, one of ten a change`, all.length, 'requests', 'higher'),
    figure('  from when each was due until its answer, median', quantile(all, 0.5), 'ms', 'lower'),
    figure('  95 of 100 within', quantile(all, 0.95), 'ms', 'lower', P95_MS),
    figure('  99 of 100 within', quantile(all, 0.99), 'ms', 'lower'),
    figure('  the longest', all.at(-1)!, 'ms', 'lower'),
    figure('  open at once, at most', mostOpen, 'requests', 'lower'),
    figure('  that failed', wrong, 'requests', 'lower', 0),
  ]
}

function figuresOfScreens(bytes: number, screens: readonly SeenScreen[]): readonly Figure[] {
  for (const { name, barriers, problems } of screens) for (const line of [...barriers, ...problems]) say(`${name}: ${line}`)
  const found = (of: (screen: SeenScreen) => readonly string[]): number => screens.reduce((sum, screen) => sum + of(screen).length, 0)
  return [
    figure('scripts and styles of the first route, packed by gzip', bytes / 1_000, 'KB', 'lower', FIRST_ROUTE_KB),
    ...screens.flatMap(({ name, shownMs }) => [
      figure(`${name}: shows its data, median of ${shownMs.length}`, median(shownMs), 'ms', 'lower', SHOWN_MS),
      figure('  the longest', Math.max(...shownMs), 'ms', 'lower'),
    ]),
    figure(
      'serious or critical findings of axe, light and dark',
      found(({ barriers }) => barriers),
      'findings',
      'lower',
      0,
    ),
    figure(
      'exceptions and errors in the pages',
      found(({ problems }) => problems),
      'errors',
      'lower',
      0,
    ),
  ]
}

/** Which kinds of requests the time goes to; for whoever looks for it. */
function sayKinds({ tookMs, errors }: LoadResult): void {
  for (const [kind, took] of Object.entries(tookMs).sort(([, a], [, b]) => b.length - a.length)) {
    const sorted = ascending(took)
    const [half, most] = [0.5, 0.95].map((share) => `${quantile(sorted, share).toFixed(1).padStart(8)} ms`)
    say(`  ${kind.padEnd(28)} ${String(took.length).padStart(6)} requests, median ${half}, 95 of 100 within ${most}`)
  }
  for (const [what, times] of Object.entries(errors)) say(`  ${times} times ${what}`)
}

function say(doing: string): void {
  process.stderr.write(`${doing}\n`)
}

process.exitCode = await main(process.argv.slice(2))
