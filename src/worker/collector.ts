import { pooledClusters } from '../catalog/clusters.js'
import { type WatchedServer, watchedServers } from '../catalog/watchdog.js'
import { type Collected, type Collector, collectServer } from '../engine/collect/collect.js'
import { keepHistory } from '../engine/collect/keep.js'
import { collectPooler } from '../engine/collect/pooler.js'
import { measureHomes } from '../engine/collect/sizes.js'
import { collectStatements } from '../engine/collect/statements.js'
import type { Platform } from '../engine/platform.js'
import { openEyes } from '../engine/watch/eyes.js'
import { systemClock } from '../kernel/clock.js'

const LEARN_EVERY_MS = 10_000
// Behind the border of a step: whoever asks a moment before it would wait for the next.
const BEHIND_MS = 100
// While the catalog does not answer.
const REST_MS = 5_000

/** Those that are going on, by what they look at. */
type Loops = Map<string, { readonly stop: AbortController; readonly ended: Promise<unknown> }>

/**
 * Takes samples of every server and pooler and measures the homes there, each by a loop of its own, so that one which is silent delays no other, and keeps their
 * history, until the signal stops it. Of several workers one looks at a server in each step.
 */
export async function keepSamples(platform: Platform, signal: AbortSignal): Promise<void> {
  if (platform.config.collect.samples === 'off') return
  const eyes = openEyes(platform, 'tenantry collector', { onlyLooks: true })
  const loops: Loops = new Map()
  try {
    await Promise.all([keepLoops({ platform, eyes }, loops, signal), keepTidy(platform, signal)])
    await Promise.all([...loops.values()].map(({ ended }) => ended))
  } finally {
    await eyes.close()
  }
}

/** Loops for each server and each pooler that there is. */
async function keepLoops(collector: Collector, loops: Loops, signal: AbortSignal): Promise<void> {
  const { platform } = collector
  while (!signal.aborted) {
    try {
      const found = new Map<string, (signal: AbortSignal) => Promise<unknown>>()
      for (const server of await platform.catalog.rows(watchedServers))
        found.set(`${server.systemId} ${server.adminRef}`, (both) =>
          Promise.all([
            keepLooking(platform, server.cluster, 'a cluster', () => collectServer(collector, server), both),
            keepMeasuring(platform, server, both),
            keepStatements(collector, server, both),
          ]),
        )
      for (const { id, name } of await platform.catalog.rows(pooledClusters))
        found.set(id, (both) => keepLooking(platform, name, 'the pooler of a cluster', () => collectPooler(platform, id), both))
      for (const [name, { stop }] of loops) {
        if (found.has(name)) continue
        stop.abort()
        loops.delete(name)
      }
      for (const [name, begin] of found) {
        if (loops.has(name)) continue
        const stop = new AbortController()
        loops.set(name, { stop, ended: begin(AbortSignal.any([signal, stop.signal])) })
      }
    } catch (error) {
      platform.log.info({ error: (error as Error).message }, 'the catalog could not be asked for the servers that samples are taken of')
    }
    await systemClock.sleep(LEARN_EVERY_MS, signal)
  }
}

async function keepLooking(
  { log }: Platform,
  cluster: string,
  what: string,
  look: () => Promise<Collected>,
  signal: AbortSignal,
): Promise<void> {
  let told = false
  while (!signal.aborted) {
    let rest = REST_MS
    try {
      const { taken, restMs, blind } = await look()
      rest = restMs + BEHIND_MS
      if (blind !== undefined && !told) log.warn({ cluster, error: blind }, `no samples can be taken of ${what}`)
      if (taken) told = blind !== undefined
    } catch (error) {
      log.info({ cluster, error: (error as Error).message }, 'samples could not be kept')
    }
    await systemClock.sleep(rest, signal)
  }
}

async function keepStatements(collector: Collector, server: WatchedServer, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const rest = await collectStatements(collector, server).then(
      ({ restMs }) => restMs,
      (error: Error) => {
        collector.platform.log.info({ cluster: server.cluster, error: error.message }, 'what statements take could not be kept')
        return REST_MS
      },
    )
    await systemClock.sleep(rest + BEHIND_MS, signal)
  }
}

async function keepMeasuring(platform: Platform, server: WatchedServer, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const rest = await measureHomes(platform, server).then(
      ({ restMs }) => restMs,
      (error: Error) => {
        platform.log.info({ cluster: server.cluster, error: error.message }, 'the sizes of homes could not be kept')
        return REST_MS
      },
    )
    await systemClock.sleep(rest, signal)
  }
}

async function keepTidy(platform: Platform, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const rest = await keepHistory(platform, signal).catch((error: Error) => {
      platform.log.info({ error: error.message }, 'the history of samples could not be kept')
      return REST_MS
    })
    await systemClock.sleep(rest + BEHIND_MS, signal)
  }
}
