import { besidesOver } from '../catalog/beside.js'
import type { Platform } from '../engine/platform.js'
import { submit } from '../engine/submit.js'
import { jitter, systemClock } from '../kernel/clock.js'
import { isFault } from '../kernel/faults.js'
import { dropBeside } from '../operations/tenant/dropbeside.js'

// Graces are hours and days; but whoever set a short one looks whether it has happened.
const MOST_MS = 10_000
// After a failure: a server that is down, or somebody's view that needs the home.
const REST_MS = 60_000

/** Drops former homes whose grace has ended, by the catalog's clock, until the signal stops it. Of several workers each home is taken up by one. */
export async function keepBesides(platform: Platform, signal: AbortSignal): Promise<void> {
  const resting = new Map<string, number>()
  while (!signal.aborted) {
    try {
      const now = systemClock.now()
      for (const [home, until] of resting) if (until < now) resting.delete(home)
      for (const { tenant, home } of await platform.catalog.rows(besidesOver)) {
        if (signal.aborted) return
        if (resting.has(`${tenant} ${home}`)) continue
        try {
          await submit(platform, dropBeside, { tenant, home, afterGrace: true }, { actor: 'worker', source: 'worker' })
        } catch (error) {
          // Another worker was faster, or somebody has pointed the tenant back to it meanwhile.
          if (isFault(error, 'TENANT_STATE', 'HOME_NOT_BESIDE', 'OPERATION_LOST')) continue
          resting.set(`${tenant} ${home}`, systemClock.now() + REST_MS * jitter())
          platform.log.warn({ tenant, home, error: (error as Error).message }, 'a home whose grace has ended could not be dropped')
        }
      }
    } catch (error) {
      platform.log.info({ error: (error as Error).message }, 'the catalog could not be asked for homes whose grace has ended')
    }
    await systemClock.sleep(Math.min(MOST_MS, platform.config.leaseMs / 2), signal)
  }
}
