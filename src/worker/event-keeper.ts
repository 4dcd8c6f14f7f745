import { removeOldEvents } from '../catalog/events.js'
import { removeOldNotes } from '../catalog/notes.js'
import { publishEvents } from '../engine/events.js'
import type { Platform } from '../engine/platform.js'
import { systemClock } from '../kernel/clock.js'

const KEPT_MS = 7 * 24 * 3_600_000
const LOOK_EVERY_MS = 10 * 60_000
const AT_ONCE = 5_000

/** Removes events and notes of operations that are older than 7 days, until the signal stops it. */
export async function keepEvents(platform: Platform, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await forgetOldEvents(platform, signal).catch((error: Error) => {
      platform.log.info({ error: error.message }, 'old events and notes could not be removed')
    })
    await systemClock.sleep(LOOK_EVERY_MS, signal)
  }
}

/** Once. No event is removed before it has a number, so that whoever reads on after that can tell that something is gone. */
export async function forgetOldEvents(platform: Platform, signal?: AbortSignal): Promise<void> {
  await publishEvents(platform.catalog)
  while (signal?.aborted !== true && (await platform.catalog.run(removeOldEvents(KEPT_MS, AT_ONCE))) > 0);
  while (signal?.aborted !== true && (await platform.catalog.run(removeOldNotes(KEPT_MS, AT_ONCE))) > 0);
}
