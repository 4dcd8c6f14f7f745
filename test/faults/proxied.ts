import type { Platform } from '../../src/engine/platform.js'
import { submit } from '../../src/engine/submit.js'
import { newId } from '../../src/kernel/clock.js'
import { Fault } from '../../src/kernel/faults.js'
import { CONTRACT_HIDDEN, CONTRACT_MIGRATIONS } from '../../src/testing/contract-project.js'
import { type Fleet, type FleetOptions, startFleet } from '../../src/testing/fleet.js'
import { runWorker } from '../../src/worker/worker.js'
import { type FaultProxy, openFaultProxy, type Watch, type WireFault, type WireMessage } from '../support/fault-proxy.js'
import { urlOf } from '../support/fleet.js'
import type { TestServer } from '../support/servers.js'
import { openCaller } from './caller.js'
import type { Subject } from './checker.js'
import { openEyes } from './eyes.js'

/** A fleet whose callers of the control plane come through fault proxies, with workers that do not, and independent eyes on it. */
export interface Proxied {
  readonly fleet: Fleet
  readonly subject: Subject
  /** A proxy of one's own, so that what others do is not counted. */
  readonly lane: () => Promise<Lane>
  readonly stop: () => Promise<void>
}

export interface Lane {
  readonly proxy: FaultProxy
  /** Runs an operation as a caller of its own process would, disturbed by the fault, until it is known how it ended. */
  readonly run: (name: string, input: unknown, options?: RideOptions) => Promise<Ride>
}

export interface RideOptions {
  readonly fault?: WireFault
  /** Called at the borders of steps, in the caller's process only. */
  readonly failpoint?: (point: string) => Promise<void>
}

/** How an operation went. */
export interface Ride {
  readonly watch: Watch
  readonly hit: WireMessage | undefined
  readonly succeeded: boolean
  /** What the caller was told, by code, in the end and on the way there; something else than a fault in words. */
  readonly told: readonly string[]
  /** The steps whose side effects were done, each time that they were. */
  readonly acted: readonly string[]
  /** From the fault to the caller's knowing how the operation has ended. */
  readonly convergedMs: number
}

const PATIENCE_MS = 25_000
// A caller with a key asks again after these; anything else is an answer.
const ASK_AGAIN: ReadonlySet<string> = new Set(['SERVER_UNREACHABLE', 'CATALOG_UNREACHABLE', 'OPERATION_LOST', 'OPERATION_STATE'])

export async function startProxied(
  server: TestServer,
  tenants: FleetOptions['tenants'],
  workers = 3,
  lease: `${number}s` = '1s',
): Promise<Proxied> {
  const fleet = await startFleet({
    url: urlOf(server),
    migrations: CONTRACT_MIGRATIONS,
    config: { hidden: CONTRACT_HIDDEN, lease },
    ...(tenants === undefined ? {} : { tenants }),
  })
  const { platform } = fleet
  const eyes = openEyes(urlOf(server))
  const catalog = platform.config.catalog.database
  const stopping = new AbortController()
  const working = Array.from({ length: workers }, () => runWorker(platform, stopping.signal))
  const proxies: FaultProxy[] = []

  const lane = async (): Promise<Lane> => {
    const proxy = await openFaultProxy(server)
    proxies.push(proxy)
    const secrets = (reference: string): string =>
      reference === 'env:DATABASE_URL' ? urlOf({ ...server, port: proxy.port }) : fleet.secrets(reference)
    const open = (failpoint: (point: string) => Promise<void>): Promise<Platform> => openCaller(fleet, failpoint, secrets)
    return { proxy, run: (name, input, options = {}) => ride(proxy, open, name, input, options) }
  }

  return {
    fleet,
    subject: {
      eyes,
      catalog,
      prefix: catalog.replace(/catalog$/, ''),
      password: fleet.secrets('env:TENANTRY_APP_PASSWORD'),
      migrations: platform.config.migrations,
    },
    lane,
    stop: async () => {
      stopping.abort()
      await Promise.all(working)
      await Promise.all(proxies.map((proxy) => proxy.close()))
      await eyes.close()
      await fleet.stop()
    },
  }
}

async function ride(
  proxy: FaultProxy,
  open: (failpoint: (point: string) => Promise<void>) => Promise<Platform>,
  name: string,
  input: unknown,
  { fault, failpoint }: RideOptions,
): Promise<Ride> {
  const acted: string[] = []
  const told: string[] = []
  proxy.watch()
  const platform = await open(async (point) => {
    if (point.endsWith(':acted')) acted.push(point.replace(/^.*\/|:acted$/g, ''))
    await failpoint?.(point)
  })
  const watch = proxy.watch(fault)
  const idempotencyKey = newId()
  const deadline = performance.now() + PATIENCE_MS
  const ended = (succeeded: boolean): Ride => {
    const hit = watch.hit()
    return { watch, hit: hit?.message, succeeded, told, acted, convergedMs: hit === undefined ? 0 : performance.now() - hit.at }
  }
  try {
    for (;;) {
      try {
        await submit(platform, platform.find(name)!, input, { actor: 'test', source: 'library' }, { idempotencyKey })
        return ended(true)
      } catch (error) {
        const code = error instanceof Fault ? error.code : `no fault: ${String(error)}`
        if (told.at(-1) !== code) told.push(code)
        if (!ASK_AGAIN.has(code) || performance.now() > deadline) return ended(false)
      }
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  } finally {
    proxy.watch()
    await platform.close()
  }
}

/** Where a fault happened, for whoever has to find out why. */
export function inWords(watch: Watch): string {
  const message = watch.hit()?.message
  if (message === undefined) return 'no message'
  const { number, type, from, connection, database, text } = message
  return `message ${number} (${type} of the ${from}, connection ${connection} to ${database}) ${text.replace(/\s+/g, ' ').slice(0, 80)}`
}
