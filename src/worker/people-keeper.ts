import { removeOldAttempts } from '../catalog/people.js'
import { removeOldSessions } from '../catalog/sessions.js'
import type { Platform } from '../engine/platform.js'
import { jitter, systemClock } from '../kernel/clock.js'

const LOOK_EVERY_MS = 600_000
const AT_ONCE = 1_000

/** Removes sessions, links and failed sign-ins that have been worth nothing for long, until the signal stops it. */
export async function keepPeopleFew(platform: Platform, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      while (!signal.aborted && (await platform.catalog.run(removeOldAttempts(AT_ONCE))) === AT_ONCE);
      while (!signal.aborted && (await platform.catalog.run(removeOldSessions(AT_ONCE))) === AT_ONCE);
    } catch (error) {
      platform.log.info({ error: (error as Error).message }, 'old sessions could not be removed')
    }
    await systemClock.sleep(LOOK_EVERY_MS * jitter(), signal)
  }
}
