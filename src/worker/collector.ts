import { type WatchedServer, watchedServers } from '../catalog/watchdog.js'
import { type Collector, collectServer } from '../engine/collect/collect.js'
import { keepHistory } from '../engine/collect/keep.js'
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

type Servers = Map<string, { readonly stop: AbortController; readonly ended: Promise<unknown> }>

/**
 * Takes samples of every server and measures the homes there, each by a loop of its own, so that one which is silent delays no other, and keeps their history, until the signal stops
 * it. Of several workers one looks at a server in each step.
 */
export async function keepSamples(platform: Platform, signal: AbortSignal): Promise<void> {
  if (platform.config.collect.samples === 'off') return
  const eyes = openEyes(platform, 'tenantry collector', { onlyLooks: true })
  const servers: Servers = new Map()
  try {
    await Promise.all([keepLoops({ platform, eyes }, servers, signal), keepTidy(platform, signal)])
    await Promise.all([...servers.values()].map(({ ended }) => ended))
  } finally {
    await eyes.close()
  }
}

/** Loops for each server that there is. */
async function keepLoops(collector: Collector, servers: Servers, signal: AbortSignal): Promise<void> {
  const { platform } = collector
  while (!signal.aborted) {
    try {
      const found = new Map(
        (await platform.catalog.rows(watchedServers)).map((server) => [`${server.systemId} ${server.adminRef}`, server]),
      )
      for (const [name, { stop }] of servers) {
        if (found.has(name)) continue
        stop.abort()
        servers.delete(name)
      }
      for (const [name, server] of found) {
        if (servers.has(name)) continue
        const stop = new AbortController()
        const both = AbortSignal.any([signal, stop.signal])
        const ended = Promise.all([
          keepLooking(collector, server, both),
          keepMeasuring(platform, server, both),
          keepStatements(collector, server, both),
        ])
        servers.set(name, { stop, ended })
      }
    } catch (error) {
      platform.log.info({ error: (error as Error).message }, 'the catalog could not be asked for the servers that samples are taken of')
    }
    await systemClock.sleep(LEARN_EVERY_MS, signal)
  }
}

async function keepLooking(collector: Collector, server: WatchedServer, signal: AbortSignal): Promise<void> {
  const { log } = collector.platform
  let told = false
  while (!signal.aborted) {
    let rest = REST_MS
    try {
      const { taken, restMs, blind } = await collectServer(collector, server)
      rest = restMs + BEHIND_MS
      if (blind !== undefined && !told) log.warn({ cluster: server.cluster, error: blind }, 'no samples can be taken of a cluster')
      if (taken) told = blind !== undefined
    } catch (error) {
      log.info({ cluster: server.cluster, error: (error as Error).message }, 'samples could not be kept')
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
