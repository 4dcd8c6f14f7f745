import { dueBackups, prunableBackups } from '../catalog/backup-policies.js'
import { openNamed } from '../catalog/operations.js'
import { clearLeft } from '../engine/backup/clear-left.js'
import type { AnyOperation } from '../engine/operation.js'
import type { Platform } from '../engine/platform.js'
import { submit } from '../engine/submit.js'
import { jitter, stopwatch, systemClock } from '../kernel/clock.js'
import { isFault } from '../kernel/faults.js'
import { makeDueBackups } from '../operations/backup/due.js'
import { pruneAll } from '../operations/backup/prune.js'

// Policies speak of hours; but whoever has just made one looks whether something happens.
const MOST_MS = 10_000
const MOST_PRUNE_MS = 300_000
// After a failure: a server or a store that is down, or full.
const REST_MS = 600_000

/** Makes the backups that policies want, removes those that nobody wants any more, and clears away what died half-written, until the signal stops it. */
export async function keepBackups(platform: Platform, signal: AbortSignal): Promise<void> {
  const resting = new Map<string, number>()
  let sincePruned = stopwatch()
  const attempt = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    if (signal.aborted || (resting.get(what) ?? 0) > systemClock.now()) return
    try {
      await work()
    } catch (error) {
      // Another worker was faster.
      if (isFault(error, 'OPERATION_LOST')) return
      resting.set(what, systemClock.now() + REST_MS * jitter())
      platform.log.warn({ what, error: (error as Error).message }, 'backups could not be kept as policies want')
    }
  }
  /** By whichever worker takes it up, put down in between when that one stops; and not again at once, whatever comes of it. */
  const handOver = async (definition: AnyOperation): Promise<void> => {
    if ((await platform.catalog.rows(openNamed([definition.name]))).length > 0) return
    resting.set(definition.name, systemClock.now() + REST_MS * jitter())
    await submit(platform, definition, { background: true }, { actor: 'worker', source: 'worker' })
  }
  while (!signal.aborted) {
    await attempt('clear', () => clearLeft(platform))
    await attempt(makeDueBackups.name, async () => {
      if ((await platform.catalog.rows(dueBackups)).length > 0) await handOver(makeDueBackups)
    })
    // It looks through all backups of the fleet.
    if (sincePruned() > Math.min(MOST_PRUNE_MS, platform.config.leaseMs * 4)) {
      sincePruned = stopwatch()
      await attempt(pruneAll.name, async () => {
        if ((await platform.catalog.rows(prunableBackups(null, 1))).length > 0) await handOver(pruneAll)
      })
    }
    await systemClock.sleep(Math.min(MOST_MS, platform.config.leaseMs / 2), signal)
  }
}
