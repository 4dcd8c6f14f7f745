import { forgetActs, type LimitBounds, limitBounds, type WatchedServer, watchedServers } from '../catalog/watchdog.js'
import type { Platform } from '../engine/platform.js'
import { type Eyes, openEyes } from '../engine/watch/eyes.js'
import { createRecorder, type Recorder } from '../engine/watch/recorder.js'
import { soon } from '../engine/watch/soon.js'
import { createWatcher } from '../engine/watch/watcher.js'
import { systemClock } from '../kernel/clock.js'

const LOOK_EVERY_MS = 1_000
// Where something was found, the next look says whether it has helped.
const LOOK_AGAIN_MS = 300
const LEARN_EVERY_MS = 5_000
// What was done is audited, also when the catalog is slow at the very end.
const LAST_WORDS_MS = 10_000

const NO_BOUNDS: LimitBounds = { leastStatementMs: null, mostStatementMs: null, leastIdleMs: null, mostIdleMs: null, mostLockMs: null }

/**
 * Watches over the sessions of applications on every server, each by a loop of its own, so that a server which is down delays no other. Goes on with what
 * it knows while the catalog is down. Several workers may watch at once: whoever comes second finds that it has been done.
 */
export async function keepWatch(platform: Platform, signal: AbortSignal): Promise<void> {
  if (platform.config.watchdog === 'off') return
  const eyes = openEyes(platform)
  const recorder = createRecorder(platform)
  const loops = new Map<string, { readonly stop: AbortController; readonly ended: Promise<void> }>()
  let bounds = NO_BOUNDS
  try {
    while (!signal.aborted) {
      try {
        bounds = await platform.catalog.one(limitBounds)
        const servers = await platform.catalog.rows(watchedServers)
        await platform.catalog.run(forgetActs)
        const names = new Set(servers.map(nameOf))
        for (const [name, { stop }] of loops) {
          if (names.has(name)) continue
          stop.abort()
          loops.delete(name)
        }
        for (const server of servers) {
          if (loops.has(nameOf(server))) continue
          const stop = new AbortController()
          const ended = watchServer(platform, server, { eyes, recorder, bounds: () => bounds }, AbortSignal.any([signal, stop.signal]))
          loops.set(nameOf(server), { stop, ended })
        }
      } catch (error) {
        platform.log.info({ error: (error as Error).message }, 'the watchdog goes on with what it knows: the catalog could not be asked')
      }
      await systemClock.sleep(LEARN_EVERY_MS, signal)
    }
    await Promise.all([...loops.values()].map(({ ended }) => ended))
    await soon(recorder.flush(), LAST_WORDS_MS)
  } finally {
    await eyes.close()
  }
}

const nameOf = ({ systemId, adminRef, hardened }: WatchedServer): string => `${systemId} ${adminRef} ${hardened}`

interface Tools {
  readonly eyes: Eyes
  readonly recorder: Recorder
  readonly bounds: () => LimitBounds
}

async function watchServer(
  platform: Platform,
  server: WatchedServer,
  { eyes, recorder, bounds }: Tools,
  signal: AbortSignal,
): Promise<void> {
  const watcher = createWatcher(platform, server, eyes, recorder)
  let blind = false
  while (!signal.aborted) {
    let found = false
    try {
      found = await watcher.round(bounds())
      blind = false
    } catch (error) {
      if (!blind) platform.log.warn({ cluster: server.cluster, error: (error as Error).message }, 'the watchdog cannot look at a cluster')
      blind = true
    }
    void recorder.flush()
    await systemClock.sleep(found ? LOOK_AGAIN_MS : LOOK_EVERY_MS, signal)
  }
}
